"""One pixel after the other through a causal network, of which each step computes that pixel alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Self

import keras
from keras import ops

from keras_gen.backend import repeat
from keras_gen.layers import GatedActivation
from keras_gen.types import Tensor

# What a map knows at a place: of no pixel; of the pixel that lies there; of the rows above; of what is before
# it in its own row, too.
_LABEL, _PIXEL, _ROWS, _BEFORE = "label", "pixel", "rows", "before"
_PLACE_BY_PLACE = (
    keras.layers.Activation,
    keras.layers.Add,
    keras.layers.Dropout,
    keras.layers.LeakyReLU,
    keras.layers.ReLU,
    GatedActivation,
)


@dataclasses.dataclass(frozen=True)
class _Map:
    """What is known of one tensor of the network: the layers' own output, or that with a border.

    The border is in places: less than none where some are cut off.
    """

    knows: str
    key: int  # of the output without the border
    shape: tuple  # of that
    dtype: str
    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0

    @property
    def has_border(self):
        return any((self.top, self.bottom, self.left, self.right))


@dataclasses.dataclass(frozen=True)
class _Step:
    """A layer, where it stands in the graph."""

    layer: Any
    sources: tuple  # `_Map`s
    key: int  # of its output
    knows: str

    @property
    def looks_round(self):
        """Whether it reads more than the place itself."""
        return isinstance(self.layer, keras.layers.Conv2D) and self.layer.kernel_size != (1, 1)


class _UnknownError(Exception):
    """The network is none that can be run so."""


class PixelSteps:
    """Runs a causal network from the top left to the bottom right, each place once.

    Maps that know the rows above alone are computed row by row, the others place by place; of each, what
    kernels will read again is kept. All places together cost about what one pass over the whole map does, and
    the outputs are that pass's. What a map knows is told from the network's layers, which need no names:
    convolutions, paddings and croppings between them, activations, sums, labels' biases.
    """

    def __init__(self, network: keras.Model) -> None:
        if not getattr(network, "inputs", None):  # A subclass's own `call` is no graph.
            raise _UnknownError
        pixels, *labels = network.inputs
        self.pixels = id(pixels)
        self.labels = id(labels[0]) if labels else None
        maps = {id(tensor): _map_of(tensor, _LABEL) for tensor in labels}
        maps[self.pixels] = _map_of(pixels, _PIXEL)
        self.steps = []
        for layer in network.layers:
            if isinstance(layer, keras.layers.InputLayer):
                continue
            try:
                inputs, output = layer.input, layer.output
            except (AttributeError, ValueError):  # It stands at several places, or at none.
                raise _UnknownError from None
            inputs = inputs if isinstance(inputs, list | tuple) else [inputs]
            if (
                isinstance(output, list | tuple)
                or not {id(tensor) for tensor in inputs} <= maps.keys()
            ):
                raise _UnknownError
            sources = tuple(maps[id(tensor)] for tensor in inputs)
            border = _border_of(layer)
            if border is not None:
                maps[id(output)] = _with_border(sources[0], border)
                continue
            knows = _knowledge(layer, sources)
            maps[id(output)] = _map_of(output, knows)
            self.steps.append(_Step(layer, sources, id(output), knows))
        self.output = maps.get(id(network.outputs[0]))
        if len(network.outputs) > 1 or self.output is None:
            raise _UnknownError
        if self.output.has_border or self.output.knows != _BEFORE:
            raise _UnknownError

    @classmethod
    def of(cls, network: keras.Model) -> Self | None:
        """The steps of a network, or None where it has layers, or looks at places, that are not known here."""
        try:
            return cls(network)
        except _UnknownError:
            return None

    def run(
        self,
        draw: Callable[[Tensor, Tensor], Tensor],
        as_inputs: Callable[[Tensor], Tensor],
        blank: Tensor,
        labels: Tensor | None = None,
    ) -> Tensor:
        """Draws whole maps.

        Args:
            draw: Function from a place's number and the network's outputs there, `(batch, parameters)`, to its
                levels, int32 `(batch, channels)`.
            as_inputs: Function from levels `(batch, 1, n, channels)` to what the network takes for them.
            blank: Int32 tensor `(batch, height, width, channels)` of zeros.
            labels: Integer tensor `(batch,)`, or None.

        Returns:
            Int32 tensor like `blank`.
        """
        height, width = blank.shape[1:3]
        known = {} if labels is None else {self.labels: labels}
        for step in self._that_know(_LABEL):
            known[step.key] = _call(step, known)
        blank_row = blank[:, 0]
        # What places ask of their rows.
        asked = {
            source.key
            for step in self._that_know(_BEFORE)
            for source in step.sources
            if source.knows == _ROWS
        }

        def of_pixels(levels):
            values = {self.pixels: as_inputs(levels)}
            for step in self._that_know(_PIXEL):
                values[step.key] = _call(step, values)
            return values

        def row(number, state):
            above, levels = state
            values, above = self._run(_ROWS, dict(known), above)

            def place(column, state):
                before, drawn = state
                here = known | {
                    key: ops.expand_dims(ops.take(values[key], column, axis=2), 2) for key in asked
                }
                here, before = self._run(_BEFORE, here, before)
                parameters = here[self.output.key][:, 0, 0]
                new = ops.expand_dims(draw(number * width + column, parameters), 1)
                before = self._follow(_BEFORE, before, of_pixels(new[:, None]))
                return before, ops.concatenate([drawn[:, 1:], new], axis=1)

            before = self._nothing_yet(_BEFORE, blank_row)
            drawn = ops.expand_dims(repeat(place, width, (before, blank_row))[1], 1)
            above = self._follow(_ROWS, above, of_pixels(drawn))
            return above, ops.concatenate([levels[:, 1:], drawn], axis=1)

        return repeat(row, height, (self._nothing_yet(_ROWS, blank_row), blank))[1]

    def _that_know(self, knows):
        return [step for step in self.steps if step.knows == knows]

    def _kept(self, knows):
        return [step for step in self._that_know(knows) if step.looks_round]

    def _nothing_yet(self, knows, like):
        """What kernels see before the first row, or the first place of a row: zeros, as in the borders."""
        kept = []
        for step in self._kept(knows):
            height, width = step.layer.kernel_size
            (source,) = step.sources
            itself = 0 if source.knows == _PIXEL else 1
            sizes = (height - itself, source.shape[2]) if knows == _ROWS else (1, width - itself)
            kept.append(ops.zeros((ops.shape(like)[0], *sizes, source.shape[3]), source.dtype))
        return tuple(kept)

    def _run(self, knows, values, kept):
        """Values of this row's maps, or this place's, and what is to be kept of them."""
        axis = 1 if knows == _ROWS else 2
        kept = iter(kept)
        new = []
        for step in self._that_know(knows):
            if not step.looks_round:
                values[step.key] = _call(step, values)
                continue
            (source,) = step.sources
            window = next(kept)
            if source.knows == _PIXEL:  # of those before, which follow when they are drawn
                new.append(window)
            else:
                window = ops.concatenate([window, values[source.key]], axis=axis)
                new.append(window[:, 1:] if axis == 1 else window[:, :, 1:])
            if knows == _ROWS:
                window = ops.pad(window, ((0, 0), (0, 0), (source.left, source.right), (0, 0)))
            values[step.key] = step.layer(window, training=False)
        return values, tuple(new)

    def _follow(self, knows, kept, pixels):
        """What is kept, once pixels are drawn: those that see them have them as the last."""
        axis, followed = (1 if knows == _ROWS else 2), []
        for step, window in zip(self._kept(knows), kept, strict=True):
            (source,) = step.sources
            if source.knows == _PIXEL:
                window = window[:, 1:] if axis == 1 else window[:, :, 1:]
                window = ops.concatenate([window, pixels[source.key]], axis=axis)
            followed.append(window)
        return tuple(followed)


def _map_of(tensor, knows):
    return _Map(knows, id(tensor), tuple(tensor.shape), tensor.dtype)


def _call(step, values):
    inputs = [values[source.key] for source in step.sources]
    return step.layer(inputs if len(inputs) > 1 else inputs[0], training=False)


def _border_of(layer):
    """What a layer puts round a map, `((top, bottom), (left, right))`, or None if it does something else."""
    if not isinstance(layer, keras.layers.ZeroPadding2D | keras.layers.Cropping2D):
        return None
    if layer.data_format != "channels_last":
        raise _UnknownError
    if isinstance(layer, keras.layers.ZeroPadding2D):
        return layer.padding
    return tuple((-before, -after) for before, after in layer.cropping)


def _with_border(source, border):
    (top, bottom), (left, right) = border
    if source.knows == _LABEL:
        raise _UnknownError
    return dataclasses.replace(
        source,
        top=source.top + top,
        bottom=source.bottom + bottom,
        left=source.left + left,
        right=source.right + right,
    )


def _knowledge(layer, sources):
    """What a layer's output knows, given what it is made of."""
    if isinstance(layer, keras.layers.Conv2D) and layer.kernel_size != (1, 1):
        return _knowledge_of_kernel(layer, *sources)
    if any(source.has_border for source in sources):
        raise _UnknownError
    kinds = {source.knows for source in sources}
    of_maps = kinds - {_LABEL}
    if isinstance(layer, keras.layers.Conv2D):
        fits = type(layer) is keras.layers.Conv2D and layer.strides == (1, 1) and of_maps
        fits = fits and layer.data_format == "channels_last"
    elif isinstance(layer, keras.layers.Reshape):
        fits = kinds == {_LABEL}
    else:
        fits = isinstance(layer, (*_PLACE_BY_PLACE, keras.layers.Embedding))
    if not fits or (_PIXEL in of_maps and len(of_maps) > 1):
        raise _UnknownError
    return next((kind for kind in (_BEFORE, _ROWS, _PIXEL) if kind in of_maps), _LABEL)


def _knowledge_of_kernel(layer, source):
    height, width = layer.kernel_size
    plain = (
        type(layer) is keras.layers.Conv2D
        and layer.padding == "valid"
        and layer.data_format == "channels_last"
        and layer.strides == layer.dilation_rate == (1, 1)
    )
    as_large = (source.top + source.bottom, source.left + source.right) == (height - 1, width - 1)
    if plain and as_large:
        # How far below and right of a place the kernel reaches; less than none is before it.
        below, right = source.bottom, source.right
        in_row = height == 1 and below == 0
        if (source.knows, below) in {(_ROWS, 0), (_PIXEL, -1)}:
            return _ROWS
        if in_row and (source.knows, right) in {(_PIXEL, -1), (_BEFORE, 0)}:
            return _BEFORE
    raise _UnknownError
