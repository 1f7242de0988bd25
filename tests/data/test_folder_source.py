import os
import warnings
import weakref

import numpy as np
import pytest
from PIL import Image

from keras_gen import data
from keras_gen.data import folder_source


def read(folder, **options):
    """All images of a folder, in the order of their names."""
    options = {"batch_size": 1, "shuffle": False, **options}
    return [np.asarray(batch[0]) for batch in data.images(folder, **options)]


def save(folder, name, pixels, mode=None, **options):
    picture = Image.fromarray(np.asarray(pixels, "uint8"))
    (picture.convert(mode) if mode else picture).save(folder / name, **options)


def test_pictures_of_any_mode(tmp_path):
    red, grey = np.full((8, 8, 3), (255, 0, 0)), np.full((8, 8), 51)
    save(tmp_path, "a_colour.png", red)
    save(tmp_path, "b_grey.png", grey)
    save(tmp_path, "c_palette.png", red, "P")
    save(tmp_path, "d_half_transparent.png", np.full((8, 8, 4), (255, 0, 0, 51)))
    save(tmp_path, "e_transparent_grey.png", np.full((8, 8, 2), (0, 0)), None)
    save(tmp_path, "f_black_and_white.png", np.full((8, 8), 255), "1")
    Image.fromarray(np.full((8, 8), 51 * 257, "uint16")).save(tmp_path / "g_sixteen_bits.png")
    save(tmp_path, "h_cmyk.jpg", np.full((8, 8, 3), 255), "CMYK")
    palette = Image.new("P", (8, 8), 1)
    palette.putpalette([0, 0, 0, 255, 0, 0])
    palette.save(tmp_path / "i_transparent_palette.png", transparency=1)
    with pytest.warns(UserWarning, match=r"Laid 3 of 9 pictures on white.*`channels=4` keeps"):
        images = read(tmp_path)
    wanted = [
        (1, -1, -1),
        (-0.6, -0.6, -0.6),
        (1, -1, -1),
        (1, 0.6, 0.6),
        (1, 1, 1),
        (1, 1, 1),
        (-0.6, -0.6, -0.6),
        (1, 1, 1),
        (1, 1, 1),
    ]
    for image, colour in zip(images, wanted, strict=True):
        np.testing.assert_allclose(image, np.broadcast_to(colour, (8, 8, 3)), atol=1e-2)


def test_a_split_without_a_class_numbers_the_others_as_train_does(tmp_path, write_pictures):
    """`evaluate` of a model of classes would take a shoe of a test split without bags for a cap."""
    names = [
        "train/bag/1",
        "train/cap/1",
        "train/shoe/1",
        "test/apron/1",
        "test/cap/1",
        "test/shoe/1",
    ]
    write_pictures(tmp_path, {f"{name}.png": (8, 8) for name in names})
    (tmp_path / "train" / "empty").mkdir()
    train, test = (data.open_images(tmp_path, split=s, labels=True) for s in ("train", "test"))
    assert train.class_names == ("bag", "cap", "shoe")
    # What train has not comes last.
    assert test.class_names == ("bag", "cap", "shoe", "apron")
    batch = next(iter(test.batches(batch_size=3, shuffle=False)))
    assert np.asarray(batch[1]).tolist() == [3, 1, 2]
    assert train.at_split("test").class_names == test.class_names
    # By itself the folder is no split.
    assert data.open_images(tmp_path / "test", labels=True).class_names == ("apron", "cap", "shoe")


def test_grayscale_pictures_have_one_channel(tmp_path):
    save(tmp_path, "a.png", np.full((8, 8), 51))
    save(tmp_path, "b.jpg", np.full((8, 8), 51))
    images = read(tmp_path)
    assert [image.shape for image in images] == [(8, 8, 1)] * 2
    np.testing.assert_allclose(images, -0.6, atol=1e-2)
    assert read(tmp_path, channels=3)[0].shape == (8, 8, 3)


