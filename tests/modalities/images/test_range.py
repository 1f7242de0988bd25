"""Bytes to [-1, 1] and back."""

import keras
import numpy as np
import pytest

from keras_gen.modalities.images.range import byte_table, in_range, stretched, to_uint8


def test_bytes_survive_the_way_there_and_back():
    every = np.arange(256, dtype="uint8")
    there = in_range(every)
    assert (there.dtype, there.min(), there.max()) == ("float32", -1.0, 1.0)
    np.testing.assert_array_equal(to_uint8(there), every)
    tensor = in_range(keras.ops.convert_to_tensor(every))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(tensor), there, atol=1e-6)


def test_floats_are_left_as_they_are():
    floats = np.array([0.5, 7.0])
    assert in_range(floats) is floats


@pytest.mark.parametrize(
    ("values", "value_range", "wanted"),
    [
        ([0, 2, 4, 9], (0, 4), [0.0, 0.5, 1.0, 1.0]),
        ([-1.0, 0.0, 1.0], (-1, 1), [0.0, 0.5, 1.0]),
        ([False, True], (0, 1), [0.0, 1.0]),
        ([2**40, 2**40 + 1], (2**40, 2**40 + 2), [0.0, 0.5]),
    ],
)
def test_a_range_is_spread_and_clipped(values, value_range, wanted):
    assert stretched(np.array(values), value_range).tolist() == wanted


def test_bytes_of_a_range():
    table = byte_table((0, 20))
    assert (table.dtype, table[0], table[10], table[20], table[255]) == ("uint8", 0, 128, 255, 255)
