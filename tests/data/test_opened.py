"""A data set that is opened once: what it knows, and how often it reads."""

import collections
import pathlib

import numpy as np
import pytest

from keras_gen import data
from keras_gen.data import folder_source, stores


@pytest.fixture
def decoded(monkeypatch):
    """Counts, by file, how often it was decoded."""
    counts = collections.Counter()
    decode = folder_source.decode

    def counting(file, *args, **options):
        counts[pathlib.Path(file).name] += 1
        return decode(file, *args, **options)

    monkeypatch.setattr(folder_source, "decode", counting)
    return counts


def one_pass(dataset):
    return np.concatenate([np.asarray(batch) for batch in dataset])


@pytest.fixture
def folder(tmp_path, write_pictures):
    write_pictures(tmp_path, {f"{k}.png": (8 + k, 9, 3) for k in range(12)})
    return tmp_path


def test_a_resumed_training_decodes_each_file_once(folder, decoded):
    opened = data.open_images(folder)
    assert not decoded
    first = opened.batches(8, batch_size=4)
    resumed = opened.batches(8, batch_size=4, first_epoch=2)
    assert (opened.count, opened.steps(4), len(first)) == (12, 3, 3)
    passes = [one_pass(first) for _ in range(3)]
    np.testing.assert_array_equal(one_pass(resumed), passes[2])
    assert decoded == {f"{k}.png": 1 for k in range(12)}


def test_nor_does_another_size_or_asking_first_decode_again(folder, decoded):
    opened = data.open_images(folder)
    assert opened.count == 12
    one_pass(opened.batches(8, batch_size=4, augment="crop"))
    next(iter(opened.batches(8, batch_size=4, seed=3)))
    next(iter(opened.batches(8, batch_size=4, cache=False)))
    assert decoded == {f"{k}.png": 1 for k in range(12)}


def test_a_face_decodes_each_file_once(folder, decoded):
    dataset = data.images(folder, 8, 4)
    one_pass(dataset), one_pass(dataset)
    assert set(decoded.values()) == {1}


def test_what_is_read_from_disk_is_decoded_in_each_pass(folder, decoded, monkeypatch):
    monkeypatch.setattr(folder_source, "KEPT_BYTES", 0)
    dataset = data.images(folder, 8, 4, cache=False)
    assert set(decoded.values()) == {1}  # To know which can be read.
    one_pass(dataset), one_pass(dataset)
    assert set(decoded.values()) == {3}


def test_pairs_and_domains_are_decoded_once_too(tmp_path, write_pictures, decoded):
    write_pictures(tmp_path, {f"{s}/{s}{k}.png": (8, 8) for s in "AB" for k in range(4)})
    opened = data.open_unpaired(tmp_path)
    for first_epoch in range(3):
        list(opened.batches(batch_size=2, augment=("crop", "flip"), first_epoch=first_epoch))
    assert set(decoded.values()) == {1} and len(decoded) == 8
    decoded.clear()
    halves = data.open_paired(tmp_path / "A", side_by_side=True)
    for first_epoch in range(3):
        list(halves.batches(batch_size=2, first_epoch=first_epoch))
    assert set(decoded.values()) == {1} and len(decoded) == 4


def test_sizes_that_do_not_fit_together_are_let_go(folder, monkeypatch):
    opened = data.open_images(folder)
    monkeypatch.setattr(stores, "MEMORY_BUDGET", 12 * 8 * 8 * 3)
    for size in (8, 7, 8):
        opened.batches(size, batch_size=4)
        assert len(opened._stores[0]) == 1


def test_what_is_known_of_a_folder(tmp_path, write_pictures):
    write_pictures(tmp_path, {"10/a.png": (8, 6, 3), "2/b.png": (8, 7), "2/c.png": (8, 6)})
    opened = data.open_images(tmp_path, labels=True)
    assert opened.shapes == ((8, None, 3),)
    assert opened.shapes_at(5) == ((5, 5, 3),) and opened.shapes_at((4, 6)) == ((4, 6, 3),)
    assert (opened.count, opened.num_classes, opened.class_names) == (3, 2, ("2", "10"))
    assert (opened.split, opened.splits, opened.dtype) == ("train", ("train",), "uint8")
    labels = [int(y[0]) for _, y in opened.batches(8, batch_size=1, shuffle=False)]
    assert labels == [1, 0, 0]  # The order of the files is that of version 0.1.
    assert data.open_images(tmp_path).class_names == ("2", "10")
    with pytest.raises(ValueError, match="`image_size` must be given"):
        opened.shapes_at()


@pytest.mark.parametrize(
    ("names", "ordered"),
    [
        (["10", "9", "1"], ["1", "9", "10"]),
        (["b2", "b10", "a"], ["a", "b2", "b10"]),
        (["x", "07", "7", "8"], ["07", "7", "8", "x"]),
    ],
)
def test_numbers_in_class_names_count_as_numbers(tmp_path, write_pictures, names, ordered):
    write_pictures(tmp_path, {f"{name}/a.png": (8, 8) for name in names})
    assert data.describe(tmp_path).class_names == tuple(ordered)


