"""Networks whose outputs are known, and what a model's phases are handed."""

import contextlib
import inspect
from unittest import mock

import keras
import numpy as np

from keras_gen.core.network_calls import record


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


def handed(model, data, training=True, made=None):
    """What one step gives to its losses: pairs of a phase and a dict of arguments. Nothing is updated.

    Args:
        model: A model whose losses are methods called `<phase>_loss`.
        data: A batch.
        training: Boolean.
        made: Dict from phases to what their losses are to have made.
    """
    data = keras.tree.map_structure(keras.ops.convert_to_tensor, data)
    found = []

    class Update:
        record = staticmethod(lambda network, inputs: record(network, inputs))

        def __call__(self, phase, loss, at=None, every=1):
            loss() if at is None else loss(at.outputs)
            return (made or {}).get(phase)

    Update.training = training

    def watched(phase, loss):
        def remember(*args, **kwargs):
            given = inspect.signature(loss).bind(*args, **kwargs).arguments
            tensors = {n: array(v) for n, v in given.items() if hasattr(v, "shape")}
            found.append((phase, tensors))

        return remember

    losses = {phase: f"{phase}_loss" for phase in ("discriminator", "generator")}
    with contextlib.ExitStack() as stack:
        for phase, name in losses.items():
            loss = getattr(model, name)
            stack.enter_context(mock.patch.object(model, name, watched(phase, loss)))
        stack.enter_context(
            mock.patch.object(type(model), "follow_generator", lambda *a: None, create=True)
        )
        model.step(data, Update())
    return found
