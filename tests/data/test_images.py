import contextlib
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen import data
from keras_gen.data import sources, stores


def numbered(count=10, size=4):
    """Images whose every pixel tells the index, with the index as label."""
    images = np.broadcast_to(
        np.arange(count, dtype="uint8")[:, None, None, None], (count, size, size, 1)
    )
    return images, np.arange(count)


def indices(dataset):
    """Indices of `numbered` images in the order of one pass."""
    return [round((float(image[0, 0, 0]) + 1) * 127.5) for batch in dataset for image in batch]


def one_pass(dataset):
    return np.concatenate([np.asarray(batch) for batch in dataset])


@pytest.mark.parametrize("labels", [False, True])
def test_digits_are_static_float_batches_in_range(data_dir, labels):
    dataset = data.images("digits", batch_size=32, labels=labels, data_dir=data_dir)
    spec = dataset.element_spec[0] if labels else dataset.element_spec
    assert (spec.shape, spec.dtype) == ((32, 8, 8, 1), "float32")
    if labels:
        assert (dataset.element_spec[1].shape, dataset.element_spec[1].dtype) == ((32,), "int32")
    assert len(dataset) == len(list(dataset)) == 1497 // 32
    images = one_pass(dataset.map(lambda x, y: x) if labels else dataset)
    assert (images.min(), images.max()) == (-1.0, 1.0)


def test_no_pass_waits_for_the_autotuner_at_its_end():
    """With it, an epoch of 11 seconds on a busy processor took 20: see `pipeline._options`."""
    dataset = data.images(numbered()[0], batch_size=5)
    assert dataset.options().autotune.enabled is False
    assert dataset.take(1).options().autotune.enabled is False


def test_bytes_are_scaled_to_minus_one_and_one():
    images = np.array([0, 51, 255], "uint8").reshape(1, 1, 3, 1)
    np.testing.assert_allclose(
        one_pass(data.images(images, batch_size=1)).ravel(), [-1.0, -0.6, 1.0], atol=1e-6
    )


def test_floats_pass_unchanged():
    images = np.linspace(-1, 1, 12, dtype="float64").reshape(3, 2, 2, 1)
    batches = data.images(images, batch_size=3, shuffle=False)
    np.testing.assert_array_equal(one_pass(batches), images.astype("float32"))


@pytest.mark.parametrize("cache", [True, False])
def test_every_pass_has_each_image_once_in_another_order(cache):
    dataset = data.images(numbered()[0], batch_size=5, cache=cache)
    passes = [indices(dataset) for _ in range(4)]
    assert all(sorted(order) == list(range(10)) for order in passes)
    assert len({tuple(order) for order in passes}) == 4


def test_unshuffled_images_keep_their_order():
    dataset = data.images(numbered()[0], batch_size=5, shuffle=False)
    assert indices(dataset) == indices(dataset) == list(range(10))


@pytest.mark.parametrize("labelled", ["arrays", "folder"])
def test_labels_go_with_their_images(labelled, tmp_path, write_pictures):
    if labelled == "arrays":
        images, classes = numbered()
        pairs = data.images((images, classes[:, None]), batch_size=5, labels=True)
        read = [round((float(x[0, 0, 0]) + 1) * 127.5) for x, _ in pairs.unbatch()]
        assert read != sorted(read)
        for images, wanted in pairs:
            np.testing.assert_allclose((images[:, 0, 0, 0] + 1) * 127.5, wanted, atol=1e-4)
        return
    written = write_pictures(tmp_path, {"b/1.png": (4, 4), "a/x/2.png": (4, 4), "b/3.png": (4, 4)})
    pairs = data.images(tmp_path, batch_size=1, labels=True)
    read = {float(np.sum(x)): int(y[0]) for x, y in pairs}
    for path, pixels in written.items():
        total = float(np.sum(pixels.astype("float32") / 127.5 - 1))
        nearest = min(read, key=lambda s: abs(s - total))
        assert abs(nearest - total) < 1e-3
        assert read[nearest] == {"a": 0, "b": 1}[path[0]]


