"""A tiny conditional GAN."""

import numpy as np

import keras_gen
from tests.cases import IMAGE_SHAPE, LATENT_DIM, NUM_CLASSES, Case, images, latents


def build(normalization="batch", discriminator=None, **options):
    return keras_gen.ConditionalGAN(
        generator=keras_gen.networks.conditional_dcgan_generator(
            IMAGE_SHAPE, NUM_CLASSES, LATENT_DIM, base_filters=4, normalization=normalization
        ),
        discriminator=discriminator
        or keras_gen.networks.conditional_dcgan_discriminator(
            IMAGE_SHAPE, NUM_CLASSES, base_filters=4
        ),
        latent_dim=LATENT_DIM,
        num_classes=NUM_CLASSES,
        **options,
    )


def build_smooth():
    discriminator = keras_gen.networks.conditional_dcgan_discriminator(
        IMAGE_SHAPE, NUM_CLASSES, base_filters=4, normalization="layer"
    )
    return build("layer", discriminator)


CASE = Case(
    build=build,
    data=lambda n: {"image": images(n), "label": np.arange(n, dtype="int32") % NUM_CLASSES},
    outputs=lambda model: model.generate(labels=[0, 1, 2, 0], latents=latents()),
    phases=("discriminator", "generator"),
    batch_normalised=True,
    smooth=build_smooth,
    rate=1.0,
)