def test_colour_to_luminance(tmp_path):
    save(tmp_path, "a.png", np.full((8, 8, 3), (255, 0, 0)))
    np.testing.assert_allclose(read(tmp_path, channels=1), 0.299 * 2 - 1, atol=5e-3)


def test_pictures_are_turned_upright(tmp_path):
    pixels = np.zeros((8, 16, 3))
    pixels[:, :8] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # To be turned clockwise: the left half comes to the top.
    save(tmp_path, "a.png", pixels, exif=exif)
    (image,) = read(tmp_path)
    assert image.shape == (16, 8, 3)
    np.testing.assert_array_equal(image[:8], 1)
    np.testing.assert_array_equal(image[8:], -1)


@pytest.mark.parametrize("image_size", [8, (6, 10)])
@pytest.mark.parametrize("cache", [True, False])
def test_mixed_sizes(tmp_path, write_pictures, image_size, cache):
    write_pictures(tmp_path, {"a.png": (5, 9, 3), "x/b.jpg": (20, 8, 3), "x/y/c.JPEG": (8, 8)})
    height, width = image_size if isinstance(image_size, tuple) else (image_size, image_size)
    dataset = data.images(tmp_path, image_size, batch_size=3, cache=cache)
    assert dataset.element_spec.shape == (3, height, width, 3)
    assert np.isfinite(next(iter(dataset))).all()


def test_mixed_sizes_need_an_image_size(tmp_path, write_pictures):
    write_pictures(tmp_path, {"a.png": (5, 9, 3), "b.png": (5, 8, 3)})
    with pytest.raises(ValueError, match="`image_size` must be given"):
        data.images(tmp_path, batch_size=1)


def test_own_size_is_kept_exactly(tmp_path, write_pictures):
    written = write_pictures(tmp_path, {"a.png": (5, 9, 3), "b.png": (5, 9, 3)})
    for image, pixels in zip(read(os.fspath(tmp_path)), written.values(), strict=True):
        np.testing.assert_allclose((image + 1) * 127.5, pixels, atol=1e-4)


