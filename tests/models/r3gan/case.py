"""A tiny R3GAN."""

import keras

import keras_gen
from tests.cases import IMAGE_SHAPE, LATENT_DIM, Case, images, latents


def build(shape=IMAGE_SHAPE, num_classes=None, **options):
    sizes = {"num_classes": num_classes, "base_filters": 2, "blocks": 1}
    return keras_gen.R3GAN(
        generator=keras_gen.networks.r3gan_generator(shape, latent_dim=LATENT_DIM, **sizes),
        discriminator=keras_gen.networks.r3gan_discriminator(shape, **sizes),
        latent_dim=LATENT_DIM,
        num_classes=num_classes,
        **options,
    )


def before_limits(model):
    """Images as they are in training: by the weights of a comparison they all lie above the range."""
    return keras.ops.convert_to_numpy(model.sampler(latents(), training=True))


CASE = Case(
    build=lambda: build(ema_decay=0.9),
    data=images,
    outputs=lambda model: model.generate(latents=latents()),
    phases=("discriminator", "generator"),
    rate=0.2,
    larger=Case(
        build=build, data=images, outputs=before_limits, phases=("discriminator", "generator")
    ),
)
