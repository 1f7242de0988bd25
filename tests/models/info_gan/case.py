"""A tiny InfoGAN."""

import keras_gen
from tests.cases import IMAGE_SHAPE, Case, images

NOISE_DIM, CATEGORIES, CONTINUOUS = 3, 4, 2
LARGER_SHAPE = (16, 16, 1)
LATENT_DIM = NOISE_DIM + CATEGORIES + CONTINUOUS


def build(normalization="batch", shape=IMAGE_SHAPE, **options):
    return keras_gen.InfoGAN(
        keras_gen.networks.dcgan_generator(
            shape, LATENT_DIM, base_filters=4, normalization=normalization
        ),
        keras_gen.networks.dcgan_discriminator(
            shape, base_filters=4, normalization=normalization, codes=CATEGORIES + CONTINUOUS
        ),
        noise_dim=NOISE_DIM,
        categories=CATEGORIES,
        continuous=CONTINUOUS,
        **options,
    )


CASE = Case(
    build=lambda: build(ema_decay=0.9),
    data=images,
    outputs=lambda model: model.generate(latents=model.prior.draw(4, seed=1)),
    phases=("discriminator", "generator"),
    batch_normalised=True,
    smooth=lambda: build("layer"),
    rate=0.2,
    larger=Case(
        build=lambda: build(shape=LARGER_SHAPE, ema_decay=0.9),
        data=lambda n: images(n, LARGER_SHAPE),
        outputs=lambda model: model.generate(latents=model.prior.draw(4, seed=1)),
        phases=("discriminator", "generator"),
    ),
)
