"""A tiny progressive GAN."""

import keras

import keras_gen
from tests.cases import IMAGE_SHAPE, LATENT_DIM, Case, images, latents


def build(shape=IMAGE_SHAPE, minibatch_deviation=True, base_filters=2, **options):
    networks = keras_gen.networks
    return keras_gen.ProgressiveGAN(
        networks.progressive_generator(shape, LATENT_DIM, base_filters),
        networks.progressive_discriminator(shape, base_filters, minibatch_deviation),
        latent_dim=LATENT_DIM,
        **options,
    )


def before_limits(model):
    """Images as they are in training: by the weights of a comparison they may lie beyond the range."""
    return keras.ops.convert_to_numpy(model.sampler(latents(), training=True))


CASE = Case(
    build=lambda: build(ema_decay=0.9),
    data=images,
    outputs=lambda model: model.generate(latents=latents()),
    phases=("discriminator", "generator"),
    smooth=lambda: build(minibatch_deviation=False, ema_decay=0.9),
    larger=Case(
        build=lambda: build(ema_decay=0.9),
        data=images,
        outputs=before_limits,
        phases=("discriminator", "generator"),
    ),
)
