"""The networks of Keras's example pages, and their batches, in Keras and in PyTorch.

They are heavier in the generator than the recipes' networks. Of the pages on DCGAN, WGAN-GP, conditional
GANs and VAEs it is the layers as they stand there, but for a tanh or logits at the end; of those on pix2pix
and CycleGAN, whose images are larger, this package's networks with as many filters and blocks.
"""

import itertools

import keras
from keras import layers
from torch import nn

from keras_gen.layers import LabelMap
from tests.benchmarks.torch_loops import Heads
from tests.benchmarks.workloads import NUM_CLASSES, workload

# Each page's size of images, and what differs from the recipe.
PAGES = {
    "gan": (64, {"batch_size": 32, "latent_dim": 128}),
    "wgan_gp": (28, {"batch_size": 3 * 128, "latent_dim": 128, "n_critic": 3}),
    "conditional_gan": (28, {"batch_size": 64, "latent_dim": 128}),
    "vae": (28, {"batch_size": 128, "latent_dim": 2}),
    "pix2pix": (64, {"batch_size": 16, "base_filters": 64}),
    "cycle_gan": (64, {"batch_size": 1, "base_filters": 64, "blocks": 9}),
}


def page_workload(model):
    """The workload of a model's page."""
    size, options = PAGES[model]
    return workload(model, size, _BUILDERS.get(model), **options)


def torch_networks(model):
    """The page's networks in PyTorch; None where the recipe's with other options are meant."""
    return _TORCH_BUILDERS[model]() if model in _TORCH_BUILDERS else None


def _gan(shape, options):
    generator = [keras.Input((128,)), layers.Dense(8192), layers.Reshape((8, 8, 128))]
    for filters in (128, 256, 512):
        generator += [layers.Conv2DTranspose(filters, 4, 2, "same"), layers.LeakyReLU(0.2)]
    discriminator = [keras.Input(shape)]
    for filters in (64, 128, 128):
        discriminator += [layers.Conv2D(filters, 4, 2, "same"), layers.LeakyReLU(0.2)]
    discriminator += [layers.Flatten(), layers.Dropout(0.2), layers.Dense(1)]
    return {
        "generator": keras.Sequential(
            [*generator, layers.Conv2D(3, 5, padding="same", activation="tanh")]
        ),
        "discriminator": keras.Sequential(discriminator),
    }


