"""A tiny instance of every model, with the data it trains on: what the conformance suite runs over."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np

import keras_gen

IMAGE_SHAPE = (8, 8, 1)
COLOUR_SHAPE = (8, 8, 3)
LATENT_DIM = 3
NUM_CLASSES = 3


@dataclasses.dataclass(frozen=True)
class Case:
    """How to make a model, its data, and what it gives for the same inputs."""

    build: Callable  # () -> uncompiled model
    data: Callable  # (n) -> what `fit` takes as x
    outputs: Callable  # model -> array that depends on its weights alone
    phases: tuple  # names of its phases

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


def build_wgan_gp(**options):
    return keras_gen.WGANGP(
        generator=keras_gen.networks.dcgan_generator(IMAGE_SHAPE, LATENT_DIM, base_filters=4),
        discriminator=keras_gen.networks.dcgan_discriminator(
            IMAGE_SHAPE, base_filters=4, normalization="layer"
        ),
        latent_dim=LATENT_DIM,
        **{"n_critic": 2, **options},
    )


def build_conditional_gan(**options):
    return keras_gen.ConditionalGAN(
        generator=keras_gen.networks.conditional_dcgan_generator(
            IMAGE_SHAPE, NUM_CLASSES, LATENT_DIM, base_filters=4
        ),
        discriminator=keras_gen.networks.conditional_dcgan_discriminator(
            IMAGE_SHAPE, NUM_CLASSES, base_filters=4
        ),
        latent_dim=LATENT_DIM,
        num_classes=NUM_CLASSES,
        **options,
    )


def build_pix2pix(**options):
    return keras_gen.Pix2Pix(
        generator=keras_gen.networks.unet_generator(IMAGE_SHAPE, 3, base_filters=4, seed=0),
        discriminator=keras_gen.networks.patch_discriminator(
            IMAGE_SHAPE, COLOUR_SHAPE, base_filters=4
        ),
        **options,
    )


def build_cycle_gan(**options):
    return keras_gen.CycleGAN(
        *(
            keras_gen.networks.resnet_generator(COLOUR_SHAPE, base_filters=2, blocks=1)
            for _ in "ab"
        ),
        *(keras_gen.networks.patch_discriminator(COLOUR_SHAPE, base_filters=4) for _ in "ab"),
        **{"pool_size": 3, **options},
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
    "wgan_gp": Case(
        build=build_wgan_gp,
        data=images,
        outputs=lambda model: model.generate(latents=latents()),
        phases=("discriminator", "generator"),
    ),
    "conditional_gan": Case(
        build=build_conditional_gan,
        data=lambda n: {"image": images(n), "label": np.arange(n, dtype="int32") % NUM_CLASSES},
        outputs=lambda model: model.generate(labels=[0, 1, 2, 0], latents=latents()),
        phases=("discriminator", "generator"),
    ),
    "pix2pix": Case(
        build=build_pix2pix,
        data=lambda n: {"input": images(n), "target": images(n, COLOUR_SHAPE, seed=1)},
        outputs=lambda model: model.translate(images(4)),
        phases=("discriminator", "generator"),
    ),
    "cycle_gan": Case(
        build=build_cycle_gan,
        data=lambda n: {"a": images(n, COLOUR_SHAPE), "b": images(n, COLOUR_SHAPE, seed=1)},
        outputs=lambda model: model.translate(images(4, COLOUR_SHAPE)),
        phases=("generator", "discriminator"),
    ),
}


def compiled(case, make_optimizer=lambda: keras.optimizers.Adam(1e-3), **options):
    """Builds and compiles a case's model."""
    model = case.build()
    model.compile(**case.compile_arguments(make_optimizer), **options)
    return model
