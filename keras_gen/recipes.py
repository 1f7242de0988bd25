"""What `keras-gen train` makes of a model's name and a data set: networks, optimizers, data."""

import dataclasses
from collections.abc import Callable

import keras

from keras_gen import data, models, networks


@dataclasses.dataclass(frozen=True)
class Settings:
    """The choices of one training, as they are kept in its `settings.json`. None means the default.

    Args:
        model: String, a name in `RECIPES`.
        dataset: String, a TFDS name or a folder of images.
        epochs: Integer.
        batch_size: Integer.
        image_size: Integer, or None for the data's own.
        seed: Integer, of the weights, the noise and the order of the data.
        latent_dim: Integer.
        base_filters: Integer, the width of the networks.
        learning_rate: Float, of every optimizer.
        loss: String, the name of an adversarial loss.
        ema_decay: Float, of the generator's moving average; 0 for none.
        beta: Float, the weight of a VAE's KL term.
    """

    model: str
    dataset: str
    epochs: int | None = None
    batch_size: int | None = None
    image_size: int | None = None
    seed: int | None = None
    latent_dim: int | None = None
    base_filters: int | None = None
    learning_rate: float | None = None
    loss: str | None = None
    ema_decay: float | None = None
    beta: float | None = None

    def with_defaults(self):
        """Fills in the model's own defaults and refuses options that the model does not have.

        Raises:
            ValueError: If the model is unknown, or an option does not apply to it.
        """
        if self.model not in RECIPES:
            raise ValueError(
                f"`model` must be one of {', '.join(RECIPES)}. Received: model={self.model!r}"
            )
        defaults = RECIPES[self.model].defaults
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if (
                field.default is None
                and field.name not in {*defaults, "image_size", "seed"}
                and value is not None
            ):
                raise ValueError(
                    f"`{field.name}` is no option of {self.model}, which has "
                    f"{', '.join(defaults)}. Received: {field.name}={value!r}"
                )
        defaults = {"seed": 0, **defaults}
        missing = {name: v for name, v in defaults.items() if getattr(self, name) is None}
        return dataclasses.replace(self, **missing)


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How a kind of model is made and fed.

    Args:
        build: Callable `(image shape, settings) -> compiled model`.
        load: Callable `(settings, first_epoch) -> tf.data.Dataset` for `fit`.
        defaults: Dict, the settings that the model has, with the paper's or our measured values.
    """

    build: Callable
    load: Callable
    defaults: dict


def load_images(settings, first_epoch=0):
    """Training batches of images in [-1, 1]."""
    return data.images(
        settings.dataset,
        image_size=settings.image_size,
        batch_size=settings.batch_size,
        seed=settings.seed,
        first_epoch=first_epoch,
    )


def build_gan(image_shape, settings):
    """DCGAN with a moving average of the generator."""
    gan = models.GAN(
        networks.dcgan_generator(image_shape, settings.latent_dim, settings.base_filters),
        networks.dcgan_discriminator(image_shape, settings.base_filters),
        latent_dim=settings.latent_dim,
        ema_decay=settings.ema_decay or None,
    )
    gan.compile(
        keras.optimizers.Adam(settings.learning_rate, beta_1=0.5),
        keras.optimizers.Adam(settings.learning_rate, beta_1=0.5),
        loss=settings.loss,
    )
    return gan


def build_vae(image_shape, settings):
    """Convolutional VAE with Bernoulli likelihood."""
    vae = models.VAE(
        networks.conv_encoder(image_shape, settings.latent_dim, settings.base_filters),
        networks.conv_decoder(image_shape, settings.latent_dim, settings.base_filters),
        latent_dim=settings.latent_dim,
        beta=settings.beta,
    )
    vae.compile(keras.optimizers.Adam(settings.learning_rate))
    return vae


RECIPES = {
    "gan": Recipe(
        build_gan,
        load_images,
        {
            "epochs": 15,
            "batch_size": 64,
            "latent_dim": 64,
            "base_filters": 32,
            "learning_rate": 2e-4,
            "loss": "non_saturating",
            "ema_decay": 0.999,
        },
    ),
    "vae": Recipe(
        build_vae,
        load_images,
        {
            "epochs": 15,
            "batch_size": 128,
            "latent_dim": 16,
            "base_filters": 32,
            "learning_rate": 1e-3,
            "beta": 1.0,
        },
    ),
}