@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize("source", ["arrays", "folder", "tfds"])
def test_some_classes_alone_in_the_order_they_are_named(
    source, labels, tmp_path, write_pictures, data_dir
):
    """Of ten images three classes, of which two are named, the later one first."""
    options = {"labels": labels, "shuffle": False, "drop_remainder": False}
    if source == "tfds":
        whole = data.images("digits", data_dir=data_dir, **{**options, "labels": True})
        images, numbers = (np.concatenate(part) for part in zip(*whole, strict=True))
        given, named = "digits", ["7", 3]
    else:
        images = np.random.default_rng(0).integers(0, 256, (10, 8, 8, 1), "uint8")
        numbers = np.array([0, 3, 7] * 3 + [7])
        given, named = (images, numbers), "7,3"
    if source == "folder":
        names = [f"{number}/{k}.png" for k, number in enumerate(numbers)]
        written = write_pictures(tmp_path, dict.fromkeys(names, (8, 8)))
        order = sorted(names)
        images = np.stack([written[name] for name in order])
        numbers = np.array([int(name[0]) for name in order])
        given = tmp_path
    keep = (numbers == 7) | (numbers == 3)
    opened = data.open_images(given, labels=labels, classes=named, data_dir=data_dir)
    assert opened.class_names == ("7", "3") and opened.count == keep.sum()
    batches = data.images(given, batch_size=4, classes=named, data_dir=data_dir, **options)
    assert len(batches) == -(-keep.sum() // 4)
    found = one_pass(batches.map(lambda x, y: x) if labels else batches)
    expected = images[keep].astype("float32")
    expected = expected if source == "tfds" else expected / 127.5 - 1
    np.testing.assert_allclose(found.reshape(expected.shape), expected, atol=1e-6)
    if labels:
        numbers_found = one_pass(batches.map(lambda x, y: y))
        np.testing.assert_array_equal(numbers_found, numbers[keep] == 3)


def test_classes_go_over_to_other_splits(data_dir):
    opened = data.open_images("digits", classes="5", data_dir=data_dir)
    (labels,) = data.images(
        "digits", batch_size=300, split="test", labels=True, data_dir=data_dir
    ).map(lambda x, y: y)
    assert opened.at_split("test").count == (labels.numpy() == 5).sum()


def test_seed_decides_the_order_and_global_seeds_do_not(data_dir):
    def order(seed):
        return indices(data.images(numbered(30)[0], batch_size=30, seed=seed))

    def streamed():
        streamed = data.images("digits", batch_size=499, cache=False, data_dir=data_dir)
        return one_pass(streamed)

    first, first_streamed = order(1), streamed()
    keras.utils.set_random_seed(12)
    try:
        assert order(1) == first != order(2)
        np.testing.assert_array_equal(streamed(), first_streamed)
    finally:
        tf.random.set_seed(None)


def test_none_seeds_differ():
    orders = [indices(data.images(numbered(30)[0], batch_size=30, seed=None)) for _ in range(3)]
    assert len({tuple(order) for order in orders}) > 1


@pytest.mark.parametrize("source", ["memory", "disk", "records"])
@pytest.mark.parametrize("shuffle", [True, False])
def test_first_epoch_starts_where_an_earlier_run_stopped(source, shuffle, data_dir):
    images = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 1), dtype="uint8")
    source, cache = {
        "memory": (images, True),
        "disk": (images, False),
        "records": ("digits", False),
    }[source]

    def pipeline(first_epoch=0):
        return data.images(
            source,
            batch_size=10,
            augment=("flip", "crop"),
            shuffle=shuffle,
            cache=cache,
            first_epoch=first_epoch,
            split="train[:40]" if isinstance(source, str) else "train",
            data_dir=data_dir,
        )

    straight = pipeline()
    passes = [one_pass(straight) for _ in range(4)]
    resumed = pipeline(first_epoch=2)
    np.testing.assert_array_equal(one_pass(resumed), passes[2])
    np.testing.assert_array_equal(one_pass(resumed), passes[3])
    assert not np.array_equal(passes[1], passes[2])


def test_repeat_goes_on_with_the_next_pass():
    images = numbered()[0]
    straight = data.images(images, batch_size=5)
    repeated = data.images(images, batch_size=5).repeat(3)
    assert indices(repeated) == [*indices(straight), *indices(straight), *indices(straight)]


@pytest.mark.parametrize("image_size", [None, 6, (3, 5)])
def test_memory_and_disk_give_the_same_batches(image_size, tmp_path, write_pictures):
    write_pictures(tmp_path, {f"{k}.png": (8, 8, 3) for k in range(7)})
    held, read = (
        one_pass(data.images(tmp_path, image_size, 2, augment="flip", cache=cache))
        for cache in (True, False)
    )
    np.testing.assert_array_equal(held, read)


