"""What `keras-gen train` makes of a model's name and a data set: networks, optimizers, data."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np

from keras_gen import data, models, networks, schedules

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")


@dataclasses.dataclass(frozen=True)
class Settings:
    """The choices of one training, as they are kept in its `settings.json`. None is the default.

    Args:
        model: String, a name in `RECIPES`.
        dataset: String, a TFDS name or a folder of images.
        input: String, for translation: the feature, subfolder or half that is translated, or
            `"edges"` of the target.
        target: String, for translation: the feature, subfolder or half that is wanted.
        epochs: Integer.
        batch_size: Integer.
        image_size: Integer, or None for the data's own.
        seed: Integer, of the weights, the noise and the order of the data.
        latent_dim: Integer.
        base_filters: Integer, the width of the networks.
        learning_rate: Float, of every optimizer that has no setting of its own. Rates of adversarial
            trainings stay constant for half of the epochs and then fall linearly to zero.
        discriminator_learning_rate: Float, of the discriminator of a GAN, or the critic.
        loss: String, the name of an adversarial loss.
        ema_decay: Float, of the generator's moving average; 0 for none.
        r1_weight: Float, of the R1 penalty of a GAN's discriminator; 0 for none.
        beta: Float, the weight of a VAE's KL term.
        n_critic: Integer, critic updates in a step of WGAN-GP.
        augment: String, for translation: `"crop,flip"`, `"flip"`, `"crop"` or `"none"`.
        precision: String, Keras's dtype policy of the networks: `"float32"`, `"mixed_bfloat16"` or
            `"mixed_float16"`.
    """

    model: str
    dataset: str
    input: str | None = None
    target: str | None = None
    epochs: int | None = None
    batch_size: int | None = None
    image_size: int | None = None
    seed: int | None = None
    latent_dim: int | None = None
    base_filters: int | None = None
    learning_rate: float | None = None
    discriminator_learning_rate: float | None = None
    loss: str | None = None
    ema_decay: float | None = None
    r1_weight: float | None = None
    beta: float | None = None
    n_critic: int | None = None
    augment: str | None = None
    precision: str | None = None

    def with_defaults(self):
        """Fills in the model's own defaults and refuses options that the model does not have.

        Raises:
            ValueError: If the model is unknown, or an option does not apply to it.
        """
        if self.model not in RECIPES:
            raise ValueError(
                f"`model` must be one of {', '.join(RECIPES)}. Received: model={self.model!r}"
            )
        if self.precision not in (None, *PRECISIONS):
            raise ValueError(
                f"`precision` must be one of {', '.join(PRECISIONS)}. "
                f"Received: precision={self.precision!r}"
            )
        recipe = RECIPES[self.model]
        defaults = {"seed": 0, "precision": "float32", **recipe.defaults}
        known = {"model", "dataset", "image_size", *recipe.options, *defaults}
        for name, value in dataclasses.asdict(self).items():
            if value is not None and name not in known:
                raise ValueError(
                    f"`{name}` is no option of {self.model}. Received: {name}={value!r}"
                )
        missing = {name: v for name, v in defaults.items() if getattr(self, name) is None}
        return dataclasses.replace(self, **missing)


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How a kind of model is made, fed and shown.

    Args:
        build: Callable `(dataset, settings) -> compiled model`.
        load: Callable `(settings, first_epoch, shard) -> tf.data.Dataset` for `fit`.
        preview: Callable `settings -> (draw, columns)`: `draw(model)` gives the images that a
            picture of the training's course shows, `columns` of them a row.
        defaults: Dict, the settings that the model has, with the paper's or our measured values.
        options: Further settings that the model has and that may be left open.
        decays: Whether the learning rate follows a schedule over all epochs.
    """

    build: Callable
    load: Callable
    preview: Callable
    defaults: dict
    options: tuple = ()
    decays: bool = False


# Data


def load_images(settings, first_epoch=0, shard=(0, 1)):
    """Training batches of images in [-1, 1]."""
    return data.images(settings.dataset, **_pipeline_options(settings, first_epoch, shard))


def load_labelled_images(settings, first_epoch=0, shard=(0, 1)):
    """Training batches `(images, labels)`."""
    return data.images(
        settings.dataset, labels=True, **_pipeline_options(settings, first_epoch, shard)
    )


def load_pairs(settings, first_epoch=0, shard=(0, 1)):
    """Training batches `(inputs, targets)`, by default jittered and mirrored as in the paper."""
    return _load_two_images(data.paired, settings, first_epoch, shard)


def load_unpaired(settings, first_epoch=0, shard=(0, 1)):
    """Training batches of two domains, by default jittered and mirrored as in the paper."""
    return _load_two_images(data.unpaired, settings, first_epoch, shard)


