import keras
import numpy as np
import pytest

from keras_gen.schedules import Cosine, LinearDecay
from tests.cases import UNTRACED


def test_the_rate_is_held_then_falls_to_zero_and_stays():
    schedule = LinearDecay(0.4, hold=2, decay=4)
    rates = [float(schedule(step)) for step in range(9)]
    assert rates == pytest.approx([0.4, 0.4, 0.4, 0.3, 0.2, 0.1, 0.0, 0.0, 0.0])


def test_nothing_may_be_held():
    schedule = LinearDecay(1.0, hold=0, decay=2)
    assert [float(schedule(step)) for step in range(3)] == pytest.approx([1.0, 0.5, 0.0])


def test_an_optimizer_follows_it():
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((1,)), layer])
    optimizer = keras.optimizers.SGD(LinearDecay(0.5, hold=1, decay=2))
    model.compile(optimizer, loss=lambda true, predicted: predicted, **UNTRACED)
    model.fit(np.ones((4, 1)), np.ones((4, 1)), batch_size=1, verbose=0)
    # Rates 0.5, 0.5, 0.25 and 0 on a slope of 1.
    assert keras.ops.convert_to_numpy(layer.kernel).item() == pytest.approx(-1.25)


def test_config_round_trip():
    schedule = LinearDecay(0.4, hold=2, decay=4, name="mine")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedule))
    assert isinstance(again, LinearDecay)
    assert again.get_config() == schedule.get_config()
    assert again.get_config() == {"learning_rate": 0.4, "hold": 2, "decay": 4, "name": "mine"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"learning_rate": 0.0}, "`learning_rate` must be above 0. Received: learning_rate=0.0"),
        ({"learning_rate": float("nan")}, "Received: learning_rate=nan"),
        ({"hold": -1}, "`hold` must be an integer from 0 up. Received: hold=-1"),
        ({"hold": 1.5}, "Received: hold=1.5"),
        ({"decay": 0}, "`decay` must be an integer above 0. Received: decay=0"),
    ],
)
def test_what_is_out_of_range_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        LinearDecay(**{"learning_rate": 0.1, "hold": 1, "decay": 1, **arguments})


def test_a_cosine_goes_from_one_value_to_the_other_and_stays():
    schedule = Cosine(2.0, 1.0, steps=6)
    values = [float(schedule(step)) for step in (0, 2, 3, 4, 6, 60)]
    assert values == pytest.approx([2.0, 1.75, 1.5, 1.25, 1.0, 1.0])
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedule))
    assert again.get_config() == {"start": 2.0, "end": 1.0, "steps": 6, "name": "cosine"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"start": -1.0}, "`start` must be a number from 0 up. Received: start=-1.0"),
        ({"end": float("nan")}, "`end` must be a number from 0 up. Received: end=nan"),
        ({"steps": 0}, "`steps` must be an integer above 0. Received: steps=0"),
    ],
)
def test_a_cosine_that_is_none_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Cosine(**{"start": 0.0, "end": 1.0, "steps": 1, **arguments})
