import json
import pathlib
import re
import tarfile

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from keras_gen import data
from keras_gen.data.builders import emoji
from keras_gen.data.builders.emoji import base_key, is_test
from keras_gen.data.preparing import prepared_builder
from tests.data.conftest import EMOJI, TONES, emoji_entries

MANUAL = pathlib.Path(tfds.core.constants.DATA_DIR).expanduser() / "downloads" / "manual"
REAL = MANUAL / emoji.ARCHIVES["noto"][0]


def read_entries(archive):
    with tarfile.open(archive) as tar:
        return json.load(tar.extractfile("package/emoji.json"))


# The real archive's list of emoji as well, where it is at hand.
ENTRIES = {"made up": lambda: list(emoji_entries())}
if REAL.exists():
    ENTRIES["emoji-datasource 16.0.0"] = lambda: read_entries(REAL)


def plain_name(name):
    """A name without what tells genders and directions apart, as a person would strip it."""
    name = re.sub(r"\b(facing right|variant \d of)\b", "", name.lower())
    name = re.sub(r"\b(wo)?m[ae]n\b|\bperson\b|\bpeople\b", "", name)
    return " ".join(re.sub(r"[:,]", " ", name).split())


@pytest.mark.parametrize("source", ENTRIES)
def test_variants_of_an_emoji_fall_on_one_side(source):
    entries = ENTRIES[source]()
    sides, groups = {}, 0
    for entry in entries:
        name = plain_name(entry["name"])
        if name:
            groups += name in sides
            assert sides.setdefault(name, is_test(entry["unified"])) == is_test(entry["unified"])
    assert groups >= 8  # The test has seen such variants.


@pytest.mark.parametrize("source", ENTRIES)
def test_skin_tones_are_split_with_the_untoned_emoji(source):
    variants = list(emoji._variants(ENTRIES[source]()))
    untoned = {file: base for base, file, name, _ in variants if "skin tone" not in name}
    toned = [(base, file) for base, file, name, _ in variants if "skin tone" in name]
    assert len(toned) > 20
    for base, file in toned:
        assert base in untoned.values()
        stem = re.sub("-1f3f[b-f]", "", file)
        if stem in untoned:
            assert untoned[stem] == base


@pytest.mark.parametrize("source", ENTRIES)
def test_the_split_does_not_change(source):
    held_out = [is_test(base) for base, *_ in emoji._variants(ENTRIES[source]())]
    counts = {"made up": (122, 25), "emoji-datasource 16.0.0": (3786, 409)}
    assert (len(held_out), sum(held_out)) == counts[source]


def test_about_a_tenth_is_held_out():
    assert 0.08 < np.mean([is_test(f"{0x1F000 + k:X}") for k in range(3000)]) < 0.12


@pytest.mark.parametrize(
    ("codes", "key"),
    [
        (["1F44D", "1F44D-1F3FB", "1F44D-1F3FF"], "1F44D"),
        (["261D-FE0F", "261D-1F3FD"], "261D"),
        (["1F9D1-200D-1F680", "1F469-1F3FB-200D-1F680", "1F468-200D-1F680"], "1F9D1-1F680"),
        (["1F9D1-200D-1F373", "1F469-200D-1F373"], "1F9D1-1F373"),
        (["1F3C3", "1F3C3-1F3FB-200D-2640-FE0F-200D-27A1-FE0F"], "1F3C3"),
        (["1F468", "1F469", "1F9D1", "1F468-200D-1F9B0", "1F469-1F3FF-200D-1F9B3"], "1F9D1"),
        (["1F466", "1F467", "1F9D2"], "1F9D2"),
        (["1F934", "1F478", "1FAC5"], "1FAC5"),
        (["1F385", "1F936", "1F9D1-200D-1F384"], "1F385"),
        (["1F931", "1F468-200D-1F37C"], "1F931"),
        (["1F57A", "1F483-1F3FD"], "1F483"),
        (["1F46A", "1F468-200D-1F469-200D-1F466", "1F469-200D-1F467"], "1F46A"),
        (["1F46B", "1F46C", "1F9D1-1F3FB-200D-1F91D-200D-1F9D1-1F3FC"], "1F46B"),
        (["1F48F", "1F469-200D-2764-FE0F-200D-1F48B-200D-1F468"], "1F48F"),
        (["1F491", "1F469-200D-2764-FE0F-200D-1F469"], "1F491"),
        (["1F408", "1F408-200D-2B1B"], "1F408"),
        (["2764-FE0F", "2764-FE0F-200D-1F525"], "2764"),
        (["1F3FB", "1F3FF"], "1F3FB"),
        (["2640-FE0F"], "2640"),
        (["1F1E8-1F1ED"], "1F1E8-1F1ED"),
    ],
)
def test_base_keys(codes, key):
    assert [base_key(code) for code in codes] == [key] * len(codes)


