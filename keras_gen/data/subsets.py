"""A part of a pipeline's examples, the same in every pass."""

import numpy as np

from keras_gen.data.lazy import tf


def evenly_spaced(examples, n, batch_size):
    """Takes `n` examples that lie evenly over the whole, whose order may be by class.

    Args:
        examples: `tf.data.Dataset` of batches of one example, of known length, in a fixed order.
        n: Integer above 0. Where there are fewer examples, all of them are taken.
        batch_size: Integer, the most examples in a batch. All are made equal in size if it need not be
            halved for that, and nearly so otherwise: averages over batches are averages over examples.

    Returns:
        Pair of a `tf.data.Dataset` of batches and the number of examples in it.

    Example:

    >>> import tensorflow as tf
    >>> chosen, count = evenly_spaced(tf.data.Dataset.range(10).batch(1), n=4, batch_size=3)
    >>> count, [batch.tolist() for batch in chosen.as_numpy_iterator()]
    (4, [[2, 4], [7, 9]])
    """
    total = len(examples)
    count = min(n, total)

    def is_chosen(index, example):
        return (index + 1) * count // total > index * count // total

    def without_index(index, example):
        return example

    chosen = examples.unbatch()
    if count < total:
        chosen = chosen.enumerate().filter(is_chosen).map(without_index)
    size = _batch_size(count, batch_size)
    length = tf.data.experimental.assert_cardinality(-(-count // size))
    return chosen.batch(size).apply(length), count


def evenly_spaced_apart(pairs, counts, n, batch_size):
    """The same of two domains, each over all of its own examples: no example comes twice.

    Args:
        pairs: `tf.data.Dataset` of batches of one pair, whose smaller domain begins again where it has ended.
        counts: Pair of integers, the examples of each domain.
        n: Integer above 0, the most pairs.
        batch_size: As in `evenly_spaced`.

    Returns:
        Pair of a `tf.data.Dataset` of batches and the number of pairs in it, at most those of the smaller one.

    Example:

    >>> import tensorflow as tf
    >>> pairs = tf.data.Dataset.range(6).map(lambda k: (k % 2, k)).batch(1)
    >>> chosen, count = evenly_spaced_apart(pairs, (2, 6), n=4, batch_size=2)
    >>> count, [side.tolist() for side in next(chosen.as_numpy_iterator())]
    (2, [[0, 1], [2, 5]])
    """
    n = min(n, *counts)

    def side(place, count):
        return evenly_spaced(pairs.map(lambda *pair: pair[place]).take(count), n, batch_size)[0]

    return tf.data.Dataset.zip(tuple(side(*each) for each in enumerate(counts))), n


def chosen_labels(labels, numbers):
    """Which labels are among some numbers, and the places there of those that are.

    Args:
        labels: Integer array `(n,)`.
        numbers: List of integers, the classes.

    Returns:
        Pair of a Boolean array `(n,)` and an int32 array.

    Raises:
        ValueError: If none is.
    """
    same = np.asarray(labels)[:, np.newaxis] == np.asarray(numbers)
    keep = same.any(axis=1)
    if not keep.any():
        raise ValueError(
            f"`classes` must be of some example of the split. Received: the numbers {numbers}, of none"
        )
    return keep, same[keep].argmax(axis=1).astype("int32")


def _batch_size(count, most):
    for size in range(most, most // 2, -1):
        if count % size == 0:
            return size
    return -(-count // -(-count // most))
