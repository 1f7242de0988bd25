"""Networks whose outputs are known, and what a model's phases are handed."""

import keras
import numpy as np


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def fixed(values, inputs=1, latent_dim=2):
    """A generator that makes the same image of everything: a dense layer of zeros, with biases."""
    values = np.asarray(values, "float32")
    latents = keras.Input((latent_dim,))
    dense = keras.layers.Dense(values.size, kernel_initializer="zeros")
    network = keras.Model(latents, keras.layers.Reshape(values.shape)(dense(latents)))
    dense.bias.assign(values.ravel())
    return network


def linear(weights):
    """A discriminator without bias: the sum of an image times `weights`."""
    weights = np.asarray(weights, "float32")
    dense = keras.layers.Dense(1, use_bias=False)
    network = keras.Sequential([keras.Input(weights.shape), keras.layers.Flatten(), dense])
    dense.kernel.assign(weights.reshape(-1, 1))
    return network


def kernel(network):
    return array(network.trainable_variables[0])


def scaling(factor, shape=(4, 4, 1)):
    """A generator that multiplies an image of one channel by a trainable factor."""
    convolution = keras.layers.Conv2D(1, 1, use_bias=False)
    network = keras.Sequential([keras.Input(shape), convolution])
    convolution.kernel.assign(np.full((1, 1, 1, 1), factor))
    return network


def no_opinion(*shapes):
    """A discriminator of images whose logits are zeros, whatever it sees."""
    inputs = [keras.Input(shape) for shape in shapes]
    x = keras.layers.Concatenate()(inputs) if len(inputs) > 1 else inputs[0]
    logits = keras.layers.Conv2D(1, 1, kernel_initializer="zeros", use_bias=False)(x)
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], logits)


def sgd(model, rate, **options):
    """Compiles a model with SGD for each of its two phases."""
    model.compile(keras.optimizers.SGD(rate), keras.optimizers.SGD(rate), **options)
    return model


def first_logs(history):
    return {name: values[0] for name, values in history.history.items()}
