"""An autoregressive model's samples by hand: a call of `predict` for each pixel."""

import keras
import numpy as np

# As `keras-gen train pixel_cnn` builds it.
SIZES = {"filters": 32, "blocks": 5, "kernel_size": 5, "components": 5}


def build(size, **sizes):
    """A `PixelCNN` of grey pictures.

    Args:
        size: Integer, their side.
        **sizes: Of `networks.pixel_cnn`, in place of those of the recipe.
    """
    import keras_gen

    network = keras_gen.networks.pixel_cnn((size, size, 1), **SIZES | sizes)
    return keras_gen.PixelCNN(network)


def by_predict(model, latents, pixels=None):
    """Draws pictures by a loop over `model.network.predict`.

    Args:
        model: `PixelCNN` without classes.
        latents: Float array `(n, height, width, numbers)` in [0, 1).
        pixels: Integer, how many are drawn, from the top left on; None for all.

    Returns:
        Float32 array `(n, height, width, channels)` in [-1, 1]; what was not drawn is -1.
    """
    count, height, width, _ = latents.shape
    images = np.full((count, height, width, model.image_shape[-1]), -1.0, "float32")
    for number in range(height * width if pixels is None else pixels):
        row, column = divmod(number, width)
        outputs = model.network.predict(images, batch_size=count, verbose=0)
        given = (outputs[:, row, column], latents[:, row, column])
        drawn = model.sampler.likelihood.draw(*map(keras.ops.convert_to_tensor, given))
        levels = keras.ops.convert_to_numpy(drawn)
        images[:, row, column] = 2.0 * levels / (model.levels - 1) - 1.0
    return images