def test_what_exceeds_the_budget_is_read_from_disk(monkeypatch):
    images = np.zeros((4, 8, 8, 1), "uint8")
    opened = sources.open_source(images)
    for budget, wanted in ((256, stores.MemoryStore), (255, stores.DiskStore)):
        monkeypatch.setattr(stores, "MEMORY_BUDGET", budget)
        assert type(stores.make_store(opened, (8, 8), (1,), ("bicubic",), cache=True)) is wanted
    monkeypatch.setattr(stores, "MEMORY_BUDGET", 256)
    assert (
        type(stores.make_store(opened, (8, 8), (1,), ("bicubic",), cache=False)) is stores.DiskStore
    )


def test_flips_are_drawn_anew_for_each_image_and_pass():
    image = np.array([[0, 255]], "uint8").reshape(1, 1, 2, 1)
    dataset = data.images(np.repeat(image, 200, axis=0), batch_size=200, augment=("flip",))
    passes = [one_pass(dataset)[:, 0, 0, 0] > 0 for _ in range(3)]
    for flipped in passes:
        assert 60 < flipped.sum() < 140
    assert 60 < (passes[0] != passes[1]).sum() < 140
    assert 60 < (passes[1] != passes[2]).sum() < 140


def test_crops_are_windows_of_the_enlarged_image():
    ramp = np.linspace(0, 255, 32).astype("uint8")
    image = np.broadcast_to(ramp[None, None, :, None], (100, 32, 32, 1))
    crops = one_pass(data.images(image, batch_size=100, augment="crop"))
    assert crops.shape == (100, 32, 32, 1)
    left_edges = np.unique(crops[:, 0, 0, 0].round(4))
    assert len(left_edges) == 36 - 32 + 1  # 32 x 286 / 256 = 35.75
    np.testing.assert_allclose(left_edges[0], -1.0, atol=0.01)
    # Where the crop begins further right, it shows the same ramp further on.
    steps = np.diff(left_edges)
    np.testing.assert_allclose(steps[1:], 2 / 36, atol=0.02)


@pytest.mark.parametrize(("drop_remainder", "sizes"), [(True, [4, 4]), (False, [4, 4, 2])])
@pytest.mark.parametrize("cache", [True, False])
def test_drop_remainder(drop_remainder, sizes, cache):
    dataset = data.images(numbered()[0], batch_size=4, drop_remainder=drop_remainder, cache=cache)
    assert [len(batch) for batch in dataset] == sizes
    assert len(dataset) == len(sizes)
    assert dataset.element_spec.shape[0] == (4 if drop_remainder else None)


def test_transform_is_applied_last_and_to_images_only():
    dataset = data.images(
        numbered(),
        batch_size=10,
        labels=True,
        shuffle=False,
        transform=lambda x: x[..., :1] * 2 + 5,
    )
    images, labels = next(iter(dataset))
    np.testing.assert_allclose(images[:, 0, 0, 0], (np.arange(10) / 127.5 - 1) * 2 + 5, rtol=1e-6)
    np.testing.assert_array_equal(labels, np.arange(10))


def test_grayscale_arrays_without_channel_axis():
    assert data.images(np.zeros((3, 4, 5), "uint8"), batch_size=3).element_spec.shape == (
        3,
        4,
        5,
        1,
    )


@pytest.mark.parametrize(("channels", "wanted"), [(None, 3), (1, 1), (3, 3)])
def test_four_channels_are_composited_on_white(channels, wanted):
    transparent = np.zeros((2, 4, 4, 4), "uint8")
    transparent[..., 0] = 255
    said = pytest.warns(UserWarning, match="`channels=4` keeps it")
    with said if channels is None else contextlib.nullcontext():
        images = one_pass(data.images(transparent, batch_size=2, channels=channels))
    assert images.shape == (2, 4, 4, wanted)
    np.testing.assert_array_equal(images, 1.0)


class Unreadable:
    """Stands for whatever is given without being an image."""


