"""Tiny models as users of 0.1.0 made them, through public constructors alone.

The fixtures were written with these very models: change nothing that is here. What comes later gets a
case of its own.
"""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np

import keras_gen
from keras_gen import networks

GREY = (16, 16, 1)
COLOUR = (16, 16, 3)
LATENT_DIM = 3
NUM_CLASSES = 3


@dataclasses.dataclass(frozen=True)
class Case:
    """One model, how it is compiled, the data that it trains on and what is asked of it."""

    build: Callable  # () -> uncompiled model
    data: Callable  # (n) -> what `fit` takes as x
    outputs: Callable  # model -> array that depends on its weights alone
    phases: tuple = ("discriminator", "generator")
    options: dict = dataclasses.field(default_factory=dict)  # further arguments of `compile`

    def compiled(self):
        """A new model, whose weights and noise follow from Python's generator."""
        model = self.build()
        if len(self.phases) == 1:
            optimizers = {"optimizer": optimizer()}
        else:
            optimizers = {f"{phase}_optimizer": optimizer() for phase in self.phases}
        model.compile(**optimizers, **self.options)
        return model


def optimizer():
    # Adam's usual epsilon would make full steps of gradients that are nothing but rounding.
    return keras.optimizers.Adam(1e-3, epsilon=1e-3)


def images(n, shape=GREY, seed=0):
    values = np.random.default_rng(seed).uniform(-1.0, 1.0, (n, *shape))
    return np.tanh(values).astype("float32")


def labels(n):
    return np.arange(n, dtype="int32") % NUM_CLASSES


def latents(n=4):
    return np.random.default_rng(1).standard_normal((n, LATENT_DIM)).astype("float32")


def gan(dropout=0.2, **options):
    return keras_gen.GAN(
        networks.dcgan_generator(GREY, LATENT_DIM, base_filters=4),
        networks.dcgan_discriminator(GREY, base_filters=4, dropout=dropout),
        latent_dim=LATENT_DIM,
        **options,
    )


def vae(**options):
    return keras_gen.VAE(
        networks.conv_encoder(GREY, LATENT_DIM, base_filters=4, hidden=8),
        networks.conv_decoder(GREY, LATENT_DIM, base_filters=4, hidden=8),
        latent_dim=LATENT_DIM,
        **options,
    )


def wgan_gp(normalization="layer", **options):
    return keras_gen.WGANGP(
        networks.dcgan_generator(GREY, LATENT_DIM, base_filters=4),
        networks.dcgan_discriminator(GREY, base_filters=4, normalization=normalization),
        latent_dim=LATENT_DIM,
        n_critic=2,
        **options,
    )


def conditional_gan(conditioning=("embedding", "projection"), classifier=False, **options):
    of_generator, of_discriminator = conditioning
    return keras_gen.ConditionalGAN(
        networks.conditional_dcgan_generator(
            GREY, NUM_CLASSES, LATENT_DIM, of_generator, base_filters=4
        ),
        networks.conditional_dcgan_discriminator(
            GREY,
            NUM_CLASSES,
            of_discriminator,
            base_filters=4,
            auxiliary_classifier=classifier,
        ),
        latent_dim=LATENT_DIM,
        num_classes=NUM_CLASSES,
        **options,
    )


def pix2pix(**options):
    return keras_gen.Pix2Pix(
        networks.unet_generator(GREY, 3, base_filters=2, depth=3),
        networks.patch_discriminator(GREY, COLOUR, receptive_field=16, base_filters=2),
        **options,
    )


def cycle_gan(**options):
    return keras_gen.CycleGAN(
        *(networks.resnet_generator(COLOUR, base_filters=2, blocks=1) for _ in "ab"),
        *(networks.patch_discriminator(COLOUR, receptive_field=16, base_filters=2) for _ in "ab"),
        pool_size=3,
        **options,
    )


