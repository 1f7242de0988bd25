"""What is timed: each model with the networks and the batches of its recipe, at two sizes."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np

import keras_gen
from keras_gen import networks
from keras_gen.recipes import find_family

NUM_CLASSES = 10
SHAPES = {28: (28, 28, 1), 64: (64, 64, 3)}


@dataclasses.dataclass(frozen=True)
class Workload:
    """One model at one size.

    Args:
        model: Name of a family.
        shape: Shape of an image.
        options: The recipe's defaults: batch size, filters and so on.
        build_networks: Callable `(shape, options) -> dict` of new networks, the same weights each time.
        build_model: Callable `(networks, options) -> compiled model`.
    """

    model: str
    shape: tuple
    options: dict
    build_networks: Callable
    build_model: Callable

    def networks(self):
        return self.build_networks(self.shape, self.options)

    def compiled(self, optimizers=None, **compile_options):
        """A model of new networks; Adam as in the recipe unless optimizers are given."""
        model = self.build_model(self.networks(), self.options)
        model.compile(*(optimizers or self.optimizers()), **{**self.losses, **compile_options})
        return model

    def optimizers(self):
        """New optimizers, in the order of `compile`'s arguments."""
        options, rate = self.options, self.options["learning_rate"]
        if self.model == "vae":
            return [keras.optimizers.Adam(rate)]
        betas = (0.0, 0.99) if self.model == "wgan_gp" else (0.5, 0.999)
        rates = [rate, options.get("discriminator_learning_rate", rate)]
        return [keras.optimizers.Adam(rate, *betas) for rate in rates]

    @property
    def losses(self):
        """What `compile` takes beside the optimizers."""
        settings = {"loss": self.options["loss"]} if "loss" in self.options else {}
        if self.model in ("gan", "conditional_gan"):
            settings["share_forward"] = True
        return settings

    def batches(self, count=2, seed=0):
        """Batches as `fit` takes them, each a tuple of arrays."""
        random = np.random.default_rng(seed)
        size = self.options["batch_size"]

        def images():
            return random.uniform(-1.0, 1.0, (size, *self.shape)).astype("float32")

        def labels():
            return random.integers(NUM_CLASSES, size=size).astype("int32")

        second = {"conditional_gan": labels, "pix2pix": images, "cycle_gan": images}.get(self.model)
        return [(images(), second()) if second else (images(),) for _ in range(count)]

    def dataset(self):
        """The batches for ever, out of memory."""
        import tensorflow as tf

        columns = [np.stack(column) for column in zip(*self.batches(), strict=True)]
        elements = tuple(columns) if len(columns) > 1 else columns[0]
        return tf.data.Dataset.from_tensor_slices(elements).repeat()


def workload(model, size, build_networks=None, **options):
    """The workload of a model's name and a size; networks and options replace the recipe's."""
    shape = SHAPES[size] if isinstance(size, int) else size
    recipe_networks, build_model = _BUILDERS[model]
    options = {**find_family(model).load().defaults(), **options}
    return Workload(model, shape, options, build_networks or recipe_networks, build_model)


def _gan_networks(shape, options):
    return {
        "generator": networks.dcgan_generator(
            shape, options["latent_dim"], options["base_filters"], seed=0
        ),
        "discriminator": networks.dcgan_discriminator(shape, options["base_filters"], seed=1),
    }


def _wgan_gp_networks(shape, options):
    critic = networks.dcgan_discriminator(
        shape, options["base_filters"], normalization="layer", seed=1
    )
    return {**_gan_networks(shape, options), "discriminator": critic}


def _conditional_gan_networks(shape, options):
    filters = options["base_filters"]
    return {
        "generator": networks.conditional_dcgan_generator(
            shape, NUM_CLASSES, options["latent_dim"], "one_hot", filters, seed=0
        ),
        "discriminator": networks.conditional_dcgan_discriminator(
            shape, NUM_CLASSES, "one_hot", base_filters=filters, seed=1
        ),
    }


def _vae_networks(shape, options):
    sizes = options["latent_dim"], options["base_filters"]
    return {
        "encoder": networks.conv_encoder(shape, *sizes, seed=0),
        "decoder": networks.conv_decoder(shape, *sizes, seed=1),
    }


def _pix2pix_networks(shape, options):
    filters = options["base_filters"]
    return {
        "generator": networks.unet_generator(
            shape, shape[-1], filters, normalization="instance", seed=0
        ),
        "discriminator": networks.patch_discriminator(shape, shape, base_filters=filters, seed=1),
    }


def _cycle_gan_networks(shape, options):
    filters = options["base_filters"]
    generators = {
        f"generator_{direction}": networks.resnet_generator(
            shape, shape[-1], filters, options.get("blocks"), seed=seed
        )
        for seed, direction in enumerate(("ab", "ba"))
    }
    discriminators = {
        f"discriminator_{domain}": networks.patch_discriminator(
            shape, base_filters=filters, seed=seed
        )
        for seed, domain in enumerate("ab", start=2)
    }
    return generators | discriminators


def _of_latents(model_class, *further):
    def build(networks, options):
        arguments = {name: options[name] for name in ("latent_dim", *further)}
        return model_class(**networks, **arguments)

    return build


def _conditional_gan(networks, options):
    build = _of_latents(keras_gen.ConditionalGAN, "num_classes", "ema_decay")
    return build(networks, {**options, "num_classes": NUM_CLASSES})


_BUILDERS = {
    "gan": (_gan_networks, _of_latents(keras_gen.GAN, "ema_decay")),
    "wgan_gp": (_wgan_gp_networks, _of_latents(keras_gen.WGANGP, "n_critic", "ema_decay")),
    "conditional_gan": (_conditional_gan_networks, _conditional_gan),
    "vae": (_vae_networks, _of_latents(keras_gen.VAE, "beta")),
    "pix2pix": (_pix2pix_networks, lambda networks, options: keras_gen.Pix2Pix(**networks)),
    "cycle_gan": (_cycle_gan_networks, lambda networks, options: keras_gen.CycleGAN(**networks)),
}
