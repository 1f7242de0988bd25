"""A tiny semi-supervised GAN."""

import numpy as np

import keras_gen
from tests.cases import IMAGE_SHAPE, LATENT_DIM, NUM_CLASSES, Case, images, latents

LARGER_SHAPE = (16, 16, 1)


def build(normalization="batch", shape=IMAGE_SHAPE, **options):
    return keras_gen.SemiSupervisedGAN(
        keras_gen.networks.dcgan_generator(
            shape, LATENT_DIM, base_filters=4, normalization=normalization
        ),
        keras_gen.networks.dcgan_discriminator(
            shape, base_filters=4, normalization="layer", classes=NUM_CLASSES
        ),
        latent_dim=LATENT_DIM,
        classes=NUM_CLASSES,
        **options,
    )


def some_labels(n):
    """Every second example has a label."""
    numbers = np.arange(n, dtype="int32")
    return np.where(numbers % 2, -1, numbers // 2 % NUM_CLASSES).astype("int32")


def data(n, shape=IMAGE_SHAPE):
    return {"image": images(n, shape), "label": some_labels(n)}


CASE = Case(
    build=lambda: build(ema_decay=0.9),
    data=data,
    outputs=lambda model: model.generate(latents=latents()),
    phases=("discriminator", "generator"),
    batch_normalised=True,
    methods={"classify": {}},
    smooth=lambda: build("layer"),
    rate=0.2,
    larger=Case(
        build=lambda: build(shape=LARGER_SHAPE, ema_decay=0.9),
        data=lambda n: data(n, LARGER_SHAPE),
        outputs=lambda model: model.generate(latents=latents()),
        phases=("discriminator", "generator"),
    ),
)
