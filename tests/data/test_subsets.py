import numpy as np
import pytest
import tensorflow as tf

from keras_gen.data.subsets import evenly_spaced


def examples(total):
    return tf.data.Dataset.range(total).map(lambda i: (i, -i)).batch(1)


@pytest.mark.parametrize(("total", "n"), [(10, 4), (10, 10), (10, 30), (7, 1), (100, 33), (5, 5)])
def test_as_many_as_asked_evenly_and_without_repeats(total, n):
    chosen, count = evenly_spaced(examples(total), n, batch_size=3)
    assert count == min(n, total)
    first, second = (np.concatenate(part) for part in zip(*chosen.as_numpy_iterator(), strict=True))
    assert len(first) == len(set(first.tolist())) == count
    np.testing.assert_array_equal(second, -first)
    gaps = np.diff(first)
    assert (gaps > 0).all() and (len(gaps) == 0 or gaps.max() - gaps.min() <= 1)


def test_every_pass_is_the_same():
    chosen, _ = evenly_spaced(examples(20), 6, batch_size=4)
    first, second = ([a.tolist() for a, _ in chosen.as_numpy_iterator()] for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("n", "sizes"), [(10, [4, 4, 2]), (9, [3, 3, 3]), (12, [4, 4, 4]), (5, [3, 2]), (4, [4])]
)
def test_batches_are_alike_in_size_and_their_number_is_known(n, sizes):
    chosen, _ = evenly_spaced(examples(50), n, batch_size=4)
    assert [len(a) for a, _ in chosen.as_numpy_iterator()] == sizes
    assert len(chosen) == len(sizes)
