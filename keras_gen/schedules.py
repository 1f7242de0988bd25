"""Learning-rate schedules of the papers."""

import math

import keras
from keras import ops

from keras_gen.types import Config, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class LinearDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that is held, then falls linearly to zero.

    Pix2Pix and CycleGAN train half of their epochs at a constant rate and let it fall over the other
    half.

    Args:
        learning_rate: Number above 0, the rate that is held.
        hold: Integer from 0 up, the updates for which it is held.
        decay: Integer above 0, the updates over which it falls to zero, where it stays.
        name: String.

    Raises:
        ValueError: If one of them is out of range.

    Example:

    >>> schedule = LinearDecay(2e-4, hold=100, decay=100)
    >>> [round(float(schedule(step)), 7) for step in (0, 100, 150, 200, 300)]
    [0.0002, 0.0002, 0.0001, 0.0, 0.0]

    Reference: Zhu et al., 2017, section 4, https://arxiv.org/abs/1703.10593
    """

    def __init__(
        self, learning_rate: float, hold: int, decay: int, name: str = "linear_decay"
    ) -> None:
        super().__init__()
        if not learning_rate > 0:
            raise ValueError(
                f"`learning_rate` must be above 0. Received: learning_rate={learning_rate!r}"
            )
        if not isinstance(hold, int) or hold < 0:
            raise ValueError(f"`hold` must be an integer from 0 up. Received: hold={hold!r}")
        if not isinstance(decay, int) or decay < 1:
            raise ValueError(f"`decay` must be an integer above 0. Received: decay={decay!r}")
        self.learning_rate = learning_rate
        self.hold = hold
        self.decay = decay
        self.name = name

    def __call__(self, step: Tensor) -> Tensor:
        step = ops.cast(step, "float32")
        fallen = ops.clip((step - self.hold) / self.decay, 0.0, 1.0)
        return self.learning_rate * (1.0 - fallen)

    def get_config(self) -> Config:
        return {
            "learning_rate": self.learning_rate,
            "hold": self.hold,
            "decay": self.decay,
            "name": self.name,
        }


@keras.saving.register_keras_serializable(package="keras_gen")
class Cosine(keras.optimizers.schedules.LearningRateSchedule):
    """A number that goes from one value to another along half a cosine, and stays there.

    R3GAN lets rates and penalties fall so, and averages and augmentation grow.

    Args:
        start: Number from 0 up.
        end: Number from 0 up.
        steps: Integer above 0, the updates that it takes.
        name: String.

    Raises:
        ValueError: If one of them is out of range.

    Example:

    >>> schedule = Cosine(0.0, 1.0, steps=100)
    >>> [round(float(schedule(step)), 4) for step in (0, 25, 50, 100, 200)]
    [0.0, 0.1464, 0.5, 1.0, 1.0]

    Reference: Huang et al., 2025, https://arxiv.org/abs/2501.05441; Loshchilov & Hutter, 2016,
    https://arxiv.org/abs/1608.03983
    """

    def __init__(self, start: float, end: float, steps: int, name: str = "cosine") -> None:
        super().__init__()
        for argument, value in (("start", start), ("end", end)):
            if not value >= 0:
                raise ValueError(
                    f"`{argument}` must be a number from 0 up. Received: {argument}={value!r}"
                )
        if not isinstance(steps, int) or steps < 1:
            raise ValueError(f"`steps` must be an integer above 0. Received: steps={steps!r}")
        self.start = start
        self.end = end
        self.steps = steps
        self.name = name

    def __call__(self, step: Tensor) -> Tensor:
        done = ops.clip(ops.cast(step, "float32") / self.steps, 0.0, 1.0)
        return self.end + (self.start - self.end) * 0.5 * (1.0 + ops.cos(math.pi * done))

    def get_config(self) -> Config:
        return {"start": self.start, "end": self.end, "steps": self.steps, "name": self.name}
