"""Learning rates of a model's optimizers: those that have ended, and others in their place."""

import keras
import numpy as np

Schedule = keras.optimizers.schedules.LearningRateSchedule
# How far ahead one looks whether a rate that is 0 stays so: a warm-up begins with 0, too.
_AHEAD = (0, 1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)


def check_rates(optimizers):
    """Raises a ValueError if a schedule has come to 0 for good, and `fit` would train nothing.

    Args:
        optimizers: Dict from phase names to optimizers.
    """
    for name, optimizer in optimizers.items():
        schedule = _inner(optimizer)._learning_rate
        if not isinstance(schedule, Schedule):
            continue
        done = int(keras.ops.convert_to_numpy(_inner(optimizer).iterations))
        if not any(_rate(schedule, done + ahead) for ahead in _AHEAD):
            raise ValueError(
                f"The learning rate of the {name} has come to 0 with the end of its schedule: nothing would "
                "be trained. Train on by `model.set_learning_rate(1e-4)`, say, before `fit`. "
                f"Received: {type(schedule).__name__} after {done} updates"
            )


def set_rate(optimizer, rate):
    """Gives an optimizer another learning rate, and leaves its state.

    Args:
        optimizer: Keras optimizer, built or not.
        rate: Number above 0, from the next update on; or a schedule, which is read at the optimizer's count
            of updates, those of before among them.

    Raises:
        ValueError: If it is neither.
    """
    optimizer = _inner(optimizer)
    if isinstance(rate, Schedule):
        optimizer.learning_rate = rate
        return
    number = isinstance(rate, (int, float, np.number)) and not isinstance(rate, bool)
    if not number or not 0.0 < rate < float("inf"):
        raise ValueError(
            "`rate` must be a number above 0, a schedule of Keras, or a dict of them by phase. "
            f"Received: rate={rate!r}"
        )
    if isinstance(optimizer._learning_rate, Schedule):
        # Keras lets no number take a schedule's place: this one is always the same.
        rate = keras.optimizers.schedules.ExponentialDecay(float(rate), 1, 1.0, name="constant")
    optimizer.learning_rate = rate


def _inner(optimizer):
    """The optimizer that moves the weights, which one for float16 is wrapped around."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def _rate(schedule, step):
    return float(keras.ops.convert_to_numpy(schedule(step)))
