import configparser
import json
import pathlib
import runpy
import tarfile

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

import keras_gen
from keras_gen import data
from keras_gen.data.builders import fluent_emoji_archives as archives_module
from keras_gen.data.builders.emoji import base_key, is_test
from keras_gen.data.builders.fluent_emoji import shipped_file
from keras_gen.data.builders.fluent_emoji_archives import ARCHIVES, Archives, picture_code
from keras_gen.data.builders.sheets import read_sheets, write_sheets
from keras_gen.data.preparing import prepared_builder

ROOT = pathlib.Path(keras_gen.__file__).parents[1]
# Codes, as the flat set writes them, and its names: a thumb with three tones, and others.
ICONS = {
    "1f44d": "thumbs-up",
    "1f44d-1f3fb": "thumbs-up-light",
    "1f44d-1f3fc": "thumbs-up-medium-light",
    "1f44d-1f3fd": "thumbs-up-medium",
    "2764": "red-heart",
    "1fa85": "piata",
    "1f9a2": "swan",
    "1f3c1": "chequered-flag",
    "1f600": "grinning-face",
    # By their hashes, these two are held out.
    "1f9d1-200d-1f33e": "farmer",
    "1f46e": "police-officer",
}
LINES = ("thumbs-up", "red-heart", "swan", "farmer")
# Red of the flat drawings; the 3D ones of the same are as green, the lines black.
SHADES = {name: 20 * number + 10 for number, name in enumerate(ICONS.values())}


def _icons(names, body):
    icons = {name: {"body": body(SHADES[name])} for name in names}
    if "swan" in icons:
        icons["swan"]["height"] = 33
    return {"width": 32, "height": 32, "icons": icons}


def _bar(colour):
    """The lower half of the picture in a colour."""
    return f'<path fill="{colour}" d="M0 16h32v16H0z"/>'


def _write(path, files, folder):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            file = folder / "scratch"
            if isinstance(content, Image.Image):
                content.save(file, "WEBP", lossless=True)
            else:
                file.write_text(json.dumps(content))
            tar.add(file, f"package/{name}")


