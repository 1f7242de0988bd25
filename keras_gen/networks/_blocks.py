"""The blocks of layers that the builders share."""

import math
import random

import keras
import numpy as np

from keras_gen.layers import (
    BatchNormalization,
    Cropping2D,
    EqualizedConv2D,
    EqualizedDense,
    GatedConv2D,
    InstanceNormalization,
    LabelMap,
    LabelProjection,
    MinibatchStandardDeviation,
    SpectralNormalization,
)
from keras_gen.networks._checks import check_integer

NORMALIZATIONS = ("batch", "synchronized_batch", "layer", "instance", "spectral", None)
UPSAMPLINGS = ("transposed", "nearest")
SPATIAL = {"data_format": "channels_last"}
# Of a leaky ReLU of slope 0.2, about: that of StyleGAN2 and of progressive growing.
LEAKY_GAIN = math.sqrt(2.0)


def halvings(image_shape, smallest=7):
    """The sizes of the maps from an image's own to the coarsest one's.

    Each is half of the one before, rounded up; the last is the first whose smaller side is at most
    `smallest`.

    >>> halvings((28, 30, 1))
    [(28, 30), (14, 15), (7, 8)]
    """
    sizes = [tuple(image_shape[:2])]
    while min(sizes[-1]) > smallest:
        sizes.append(tuple(-(-side // 2) for side in sizes[-1]))
    return sizes


def doubled(base_filters, level, cap=8):
    """The number of filters `level` halvings down: doubled at each, up to `cap` x `base_filters`.

    >>> [doubled(64, level) for level in range(5)]
    [64, 128, 256, 512, 512]
    """
    return base_filters * min(2**level, cap)


class Blocks:
    """Adds blocks of layers to a functional model, all in the style of one network.

    Args:
        normalization: What follows a convolution: `"batch"`, `"synchronized_batch"` (with the
            statistics of all replicas, on TensorFlow), `"layer"` (over height, width and channels
            together, one scale a channel), `"instance"` or `None`; `"spectral"` divides the kernels
            of all layers by their largest singular value instead.
        activation: `"relu"` or `"leaky_relu"` (slope 0.2).
        initializer: `"normal"` for the DCGAN paper's N(0, 0.02), `"glorot_uniform"` or `"he_normal"`.
        seed: Integer from which every layer's own seed is drawn. `None` draws it from Python's
            generator, which `keras.utils.set_random_seed` sets. No layer goes without a seed of its
            own: one that draws from a backend's global generator could not resume exactly.
    """

    def __init__(self, normalization=None, activation="relu", initializer="normal", seed=None):
        self.normalization = normalization
        self.activation = activation
        self.initializer = initializer
        seed = random.randrange(2**31) if seed is None else check_integer("seed", seed, 0)
        self._generator = random.Random(seed)

    def next_seed(self):
        return self._generator.randrange(2**31)

    def kernel_initializer(self):
        if self.initializer == "normal":
            return keras.initializers.RandomNormal(stddev=0.02, seed=self.next_seed())
        if self.initializer == "he_normal":
            return keras.initializers.HeNormal(seed=self.next_seed())
        return keras.initializers.GlorotUniform(seed=self.next_seed())

    def dense(self, x, units, name, **arguments):
        return self._weighted(keras.layers.Dense, x, name, units=units, **arguments)

    def convolution(self, x, filters, kernel_size, name, padding="same", **arguments):
        return self._weighted(
            keras.layers.Conv2D,
            x,
            name,
            filters=filters,
            kernel_size=kernel_size,
            padding=padding,
            **SPATIAL,
            **arguments,
        )

    def gated(self, x, filters, kernel_size, name, **arguments):
        return self._weighted(
            GatedConv2D, x, name, filters=filters, kernel_size=kernel_size, **arguments
        )

    def transposed_convolution(self, x, filters, kernel_size, name, padding="same", **arguments):
        return self._weighted(
            keras.layers.Conv2DTranspose,
            x,
            name,
            filters=filters,
            kernel_size=kernel_size,
            strides=2,
            padding=padding,
            **SPATIAL,
            **arguments,
        )

    def normalize(self, x, name):
        # The papers' code has these; Keras's momentum of 0.99 lags behind in short trainings.
        if self.normalization in ("batch", "synchronized_batch"):
            synchronized = self.normalization == "synchronized_batch"
            layer = BatchNormalization(
                momentum=0.9, epsilon=1e-5, synchronized=synchronized, name=name
            )
        elif self.normalization == "layer":
            layer = keras.layers.GroupNormalization(groups=1, epsilon=1e-5, name=name)
        elif self.normalization == "instance":
            layer = InstanceNormalization(epsilon=1e-5, name=name)
        else:
            return x
        return layer(x)

    def activate(self, x, name):
        if self.activation == "leaky_relu":
            return keras.layers.LeakyReLU(negative_slope=0.2, name=name)(x)
        return keras.layers.ReLU(name=name)(x)

    def dropout(self, x, rate, name):
        return keras.layers.Dropout(rate, seed=self.next_seed(), name=name)(x) if rate else x

    def noise(self, x, deviation, name):
        layer = keras.layers.GaussianNoise(deviation, seed=self.next_seed(), name=name)
        return layer(x) if deviation else x

    @property
    def needs_bias(self):
        """Whether a layer before `normalize` needs a bias, or would lose it with the mean."""
        return self.normalization in ("spectral", None)

    def finish(self, x, name):
        """Normalise and activate."""
        return self.activate(self.normalize(x, f"{name}_normalization"), f"{name}_activation")

    def halve(self, x, filters, name, normalized=True):
        """Strided convolution, normalisation, activation: half the size, rounded up."""
        if not normalized:
            x = self.convolution(x, filters, 4, name, strides=2)
            return self.activate(x, f"{name}_activation")
        x = self.convolution(x, filters, 4, name, strides=2, use_bias=self.needs_bias)
        return self.finish(x, name)

    def double(self, x, filters, size, name, upsampling="transposed", **arguments):
        """Twice the size, cropped to `size` where that is odd. Neither normalised nor activated."""
        # A kernel of 4 and a stride of 2 pad alike on every backend, which one of 5 does not, and
        # cover every pixel equally often.
        if upsampling == "transposed":
            x = self.transposed_convolution(x, filters, 4, name, **arguments)
            return crop(x, size, f"{name}_crop", arguments.get("dtype"))
        x = keras.layers.UpSampling2D(2, **SPATIAL, name=f"{name}_upsampling")(x)
        return self.convolution(crop(x, size, f"{name}_crop"), filters, 3, name, **arguments)

    def vector_to_map(self, x, size, filters, name="base"):
        """Dense layer to a map of `size`, normalised and activated."""
        x = self.dense(x, size[0] * size[1] * filters, name, use_bias=self.needs_bias)
        x = keras.layers.Reshape((*size, filters), name=f"{name}_reshape")(x)
        return self.finish(x, name)

    def vector_to_image(self, x, image_shape, base_filters, activation, upsampling="transposed"):
        """A DCGAN generator's layers: from a vector to float32 pixels, doubling the size."""
        sizes = halvings(image_shape)
        x = self.vector_to_map(x, sizes[-1], doubled(base_filters, len(sizes) - 2))
        for level in range(len(sizes) - 2, 0, -1):
            name = f"up_{level}"
            filters = doubled(base_filters, level - 1)
            use_bias = self.needs_bias
            x = self.double(x, filters, sizes[level], name, upsampling, use_bias=use_bias)
            x = self.finish(x, name)
        return self.double(
            x, image_shape[2], sizes[0], "image", upsampling, activation=activation, dtype="float32"
        )

    def image_to_map(self, x, base_filters, dropout=0.0):
        """A DCGAN discriminator's convolutions: from an image to its coarsest map."""
        for level in range(1, len(halvings(x.shape[1:]))):
            x = self.halve(x, doubled(base_filters, level - 1), f"down_{level}", level > 1)
            x = self.dropout(x, dropout, f"down_{level}_dropout")
        return x

    def flatten(self, x):
        """From a map to the vector that is scored."""
        return keras.layers.Flatten(**SPATIAL, name="features")(x)

    def score(self, features, labels=None, num_classes=None, projected=None, units=1):
        """Float32 logits; with labels, a projection discriminator's.

        What is projected on the label is `projected`, or the features themselves.
        """
        logits = self.dense(features, units, "logits", dtype="float32")
        if labels is None:
            return logits
        projection = self._weighted(
            LabelProjection,
            [features if projected is None else projected, labels],
            "label_projection",
            num_classes=num_classes,
            dtype="float32",
        )
        return keras.layers.Add(name="score", dtype="float32")([logits, projection])

    def _weighted(self, layer_class, x, name, dtype=None, **arguments):
        initializer = arguments.pop("kernel_initializer", None) or self.kernel_initializer()
        layer = layer_class(kernel_initializer=initializer, name=name, dtype=dtype, **arguments)
        if self.normalization != "spectral":
            return layer(x)
        layer = SpectralNormalization(layer, name=f"{name}_spectral", dtype=dtype)
        outputs = layer(x)
        _refine(layer)
        return outputs


class EqualizedBlocks(Blocks):
    """Blocks whose every weight is a normal number that is scaled when it is used.

    Args:
        seed: As in `Blocks`.
    """

    def __init__(self, seed):
        super().__init__(None, "leaky_relu", seed=seed)

    def normal(self, stddev=1.0):
        return keras.initializers.RandomNormal(stddev=stddev, seed=self.next_seed())

    def convolution(self, x, filters, kernel_size, name, gain=LEAKY_GAIN, **arguments):
        """Equalised convolution, activation."""
        x = EqualizedConv2D(
            filters,
            kernel_size,
            gain=gain,
            kernel_initializer=self.normal(),
            name=name,
            **arguments,
        )(x)
        return self.activate(x, f"{name}_activation")

    def dense(self, x, units, name):
        """Equalised dense layer, activation."""
        x = EqualizedDense(units, gain=LEAKY_GAIN, kernel_initializer=self.normal(), name=name)(x)
        return self.activate(x, f"{name}_activation")

    def score(self, x, minibatch_deviation):
        """Float32 logits of the last maps, to which how much they differ over a batch may be joined."""
        width = x.shape[-1]
        if minibatch_deviation:
            x = MinibatchStandardDeviation(name="deviation")(x)
        x = self.convolution(x, width, 3, "size_4")
        x = self.dense(self.flatten(x), width, "dense")
        return EqualizedDense(1, kernel_initializer=self.normal(), name="logits", dtype="float32")(
            x
        )


def _refine(layer):
    # From its first guess a spectral layer takes the norm for far less than it is, and an untrained
    # deep network would overflow. The start needs no chance: the kernel has enough.
    kernel = layer.layer.kernel.numpy()
    if isinstance(layer.layer, keras.layers.Conv2DTranspose):
        kernel = kernel.swapaxes(-1, -2)
    matrix = kernel.reshape(-1, kernel.shape[-1])
    u = np.ones(matrix.shape[1], "float32")
    for _ in range(10):
        u = matrix.T @ (matrix @ u)
        u /= np.linalg.norm(u)
    layer.vector_u.assign(u)


def append_label(x, labels, num_classes, name):
    """Joins one-hot codes to vectors: `(batch, size)` and `(batch,)` to `(batch, size + num_classes)`."""
    x = keras.layers.Reshape((1, 1, x.shape[-1]), name=f"{name}_reshape")(x)
    x = LabelMap(num_classes, name="label_map")([x, labels])
    return keras.layers.Flatten(name=f"{name}_and_label")(x)


def crop(x, size, name, dtype=None):
    """Drop the last rows and columns beyond `size`."""
    excess = [(0, have - want) for have, want in zip(x.shape[1:3], size, strict=True)]
    if not any(after for _, after in excess):
        return x
    return Cropping2D(excess, **SPATIAL, name=name, dtype=dtype)(x)
