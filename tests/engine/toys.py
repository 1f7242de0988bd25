"""Models so small that a step of theirs can be worked out by hand."""

import keras
import numpy as np

from keras_gen.engine import GenerativeModel, Phase, input_gradient, without_updates


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
        return {
            "left": Phase([self.left], self.left_loss, ["product"]),
            "right": Phase([self.right], self.right_loss),
        }

    def schedule(self, data, training):
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        yield "left", {"x": x}
        yield "right", {"x": x}

    def left_loss(self, batch, training):
        product = keras.ops.mean(self(batch["x"], training=training))
        return product, {"product": product}

    def right_loss(self, batch, training):
        return -keras.ops.mean(self(batch["x"], training=training)), {}


class Flattened(GenerativeModel):
    """One network, one phase: minimises half the squared gradient of its outputs by its inputs."""

    def __init__(self, network, name=None):
        super().__init__(name=name)
        self.network = network
        self.built = True

    def compile(self, optimizer="sgd", **trainer_options):
        self.compile_phases({"network": optimizer}, **trainer_options)

    def phases(self):
        return {"network": Phase([self.network], self.network_loss)}

    def schedule(self, data, training):
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        yield "network", {"x": x}

    def network_loss(self, batch, training):
        gradient = input_gradient(without_updates(self.network), batch["x"])
        return 0.5 * keras.ops.mean(gradient**2), {}
