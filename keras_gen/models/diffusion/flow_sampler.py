"""From noise to samples along a network's velocities."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Self

import keras
from keras import ops

from keras_gen.backend import repeat
from keras_gen.types import Config, Tensor

SOLVERS = ("heun", "euler")


@keras.saving.register_keras_serializable(package="keras_gen")
class FlowSampler(keras.Model):
    """Follows `dx/dt = velocity(x, t)` from t = 0 to 1: all steps are one loop of the compiled graph.

    The state and the times are float32 whatever the network's dtype policy. `steps` and `guidance` are
    variables: a change of them compiles nothing anew.

    Args:
        network: Built `keras.Model` of `[x, times]`, and labels where there are classes, to velocities.
        num_classes: Integer, the label that stands for no class; None where the network takes no labels.
        solver: `"euler"`, whose error falls with the number of steps, or `"heun"`, whose falls with its
            square, at two runs of the network a step; its last step is Euler's.
        guided: Boolean, whether velocities are extrapolated by `guidance` from those without a class to those
            of the label, at twice the runs.
        steps: Integer above 0.
        guidance: Float.
        name: String.

    Call arguments:
        inputs: Float tensor `(batch, ...)` of noise, or a list of it and of integer labels `(batch,)`.

    Returns:
        Float32 tensor of the noise's shape.

    Reference: Lipman et al., 2022, https://arxiv.org/abs/2210.02747; Karras et al., 2022 (Heun),
    https://arxiv.org/abs/2206.00364; Ho & Salimans, 2022 (guidance), https://arxiv.org/abs/2207.12598
    """

    def __init__(
        self,
        network: keras.Model,
        num_classes: int | None = None,
        solver: str = "heun",
        guided: bool = False,
        steps: int = 20,
        guidance: float = 1.0,
        name: str = "flow_sampler",
    ) -> None:
        super().__init__(name=name, dtype="float32")
        self.network = network
        self.num_classes = num_classes
        self.solver = solver
        self.guided = guided
        # 64 bits on TensorFlow, which keeps 32-bit integers on the host, out of XLA's reach.
        self.steps = self._number(steps, "int", "steps")
        self.guidance = self._number(guidance, "float32", "guidance")
        self.built = True

    def _number(self, value, dtype, name):
        return self.add_weight(
            shape=(),
            initializer=keras.initializers.Constant(value),
            dtype=dtype,
            trainable=False,
            autocast=False,
            name=name,
        )

    def call(self, inputs: Tensor) -> Tensor:
        noise, labels = (inputs, None) if self.num_classes is None else inputs
        return self.follow(noise, labels)

    def follow(
        self,
        noise: Tensor,
        labels: Tensor | None = None,
        known: Tensor | None = None,
        holes: Tensor | None = None,
    ) -> Tensor:
        """Goes from noise to samples, or to what fills the holes of known ones.

        Args:
            noise: Float tensor `(batch, ...)`.
            labels: Integer tensor `(batch,)`, or None where there are no classes.
            known: Float tensor like the noise, or None. What is known of it lies, after every step, where the
                straight line from the noise to it has come to.
            holes: Float tensor that the noise's shape can be broadcast with, with `known`: 1 where it is
                hidden.

        Returns:
            Float32 tensor of the noise's shape.
        """
        noise = ops.cast(noise, "float32")
        steps = ops.cast(self.steps, "int32")
        size = 1.0 / ops.cast(steps, "float32")

        def move(step, number, x):
            time = ops.cast(number, "float32") * size
            x = step(x, time, size, labels)
            if known is None:
                return x
            time = time + size
            return ops.where(holes > 0.5, x, (1.0 - time) * noise + time * known)

        if self.solver == "euler":
            return repeat(functools.partial(move, self._euler), steps, noise)
        # At 1 there is no noise left by which a velocity could be told: a correction would bring half back.
        x = repeat(functools.partial(move, self._heun), steps - 1, noise)
        return repeat(lambda _, x: move(self._euler, steps - 1, x), 1, x)

    def _euler(self, x, time, size, labels):
        return x + size * self.velocity(x, time, labels)

    def _heun(self, x, time, size, labels):
        first = self.velocity(x, time, labels)
        second = self.velocity(x + size * first, time + size, labels)
        return x + 0.5 * size * (first + second)

    def velocity(self, x: Tensor, time: Tensor, labels: Tensor | None = None) -> Tensor:
        """Velocities, guided where the sampler is.

        Args:
            x: Float tensor `(batch, ...)`.
            time: Float scalar tensor in [0, 1].
            labels: Integer tensor `(batch,)`, or None where there are no classes.

        Returns:
            Float32 tensor of the shape of `x`.
        """
        times = ops.broadcast_to(ops.cast(time, "float32"), (ops.shape(x)[0],))
        if labels is None:
            return self._run([x, times])
        if not self.guided:
            return self._run([x, times, labels])
        none = ops.full_like(labels, self.num_classes)
        both = self._run(
            [ops.concatenate(pair) for pair in ((x, x), (times, times), (labels, none))]
        )
        of_class, of_none = ops.split(both, 2)
        return of_none + ops.convert_to_tensor(self.guidance) * (of_class - of_none)

    def _run(self, inputs):
        return ops.cast(self.network(inputs, training=False), "float32")

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape if self.num_classes is None else input_shape[0]

    def get_config(self) -> Config:
        return {
            "network": keras.saving.serialize_keras_object(self.network),
            "num_classes": self.num_classes,
            "solver": self.solver,
            "guided": self.guided,
            "steps": int(self.steps),
            "guidance": float(self.guidance),
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: Config, custom_objects: Mapping[str, Any] | None = None) -> Self:
        network = keras.saving.deserialize_keras_object(config["network"], custom_objects)
        return cls(**{**config, "network": network})
