"""Models whose steps must not depend on how a batch is shared: each family's, as its case says."""

import contextlib
import math
import socket
from unittest import mock

import keras
import numpy as np

from tests.families import CASES, families_that
from tests.models.gan.case import build_normalised

BATCH = 8
STEPS = 3
LARGER_SHAPE = (16, 16, 1)  # of which a discriminator of two levels normalises one

# Those whose own networks have BatchNormalization, or that keep a pool of images.
NORMALISED = families_that(lambda case: case.batch_normalised or case.pooled)


def gan_with(normalization):
    """A GAN whose discriminator normalises whole batches, or parts of them."""
    keras.utils.set_random_seed(0)
    return build_normalised(normalization, LARGER_SHAPE)


def optimizer(name, rate=None):
    """Plain gradient descent for a model."""
    return keras.optimizers.SGD(rate or CASES[name].rate)


def data(name, n):
    case = CASES[name]
    return (case.smooth_data or case.data)(n)


def batches(name):
    """What one process gives to `fit`: arrays of three batches.

    A model that cuts its batch into parts takes the first part of what its replica sees, then the second:
    those of both replicas together are what those of one replica are.
    """
    parts = CASES[name].parts
    return keras.tree.map_structure(lambda x: _for_one(x, parts), data(name, BATCH * STEPS))


def _for_one(x, parts):
    pieces = x.reshape(STEPS, 2, parts, BATCH // 2 // parts, *x.shape[1:])
    return pieces.swapaxes(1, 2).reshape(x.shape)


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


def train(name, model, x, batch_size=BATCH, scope=contextlib.nullcontext, rate=None, **options):
    """Three steps of plain gradient descent; returns the weights. Further options go to `compile`."""
    with scope():
        model.compile(**CASES[name].compile_arguments(lambda: optimizer(name, rate)), **options)
    with noise_alike():
        model.fit(x, batch_size=batch_size, shuffle=False, verbose=0)
    return weights(model)


def build(name):
    """The same weights each time."""
    keras.utils.set_random_seed(0)
    return (CASES[name].smooth or CASES[name].build)()


def free_ports(count):
    """Ports of this machine that nobody listens on."""
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in found:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in found]
