"""A model as somebody else would write it: no class of the package but its base and its task."""

import keras
import numpy as np

from keras_gen.backend import predict
from keras_gen.core.model import GenerativeModel
from keras_gen.core.phase import Phase
from keras_gen.modalities import Images, spec_of
from keras_gen.tasks.generating import Generates

PACKAGE = "keras_gen_tests_tasks"


@keras.saving.register_keras_serializable(package=PACKAGE)
class Painter(Generates, GenerativeModel):
    """Turns noise of the data's own shape into data: it has no latents, and no opponent."""

    def __init__(self, network, name=None):
        super().__init__(name=name)
        self.network = network
        self.built = True

    @property
    def takes(self):
        return {"image": spec_of(self.network.input_shape[1:])}

    def compile(self, optimizer="adam", **trainer_options):
        self.compile_phases({"network": optimizer}, **trainer_options)

    def call(self, noise, training=False):
        return self.network(noise, training=training)

    def phases(self):
        return {"network": Phase([self.network])}

    def step(self, data, update):
        reals = self.take(data)
        noise = keras.random.normal(keras.ops.shape(reals), seed=self.seed_generator)
        update("network", lambda: keras.ops.mean((self.network(noise) - reals) ** 2))

    def generate(self, n, seed=None):
        noise = np.random.default_rng(seed).standard_normal((n, *self.gives.shape))
        return predict(self.network, noise.astype("float32"), 128)


def painter(shape=(8, 8, 1)):
    layers = [keras.layers.Flatten(), keras.layers.Dense(int(np.prod(shape)), activation="tanh")]
    return Painter(keras.Sequential([keras.Input(shape), *layers, keras.layers.Reshape(shape)]))


class Stencil(Generates):
    """No network at all: an image is its label, or its number, over four."""

    def __init__(self, num_classes=None, class_names=None):
        self.set_classes(num_classes, class_names)
        self.asked = []

    @property
    def takes(self):
        return {"image": Images((1, 1, 1))}

    def generate(self, n=None, labels=None, per_class=False, seed=None):
        self.asked.append(
            {"n": n, "labels": None if labels is None else list(labels), "per_class": per_class}
            | {"seed": seed}
        )
        if per_class:
            labels = np.repeat(np.arange(self.num_classes), n)
        numbers = np.arange(n) if labels is None else np.asarray(labels)
        return (numbers / 4.0).reshape(-1, 1, 1, 1).astype("float32")
