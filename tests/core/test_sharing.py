"""What replicas can't share evenly is left out of data, or refused: see also tests/distribution."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.core.sharing import shared_evenly, validating_evenly

ROWS = np.arange(11.0).reshape(11, 1)


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        return ROWS[4 * index : 4 * index + 4]


def test_the_odd_examples_of_arrays_are_left_out_with_a_warning():
    with pytest.warns(UserWarning, match="last 1 of 11 examples are left out: 2 replicas"):
        x, y = shared_evenly({"a": ROWS}, ROWS, 4, 4, 2)
    np.testing.assert_array_equal(x["a"], ROWS[:10])
    np.testing.assert_array_equal(y, ROWS[:10])


def test_what_fits_is_left_as_it_is():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert shared_evenly(ROWS, None, 4, 4, 1)[0] is ROWS
        assert shared_evenly(ROWS[:10], None, 4, 4, 2)[0].shape == (10, 1)
        even = tf.data.Dataset.from_tensor_slices(ROWS).batch(4, drop_remainder=True)
        assert shared_evenly(even, None, None, 4, 2)[0] is even


@pytest.mark.parametrize("count", [9, 11])
def test_the_odd_examples_of_a_dataset_are_left_out(count):
    batches = tf.data.Dataset.from_tensor_slices(ROWS[:count]).batch(4)
    with pytest.warns(UserWarning, match="Odd examples of the last batch are left out: 2 replicas"):
        x, _ = shared_evenly(batches, None, None, 4, 2)
    sizes = [len(batch) for batch in x.as_numpy_iterator()]
    assert sizes == {9: [4, 4], 11: [4, 4, 2]}[count]
    pairs = tf.data.Dataset.from_tensor_slices((ROWS, ROWS)).batch(4)
    with pytest.warns(UserWarning, match="left out"):
        x, _ = shared_evenly(pairs, None, None, 4, 2)
    assert [len(a) for a, b in x.as_numpy_iterator()] == [4, 4, 2]


def test_what_can_not_be_shared_at_all_is_refused():
    for x, size, first in [(ROWS, 3, 3), (ROWS[:1], 4, 1), (iter([ROWS[:3]]), None, 3)]:
        with pytest.raises(ValueError, match=r"multiple of the 2 replicas.* Received: a batch of"):
            shared_evenly(x, None, size, first, 2)
    with pytest.raises(ValueError, match="Received: a last batch of 3"):
        shared_evenly(Batches(), None, None, 4, 2)


def test_a_validation_split_is_shared_evenly_too():
    """Of 11 examples 30% are the last 4: 7 stay to train on."""
    options = {"validation_split": 0.3, "batch_size": 4, "validation_batch_size": 4, "epochs": 2}
    x, y, found = validating_evenly({"a": ROWS}, ROWS, options, 2)
    np.testing.assert_array_equal(x["a"], ROWS[:7])
    np.testing.assert_array_equal(y, ROWS[:7])
    held, labels = found.pop("validation_data")
    np.testing.assert_array_equal(held["a"], ROWS[7:])
    np.testing.assert_array_equal(labels, ROWS[7:])
    assert found == {"batch_size": 4, "validation_batch_size": 4, "epochs": 2}
    assert validating_evenly(ROWS, None, options, 1) == (ROWS, None, options)


@pytest.mark.parametrize("pairs", [False, True])
def test_validation_data_are_shared_evenly_too(pairs):
    held = (ROWS[:5], ROWS[:5]) if pairs else ROWS[:5]
    with pytest.warns(UserWarning, match="last 1 of 5 examples are left out: 2 replicas"):
        x, y, found = validating_evenly(ROWS, None, {"validation_data": held, "batch_size": 4}, 2)
    assert x is ROWS and y is None
    for part in found["validation_data"] if pairs else [found["validation_data"]]:
        np.testing.assert_array_equal(part, ROWS[:4])
    batches = tf.data.Dataset.from_tensor_slices(ROWS[:5]).batch(4)
    with pytest.warns(UserWarning, match="Odd examples of the last batch are left out"):
        *_, found = validating_evenly(ROWS, None, {"validation_data": batches}, 2)
    assert [len(batch) for batch in found["validation_data"].as_numpy_iterator()] == [4]