def spoil(folder):
    """One good picture, one that is cut short, one that never was one."""
    save(folder, "good.png", np.random.default_rng(0).integers(0, 256, (32, 32, 3)))
    save(folder, "short.png", np.random.default_rng(1).integers(0, 256, (32, 32, 3)))
    save(folder, "short.jpg", np.random.default_rng(1).integers(0, 256, (32, 32, 3)))
    for name in ("short.png", "short.jpg"):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[: len(whole) // 2])
    (folder / "text.png").write_text("not a picture")
    (folder / "notes.txt").write_text("ignored")
    (folder / ".hidden.png").write_text("ignored")


@pytest.mark.parametrize("cache", [True, False])
def test_corrupt_pictures_are_skipped_by_name(tmp_path, cache):
    spoil(tmp_path)
    with pytest.warns(UserWarning, match="Skipped 3 of 4 pictures") as caught:
        images = read(tmp_path, cache=cache)
    assert len(images) == 1
    message = str(caught[0].message)
    assert all(name in message for name in ("short.png", "short.jpg", "text.png"))
    assert "good" not in message


def test_corrupt_pictures_are_refused_when_strict(tmp_path):
    spoil(tmp_path)
    with pytest.raises(ValueError, match=r"strict=True.*3 of 4 unreadable.*short"):
        data.images(tmp_path, batch_size=1, strict=True)


def test_nothing_readable(tmp_path):
    (tmp_path / "a.png").write_text("no picture")
    with (
        pytest.warns(UserWarning, match="Skipped 1 of 1"),
        pytest.raises(ValueError, match="`source` has no readable picture"),
    ):
        data.images(tmp_path, batch_size=1)


def test_good_folders_bring_no_warning(tmp_path, write_pictures):
    write_pictures(tmp_path, {"a.png": (8, 8, 3)})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(read(tmp_path, strict=True)) == 1


def test_empty_and_missing_folders(tmp_path):
    with pytest.raises(
        ValueError, match=r"`source` must be a folder with pictures.*which has none"
    ):
        data.images(tmp_path)
    for missing in (tmp_path / "none", os.fspath(tmp_path / "none"), "./none", "~/none such"):
        with pytest.raises(FileNotFoundError, match=r"`source` must be a folder that exists.*none"):
            data.images(missing)


def test_class_folders(tmp_path, write_pictures):
    write_pictures(tmp_path, {"dog/1.png": (8, 8), "cat/x/1.png": (8, 8), "dog/2.png": (8, 8)})
    dataset = data.images(tmp_path, batch_size=3, labels=True, shuffle=False)
    assert next(iter(dataset))[1].numpy().tolist() == [0, 1, 1]
    write_pictures(tmp_path, {"stray.png": (8, 8)})
    with pytest.raises(
        ValueError, match=r"Labels \(`labels=True`\) need a folder with one subfolder a class"
    ):
        data.images(tmp_path, batch_size=3, labels=True)


def test_splits_are_subfolders(tmp_path, write_pictures):
    write_pictures(
        tmp_path, {"train/a/1.png": (8, 8), "test/a/1.png": (8, 8), "test/2.png": (8, 8)}
    )
    assert [len(read(tmp_path, split=split)) for split in ("train", "test")] == [1, 2]
    with pytest.raises(
        ValueError, match=r"`split` must be 'train' or the name of a subfolder.*'val'"
    ):
        data.images(tmp_path, split="val")


def test_pictures_of_one_name_and_two_kinds_both_count(tmp_path, write_pictures):
    write_pictures(tmp_path, {"a.png": (8, 8), "a.jpg": (8, 8)})
    assert len(read(tmp_path)) == 2


def test_a_data_set_s_name_is_no_folder(tmp_path, write_pictures, monkeypatch, data_dir):
    write_pictures(tmp_path, {"digits/a.png": (5, 5), "mine/a.png": (5, 5)})
    monkeypatch.chdir(tmp_path)
    assert data.images("digits", batch_size=1, data_dir=data_dir).element_spec.shape[1] == 8
    for name in ("./digits", "mine", "digits/", "mine/"):
        assert data.images(name, batch_size=1).element_spec.shape[1] == 5
    write_pictures(tmp_path, {"mnist/mine/a.png": (5, 5)})
    with pytest.raises(ValueError, match=r"The folder of that name is './mnist/mine'. Received"):
        data.images("mnist/mine")
    with pytest.raises(FileNotFoundError, match="`source` must be a folder that exists"):
        data.images("nowhere/")


def test_counting_does_not_hold_all_pictures(tmp_path, write_pictures, monkeypatch):
    write_pictures(tmp_path, {f"{k:02}.png": (4 + k, 8, 3) for k in range(40)})
    seen, alive = [], []
    decode = folder_source.decode

    def watched(*arguments):
        decoded = decode(*arguments)
        seen.append(weakref.ref(decoded.pixels))
        alive.append(sum(pixels() is not None for pixels in seen))
        return decoded

    monkeypatch.setattr(folder_source, "decode", watched)
    monkeypatch.setattr(folder_source, "KEPT_BYTES", 0)
    assert data.open_images(tmp_path).count == len(seen) == 40
    assert max(alive) <= 2 * os.cpu_count()


def test_held_out_pictures_that_are_trained_on_are_warned_of(tmp_path, write_pictures):
    write_pictures(tmp_path, {"images/a.png": (4, 4), "test/b.png": (4, 4)})
    with pytest.warns(UserWarning, match=r"has no folder 'train', so that all .* 'test' among it"):
        assert data.open_images(tmp_path).count == 2
    write_pictures(tmp_path, {"train/a.png": (4, 4)})
    (tmp_path / "images" / "a.png").unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert data.open_images(tmp_path).count == 1
