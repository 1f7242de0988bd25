from collections.abc import Sequence

import keras

from keras_gen.networks._blocks import SPATIAL, Blocks
from keras_gen.networks._checks import check_image_shape, check_integer


def noisy_classifier(
    image_shape: Sequence[int],
    classes: int,
    units: Sequence[int] = (1000, 500, 250, 250, 250),
    input_noise: float = 0.6,
    noise: float = 0.5,
    seed: int | None = None,
    name: str = "noisy_classifier",
) -> keras.Model:
    """Discriminator of a `SemiSupervisedGAN` of small images: dense layers, and noise before each.

    That of the paper for MNIST, without its normalisation of weights. Noise is Gaussian, and added in
    training alone; ReLU after each layer.

    Args:
        image_shape: `(height, width, channels)`, each side at least 8.
        classes: How many logits it gives, at least 1.
        units: Units of each hidden layer, one at least. Defaults to the paper's.
        input_noise: Standard deviation of the noise that images get, from 0 up. Defaults to 0.6, in
            [-1, 1] the paper's.
        noise: That of the noise behind each hidden layer, from 0 up. Defaults to 0.5.
        seed: Integer that fixes the initial weights and the noise. Defaults to `None`: drawn from Python's
            generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from float images `(batch, height, width, channels)` in [-1, 1] to float32 logits
        `(batch, classes)`.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> noisy_classifier((28, 28, 1), classes=10).output_shape
    (None, 10)

    Reference: Salimans et al., 2016, Improved Techniques for Training GANs, https://arxiv.org/abs/1606.03498
    """
    image_shape = check_image_shape("image_shape", image_shape)
    classes = check_integer("classes", classes)
    if not isinstance(units, Sequence) or not units:
        raise ValueError(f"`units` must be those of one layer at least. Received: units={units!r}")
    units = [check_integer("units", each) for each in units]
    for argument, value in (("input_noise", input_noise), ("noise", noise)):
        if not value >= 0:
            raise ValueError(
                f"`{argument}` must be a number of at least 0. Received: {argument}={value!r}"
            )

    blocks = Blocks(None, "relu", "glorot_uniform", seed)
    images = keras.Input(image_shape, name="images")
    x = keras.layers.Flatten(**SPATIAL, name="pixels")(images)
    x = blocks.noise(x, input_noise, "pixels_noise")
    for level, width in enumerate(units, 1):
        x = blocks.activate(blocks.dense(x, width, f"hidden_{level}"), f"activation_{level}")
        x = blocks.noise(x, noise, f"noise_{level}")
    return keras.Model(images, blocks.score(x, units=classes), name=name)