def _load_two_images(pipeline, settings, first_epoch, shard):
    return pipeline(
        settings.dataset,
        settings.input,
        settings.target,
        augment=() if settings.augment == "none" else tuple(settings.augment.split(",")),
        **_pipeline_options(settings, first_epoch, shard),
    )


def _pipeline_options(settings, first_epoch, shard):
    return {
        "image_size": settings.image_size,
        "batch_size": settings.batch_size,
        "seed": settings.seed,
        "first_epoch": first_epoch,
        "shard": shard,
    }


# Models


def build_gan(dataset, settings):
    """DCGAN with a moving average of the generator."""
    (shape,) = _image_shapes(dataset)
    gan = models.GAN(
        networks.dcgan_generator(shape, settings.latent_dim, settings.base_filters),
        networks.dcgan_discriminator(shape, settings.base_filters),
        latent_dim=settings.latent_dim,
        ema_decay=settings.ema_decay or None,
    )
    gan.compile(
        *_dcgan_optimizers(settings, dataset),
        loss=settings.loss,
        r1_weight=settings.r1_weight,
        share_forward=True,
    )
    return gan


def build_wgan_gp(dataset, settings):
    """DCGAN's networks, the critic layer-normalised, with a moving average of the generator."""
    (shape,) = _image_shapes(dataset)
    wgan = models.WGANGP(
        networks.dcgan_generator(shape, settings.latent_dim, settings.base_filters),
        networks.dcgan_discriminator(shape, settings.base_filters, normalization="layer"),
        latent_dim=settings.latent_dim,
        n_critic=settings.n_critic,
        ema_decay=settings.ema_decay or None,
    )
    rates = [
        _decay(settings.learning_rate, settings, dataset),
        _decay(settings.discriminator_learning_rate, settings, dataset, settings.n_critic),
    ]
    wgan.compile(*(keras.optimizers.Adam(rate, beta_1=0.0, beta_2=0.99) for rate in rates))
    return wgan


def build_conditional_gan(dataset, settings):
    """DCGAN with the label as a one-hot code beside the latents, and as one-hot channels."""
    shape, _ = _image_shapes(dataset)
    num_classes = data.describe(settings.dataset).num_classes
    cgan = models.ConditionalGAN(
        networks.conditional_dcgan_generator(
            shape, num_classes, settings.latent_dim, "one_hot", settings.base_filters
        ),
        networks.conditional_dcgan_discriminator(
            shape, num_classes, "one_hot", base_filters=settings.base_filters
        ),
        latent_dim=settings.latent_dim,
        num_classes=num_classes,
        ema_decay=settings.ema_decay or None,
    )
    cgan.compile(
        *_dcgan_optimizers(settings, dataset),
        loss=settings.loss,
        r1_weight=settings.r1_weight,
        share_forward=True,
    )
    return cgan


def build_vae(dataset, settings):
    """Convolutional VAE with Bernoulli likelihood."""
    (shape,) = _image_shapes(dataset)
    vae = models.VAE(
        networks.conv_encoder(shape, settings.latent_dim, settings.base_filters),
        networks.conv_decoder(shape, settings.latent_dim, settings.base_filters),
        latent_dim=settings.latent_dim,
        beta=settings.beta,
    )
    vae.compile(keras.optimizers.Adam(settings.learning_rate))
    return vae


def build_pix2pix(dataset, settings):
    """U-Net and PatchGAN; half of the epochs at a constant rate, then linearly to zero.

    The paper's batches of one image make its BatchNorm an instance normalisation; so does this, whose
    batches are larger.
    """
    input_shape, target_shape = _image_shapes(dataset)
    pix2pix = models.Pix2Pix(
        networks.unet_generator(
            input_shape, target_shape[-1], settings.base_filters, normalization="instance"
        ),
        networks.patch_discriminator(input_shape, target_shape, base_filters=settings.base_filters),
    )
    pix2pix.compile(*_translation_optimizers(settings, dataset), loss=settings.loss)
    return pix2pix


def build_cycle_gan(dataset, settings):
    """ResNet generators and PatchGANs; rates as for Pix2Pix."""
    shape_a, shape_b = _image_shapes(dataset)
    filters = settings.base_filters
    cycle_gan = models.CycleGAN(
        networks.resnet_generator(shape_a, shape_b[-1], filters),
        networks.resnet_generator(shape_b, shape_a[-1], filters),
        networks.patch_discriminator(shape_a, base_filters=filters),
        networks.patch_discriminator(shape_b, base_filters=filters),
        identity_weight=5.0 if shape_a == shape_b else 0.0,
    )
    cycle_gan.compile(*_translation_optimizers(settings, dataset), loss=settings.loss)
    return cycle_gan


