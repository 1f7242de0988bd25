"""The six models without BatchNormalization, whose steps must not depend on how a batch is shared."""

import contextlib
import math
import socket
from unittest import mock

import keras
import numpy as np

import keras_gen
from tests import cases

BATCH = 8
STEPS = 3
N_CRITIC = 2
LARGER_SHAPE = (16, 16, 1)  # of which a discriminator of two levels normalises one


def _gan():
    return keras_gen.GAN(
        keras_gen.networks.dcgan_generator(
            cases.IMAGE_SHAPE, cases.LATENT_DIM, base_filters=4, normalization="layer"
        ),
        keras_gen.networks.dcgan_discriminator(
            cases.IMAGE_SHAPE, base_filters=4, normalization="layer"
        ),
        cases.LATENT_DIM,
        ema_decay=0.5,
    )


def _wgan_gp():
    return keras_gen.WGANGP(
        keras_gen.networks.dcgan_generator(
            cases.IMAGE_SHAPE, cases.LATENT_DIM, base_filters=4, normalization="layer"
        ),
        keras_gen.networks.dcgan_discriminator(
            cases.IMAGE_SHAPE, base_filters=4, normalization="layer"
        ),
        cases.LATENT_DIM,
        n_critic=N_CRITIC,
    )


def _conditional_gan():
    return keras_gen.ConditionalGAN(
        keras_gen.networks.conditional_dcgan_generator(
            cases.IMAGE_SHAPE,
            cases.NUM_CLASSES,
            cases.LATENT_DIM,
            base_filters=4,
            normalization="layer",
        ),
        keras_gen.networks.conditional_dcgan_discriminator(
            cases.IMAGE_SHAPE, cases.NUM_CLASSES, base_filters=4, normalization="layer"
        ),
        cases.LATENT_DIM,
        cases.NUM_CLASSES,
    )


def _vae():
    return keras_gen.VAE(
        *(
            build(cases.IMAGE_SHAPE, cases.LATENT_DIM, base_filters=4, normalization="layer")
            for build in (keras_gen.networks.conv_encoder, keras_gen.networks.conv_decoder)
        ),
        cases.LATENT_DIM,
    )


def _pix2pix():
    return keras_gen.Pix2Pix(
        keras_gen.networks.unet_generator(
            cases.IMAGE_SHAPE, 3, base_filters=4, normalization=None, dropout=0.0
        ),
        keras_gen.networks.patch_discriminator(
            cases.IMAGE_SHAPE, cases.COLOUR_SHAPE, base_filters=4, normalization=None
        ),
    )


def _cycle_gan():
    # A pool holds the first replica's images: with one the two would differ, as they should.
    shape = (16, 16, 3)
    return keras_gen.CycleGAN(
        *(keras_gen.networks.resnet_generator(shape, base_filters=2, blocks=1) for _ in "ab"),
        *(keras_gen.networks.patch_discriminator(shape, base_filters=4) for _ in "ab"),
        pool_size=0,
    )


BUILDERS = {
    "gan": _gan,
    "wgan_gp": _wgan_gp,
    "conditional_gan": _conditional_gan,
    "vae": _vae,
    "pix2pix": _pix2pix,
    "cycle_gan": _cycle_gan,
}


def gan_with(normalization):
    """A GAN whose discriminator normalises whole batches, or parts of them."""
    keras.utils.set_random_seed(0)
    return keras_gen.GAN(
        keras_gen.networks.dcgan_generator(
            LARGER_SHAPE, cases.LATENT_DIM, base_filters=4, normalization=normalization
        ),
        keras_gen.networks.dcgan_discriminator(
            LARGER_SHAPE, base_filters=4, normalization=normalization
        ),
        cases.LATENT_DIM,
    )


# Those of tests.cases that have BatchNormalization, or a pool of images.
NORMALISED = ("gan", "wgan_gp", "conditional_gan", "pix2pix", "cycle_gan")

# That move the weights well within three steps, and don't magnify rounding: CycleGAN's losses weigh much.
RATES = {"gan": 1.0, "conditional_gan": 1.0, "cycle_gan": 0.003}


def optimizer(name, rate=None):
    """Plain gradient descent for a model."""
    return keras.optimizers.SGD(rate or RATES.get(name, 0.05))


def data(name, n):
    if name == "cycle_gan":
        return {"a": cases.images(n, (16, 16, 3)), "b": cases.images(n, (16, 16, 3), seed=1)}
    return cases.CASES[name].data(n)


def batches(name):
    """What one process gives to `fit`: arrays of three batches.

    WGAN-GP's critic takes the first half of what its replica sees, then the second: the halves of both
    replicas together are what the halves of one replica are.
    """
    return keras.tree.map_structure(lambda x: _for_one(x, name), data(name, BATCH * STEPS))


def _for_one(x, name):
    if name != "wgan_gp":
        return x
    quarters = x.reshape(STEPS, 2, N_CRITIC, BATCH // 2 // N_CRITIC, *x.shape[1:])
    return quarters.swapaxes(1, 2).reshape(x.shape)


def part(name, index, count):
    """The rows of each batch that the `index`-th of `count` processes sees."""
    size = BATCH // count

    def take(x):
        return x.reshape(STEPS, count, size, *x.shape[1:])[:, index].reshape(-1, *x.shape[1:])

    return keras.tree.map_structure(take, data(name, BATCH * STEPS))


@contextlib.contextmanager
def noise_alike():
    """Noise that does not depend on a row's place in the batch, so that it can be shared in any way."""

    def rows(shape, scale):
        row = np.cos(np.arange(math.prod(shape[1:]))).reshape(shape[1:]) * scale + scale
        return keras.ops.broadcast_to(keras.ops.convert_to_tensor(row, "float32"), shape)

    def normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
        return rows(shape, 1.0)

    def uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
        return rows(shape, 0.3)

    with mock.patch("keras.random.normal", normal), mock.patch("keras.random.uniform", uniform):
        yield


def weights(model):
    """All weights, as lists of numbers."""
    return [w.ravel().astype(float).tolist() for w in model.get_weights()]


def train(name, model, x, batch_size=BATCH, scope=contextlib.nullcontext, rate=None):
    """Three steps of plain gradient descent; returns the weights."""
    case = cases.CASES[name]
    with scope():
        model.compile(**case.compile_arguments(lambda: optimizer(name, rate)))
    with noise_alike():
        model.fit(x, batch_size=batch_size, shuffle=False, verbose=0)
    return weights(model)


def build(name):
    """The same weights each time."""
    keras.utils.set_random_seed(0)
    return BUILDERS[name]()


def free_ports(count):
    """Ports of this machine that nobody listens on."""
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in found:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in found]
