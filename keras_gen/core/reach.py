"""How far around its place an output pixel of a network looks."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, NamedTuple

import keras

from keras_gen.layers import BicubicUpsampling2D, Clip, PixelShuffle, ReflectionPadding2D

_CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D)
# What looks at a pixel alone, or, of paddings, is counted with the convolution that follows.
_POINTWISE = (
    keras.layers.Activation,
    keras.layers.Add,
    keras.layers.Average,
    keras.layers.BatchNormalization,
    keras.layers.Concatenate,
    keras.layers.Dropout,
    keras.layers.LeakyReLU,
    keras.layers.Multiply,
    keras.layers.ReLU,
    keras.layers.Rescaling,
    keras.layers.Subtract,
    keras.layers.ZeroPadding2D,
    Clip,
    ReflectionPadding2D,
)


class Reach(NamedTuple):
    """What a network needs of its input for a piece of its output.

    Args:
        pixels: Integer, how far beyond the piece's place the input matters, in its pixels.
        factor: Integer, how many times larger the output is.
    """

    pixels: int
    factor: int


def reach_of(network: keras.Model) -> Reach | None:
    """The `Reach` of a network of images, or None where it is unknown, or everything matters.

    It is known of functional networks of convolutions without strides, of shuffles and enlargements, and of
    what looks at each pixel alone. A normalisation by the image's own statistics matters everywhere.

    Args:
        network: Built `keras.Model`.

    Returns:
        `Reach` or None.

    Example:

    >>> convolution = keras.layers.Conv2D(3, 5, padding="same")
    >>> reach_of(keras.Sequential([keras.Input((None, None, 3)), convolution]))
    Reach(pixels=2, factor=1)
    """
    inputs, outputs = (getattr(network, name, None) or [] for name in ("inputs", "outputs"))
    if len(inputs) != 1 or len(outputs) != 1:
        return None
    known: dict[int, Any] = {id(inputs[0]): (Fraction(0), Fraction(1))}
    found = _at(outputs[0], known)
    if found is None or found[1].numerator != 1:
        return None
    return Reach(math.ceil(found[0]), found[1].denominator)


def _at(tensor, known):
    """How far a tensor's pixels look, and the size of one, in the input's pixels; None if unknown."""
    if id(tensor) not in known:
        layer = tensor._keras_history.operation
        try:
            before = [_at(each, known) for each in keras.tree.flatten(layer.input)]
        except (AttributeError, ValueError):  # It has none, or was called more than once.
            before = [None]
        known[id(tensor)] = _after(layer, before)
    return known[id(tensor)]


def _after(layer, before):
    if not before or None in before or len({size for _, size in before}) > 1:
        return None
    far, size = max(before)
    if isinstance(layer, _POINTWISE):
        return far, size
    if isinstance(layer, PixelShuffle):
        return far, size / layer.factor
    if isinstance(layer, BicubicUpsampling2D):
        return far + 2 * size, size / layer.factor
    if isinstance(layer, keras.layers.UpSampling2D) and len(set(layer.size)) == 1:
        beyond = {"nearest": 0, "bilinear": 1}.get(layer.interpolation, 2)
        return far + beyond * size, size / layer.size[0]
    if type(layer) in _CONVOLUTIONS and set(layer.strides) == {1}:
        sides = zip(layer.kernel_size, layer.dilation_rate, strict=True)
        reach = max((side - 1) * dilation for side, dilation in sides)
        # Without padding, the whole kernel may lie to one side, where the padding came before.
        return far + size * (reach if layer.padding == "valid" else -(-reach // 2)), size
    return None
