"""A tiny diffusion model."""

import numpy as np

import keras_gen
from tests.cases import IMAGE_SHAPE, Case, images


def build(shape=IMAGE_SHAPE, num_classes=None, **options):
    network = keras_gen.networks.flow_unet(shape, num_classes=num_classes, base_filters=2)
    return keras_gen.Diffusion(network, num_classes=num_classes, **options)


def noise(n=4, shape=IMAGE_SHAPE):
    return np.random.default_rng(1).standard_normal((n, *shape)).astype("float32")


CASE = Case(
    build=lambda: build(ema_decay=0.9),
    data=images,
    outputs=lambda model: model.generate(latents=noise(), steps=3),
    phases=("flow",),
)
