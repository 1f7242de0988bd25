"""What the training steps written by hand share: a `tf.function` with gradient tapes.

A family's own step stands in its `tests/models/<family>/benchmark.py`: a function that takes networks, Keras
optimizers and the recipe's options, and returns a step that takes a batch and returns its losses. The maths
are those of `keras_gen`'s models, and so is the noise, draw by draw, so that from the same seed both end at
the same weights: `tests/test_benchmarks.py` holds it.
"""

import keras
import tensorflow as tf


def built(optimizers, networks):
    for optimizer, network in zip(optimizers, networks, strict=True):
        optimizer.build(network.trainable_weights)
    return optimizers


def apply(tape, loss, optimizer, network):
    gradients = tape.gradient(loss, network.trainable_weights)
    optimizer.apply_gradients(zip(gradients, network.trainable_weights, strict=True))


def _cross_entropy(logits, label):
    labels = tf.fill(tf.shape(logits), label)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits))


def non_saturating_discriminator_loss(real_logits, fake_logits):
    return _cross_entropy(real_logits, 1.0) + _cross_entropy(fake_logits, 0.0)


def non_saturating_generator_loss(fake_logits):
    return _cross_entropy(fake_logits, 1.0)


class Latents:
    def __init__(self, latent_dim, seed):
        self.latent_dim = latent_dim
        self.seed_generator = keras.random.SeedGenerator(seed)

    def __call__(self, count):
        return keras.random.normal((count, self.latent_dim), seed=self.seed_generator)


class Average:
    """Moving average of a generator: the weights averaged, the BatchNorm statistics copied."""

    def __init__(self, network, decay):
        self.network, self.decay = network, decay
        self.clone = keras.models.clone_model(network)
        self.clone.set_weights(network.get_weights())

    def update(self, step):
        step = tf.cast(step.value, tf.float32)
        rate = 1.0 - tf.minimum(self.decay, (1.0 + step) / (10.0 + step))
        for mean, variable in zip(self.clone.weights, self.network.weights, strict=True):
            if variable.trainable:
                mean.assign(mean.value + rate * (variable.value - mean.value))
            else:
                mean.assign(variable.value)
