"""From uniform numbers to maps of levels, one pixel after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import keras
from keras import ops

from keras_gen.backend import repeat
from keras_gen.checks import check_positive
from keras_gen.models.pixel_steps import PixelSteps
from keras_gen.types import Config, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class PixelSampler(keras.Model):
    """Draws maps pixel by pixel, from the top left to the bottom right: all steps are one loop of the graph.

    Of a network of `keras_gen.networks.pixel_cnn`'s layers each step computes its pixel alone, and all of them
    about what one pass does; of another one each takes a pass over the whole map, `height * width` passes for a
    batch. Nothing is drawn here: a pixel is what its likelihood makes of uniform numbers.

    Args:
        network: Built `keras.Model` from pixels, and labels where there are classes, to the parameters of each
            pixel's distribution, which depend on those before it alone.
        likelihood: A `keras_gen.losses.LogisticMixture` or `PixelSoftmax`.
        num_classes: Integer, or None where the network takes no labels.
        integers: Boolean, whether the network takes the levels themselves, `(batch, height, width)`, in the
            place of images in [-1, 1].
        whole_passes: Boolean, whether each step is a pass over the whole map, whatever the network: for files
            whose readers take no loop within a loop.
        name: String.

    Call arguments:
        inputs: Float tensor `(batch, height, width, likelihood.numbers)` of numbers in [0, 1), or a list of it
            and of integer labels `(batch,)`.

    Returns:
        Int32 tensor `(batch, height, width, channels)` of levels.

    Reference: van den Oord et al., 2016, https://arxiv.org/abs/1606.05328
    """

    def __init__(
        self,
        network: keras.Model,
        likelihood: Any,
        num_classes: int | None = None,
        integers: bool = False,
        whole_passes: bool = False,
        name: str = "pixel_sampler",
    ) -> None:
        super().__init__(name=name, dtype="float32")
        self.network = network
        self.likelihood = likelihood
        self.num_classes = num_classes
        self.integers = integers
        self.whole_passes = whole_passes
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        numbers, labels = (inputs, None) if self.num_classes is None else inputs
        return self.draw(numbers, labels)

    def draw(
        self,
        numbers: Tensor,
        labels: Tensor | None = None,
        known: Tensor | None = None,
        holes: Tensor | None = None,
        temperature: float | Tensor = 1.0,
    ) -> Tensor:
        """Draws maps, or the holes of maps.

        Args:
            numbers: Float tensor `(batch, height, width, likelihood.numbers)` in [0, 1).
            labels: Integer tensor `(batch,)`, or None where there are no classes.
            known: Int32 tensor `(batch, height, width, channels)` of levels, or None.
            holes: Float tensor `(batch, height, width, 1)`, with `known`: 1 where a pixel is to be drawn, 0
                where its level is the known one.
            temperature: Number above 0, or a scalar tensor, as the likelihood's `draw` takes it.

        Returns:
            Int32 tensor `(batch, height, width, channels)`.
        """
        height, width, count = numbers.shape[1:]
        uniforms = ops.reshape(ops.cast(numbers, "float32"), (-1, height * width, count))
        channels = self.likelihood.channels
        blank = ops.zeros_like(uniforms[..., :channels], dtype="int32")

        if known is not None:
            known = ops.reshape(known, (-1, height * width, channels))
            holes = ops.reshape(holes, (-1, height * width, 1))

        def drawn(number, outputs):
            outputs = ops.cast(outputs, "float32")
            new = self.likelihood.draw(outputs, ops.take(uniforms, number, axis=1), temperature)
            if known is None:
                return new
            hidden = ops.take(holes, number, axis=1) > 0.5
            return ops.where(hidden, new, ops.take(known, number, axis=1))

        steps = None if self.whole_passes else PixelSteps.of(self.network)
        if steps is not None:
            blank = ops.reshape(blank, (-1, height, width, channels))
            return steps.run(drawn, self.as_inputs, blank, labels)
        places = ops.arange(height * width, dtype="int32")

        def whole_pass(number, levels):
            maps = ops.reshape(levels, (-1, height, width, channels))
            outputs = self.parameters(maps, labels)
            outputs = ops.reshape(outputs, (-1, height * width, outputs.shape[-1]))
            here = ops.reshape(ops.equal(places, ops.cast(number, "int32")), (1, -1, 1))
            new = ops.expand_dims(drawn(number, ops.take(outputs, number, axis=1)), 1)
            return ops.where(here, new, levels)

        levels = repeat(whole_pass, height * width, blank)
        return ops.reshape(levels, (-1, height, width, channels))

    def as_inputs(self, levels: Tensor) -> Tensor:
        """What the network takes for levels `(..., channels)`: floats in [-1, 1], or integers `(...)`."""
        if self.integers:
            return levels[..., 0]
        return 2.0 * ops.cast(levels, "float32") / (self.likelihood.levels - 1) - 1.0

    def parameters(
        self, levels: Tensor, labels: Tensor | None = None, training: bool = False
    ) -> Tensor:
        """The parameters of each pixel's distribution given the pixels before it.

        Args:
            levels: Integer tensor `(batch, height, width, channels)`.
            labels: Integer tensor `(batch,)`, or None where there are no classes.
            training: Boolean.

        Returns:
            Float32 tensor `(batch, height, width, parameters)`.
        """
        pixels = self.as_inputs(levels)
        inputs = pixels if labels is None else [pixels, labels]
        return ops.cast(self.network(inputs, training=training), "float32")

    def log_likelihood(
        self, levels: Tensor, labels: Tensor | None = None, training: bool = False
    ) -> Tensor:
        """Log likelihood of maps in nats, summed over pixels: arguments as in `parameters`.

        Returns:
            Float32 tensor `(batch,)`.
        """
        return self.likelihood.log_likelihood(levels, self.parameters(levels, labels, training))

    def compute_output_spec(self, inputs: Any) -> keras.KerasTensor:
        numbers = inputs if self.num_classes is None else inputs[0]
        shape = (*numbers.shape[:-1], self.likelihood.channels)
        return keras.KerasTensor(shape, dtype="int32")

    def get_config(self) -> Config:
        return {
            "network": keras.saving.serialize_keras_object(self.network),
            "likelihood": keras.saving.serialize_keras_object(self.likelihood),
            "num_classes": self.num_classes,
            "integers": self.integers,
            "whole_passes": self.whole_passes,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: Config, custom_objects: Mapping[str, Any] | None = None) -> Self:
        made = {
            name: keras.saving.deserialize_keras_object(config[name], custom_objects)
            for name in ("network", "likelihood")
        }
        return cls(**{**config, **made})


class TemperedSampler(keras.Model):
    """Draws as a `PixelSampler` at a temperature, a variable: a change of it compiles nothing anew.

    It is to be no part of a model's file, which has no such variable.

    Args:
        sampler: The `PixelSampler`.
        fills: Boolean, whether it draws the holes of maps rather than maps.

    Call arguments:
        inputs: What the `PixelSampler` takes, and where it fills after the numbers the known levels and the
            holes, as `PixelSampler.draw` takes them.
    """

    def __init__(self, sampler: PixelSampler, fills: bool = False) -> None:
        super().__init__(name="pixel_filler" if fills else "tempered_sampler", dtype="float32")
        self.sampler = sampler
        self.fills = fills
        self.temperature = self.add_weight(
            shape=(), initializer="ones", trainable=False, autocast=False, name="temperature"
        )
        self.built = True

    def at(self, temperature: float) -> Self:
        """Itself, from now on at this temperature.

        Args:
            temperature: Number above 0. Below 1 what is likely is drawn more often than it should be.

        Raises:
            ValueError: If it is none.
        """
        check_positive("temperature", temperature)
        self.temperature.assign(temperature)
        return self

    def call(self, inputs: Any) -> Tensor:
        drawn_by, *rest = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        known, holes = (None, None)
        if self.fills:
            known, holes, *rest = rest
            known = ops.cast(known, "int32")
        labels = rest[0] if rest else None
        temperature = ops.convert_to_tensor(self.temperature)
        return self.sampler.draw(drawn_by, labels, known, holes, temperature)
