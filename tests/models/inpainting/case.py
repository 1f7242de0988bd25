"""A tiny Inpainting."""

import numpy as np

import keras_gen
from tests.cases import COLOUR_SHAPE, Case, images

MASK_SHAPE = (*COLOUR_SHAPE[:2], 1)


def generator(seed=0):
    shape = (*COLOUR_SHAPE[:2], COLOUR_SHAPE[2] + 1)
    return keras_gen.networks.gated_unet_generator(shape, 3, base_filters=4, seed=seed)


def build(normalization=None, **options):
    """Keras itself gives spectral layers other paths when it reads them from a config."""
    discriminator = keras_gen.networks.patch_discriminator(
        MASK_SHAPE, COLOUR_SHAPE, base_filters=4, normalization=normalization, seed=1
    )
    return keras_gen.Inpainting(generator(), discriminator, **{"ema_decay": 0.9, **options})


def masks(n, seed=0):
    """A third of the pixels hidden, anywhere."""
    return (np.random.default_rng(seed).random((n, *MASK_SHAPE)) < 1 / 3).astype("float32")


CASE = Case(
    build=build,
    data=lambda n: images(n, COLOUR_SHAPE),
    outputs=lambda model: model.fill(images(4, COLOUR_SHAPE), masks(4)),
    phases=("discriminator", "generator"),
    generates=False,
    methods={"fill": {"masks": masks(4)}},
)