FLOATS = np.zeros((4, 8, 8, 1), "float32")
BYTES = np.zeros((4, 8, 8, 1), "uint8")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"source": FLOATS + 1.5}, r"`source` must be finite and in \[-1, 1\].*1.5 to 1.5"),
        ({"source": FLOATS * np.nan}, r"`source` must be finite.*nan"),
        ({"source": FLOATS.astype("int64")}, "`source` must be uint8.*int64"),
        ({"source": FLOATS[0, 0]}, r"`source` must be images of shape.*\(8, 1\)"),
        ({"source": FLOATS[:0]}, r"`source` must be images of shape"),
        ({"source": Unreadable()}, "`source` must be images of shape"),
        ({"source": BYTES, "batch_size": 5}, "`batch_size` must be at most.*4.*batch_size=5"),
        ({"source": BYTES, "batch_size": 0}, "`batch_size` must be an integer.*batch_size=0"),
        ({"source": BYTES, "batch_size": 2.0}, "`batch_size` must be an integer"),
        ({"source": BYTES, "first_epoch": -1}, "`first_epoch` must be an integer"),
        ({"source": BYTES, "seed": "x"}, "`seed` must be an integer or None.*'x'"),
        ({"source": BYTES, "image_size": 0}, "`image_size` must be a positive.*image_size=0"),
        ({"source": BYTES, "image_size": (8, 8, 1)}, "`image_size` must be a positive"),
        ({"source": BYTES, "augment": ("rotate",)}, "`augment` must be some of.*rotate"),
        ({"source": BYTES, "channels": 2}, "`channels` must be 1 or 3.*channels=2"),
        ({"source": BYTES, "split": "test"}, "`split` must be 'train' for arrays.*'test'"),
        ({"source": BYTES, "feature": "x"}, "called 'image'.*'x'"),
        ({"source": BYTES, "labels": True}, "`labels=True` needs"),
        ({"source": (BYTES, [0, 1]), "labels": True}, r"`labels` must be 4 integers.*\(2,\)"),
        ({"source": (BYTES, [0.5] * 4), "labels": True}, "`labels` must be 4 integers.*float"),
        ({"source": (BYTES, [-1] * 4), "labels": True}, "`labels` must not be negative"),
        ({"source": ("a", "b")}, "`source` must be one data set"),
        ({"source": BYTES, "classes": "0"}, "`labels=True` needs"),
        ({"source": (BYTES, [0, 2, 2, 2]), "classes": "3"}, r"some of \['0', '1', '2'\].*'3'"),
        ({"source": (BYTES, [0, 2, 2, 2]), "classes": [1]}, r"`classes` must be of some example"),
        ({"source": (BYTES, [0, 1, 2, 0]), "classes": "1,1"}, "each once.*'1,1'"),
        ({"source": (BYTES, [0, 1, 2, 0]), "classes": []}, "`classes` must be one class or more"),
        ({"source": "digits", "classes": "sevn"}, "those of digits.*'sevn'"),
    ],
)
def test_bad_input_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        data.images(**{"batch_size": 2, **options})


def test_images_from_zero_to_one_are_warned_of():
    images = np.linspace(0, 1, 64, dtype="float32").reshape(1, 8, 8, 1)
    with pytest.warns(UserWarning, match=r"scale those in \[0, 1\] by `2 \* x - 1`"):
        data.images(images, batch_size=1)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        (
            "digits",
            {"split": "validation"},
            r"`split` must be one of \['test', 'train'\].*validation",
        ),
        ("digits", {"feature": "picture"}, r"image features \['image'\].*'picture'"),
        ("digits", {"batch_size": 1498}, "`batch_size` must be at most.*1497"),
        ("digits/large", {}, "no config or version of digits.*digits/large"),
        ("fashion_mnis", {}, "Similar names: fashion_mnist.*fashion_mnis"),
        ("no such thing at all", {}, "`source` must be the name of"),
    ],
)
def test_bad_data_set_names_are_refused(name, options, message, data_dir):
    with pytest.raises(ValueError, match=message):
        data.images(name, data_dir=data_dir, **options)


def test_splits_and_slices(data_dir):
    lengths = [
        len(data.images("digits", batch_size=1, split=split, data_dir=data_dir))
        for split in ("train", "test", "train[:100]", "train+test")
    ]
    assert lengths == [1497, 300, 100, 1797]


@pytest.mark.parametrize(("backend", "hidden"), [("jax", [([], "GPU")]), ("tensorflow", [])])
def test_accelerators_are_left_to_another_backend(monkeypatch, backend, hidden):
    from keras_gen.data import lazy

    calls = []
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    monkeypatch.setattr(tf.config, "set_visible_devices", lambda *args: calls.append(args))
    assert lazy.LazyModule("tensorflow", lazy._leave_accelerators_to_the_backend).float32
    assert calls == hidden


