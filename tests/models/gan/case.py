"""A tiny GAN."""

import keras_gen
from tests.cases import IMAGE_SHAPE, LATENT_DIM, Case, images, latents


def build(**options):
    return keras_gen.GAN(
        generator=keras_gen.networks.dcgan_generator(IMAGE_SHAPE, LATENT_DIM, base_filters=4),
        discriminator=keras_gen.networks.dcgan_discriminator(
            IMAGE_SHAPE, base_filters=4, dropout=0.2
        ),
        latent_dim=LATENT_DIM,
        **options,
    )


def build_normalised(normalization, shape=IMAGE_SHAPE, **options):
    return keras_gen.GAN(
        keras_gen.networks.dcgan_generator(
            shape, LATENT_DIM, base_filters=4, normalization=normalization
        ),
        keras_gen.networks.dcgan_discriminator(shape, base_filters=4, normalization=normalization),
        LATENT_DIM,
        **options,
    )


CASE = Case(
    build=lambda: build(ema_decay=0.9),
    data=images,
    outputs=lambda model: model.generate(latents=latents()),
    phases=("discriminator", "generator"),
    batch_normalised=True,
    smooth=lambda: build_normalised("layer", ema_decay=0.5),
    rate=1.0,
)
