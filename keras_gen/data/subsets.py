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
