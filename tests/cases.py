"""A tiny instance of every model, with the data it trains on: what the conformance suite runs over."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np

import keras_gen

IMAGE_SHAPE = (8, 8, 1)
LATENT_DIM = 3


@dataclasses.dataclass(frozen=True)
class Case:
    """How to make a model, its data, and what it gives for the same inputs."""

    build: Callable  # () -> uncompiled model
    data: Callable  # (n) -> what `fit` takes as x
    outputs: Callable  # model -> array that depends on its weights alone
    phases: tuple  # names of its phases
    optimizers: Callable = None  # (make) -> keyword arguments of `compile`

    def compile_arguments(self, make):
        """Keyword arguments of `compile` that give every phase an optimizer of its own."""
        if len(self.phases) == 1:
            return {"optimizer": make()}
        return {f"{phase}_optimizer": make() for phase in self.phases}


def images(n, shape=IMAGE_SHAPE, seed=0):
    """Smooth random images in [-1, 1]."""
    values = np.random.default_rng(seed).uniform(-1, 1, (n, *shape))
    return np.tanh(values).astype("float32")


def latents(n=4):
    return np.random.default_rng(1).standard_normal((n, LATENT_DIM)).astype("float32")


def build_gan(**options):
    return keras_gen.GAN(
        generator=keras_gen.networks.dcgan_generator(IMAGE_SHAPE, LATENT_DIM, base_filters=4),
        discriminator=keras_gen.networks.dcgan_discriminator(
            IMAGE_SHAPE, base_filters=4, dropout=0.2
        ),
        latent_dim=LATENT_DIM,
        **options,
    )


def build_vae(**options):
    return keras_gen.VAE(
        encoder=keras_gen.networks.conv_encoder(IMAGE_SHAPE, LATENT_DIM, base_filters=4),
        decoder=keras_gen.networks.conv_decoder(IMAGE_SHAPE, LATENT_DIM, base_filters=4),
        latent_dim=LATENT_DIM,
        **options,
    )


CASES = {
    "gan": Case(
        build=lambda: build_gan(ema_decay=0.9),
        data=images,
        outputs=lambda model: model.generate(latents=latents()),
        phases=("discriminator", "generator"),
    ),
    "vae": Case(
        build=build_vae,
        data=images,
        outputs=lambda model: model.decode(latents()),
        phases=("vae",),
    ),
}


def compiled(case, make_optimizer=lambda: keras.optimizers.Adam(1e-3), **options):
    """Builds and compiles a case's model."""
    model = case.build()
    model.compile(**case.compile_arguments(make_optimizer), **options)
    return model
