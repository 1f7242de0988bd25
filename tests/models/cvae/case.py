"""A tiny conditional VAE."""

import numpy as np

import keras_gen
from tests.cases import IMAGE_SHAPE, LATENT_DIM, NUM_CLASSES, Case, images, latents


def build(normalization=None, **options):
    sizes = {"base_filters": 4, "normalization": normalization, "num_classes": NUM_CLASSES}
    return keras_gen.CVAE(
        encoder=keras_gen.networks.conv_encoder(IMAGE_SHAPE, LATENT_DIM, **sizes),
        decoder=keras_gen.networks.conv_decoder(IMAGE_SHAPE, LATENT_DIM, **sizes),
        latent_dim=LATENT_DIM,
        num_classes=NUM_CLASSES,
        **options,
    )


CASE = Case(
    build=build,
    data=lambda n: {"image": images(n), "label": np.arange(n, dtype="int32") % NUM_CLASSES},
    outputs=lambda model: model.decode(latents(), [0, 1, 2, 0]),
    phases=("vae",),
    smooth=lambda: build("layer"),
)
