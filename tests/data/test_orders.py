import numpy as np
import pytest
import tensorflow as tf

from keras_gen.data.orders import in_batches, passes, permuted_indices, shuffled_records
from keras_gen.data.settings import Settings

KEYS = [tf.constant([3, k], tf.int64) for k in range(3)]


def records(count, length, buffer, key):
    made = tf.data.Dataset.range(count)  # Outside, as a store makes it.
    nested = tf.data.Dataset.range(1).flat_map(
        lambda _: shuffled_records(made, count, length, buffer, key)
    )
    return [int(x) for x in nested]


@pytest.mark.parametrize(
    "order",
    [
        lambda count, length, key: permuted_indices(count, length, True, key).numpy().tolist(),
        lambda count, length, key: records(count, length, count, key),
    ],
    ids=["indices", "records"],
)
def test_each_round_is_a_permutation_of_its_own(order):
    first = order(8, 20, KEYS[0])
    assert len(first) == 20
    rounds = [first[:8], first[8:16]]
    assert [sorted(r) for r in rounds] == [list(range(8))] * 2
    assert rounds[0] != rounds[1]
    assert len(set(first[16:])) == 4
    assert order(8, 20, KEYS[0]) == first
    assert order(8, 20, KEYS[1]) != first


def test_all_permutations_come_up():
    orders = [
        tuple(permuted_indices(3, 3, True, tf.constant([0, k], tf.int64)).numpy())
        for k in range(300)
    ]
    counts = np.unique(orders, axis=0, return_counts=True)[1]
    assert len(counts) == 6
    assert counts.min() > 25


def test_without_shuffling_all_is_in_order():
    assert permuted_indices(3, 7, False, KEYS[0]).numpy().tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert records(3, 7, 1, KEYS[0]) == [0, 1, 2, 0, 1, 2, 0]


@pytest.mark.parametrize(
    ("drop_remainder", "wanted"), [(True, [[0, 1], [2, 3]]), (False, [[0, 1], [2, 3], [4]])]
)
def test_batches_of_a_tensor(drop_remainder, wanted):
    batches = in_batches(tf.range(5), 5, Settings(batch_size=2, drop_remainder=drop_remainder))
    assert [batch.numpy().tolist() for batch in batches] == wanted
    assert batches.element_spec.shape[0] == (2 if drop_remainder else None)


def test_passes_are_counted_by_dataset():
    one, other = passes(0), passes(5)
    assert [int(n) for _ in range(3) for n in one] == [0, 1, 2]
    assert [int(n) for _ in range(2) for n in other] == [5, 6]