def test_pairs_are_read_from_the_archives_and_composited_on_white(emoji_dir):
    builder = prepared_builder("emoji", emoji_dir)
    examples = [
        example
        for split in ("train", "test")
        for example in tfds.as_numpy(builder.as_dataset(split=split))
    ]
    toned = sum(len(codes) for base, codes in EMOJI.items() if base != "cat") * len(TONES)
    assert len(examples) == sum(map(len, EMOJI.values())) + toned + 24
    for example in examples:
        for style, red in (("noto", 200), ("twemoji", 50)):
            assert example[style].shape == (64, 64, 3)
            np.testing.assert_array_equal(example[style][:8], 255)
            assert (example[style][8:, :, 0] == red).all()
        assert example["noto"][9, 0, 1] == example["twemoji"][9, 0, 1]
    names = {example["name"].decode() for example in examples}
    assert "variant 1 of astronaut, medium skin tone" in names
    assert "variant 0 of cat" in names


def test_splits_on_disk_have_no_base_in_common(emoji_dir):
    builder = prepared_builder("emoji", emoji_dir)
    bases = [
        {
            example["name"].decode().split(",")[0].split(" of ")[1]
            for example in tfds.as_numpy(builder.as_dataset(split=split))
        }
        for split in ("train", "test")
    ]
    assert all(bases)
    assert not bases[0] & bases[1]


def test_images_of_either_style_with_their_category(emoji_dir):
    for feature, red in ((None, 200), ("twemoji", 50)):
        dataset = data.images(
            "emoji", feature=feature, batch_size=8, labels=True, data_dir=emoji_dir
        )
        images, labels = next(iter(dataset))
        np.testing.assert_allclose(images[:, -1, -1, 0], red / 127.5 - 1, atol=1e-6)
        assert set(labels.numpy().tolist()) <= {1, 7}


@pytest.mark.parametrize("missing", ["both", "one"])
def test_missing_archives_are_explained(tmp_path, missing):
    if missing == "one":
        manual = tmp_path / "downloads" / "manual"
        manual.mkdir(parents=True)
        (manual / "other.txt").write_text("")
    with pytest.raises(FileNotFoundError, match=r"npm pack emoji-datasource-google@16\.0\.0") as e:
        data.images("emoji", data_dir=tmp_path)
    assert str(tmp_path / "downloads" / "manual") in str(e.value)
    assert str(e.value).count("npm pack") == 1


def test_a_grey_drawing_has_three_channels(tmp_path):
    Image.new("L", (64, 64), 7).save(tmp_path / "grey.png")
    png = (tmp_path / "grey.png").read_bytes()
    archives = {style: {folder + "a.png": png} for style, (_, folder) in emoji.ARCHIVES.items()}
    entries = [("1F374", "a.png", "fork and knife", "Food & Drink")]
    examples = emoji.Emoji._generate_examples(None, entries, archives, is_test("1F374"))
    (_, example) = next(examples)
    assert example["noto"].shape == example["twemoji"].shape == (64, 64, 3)
