"""Models so small that a step of theirs can be worked out by hand."""

import keras
import numpy as np

from keras_gen.backend import input_gradient
from keras_gen.core.model import GenerativeModel
from keras_gen.core.network_calls import without_updates
from keras_gen.core.phase import Phase


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def scale(factor, *layers_before):
    """A network that multiplies its input, one number, by a trainable factor."""
    dense = keras.layers.Dense(1, use_bias=False)
    network = keras.Sequential([keras.Input((1,)), *layers_before, dense])
    dense.kernel.assign([[factor]])
    return network


def factor(network):
    return array(network.layers[-1].kernel).item()


def ones(n=4):
    return np.ones((n, 1), "float32")


@keras.saving.register_keras_serializable(package="keras_gen_tests")
class Game(GenerativeModel):
    """`left` minimises mean(left(x) * right(x)), then `right` maximises it."""

    def __init__(self, left, right, name=None):
        super().__init__(name=name)
        self.left = left
        self.right = right
        self.built = True

    def compile(self, left_optimizer="sgd", right_optimizer="sgd", **trainer_options):
        self.compile_phases({"left": left_optimizer, "right": right_optimizer}, **trainer_options)

    def call(self, x, training=False):
        return self.left(x, training=training) * self.right(x, training=training)

    def phases(self):
        return {"left": Phase([self.left], ["product"]), "right": Phase([self.right])}

    def step(self, data, update):
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        update("left", lambda: self.left_loss(x, update.training))
        update("right", lambda: -keras.ops.mean(self(x, training=update.training)))

    def left_loss(self, x, training):
        product = keras.ops.mean(self(x, training=training))
        return product, {"product": product}


class Flattened(GenerativeModel):
    """One network, one phase: minimises half the squared gradient of its outputs by its inputs."""

    def __init__(self, network, name=None):
        super().__init__(name=name)
        self.network = network
        self.built = True

    def compile(self, optimizer="sgd", **trainer_options):
        self.compile_phases({"network": optimizer}, **trainer_options)

    def phases(self):
        return {"network": Phase([self.network])}

    def step(self, data, update):
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        update("network", lambda: self.network_loss(x))

    def network_loss(self, x):
        gradient = input_gradient(without_updates(self.network), x)
        return 0.5 * keras.ops.mean(gradient**2)