def vae_of_ones_own():
    """A VAE whose networks have nothing of this package."""
    images = keras.Input(GREY)
    features = keras.Sequential(
        [keras.Input(GREY), keras.layers.Flatten(), keras.layers.Dense(6, activation="relu")],
        name="my_features",
    )(images)
    heads = [keras.layers.Dense(LATENT_DIM, name=name)(features) for name in ("mean", "spread")]
    decoder = keras.Sequential(
        [
            keras.Input((LATENT_DIM,)),
            keras.layers.Dense(6, activation="relu"),
            keras.layers.Dense(256),
            keras.layers.Reshape(GREY),
        ],
        name="my_decoder",
    )
    return keras_gen.VAE(
        keras.Model(images, heads, name="my_encoder"), decoder, latent_dim=LATENT_DIM, beta=2.0
    )


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def generated(model):
    return model.generate(latents=latents())


def generated_of_classes(model):
    return model.generate(labels=[0, 1, 2, 0], latents=latents())


def labelled(n):
    return {"image": images(n), "label": labels(n)}


def domains(n):
    return {"a": images(n, COLOUR), "b": images(n, COLOUR, seed=1)}


# One of each of the six models of 0.1.0.
SIX = {
    "gan": Case(lambda: gan(ema_decay=0.9), images, generated),
    "vae": Case(
        lambda: vae(kl_warmup_steps=2), images, lambda model: model.decode(latents()), ("vae",)
    ),
    "wgan_gp": Case(wgan_gp, images, generated),
    "conditional_gan": Case(conditional_gan, labelled, generated_of_classes),
    "pix2pix": Case(
        pix2pix,
        lambda n: {"input": images(n), "target": images(n, COLOUR, seed=1)},
        lambda model: model.translate(images(4)),
    ),
    "cycle_gan": Case(
        cycle_gan,
        domains,
        lambda model: np.concatenate(
            [model.translate(images(4, COLOUR), direction=way) for way in ("ab", "ba")]
        ),
        ("generator", "discriminator"),
    ),
}

# And what their options add.
CASES = SIX | {
    "gan_shared": Case(
        lambda: gan(dropout=0.0, ema_decay=0.9),
        images,
        generated,
        options={"share_forward": True, "r1_weight": 0.1},
    ),
    "gan_relativistic": Case(
        lambda: gan(dropout=0.0),
        images,
        generated,
        options={"loss": "relativistic", "r1_weight": 0.1, "r2_weight": 0.1},
    ),
    "wgan_clipped": Case(
        lambda: wgan_gp(weight_clip=0.02, drift_weight=0.1, ema_decay=0.9), images, generated
    ),
    "wgan_drift": Case(lambda: wgan_gp(None, drift_weight=0.1), images, generated),
    "ac_gan_shared": Case(
        lambda: conditional_gan(("one_hot", None), classifier=True, ema_decay=0.9),
        labelled,
        generated_of_classes,
        options={"share_forward": True, "classifier_weight": 0.5},
    ),
    "vae_gaussian": Case(
        lambda: vae(likelihood="gaussian", beta=2.0),
        images,
        lambda model: model.decode(latents()),
        ("vae",),
    ),
}

# What presets hold.
PRESETS = {
    "vae_of_ones_own": Case(vae_of_ones_own, images, SIX["vae"].outputs, ("vae",)),
    "conditional_gan": Case(
        lambda: conditional_gan(("one_hot", "projection"), ema_decay=0.9),
        labelled,
        generated_of_classes,
    ),
    "cycle_gan": SIX["cycle_gan"],
}
# Of a preset's further networks, what they say of images.
JUDGEMENTS = {
    "vae_of_ones_own": lambda model: np.stack(model.encode(images(4))),
    "conditional_gan": lambda model: array(model.discriminator([images(4), labels(4)])),
    "cycle_gan": lambda model: np.stack(
        [
            array(network(images(4, COLOUR)))
            for network in (model.discriminator_a, model.discriminator_b)
        ]
    ),
}
