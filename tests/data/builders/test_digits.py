import numpy as np
import tensorflow_datasets as tfds
from sklearn.datasets import load_digits

from keras_gen.data.preparing import prepared_builder


def read(data_dir, split):
    builder = prepared_builder("digits", data_dir)
    return [
        (example["image"], int(example["label"]))
        for example in tfds.as_numpy(builder.as_dataset(split=split))
    ]


def test_every_scan_of_scikit_learn_is_in_one_split_with_its_label(data_dir):
    train, test = read(data_dir, "train"), read(data_dir, "test")
    assert (len(train), len(test)) == (1497, 300)
    scans, labels = load_digits(return_X_y=True)
    # 16 grey levels to 255: 15.9375 apart.
    pixels = np.floor(scans * 15.9375 + 0.5).astype("uint8")
    wanted = sorted((row.tobytes(), label) for row, label in zip(pixels, labels, strict=True))
    assert sorted((image.tobytes(), label) for image, label in train + test) == wanted
    assert train[0][0].shape == (8, 8, 1)
    assert max(image.max() for image, _ in train) == 255


def test_splits_are_stratified(data_dir):
    _, labels = load_digits(return_X_y=True)
    counts = np.bincount([label for _, label in read(data_dir, "test")])
    np.testing.assert_allclose(counts, np.bincount(labels) * 300 / 1797, atol=1)


def test_splits_do_not_change(data_dir):
    # The sum of all pixels in the test split, which another choice would change.
    assert sum(int(image.sum()) for image, _ in read(data_dir, "test")) == 1490895