@pytest.fixture(scope="module")
def fluent_dir(tmp_path_factory):
    """A TFDS folder with small archives of made-up drawings in its manual folder."""
    root = tmp_path_factory.mktemp("fluent")
    manual = root / "downloads" / "manual"
    manual.mkdir(parents=True)
    scratch = tmp_path_factory.mktemp("scratch")
    flat = {
        "icons.json": _icons(ICONS.values(), lambda red: _bar(f"rgb({red},0,0)")),
        "chars.json": ICONS,
        "metadata.json": {"categories": {"Objects": list(ICONS.values())}},
    }
    line = {
        "icons.json": _icons(LINES, lambda red: _bar("currentColor")),
        "chars.json": {code: name for code, name in ICONS.items() if name in LINES},
        "metadata.json": {"categories": {"Objects": LINES}},
    }
    swapped = {"thumbs-up-medium": "1f44d-1f3fc", "thumbs-up-medium-light": "1f44d-1f3fd"}
    pictures = {"assets/1f1e8-1f1ed.webp": Image.new("RGBA", (256, 256))}  # No flat one.
    for code, name in ICONS.items():
        height = 264 if name == "grinning-face" else 256
        pixels = np.full((height, 256, 4), (0, SHADES[name], 0, 255), "uint8")
        pixels[: height // 2] = (90, 80, 70, 0)  # Transparent.
        code = {"2764": "2764-fe0f"}.get(code, swapped.get(name, code))
        pictures[f"assets/{code}.webp"] = Image.fromarray(pixels)
    for style, files in {"flat": flat, "line": line, "3d": pictures}.items():
        _write(manual / ARCHIVES[style], files, scratch)
    return str(root)


def read(name, data_dir):
    builder = prepared_builder(name, data_dir)
    return [
        example
        for split in ("train", "test")
        for example in tfds.as_numpy(builder.as_dataset(split=split))
    ]


def test_the_larger_sizes_are_drawn_from_the_archives(fluent_dir):
    pytest.importorskip("resvg_py")
    examples = {e["name"].decode(): e for e in read("fluent_emoji/128", fluent_dir)}
    thumbs = [f"thumbs up, {tone} skin tone" for tone in ("light", "medium-light", "medium")]
    # Without the flag that differs, and those that are not square: the swan, the 3D face.
    assert examples.keys() == {
        "thumbs up",
        *thumbs,
        "red heart",
        "piñata",
        "farmer",
        "police officer",
    }
    for name, example in examples.items():
        icon = name.replace("piñata", "piata").removesuffix(" skin tone")
        shade = SHADES[icon.replace(", ", "-").replace(" ", "-")]
        for style, colour in {"flat": (shade, 0, 0), "3d": (0, shade, 0)}.items():
            assert example[style].shape == (128, 128, 3)
            np.testing.assert_array_equal(example[style][:64], 255)
            np.testing.assert_array_equal(example[style][64:], np.full((64, 128, 3), colour))
        assert example["has_line"] == (icon in ("thumbs up", "red heart", "farmer"))
        half = 0 if example["has_line"] else 255
        assert example["line"].shape == (128, 128, 1)
        np.testing.assert_array_equal(example["line"][:64], 255)
        np.testing.assert_array_equal(example["line"][64:], half)


def test_pixels_at_an_edge_are_means_of_what_is_laid_on_white(fluent_dir, monkeypatch):
    archives = Archives(pathlib.Path(fluent_dir) / "downloads" / "manual")
    picture = np.zeros((256, 256, 4), "uint8")  # Transparent black.
    picture[:, 1::2] = (200, 100, 0, 255)
    monkeypatch.setattr(archives_module.Image, "open", lambda _: Image.fromarray(picture))
    pixels = archives.draw("2764", "3d", 64)
    np.testing.assert_array_equal(pixels, np.full((64, 64, 3), (228, 178, 128)))  # (255 + c) / 2


def test_examples_without_a_line_drawing_are_left_out_where_it_is_asked_for(fluent_dir):
    pytest.importorskip("resvg_py")
    everything = data.open_paired("fluent_emoji/128", "flat", "3d", data_dir=fluent_dir)
    assert (everything.count, everything.at_split("test").count) == (6, 2)
    for split, count in {"train": 2, "test": 1}.items():
        pairs = data.paired(
            "fluent_emoji/128", "line", "3d", split=split, data_dir=fluent_dir, shuffle=False
        )
        assert len(list(pairs)) == count
        assert all((lines[:, -1] == -1).numpy().all() for lines, _ in pairs)
        described = data.describe(
            "fluent_emoji/128", feature="line", split=split, data_dir=fluent_dir
        )
        assert described.num_examples == count


def test_domains_of_which_one_lacks_examples_are_not_taken_for_aligned(fluent_dir):
    pytest.importorskip("resvg_py")

    def domains(a, **options):
        return data.open_unpaired("fluent_emoji/128", a, "3d", data_dir=fluent_dir, **options)

    assert domains("flat").aligned and not domains("line").aligned
    # Halves are those of the two examples that have both.
    drawings, pictures = domains("line", disjoint=True)._sources
    assert (drawings.count, pictures.count) == (1, 1)
    assert len(list(pictures.entries())) == 1


@pytest.mark.parametrize(
    ("filed", "shown"),
    [
        ("1f44d-1f3fc", "1f44d-1f3fd"),
        ("2764-FE0F", "2764"),
        ("1f469-1f3fd-200d-1f4bb", "1f469-1f3fd-200d-1f4bb"),
        ("1f9cf-1f3fc-200d-2642-fe0f", "1f9cf-1f3fd-200d-2640"),
        ("1f44d-1f3ff", "1f44d-1f3ff"),
    ],
)
def test_what_pictures_are_filed_under(filed, shown):
    assert picture_code(filed) == shown


def test_sheets_give_back_what_was_written(tmp_path):
    rng = np.random.default_rng(0)
    exact = rng.integers(0, 256, (300, 8, 8, 3), dtype="uint8")
    grey = rng.integers(0, 256, (5, 8, 8, 1), dtype="uint8")
    smooth = np.linspace(0, 255, 16 * 16 * 3).reshape(1, 16, 16, 3).astype("uint8")
    images = {"exact": exact, "grey": grey, "smooth": smooth}
    for name in ("a", "b"):
        write_sheets(tmp_path / name, [{"é": 1}], images, lossy=("smooth",))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    entries, got = read_sheets(tmp_path / "a")
    assert entries == [{"é": 1}]
    np.testing.assert_array_equal(got["exact"], exact)
    np.testing.assert_array_equal(got["grey"], grey)
    assert np.abs(got["smooth"].astype(int) - smooth).mean() < 3


def test_the_tool_packs_what_the_archives_draw(fluent_dir, tmp_path):
    pytest.importorskip("resvg_py")
    pack = runpy.run_path(str(ROOT / "zoo" / "tools" / "pack_fluent_emoji.py"))["pack"]
    archives = Archives(pathlib.Path(fluent_dir) / "downloads" / "manual")
    pack(archives, tmp_path / "packed.zip")
    entries, images = read_sheets(tmp_path / "packed.zip")
    assert [entry["code"] for entry in entries] == [emoji.code for emoji in archives.drawings]
    assert {style: len(stack) for style, stack in images.items()} == {"flat": 8, "3d": 8, "line": 3}
    for number, entry in enumerate(entries):
        np.testing.assert_array_equal(
            images["flat"][number], archives.draw(entry["code"], "flat", 64)
        )


@pytest.fixture(scope="module")
def shipped():
    with shipped_file().open("rb") as file:
        return read_sheets(file)


def test_the_shipped_file(shipped):
    entries, images = shipped
    codes = [entry["code"] for entry in entries]
    assert len(set(codes)) == len(codes) == 3011
    assert sum(entry["has_line"] for entry in entries) == 1564
    assert {style: stack.shape for style, stack in images.items()} == {
        "flat": (3011, 64, 64, 3),
        "3d": (3011, 64, 64, 3),
        "line": (1564, 64, 64, 1),
    }
    held_out = [entry for entry in entries if is_test(entry["code"])]
    assert (len(held_out), sum(entry["has_line"] for entry in held_out)) == (361, 161)
    # Pictures of a pair cover about the same pixels: those that are not white.
    drawn = [images[style].min(-1) < 240 for style in ("flat", "3d")]
    common, either = (function(*drawn).sum((1, 2)) for function in (np.logical_and, np.logical_or))
    assert np.median(common / either) > 0.9


def test_skin_tones_of_a_pair_are_the_same(shipped):
    """Of a hand the flat drawing and the 3D one darken alike from tone to tone."""
    entries, images = shipped
    place = {entry["code"]: number for number, entry in enumerate(entries)}
    for hand in ("1f44d", "1f44b", "270b", "1f9bb", "1f443"):
        tones = [place[f"{hand}-1f3f{tone}"] for tone in "bcdef"]
        for style in ("flat", "3d"):
            assert (np.diff(images[style][tones].mean((1, 2, 3))) < 0).all()


def test_the_split_is_that_of_the_data_set_emoji(shipped):
    # `emoji` writes variation selectors and capitals, which have no part in the base.
    assert base_key("2764-FE0F-200D-1F525") == base_key("2764-200d-1f525")
    assert base_key("1F9D1-200D-2695-FE0F") == base_key("1f9d1-200d-2695")
    sides = {}
    for entry in shipped[0]:
        side = sides.setdefault(base_key(entry["code"]), is_test(entry["code"]))
        assert side == is_test(entry["code"])


@pytest.mark.slow
def test_it_needs_no_archive_at_64_pixels(tmp_path):
    pairs = data.open_paired("fluent_emoji", "flat", "3d", data_dir=tmp_path)
    assert (pairs.count, pairs.shapes) == (2650, ((64, 64, 3), (64, 64, 3)))
    lines = data.open_paired("fluent_emoji", "line", "3d", split="test", data_dir=tmp_path)
    assert (lines.count, lines.shapes[0]) == (161, (64, 64, 1))
    drawings, pictures = next(iter(lines.batches(batch_size=161)))
    assert (drawings.shape, pictures.shape) == ((161, 64, 64, 1), (161, 64, 64, 3))
    assert (drawings.numpy().min((1, 2, 3)) < -0.5).all()
    assert data.open_images("fluent_emoji", labels=True, data_dir=tmp_path).num_classes == 9


def test_it_is_in_the_wheel_with_its_licence():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    pattern = setup["options.package_data"]["keras_gen.data.builders"].strip()
    folder = ROOT / "keras_gen" / "data" / "builders"
    assert {path.name for path in folder.glob(pattern)} == {
        "adult_LICENSE.txt",
        "adult_test.csv.gz",
        "adult_train.csv.gz",
        "clothing_reviews_LICENSE.txt",
        "clothing_reviews_test.csv.gz",
        "clothing_reviews_train.csv.gz",
        "fluent_emoji_64.zip",
        "fluent_emoji_LICENSE.txt",
    }
    assert shipped_file().stat().st_size < 8e6
    licences = list(ROOT.glob(setup["metadata"]["license_files"].split()[1]))
    (licence,) = [path for path in licences if path.name.startswith("fluent_emoji")]
    assert "Copyright (c) Microsoft Corporation" in licence.read_text()


def test_missing_archives_are_explained(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"npm pack @iconify-json/fluent-emoji-flat@1\.2\.6"
    ):
        data.images("fluent_emoji/256", data_dir=tmp_path)


def test_an_unknown_size_is_refused(tmp_path):
    with pytest.raises(ValueError, match="names no config or version of fluent_emoji"):
        data.images("fluent_emoji/96", data_dir=tmp_path)
