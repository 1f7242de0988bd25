"""Holes in picture files: `fill_files` and `keras-gen fill`."""

import sys

import numpy as np
import pytest
from PIL import Image

from keras_gen import cli
from keras_gen.filling import fill_files
from tests.cases import build_inpainting
from tests.tasks.test_filling import White


@pytest.fixture
def pictures(tmp_path):
    """A wide picture, and one in a subfolder with a mask of another suffix."""
    rng = np.random.default_rng(0)
    for folder in ("in/deeper", "masks/deeper"):
        (tmp_path / folder).mkdir(parents=True)
    for name, mask_name, size in (
        ("a.png", "a.png", (20, 30)),
        ("deeper/b.png", "deeper/b.bmp", (8, 8)),
    ):
        picture = rng.integers(0, 250, (*size, 3), "uint8")
        mask = np.zeros(size, "uint8")
        mask[3:6, 2:7] = 255
        Image.fromarray(picture).save(tmp_path / "in" / name)
        Image.fromarray(mask).save(tmp_path / "masks" / mask_name)
    return tmp_path


def read(path):
    with Image.open(path) as image:
        return np.array(image)


def test_holes_are_filled_and_all_else_stays_at_its_own_size(pictures):
    assert fill_files(White(), pictures / "in", pictures / "out", pictures / "masks") == 2
    for name in ("a.png", "deeper/b.png"):
        given, filled = read(pictures / "in" / name), read(pictures / "out" / name)
        hidden = np.zeros(given.shape[:2], bool)
        hidden[3:6, 2:7] = True
        np.testing.assert_array_equal(filled[~hidden], given[~hidden])
        assert filled.shape == given.shape and (filled[hidden] >= 250).mean() > 0.9


def test_a_hole_may_be_what_is_transparent(pictures):
    picture = np.full((8, 12, 4), (100, 100, 100, 255), "uint8")
    picture[2:4, 5:8, 3] = 0
    Image.fromarray(picture).save(pictures / "c.png")
    assert fill_files(White(), pictures / "c.png", pictures / "out") == 1
    filled = read(pictures / "out" / "c.png")
    assert filled.shape == (8, 12, 3) and (filled[2:4, 5:8] > 250).all()
    filled[2:4, 5:8] = 100
    assert (filled == 100).all()


def test_what_has_no_mask_or_a_wrong_one_is_named(pictures):
    masks = {"a.png": (20, 30), "d.png": (5, 5), "e.png": (8, 8), "f.png": (8, 8)}
    for name, size in masks.items():
        value = 255 if name == "f.png" else 0
        Image.fromarray(np.full(size, value, "uint8")).save(pictures / "masks" / name)
        if name != "a.png":
            Image.new("RGB", (8, 8)).save(pictures / "in" / name)
    Image.new("RGB", (8, 8)).save(pictures / "in" / "g.png")
    model = White()
    with pytest.warns(UserWarning, match="Skipped 5 of 6") as warned:
        fill_files(model, pictures / "in", pictures / "out", pictures / "masks")
    said = " ".join(str(warning.message) for warning in warned)
    assert "its mask is of 5 x 5 pixels, and the picture of 8 x 8" in said
    assert "its mask hides nothing of it" in said and "hides all of it" in said
    assert "there is no mask of its name" in said


def test_refuses(pictures):
    model, masks = White(), pictures / "masks"
    with pytest.raises(FileNotFoundError, match="`masks` must be a folder or a picture"):
        fill_files(model, pictures / "in", pictures / "out", pictures / "none")
    with pytest.raises(ValueError, match="`masks` must be a folder, of a mask for each"):
        fill_files(model, pictures / "in", pictures / "out", masks / "a.png")
    before = (masks / "a.png").read_bytes()
    with pytest.raises(ValueError, match="`output` must be another folder than that of the masks"):
        fill_files(model, pictures / "in", masks, masks)
    assert (masks / "a.png").read_bytes() == before
    with pytest.raises(ValueError, match="`model` must be one that fills holes"):
        fill_files(None, pictures / "in", pictures / "out", masks)
    with (
        pytest.raises(ValueError, match="`images` must hold pictures with holes"),
    ):
        fill_files(model, pictures / "in" / "a.png", pictures / "out")


def test_the_command_fills_a_folder(pictures, monkeypatch, capsys):
    build_inpainting().save(pictures / "model.keras")
    monkeypatch.chdir(pictures)
    monkeypatch.setattr(
        sys, "argv", ["keras-gen", "fill", "model.keras", "in", "masks", "--output", "out"]
    )
    with pytest.raises(SystemExit) as stop:
        cli.main()
    printed = capsys.readouterr()
    assert not stop.value.code, printed.err
    assert "Wrote 2 pictures to out/" in printed.out
    given, filled = read(pictures / "in" / "a.png"), read(pictures / "out" / "a.png")
    np.testing.assert_array_equal(filled[8:], given[8:])


class Seen(White):
    """Fills with white, and keeps the shares of what was hidden."""

    def fill(self, images, masks, batch_size=16):
        self.images = images
        self.shares = getattr(self, "shares", []) + masks.mean((1, 2, 3)).tolist()
        return super().fill(images, masks, batch_size)


def test_a_large_picture_is_filled_in_windows_around_its_holes(tmp_path):
    picture = np.full((60, 90, 3), 100, "uint8")
    mask = np.zeros((60, 90), "uint8")
    mask[20:22, 30:32] = mask[50:52, 70:72] = mask[30, 0:60] = 255
    Image.fromarray(picture).save(tmp_path / "a.png")
    Image.fromarray(mask).save(tmp_path / "mask.png")
    model = Seen()
    assert fill_files(model, tmp_path / "a.png", tmp_path / "out", tmp_path / "mask.png") == 1
    filled = read(tmp_path / "out" / "a.png")
    np.testing.assert_array_equal(filled, np.where(mask[..., None] > 0, 255, picture))
    # Holes as large as they are in the picture: 2 x 2 and rows of 1 x 8 of 8 x 8.
    assert sorted(model.shares)[:2] == [4 / 64] * 2 and set(model.shares[:-2]) <= {8 / 64, 4 / 64}


def test_what_is_hidden_is_not_mixed_into_what_the_model_sees(tmp_path):
    """A hole that is thicker than the model's window is given smaller, and its colours with it."""
    picture, mask = np.full((40, 40, 3), 100, "uint8"), np.zeros((40, 40), "uint8")
    mask[11:26, 9:24] = 255
    picture[mask > 0] = (255, 0, 255)
    Image.fromarray(picture).save(tmp_path / "a.png")
    Image.fromarray(mask).save(tmp_path / "mask.png")
    model = Seen()
    fill_files(model, tmp_path / "a.png", tmp_path / "out", tmp_path / "mask.png")
    np.testing.assert_allclose(model.images, 100 / 127.5 - 1.0, atol=1e-6)