def _image_shapes(dataset):
    elements = dataset.element_spec
    elements = elements if isinstance(elements, tuple) else (elements,)
    return [tuple(element.shape[1:]) for element in elements]


def _dcgan_optimizers(settings, dataset):
    rates = settings.learning_rate, settings.discriminator_learning_rate
    return [keras.optimizers.Adam(_decay(rate, settings, dataset), beta_1=0.5) for rate in rates]


def _translation_optimizers(settings, dataset):
    rate = _decay(settings.learning_rate, settings, dataset)
    return [keras.optimizers.Adam(rate, beta_1=0.5) for _ in range(2)]


def _decay(rate, settings, dataset, updates_in_step=1):
    updates = int(dataset.cardinality()) * settings.epochs * updates_in_step
    return schedules.LinearDecay(rate, updates // 2, updates - updates // 2)


# Pictures


def preview_samples(settings):
    """64 images of the same latents."""
    return (lambda model: model.generate(64, seed=settings.seed)), 8


def preview_classes(settings):
    """Ten images of the same latents for each class: the rows are the classes, in order."""
    return (lambda model: model.generate(10, per_class=True, seed=settings.seed)), 10


def preview_pairs(settings):
    """Input, output and target, twice a row, of images held out from training where there are."""
    inputs, targets = _held_out(settings, data.paired)

    def draw(model):
        return _side_by_side(inputs, model.translate(inputs), targets)

    return draw, 6


def preview_cycles(settings):
    """An image of a and its translation, one of b and its, twice a row."""
    a, b = _held_out(settings, data.unpaired)

    def draw(model):
        return _side_by_side(a, model.translate(a), b, model.translate(b, direction="ba"))

    return draw, 8


def _held_out(settings, pipeline, count=12):
    options = {"image_size": settings.image_size, "batch_size": count, "seed": settings.seed}
    domains = (settings.dataset, settings.input, settings.target)
    try:
        batches = pipeline(*domains, split="test", **options)
    except (ValueError, FileNotFoundError):  # There is no such split, or it is too small.
        options["drop_remainder"] = False
        batches = pipeline(*domains, **options | {"batch_size": min(count, settings.batch_size)})
    return next(iter(batches.as_numpy_iterator()))


def _side_by_side(*batches):
    """Interleaves batches of images, grey ones made RGB."""
    batches = [batch.repeat(3, axis=-1) if batch.shape[-1] == 1 else batch for batch in batches]
    return np.stack(batches, axis=1).reshape(-1, *batches[0].shape[1:])


_DCGAN = {
    "epochs": 12,
    "batch_size": 64,
    "latent_dim": 64,
    "base_filters": 32,
    # Five and two and a half times the paper's, which is for larger networks: measured, see the zoo.
    "learning_rate": 1e-3,
    "discriminator_learning_rate": 5e-4,
    "loss": "non_saturating",
    "ema_decay": 0.999,
    "r1_weight": 0.0,
}

RECIPES = {
    "gan": Recipe(build_gan, load_images, preview_samples, _DCGAN, decays=True),
    "wgan_gp": Recipe(
        build_wgan_gp,
        load_images,
        preview_samples,
        {
            "epochs": 12,
            "batch_size": 64,
            "latent_dim": 64,
            "base_filters": 32,
            # One critic update a step (Karras et al., 2017) at twice the rate (Heusel et al., 2017): the
            # paper's five leave the generator a fifth of the updates. Measured, see the zoo.
            "learning_rate": 5e-4,
            "discriminator_learning_rate": 1e-3,
            "n_critic": 1,
            "ema_decay": 0.999,
        },
        decays=True,
    ),
    "conditional_gan": Recipe(
        build_conditional_gan, load_labelled_images, preview_classes, _DCGAN, decays=True
    ),
    "vae": Recipe(
        build_vae,
        load_images,
        preview_samples,
        {
            "epochs": 15,
            "batch_size": 128,
            "latent_dim": 16,
            "base_filters": 32,
            "learning_rate": 1e-3,
            "beta": 1.0,
        },
    ),
    "pix2pix": Recipe(
        build_pix2pix,
        load_pairs,
        preview_pairs,
        {
            "epochs": 40,
            "batch_size": 16,
            "base_filters": 32,
            "learning_rate": 2e-4,
            "loss": "non_saturating",
            "augment": "crop,flip",
        },
        options=("input", "target"),
        decays=True,
    ),
    "cycle_gan": Recipe(
        build_cycle_gan,
        load_unpaired,
        preview_cycles,
        {
            "epochs": 20,
            "batch_size": 4,
            "base_filters": 16,
            "learning_rate": 2e-4,
            "loss": "least_squares",
            "augment": "crop,flip",
        },
        options=("input", "target"),
        decays=True,
    ),
}