def test_what_is_known_of_arrays():
    images = np.zeros((5, 4, 6, 3), "float32") - 1
    opened = data.open_images((images, [0, 2, 1, 1, 0]))
    assert (opened.shapes, opened.dtype, opened.count) == (((4, 6, 3),), "float32", 5)
    assert opened.class_names == ("0", "1", "2")
    assert data.open_images(images).class_names is None
    pairs = data.open_paired((images, images), channels=(1, None))
    assert pairs.shapes == ((4, 6, 1), (4, 6, 3))


def test_a_transform_makes_its_own_channels(folder):
    opened = data.open_paired(folder, "edges")
    assert opened.shapes == ((None, 9, 1), (None, 9, 3))
    assert opened.shapes_at(8) == ((8, 8, 1), (8, 8, 3))
    batches = opened.batches(8, batch_size=2)
    assert opened.shapes_at(8) == tuple(tuple(spec.shape[1:]) for spec in batches.element_spec)
    doubled = data.open_images(folder, transform=lambda x: x[:, ::2])
    assert doubled.shapes_at(8) == ((4, 8, 3),)


def test_splits_of_a_folder(tmp_path, write_pictures):
    write_pictures(tmp_path, {"train/a.png": (8, 8), "val/a.png": (8, 8), "val/b.png": (8, 8)})
    opened = data.open_images(tmp_path)
    assert (opened.splits, opened.count) == (("train", "val"), 1)
    other = opened.at_split("val")
    assert (other.split, other.count, other.splits) == ("val", 2, ("train", "val"))
    assert opened.at_split("train") is opened
    with pytest.raises(
        ValueError, match=r"`split` must be one of \['train', 'val'\].*split='test'"
    ):
        opened.at_split("test")


def test_splits_of_a_data_set(data_dir):
    opened = data.open_images("digits", labels=True, data_dir=data_dir)
    assert (opened.splits, opened.count) == (("train", "test"), 1497)
    assert opened.at_split("test").count == 300
    assert opened.at_split("train[:10%]").count == 150
    assert opened.class_names == tuple("0123456789")
    with pytest.raises(ValueError, match=r"`split` must be one of \['train', 'test'\]"):
        opened.at_split("validation")
    with pytest.raises(ValueError, match=r"must be one of \['train'\]"):
        data.open_images(np.zeros((2, 4, 4), "uint8")).at_split("test")


@pytest.mark.parametrize("layout", ["{split}/{x}", "{split}{x}"])
def test_splits_of_domains(tmp_path, write_pictures, layout):
    paths = [layout.format(split=s, x=x) for s in ("train", "test") for x in "AB"]
    write_pictures(tmp_path, {f"{path}/1.png": (4, 4) for path in paths})
    opened = data.open_unpaired(tmp_path)
    assert opened.splits == ("train", "test")
    assert opened.at_split("test").count == 1


def test_splits_of_named_folders(tmp_path, write_pictures):
    paths = ("in/train", "in/val", "out/train", "out/val", "out/test")
    write_pictures(tmp_path, {f"{path}/1.png": (4, 4) for path in paths})
    assert data.open_paired(tmp_path, "in", "out").splits == ("train", "val")
    assert data.open_unpaired(tmp_path, "in", "out").splits == ("train", "val")
    with pytest.raises(ValueError, match="there is no"):
        data.unpaired(tmp_path, "in", "out", split="test")


def test_the_training_pictures_are_no_test_split(tmp_path, write_pictures):
    """Of folders by name there were, for any split, all the pictures."""
    write_pictures(tmp_path, {"cats/1.png": (4, 4), "dogs/1.png": (4, 4)})
    opened = data.open_unpaired(tmp_path, "cats", "dogs")
    assert opened.splits == ("train",)
    with pytest.raises(ValueError, match=r"`split` must be one of \['train'\]"):
        opened.at_split("test")


def test_steps():
    opened = data.open_images(np.zeros((10, 4, 4), "uint8"))
    assert (opened.steps(4), opened.steps(4, drop_remainder=False)) == (2, 3)
    with pytest.raises(ValueError, match=r"`batch_size` must be at most.*10.*batch_size=11"):
        opened.steps(11)


def test_a_damaged_picture_is_found_by_whoever_reads_first(tmp_path, write_pictures):
    write_pictures(tmp_path, {f"{k}/a.png": (32, 32, 3) for k in range(4)})
    whole = (tmp_path / "1" / "a.png").read_bytes()
    (tmp_path / "1" / "a.png").write_bytes(whole[: len(whole) // 2])
    for first in ("count", "batches"):
        opened = data.open_images(tmp_path, labels=True)
        with pytest.warns(UserWarning, match=r"Skipped 1 of 4 pictures.*1/a\.png"):
            batches = opened.batches(batch_size=3, shuffle=False) if first == "batches" else None
            assert opened.count == 3
        batches = batches or opened.batches(batch_size=3, shuffle=False)
        ((images, labels),) = batches
        assert labels.numpy().tolist() == [0, 2, 3]
        assert float(np.std(images, axis=(1, 2, 3)).min()) > 0.3
