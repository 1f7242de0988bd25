"""A tiny StyleGAN2."""

import keras_gen
from tests.cases import IMAGE_SHAPE, LATENT_DIM, Case, images, latents

STYLE_DIM = 4


def build(shape=IMAGE_SHAPE, minibatch_deviation=True, base_filters=2, **options):
    return keras_gen.StyleGAN2(
        keras_gen.networks.style_gan2_mapping(LATENT_DIM, STYLE_DIM),
        keras_gen.networks.style_gan2_synthesis(shape, STYLE_DIM, base_filters),
        keras_gen.networks.style_gan2_discriminator(shape, base_filters, minibatch_deviation),
        latent_dim=LATENT_DIM,
        **options,
    )


CASE = Case(
    build=lambda: build(ema_decay=0.9),
    data=images,
    outputs=lambda model: model.generate(latents=latents()),
    phases=("discriminator", "generator"),
    smooth=lambda: build(minibatch_deviation=False, ema_decay=0.9),
    rate=0.1,
)
