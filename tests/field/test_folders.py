"""Folders as people have them: what is in them is taken, or it is said what is not, and why."""

import os
import warnings

import numpy as np
import pytest
from PIL import Image

from keras_gen import data


def write(folder, names, size=(8, 8)):
    rng = np.random.default_rng(0)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (*size, 3), dtype="uint8")).save(folder / name)


def labels(dataset):
    return sorted(int(label) for _, labels in dataset for label in labels)


VEHICLES = [f"{name}/{k}.png" for name in ("bus", "car", "train") for k in range(4)]


def test_a_class_called_train_is_no_split(tmp_path):
    write(tmp_path, VEHICLES)
    with pytest.warns(UserWarning, match=r"'train' .* is taken for a class.*'bus', 'car'.*source"):
        dataset = data.images(tmp_path, batch_size=12, labels=True)
    assert labels(dataset) == [0] * 4 + [1] * 4 + [2] * 4
    with pytest.warns(UserWarning, match="taken for a class"):
        described = data.describe(tmp_path)
    assert (described.num_examples, described.class_names) == (12, ("bus", "car", "train"))
    with pytest.warns(UserWarning, match="taken for a class"):
        assert data.open_images(tmp_path).splits == ("train",)
    # And the way to say otherwise.
    assert data.open_images(tmp_path / "train").count == 4


@pytest.mark.parametrize(
    "beside", [[], ["test/1.png"], ["val/1.png", "Test/1.png"], ["docs/a.txt"]]
)
def test_a_folder_called_train_beside_splits_is_one(tmp_path, beside):
    write(tmp_path, ["train/a/1.png", "train/b/1.png", *(n for n in beside if n[-1] == "g")])
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("no picture")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        opened = data.open_images(tmp_path, labels=True)
        assert (opened.count, opened.class_names) == (2, ("a", "b"))


@pytest.mark.parametrize("beside", ["extra/1.png", "loose.png"])
def test_what_lies_beside_splits_is_not_taken_in_and_said(tmp_path, beside):
    """The pictures of `test` must not come into the training."""
    write(tmp_path, ["train/1.png", "test/1.png", beside])
    said = f"the split 'train' is used, and not '{beside.split('/')[0]}' beside it"
    with pytest.warns(UserWarning, match=said):
        opened = data.open_images(tmp_path)
    assert (opened.count, opened.splits) == (1, ("train", "test"))


def test_class_folders_that_are_links_are_followed(tmp_path):
    write(tmp_path / "elsewhere", ["dogs/1.png", "dogs/2.png"])
    write(tmp_path / "mine", ["cats/1.png"])
    os.symlink(tmp_path / "elsewhere" / "dogs", tmp_path / "mine" / "dogs")
    os.symlink(tmp_path / "mine", tmp_path / "mine" / "cats" / "round_and_round")
    opened = data.open_images(tmp_path / "mine", labels=True)
    assert (opened.count, opened.class_names) == (3, ("cats", "dogs"))


def test_links_across_count_no_picture_again_and_again(tmp_path):
    write(tmp_path, ["cats/1.png", "dogs/2.png"])
    os.symlink(tmp_path / "dogs", tmp_path / "cats" / "more")
    os.symlink(tmp_path / "cats", tmp_path / "dogs" / "more")
    assert data.open_images(tmp_path).count == 4
    assert data.open_images(tmp_path / "cats").count == 2


def test_links_that_lead_nowhere_are_said(tmp_path):
    write(tmp_path, ["a.png", "b.png"])
    os.symlink(tmp_path / "unplugged" / "c.png", tmp_path / "c.png")
    with pytest.warns(
        UserWarning, match="Left out 1 file that is no picture: 1 link to what is not"
    ):
        assert data.open_images(tmp_path).count == 2


def test_folders_that_can_t_be_read_are_not_passed_over(tmp_path, monkeypatch):
    write(tmp_path, ["cats/1.png", "dogs/2.png", "lost+found/3.png"])
    listed = os.scandir

    def scandir(path):
        if str(path).endswith("dogs"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    assert data.open_images(tmp_path, labels=True).class_names == ("cats", "dogs")
    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(PermissionError, match="dogs"):
        data.open_images(tmp_path, labels=True)


def test_what_is_left_out_is_counted_by_suffix_in_one_warning(tmp_path):
    write(tmp_path, ["a.png", "b.gif", "c.tif", "d.TIFF", "e.webp"])
    for name in ("a.txt", "b.txt", "raw.heic", "LICENSE", ".hidden", "Thumbs.db", ".git/x.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "broken.png").write_text("x")
    (tmp_path / "short.png").write_bytes((tmp_path / "a.png").read_bytes()[:100])
    with pytest.warns(UserWarning) as caught:
        dataset = data.images(tmp_path, batch_size=5)
    assert len(dataset) == 1
    (said,) = [str(warning.message) for warning in caught]
    assert "Skipped 2 of 7 pictures as unreadable" in said
    assert "broken.png" in said and "short.png" in said
    assert "Left out 4 files that are no pictures: 1 .heic, 2 .txt, 1 no suffix." in said


def test_every_bad_file_is_named(tmp_path):
    write(tmp_path, ["good.png"])
    for k in range(30):
        (tmp_path / f"bad{k:02d}.png").write_text("x")
    with pytest.warns(UserWarning) as caught:
        data.images(tmp_path, batch_size=1)
    said = str(caught[0].message)
    assert all(f"bad{k:02d}.png" in said for k in range(30))


def test_a_truncated_picture_of_another_size_does_not_ask_for_an_image_size(tmp_path):
    write(tmp_path, ["a.png", "b.png"])
    write(tmp_path, ["c.png"], size=(40, 40))
    (tmp_path / "c.png").write_bytes((tmp_path / "c.png").read_bytes()[:2000])
    with pytest.warns(UserWarning, match=r"Skipped 1 of 3.*c\.png"):
        assert data.images(tmp_path, batch_size=2).element_spec.shape == (2, 8, 8, 3)