def _wgan_gp(shape, options):
    def upsampled(filters, activation):
        return [
            layers.UpSampling2D(),
            layers.Conv2D(filters, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            activation,
        ]

    def strided(filters):
        return [layers.Conv2D(filters, 5, 2, "same"), layers.LeakyReLU(0.2)]

    generator = [
        keras.Input((128,)),
        layers.Dense(4096, use_bias=False),
        layers.BatchNormalization(),
        layers.LeakyReLU(0.2),
        layers.Reshape((4, 4, 256)),
        *upsampled(128, layers.LeakyReLU(0.2)),
        *upsampled(64, layers.LeakyReLU(0.2)),
        *upsampled(1, layers.Activation("tanh")),
        layers.Cropping2D(2),
    ]
    critic = [
        keras.Input(shape),
        layers.ZeroPadding2D(2),
        *strided(64),
        *strided(128),
        layers.Dropout(0.3),
        *strided(256),
        layers.Dropout(0.3),
        *strided(512),
        layers.Flatten(),
        layers.Dropout(0.2),
        layers.Dense(1),
    ]
    return {"generator": keras.Sequential(generator), "discriminator": keras.Sequential(critic)}


def _conditional_gan(shape, options):
    latents, label = keras.Input((128,)), keras.Input((), dtype="int32")
    code = layers.CategoryEncoding(NUM_CLASSES, output_mode="one_hot")(layers.Reshape((1,))(label))
    width = 128 + NUM_CLASSES
    x = layers.LeakyReLU(0.2)(layers.Dense(7 * 7 * width)(layers.Concatenate()([latents, code])))
    x = layers.Reshape((7, 7, width))(x)
    for _ in range(2):
        x = layers.LeakyReLU(0.2)(layers.Conv2DTranspose(128, 4, 2, "same")(x))
    image = layers.Conv2D(1, 7, padding="same", activation="tanh")(x)

    images = keras.Input(shape)
    x = LabelMap(NUM_CLASSES)([images, label])
    for filters in (64, 128):
        x = layers.LeakyReLU(0.2)(layers.Conv2D(filters, 3, 2, "same")(x))
    logits = layers.Dense(1)(layers.GlobalMaxPooling2D()(x))
    return {
        "generator": keras.Model([latents, label], image),
        "discriminator": keras.Model([images, label], logits),
    }


def _vae(shape, options):
    images = keras.Input(shape)
    x = images
    for filters in (32, 64):
        x = layers.Conv2D(filters, 3, 2, "same", activation="relu")(x)
    x = layers.Dense(16, activation="relu")(layers.Flatten()(x))
    decoder = [
        keras.Input((2,)),
        layers.Dense(3136, activation="relu"),
        layers.Reshape((7, 7, 64)),
        layers.Conv2DTranspose(64, 3, 2, "same", activation="relu"),
        layers.Conv2DTranspose(32, 3, 2, "same", activation="relu"),
        layers.Conv2DTranspose(1, 3, padding="same"),
    ]
    return {
        "encoder": keras.Model(images, [layers.Dense(2)(x), layers.Dense(2)(x)]),
        "decoder": keras.Sequential(decoder),
    }


def _torch_gan():
    generator = nn.Sequential(
        nn.Linear(128, 8192),
        nn.Unflatten(1, (128, 8, 8)),
        *_torch_transposed(128, 128, 256, 512),
        nn.Conv2d(512, 3, 5, padding=2),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        *_torch_strided(3, 64, 128, 128, kernel_size=4),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(8192, 1),
    )
    return generator, discriminator


def _torch_wgan_gp():
    def upsampled(inputs, outputs, activation):
        return [
            nn.Upsample(scale_factor=2),
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            activation,
        ]

    generator = nn.Sequential(
        nn.Linear(128, 4096, bias=False),
        nn.BatchNorm1d(4096),
        nn.LeakyReLU(0.2),
        nn.Unflatten(1, (256, 4, 4)),
        *upsampled(256, 128, nn.LeakyReLU(0.2)),
        *upsampled(128, 64, nn.LeakyReLU(0.2)),
        *upsampled(64, 1, nn.Tanh()),
        nn.ZeroPad2d(-2),
    )
    critic = nn.Sequential(
        nn.ZeroPad2d(2),
        *_torch_strided(1, 64, 128, kernel_size=5),
        nn.Dropout(0.3),
        *_torch_strided(128, 256, kernel_size=5),
        nn.Dropout(0.3),
        *_torch_strided(256, 512, kernel_size=5),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(2048, 1),
    )
    return generator, critic


def _torch_conditional_gan():
    width = 128 + NUM_CLASSES
    generator = nn.Sequential(
        nn.Linear(width, 7 * 7 * width),
        nn.LeakyReLU(0.2),
        nn.Unflatten(1, (width, 7, 7)),
        *_torch_transposed(width, 128, 128),
        nn.Conv2d(128, 1, 7, padding=3),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        *_torch_strided(1 + NUM_CLASSES, 64, 128, kernel_size=3),
        nn.AdaptiveMaxPool2d(1),
        nn.Flatten(),
        nn.Linear(128, 1),
    )
    return generator, discriminator


def _torch_vae():
    body = nn.Sequential(
        nn.Conv2d(1, 32, 3, 2, 1),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, 2, 1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3136, 16),
        nn.ReLU(),
    )
    decoder = nn.Sequential(
        nn.Linear(2, 3136),
        nn.ReLU(),
        nn.Unflatten(1, (64, 7, 7)),
        nn.ConvTranspose2d(64, 64, 3, 2, 1, output_padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(64, 32, 3, 2, 1, output_padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 1, 3, 1, 1),
    )
    return Heads(body, 16, 2), decoder


def _torch_strided(*widths, kernel_size):
    parts = []
    for pair in itertools.pairwise(widths):
        parts += [nn.Conv2d(*pair, kernel_size, 2, (kernel_size - 1) // 2), nn.LeakyReLU(0.2)]
    return parts


def _torch_transposed(*widths):
    parts = []
    for pair in itertools.pairwise(widths):
        parts += [nn.ConvTranspose2d(*pair, 4, 2, 1), nn.LeakyReLU(0.2)]
    return parts


_BUILDERS = {"gan": _gan, "wgan_gp": _wgan_gp, "conditional_gan": _conditional_gan, "vae": _vae}
_TORCH_BUILDERS = {
    "gan": _torch_gan,
    "wgan_gp": _torch_wgan_gp,
    "conditional_gan": _torch_conditional_gan,
    "vae": _torch_vae,
}
