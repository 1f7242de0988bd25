"""Small stand-ins for the data sets that tutorials and snippets download, written by TFDS."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from keras_gen.data.builders.emoji import CATEGORIES

CIFAR10 = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
COUNTS = {"train": 400, "test": 240}
# Each is run through networks of the zoo's size.
EMOJI = {"train": 400, "test": 80}


@pytest.fixture(scope="session")
def miniature_folder(tmp_path_factory):
    """A folder of TFDS with small data sets of the real ones' names and features."""
    data_dir = tmp_path_factory.mktemp("tensorflow_datasets")
    classes = tfds.features.ClassLabel(num_classes=10)
    garment = {"image": tfds.features.Image(shape=(28, 28, 1)), "label": classes}
    _write(data_dir, "fashion_mnist", "3.0.1", garment, _garment)
    things = tfds.features.ClassLabel(names=CIFAR10)
    photo = {"image": tfds.features.Image(shape=(32, 32, 3)), "label": things}
    _write(data_dir, "cifar10", "3.0.2", photo, _photo)
    picture = {"shape": (64, 64, 3), "encoding_format": "png"}
    emoji = {
        "noto": tfds.features.Image(**picture),
        "twemoji": tfds.features.Image(**picture),
        "name": tfds.features.Text(),
        "category": tfds.features.ClassLabel(names=CATEGORIES),
    }
    _write(data_dir, "emoji", "1.0.0", emoji, _emoji, EMOJI)
    return data_dir


@pytest.fixture(scope="module")
def miniature_data_sets(miniature_folder):
    """Has TFDS, here and in subprocesses, look into the folder of small data sets."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TFDS_DATA_DIR", str(miniature_folder))
        # TFDS has read the variable by now.
        patch.setattr(tfds.core.constants, "DATA_DIR", str(miniature_folder))
        yield


def _write(data_dir, name, version, features, draw, counts=COUNTS):
    random = np.random.default_rng(0)

    def split(count):
        examples = [draw(random, number) for number in range(count)]
        columns = {key: np.stack([example[key] for example in examples]) for key in features}
        return tf.data.Dataset.from_tensor_slices(columns)

    tfds.dataset_builders.TfDataBuilder(
        name=name,
        version=version,
        features=tfds.features.FeaturesDict(features),
        split_datasets={key: split(count) for key, count in counts.items()},
        data_dir=data_dir,
    ).download_and_prepare()


def _garment(random, number):
    """A bright bar whose place is its class's."""
    label = number % 10
    image = random.integers(0, 40, (28, 28, 1), dtype="uint8")
    image[4:24, 2 * label + 2 : 2 * label + 8] += 200
    return {"image": image, "label": np.int64(label)}


def _photo(random, number):
    """Noise."""
    image = random.integers(0, 256, (32, 32, 3), dtype="uint8")
    return {"image": image, "label": np.int64(number % 10)}


def _emoji(random, number):
    """A disc on white, red in one style and orange in the other."""
    rows, columns = np.mgrid[:64, :64]
    row, column = random.integers(24, 40, 2)
    disc = np.hypot(rows - row, columns - column) < random.integers(10, 22)
    styles = {"noto": (200, 30, 30), "twemoji": (240, 140, 20)}
    pictures = {
        style: np.where(disc[..., None], colour, 255).astype("uint8")
        for style, colour in styles.items()
    }
    return {**pictures, "name": f"disc {number}", "category": np.int64(number % 10)}
