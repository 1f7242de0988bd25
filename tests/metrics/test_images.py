import keras
import numpy as np
import pytest
from PIL import Image

from keras_gen.metrics.images import (
    adapt_channels,
    as_image_pairs,
    as_images,
    image_batches,
    labelled_image_batches,
    resize_images,
)


@pytest.mark.parametrize("convert", [np.asarray, keras.ops.convert_to_tensor, np.ndarray.tolist])
def test_arrays_tensors_and_lists_become_float32(rng, convert):
    images = rng.uniform(-1, 1, (2, 3, 4, 1)).astype("float32")
    result = as_images(convert(images))
    assert isinstance(result, np.ndarray)
    assert result.dtype == "float32"
    np.testing.assert_array_equal(result, images)


@pytest.mark.parametrize("shape", [(2, 4, 4), (4, 4), (0, 4, 4, 1), (2, 4, 4, 1, 1)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"`real` must be a non-empty batch.*Received: real.shape"):
        as_images(np.zeros(shape), "real")


@pytest.mark.parametrize("dtype", ["int8", "int32", "bool"])
def test_other_integers_are_refused(dtype):
    with pytest.raises(ValueError, match=f"Received: images.dtype={dtype}"):
        as_images(np.zeros((1, 2, 2, 1), dtype))


def test_bytes_are_scaled():
    images = np.array([0, 51, 255], "uint8").reshape(3, 1, 1, 1)
    assert as_images(images).ravel().tolist() == pytest.approx([-1.0, -0.6, 1.0])
    assert as_images(images).dtype == "float32"


@pytest.mark.parametrize("value", [255.0, -1.1, np.nan, np.inf])
def test_values_outside_the_range_are_refused(value):
    images = np.zeros((1, 2, 2, 1))
    images[0, 1, 1, 0] = value
    with pytest.raises(ValueError, match=r"must lie in \[-1, 1\]"):
        as_images(images)


def test_rounding_past_the_range_is_let_through():
    assert as_images(np.full((1, 2, 2, 1), 1.0005)).max() > 1


def test_pairs_have_one_shape():
    with pytest.raises(ValueError, match=r"Received: real.shape=\(1, 2, 2, 1\), generated.shape="):
        as_image_pairs(np.zeros((1, 2, 2, 1)), np.zeros((2, 2, 2, 1)))


@pytest.mark.parametrize("size", [(4, 4), (7, 5), (20, 31), (12, 16), (12, 3)])
def test_resizes_as_pillow_does(rng, size):
    images = rng.uniform(-1, 1, (2, 12, 16, 1)).astype("float32")
    expected = [
        np.asarray(Image.fromarray(image[..., 0]).resize(size[::-1], Image.Resampling.BILINEAR))
        for image in images
    ]
    np.testing.assert_allclose(resize_images(images, size)[..., 0], expected, atol=1e-5)


def test_resizes_channels_apart(rng):
    images = rng.uniform(-1, 1, (2, 9, 8, 3)).astype("float32")
    together = resize_images(images, (5, 11))
    for channel in range(3):
        apart = resize_images(images[..., channel : channel + 1], (5, 11))
        np.testing.assert_allclose(together[..., channel : channel + 1], apart, atol=1e-6)


def test_channels():
    gray = np.array([0.5], "float32").reshape(1, 1, 1, 1)
    colour = np.array([1.0, 0.0, -1.0], "float32").reshape(1, 1, 1, 3)
    np.testing.assert_array_equal(adapt_channels(gray, 3)[0, 0, 0], [0.5, 0.5, 0.5])
    assert adapt_channels(colour, 1)[0, 0, 0, 0] == pytest.approx(0.299 - 0.114)
    assert adapt_channels(colour, 3) is colour
    with pytest.raises(ValueError, match="must have 3 channels, or be grayscale or RGB"):
        adapt_channels(np.zeros((1, 1, 1, 4)), 3)


def batches_of(images, sizes):
    return np.split(images, np.cumsum(sizes)[:-1])


@pytest.mark.parametrize("limit", [None, 5, 6, 100])
def test_batches_come_from_arrays_and_iterables_alike(rng, limit):
    images = rng.uniform(-1, 1, (11, 2, 2, 1)).astype("float32")
    labels = np.arange(11)
    parts, label_parts = batches_of(images, [4, 1, 6]), batches_of(labels, [4, 1, 6])
    for source in (images, parts, list(zip(parts, label_parts, strict=True))):
        result = list(image_batches(source, batch_size=3, limit=limit))
        np.testing.assert_array_equal(np.concatenate(result), images[:limit])


def test_limit_ends_an_endless_source_without_asking_for_more():
    asked = []

    def endless():
        while True:
            asked.append(1)
            yield np.zeros((4, 2, 2, 1))

    assert sum(map(len, image_batches(endless(), limit=8))) == 8
    assert len(asked) == 2


def test_labels_come_with_their_images(rng):
    images, labels = rng.uniform(-1, 1, (11, 2, 2, 1)), np.arange(11)
    parts = batches_of(images, [4, 1, 6]), batches_of(labels[:, None], [4, 1, 6])
    result = list(labelled_image_batches(zip(*parts, strict=True), limit=8))
    assert [len(batch) for batch, _ in result] == [4, 1, 3]
    assert np.concatenate([part for _, part in result]).tolist() == list(range(8))
    assert [labels for _, labels in labelled_image_batches(images, 6)] == [None, None]
