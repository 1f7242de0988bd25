import numpy as np
import tensorflow_datasets as tfds

NUM_TEST = 300


class Digits(tfds.core.GeneratorBasedBuilder):
    """The UCI optical recognition of handwritten digits, as scikit-learn ships it.

    1,797 scans of digits by 13 people, 8 x 8 x 1, uint8 (the scans' 17 grey levels spread over
    0..255, white on black), labels 0 to 9: 1,497 to train on and 300 to test, each class in the
    same proportion in both. No download.

    Example:

    >>> from keras_gen.data import describe
    >>> [describe("digits", split=split).num_examples for split in ("train", "test")]
    [1497, 300]

    Reference: Alpaydin & Kaynak, 1998, https://doi.org/10.24432/C50P49 (CC BY 4.0)
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "The scans of scikit-learn's load_digits."}  # noqa: RUF012

    def _info(self):
        return self.dataset_info_from_configs(
            description="8 x 8 scans of handwritten digits, from scikit-learn's load_digits.",
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(8, 8, 1)),
                    "label": tfds.features.ClassLabel(num_classes=10),
                }
            ),
            supervised_keys=("image", "label"),
            homepage="https://archive.ics.uci.edu/dataset/80",
            citation="""@misc{alpaydin1998optical,
                author = {Alpaydin, E. and Kaynak, C.},
                title = {Optical Recognition of Handwritten Digits},
                year = {1998},
                publisher = {UCI Machine Learning Repository},
                doi = {10.24432/C50P49},
            }""",
        )

    def _split_generators(self, dl_manager):
        from sklearn.datasets import load_digits

        scans, labels = load_digits(return_X_y=True)
        images = np.round(scans.reshape(-1, 8, 8, 1) * (255 / 16)).astype("uint8")
        # Every sixth scan or so of the list sorted by class: each class in proportion, no dice.
        by_class = np.argsort(labels, kind="stable")
        picks = ((np.arange(NUM_TEST) + 0.5) * len(labels) / NUM_TEST).astype(int)
        test = set(by_class[picks].tolist())
        train = set(range(len(labels))) - test
        return {
            "train": self._generate_examples(images, labels, sorted(train)),
            "test": self._generate_examples(images, labels, sorted(test)),
        }

    def _generate_examples(self, images, labels, indices):
        for index in indices:
            yield index, {"image": images[index], "label": int(labels[index])}
