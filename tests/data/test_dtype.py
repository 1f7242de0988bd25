"""Batches of bytes: the same images as batches of floats, whatever is done with them."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gen.data import images, paired, stores, transforms, unpaired

ARRAY = np.random.default_rng(0).integers(0, 256, (9, 8, 8, 3), dtype=np.uint8)
OTHER = np.random.default_rng(1).integers(0, 256, (7, 8, 8, 3), dtype=np.uint8)
FLOATS = np.random.default_rng(2).uniform(-1, 1, (9, 8, 8, 3)).astype("float32")
OPTIONS = {"batch_size": 4, "augment": ("flip", "crop"), "image_size": 8, "seed": 5}
PIPELINES = {
    "array": (images, (ARRAY,)),
    "labels": (images, ((ARRAY, np.arange(9)),)),
    "records": (images, ("digits",)),
    "pairs": (paired, ((ARRAY, ARRAY[::-1]),)),
    "unpaired": (unpaired, ((ARRAY, OTHER),)),
}


def columns(batches):
    return [batch if isinstance(batch, tuple) else (batch,) for batch in batches]


@pytest.mark.parametrize("budget", [stores.MEMORY_BUDGET, 0], ids=["memory", "disk"])
@pytest.mark.parametrize("name", PIPELINES)
def test_bytes_are_the_images_that_floats_are(name, budget, data_dir, monkeypatch):
    monkeypatch.setattr(stores, "MEMORY_BUDGET", budget)
    pipeline, source = PIPELINES[name]
    options = {**OPTIONS, "data_dir": data_dir} | ({"labels": True} if name == "labels" else {})
    floats, coded = (pipeline(*source, **options, dtype=d) for d in ("float32", "uint8"))
    assert len(floats) == len(coded)
    pairs = list(zip(columns(floats.as_numpy_iterator()), columns(coded), strict=True))
    assert len(pairs) == len(floats)
    for scaled, raw in pairs:
        assert raw[0].dtype == tf.uint8
        for a, b in zip(scaled, raw, strict=True):
            if b.dtype == tf.uint8:
                b = b.numpy().astype("float32") / 127.5 - 1.0
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
@pytest.mark.parametrize("name", PIPELINES)
def test_shapes_and_dtypes_are_known_beforehand(name, dtype, data_dir):
    pipeline, source = PIPELINES[name]
    options = {"labels": True} if name == "labels" else {}
    spec = pipeline(*source, **OPTIONS, **options, dtype=dtype, data_dir=data_dir).element_spec
    spec = tf.nest.flatten(spec)
    assert len(spec) == (1 if name in ("array", "records") else 2)
    for column in spec:
        if column.dtype == tf.int32:
            assert name == "labels" and column.shape == (4,)
        else:
            assert column.dtype == dtype
            assert column.shape == (4, 8, 8, 1 if name == "records" else 3)


def test_floats_and_what_a_transform_makes_are_rounded():
    for source, options in ((FLOATS, {}), (ARRAY, {"transform": transforms.edges})):
        floats, coded = (
            next(iter(images(source, batch_size=9, shuffle=False, **options, dtype=dtype)))
            for dtype in ("float32", "uint8")
        )
        assert coded.dtype == tf.uint8
        exact = (floats.numpy() + 1.0) * 127.5
        assert 0.1 < np.abs(coded.numpy() - exact).max() <= 0.5 + 1e-4


def test_drawn_edges_of_bytes_are_bytes(data_dir):
    batches = paired("digits", "edges", "image", batch_size=4, dtype="uint8", data_dir=data_dir)
    assert [spec.dtype for spec in batches.element_spec] == [tf.uint8, tf.uint8]
    drawings, digits = next(iter(batches))
    floats, _ = next(iter(paired("digits", "edges", "image", batch_size=4, data_dir=data_dir)))
    assert len(np.unique(drawings)) > 10 and digits.numpy().max() > 100
    np.testing.assert_allclose(drawings.numpy() / 127.5 - 1.0, floats, atol=0.51 / 127.5)


def test_an_unknown_dtype_is_named():
    with pytest.raises(ValueError, match=r"`dtype` must be one of .*Received: dtype='float16'"):
        images(ARRAY, batch_size=4, dtype="float16")