@pytest.mark.slow
def test_import_loads_no_data_libraries():
    code = (
        "import sys, keras; before = set(sys.modules); import keras_gen.data; "
        "new = {m.split('.')[0] for m in set(sys.modules) - before}; "
        "print(sorted(new & {'tensorflow', 'tensorflow_datasets', 'PIL', 'sklearn'}))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_names_are_functions_not_modules():
    import keras_gen.data.images  # The module of that name must not hide the function.

    assert callable(keras_gen.data.images)


@pytest.mark.parametrize("cache", [True, False])
@pytest.mark.parametrize("shard", [(0, 1), (1, 2)])
def test_a_pass_can_be_gone_on_with_and_what_was_seen_is_not_decoded(
    tmp_path, monkeypatch, cache, shard
):
    from PIL import Image

    from keras_gen.data import folder_source

    for number in range(12):
        Image.new("L", (8, 8), number * 10).save(tmp_path / f"{number:02d}.png")
    options = {"batch_size": 4, "augment": ["flip"], "cache": cache, "shard": shard}
    opened = data.open_images(tmp_path)
    whole = opened.batches(8, first_epoch=2, **options)
    expected = list(whole.as_numpy_iterator())
    read = []
    decode = folder_source.FolderSource._read
    monkeypatch.setattr(
        folder_source.FolderSource, "_read", lambda s, *a: read.append(a) or decode(s, *a)
    )
    rest = opened.batches(8, first_epoch=2, **options).from_step(2)
    assert len(rest) == 1
    (found,) = list(rest.as_numpy_iterator())
    np.testing.assert_array_equal(found, expected[2])
    assert len(read) == (0 if cache else len(found))


def grey(n=6, level=64):
    """Pictures of levels around one, no two alike."""
    values = np.random.default_rng(0).integers(level - 8, level + 8, (n, 16, 16, 1))
    return values.astype("uint8")


@pytest.mark.slow
def test_a_dynamic_binarisation_is_drawn_anew_and_has_the_grey_pictures_mean():
    batches = data.images(grey(), None, 6, shuffle=False, binarize="dynamic")
    passes = np.stack([next(iter(batches)).numpy() for _ in range(200)])
    assert passes.dtype == "float32" and set(np.unique(passes)) == {-1.0, 1.0}
    assert (passes[0] != passes[1]).mean() > 0.2
    pictures = grey() / 127.5 - 1.0
    # A pixel's mean of 200 draws has a deviation of 0.061; that of the 1,536 of them, of 0.0016.
    np.testing.assert_allclose(passes.mean(0), pictures, atol=5 * 0.062)
    assert passes.mean() == pytest.approx(pictures.mean(), abs=5 * 0.0016)
    # Neither neighbours nor pictures follow each other.
    away = passes - pictures
    variance = (away**2).mean()
    assert abs((away[..., 1:, :] * away[..., :-1, :]).mean()) < 0.02 * variance
    assert abs((away[:, 1:] * away[:, :-1]).mean()) < 0.02 * variance
    again = next(iter(data.images(grey(), None, 6, shuffle=False, binarize="dynamic")))
    np.testing.assert_array_equal(again, passes[0])  # by the seed
    other = next(iter(data.images(grey(), None, 6, shuffle=False, binarize="dynamic", seed=1)))
    assert (other.numpy() != passes[0]).mean() > 0.2


def test_a_static_binarisation_is_one_of_each_picture_at_every_pass():
    options = {"binarize": "static", "drop_remainder": False, "labels": True}
    source = (grey(), np.arange(6))
    first, second = ({}, {})
    batches = data.images(source, None, 4, **options)
    for found in (first, second):
        for pictures, labels in batches:
            found.update(zip(labels.numpy().tolist(), pictures.numpy(), strict=True))
    assert sorted(first) == list(range(6))
    for number in range(6):
        np.testing.assert_array_equal(first[number], second[number])
    whole = next(iter(data.images(source, None, 6, shuffle=False, seed=9, **options)))[0].numpy()
    np.testing.assert_array_equal(whole, [first[number] for number in range(6)])
    assert set(np.unique(whole)) == {-1.0, 1.0}
    assert whole.mean() == pytest.approx((grey() / 127.5 - 1.0).mean(), abs=5 * 0.022)
    assert (whole[0] != whole[1]).mean() > 0.2  # each has its own draw


def test_black_and_white_stay_so_and_a_transform_comes_first():
    pictures = np.zeros((4, 8, 8, 1), "uint8")
    pictures[:, :4] = 255
    options = {"image_size": None, "batch_size": 4, "shuffle": False}
    for binarize in ("dynamic", "static"):
        batch = next(iter(data.images(pictures, binarize=binarize, **options)))
        np.testing.assert_array_equal(batch, pictures / 127.5 - 1.0)
        turned = next(
            iter(data.images(pictures, binarize=binarize, transform=lambda x: -x, **options))
        )
        np.testing.assert_array_equal(turned, 1.0 - pictures / 127.5)
    small = next(iter(data.images(pictures, binarize="static", dtype="uint8", **options)))
    np.testing.assert_array_equal(small, pictures)
    with pytest.raises(ValueError, match=r"`binarize` must be one of.*Received: binarize='twice'"):
        data.images(pictures, binarize="twice", **options)
