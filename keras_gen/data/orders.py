"""The order of a pass: a function of a stateless seed alone."""

import itertools

import numpy as np

from keras_gen.data.lazy import tf


def passes(first):
    """A dataset of one element: the number of the pass, one more in each iteration over it.

    Args:
        first: Integer, the number of the first pass.
    """
    numbers = itertools.count(first)
    number = tf.data.Dataset.range(1).map(
        lambda _: tf.numpy_function(lambda: np.int64(next(numbers)), [], tf.int64)
    )
    return number.map(lambda n: tf.ensure_shape(n, ()))


def permuted_indices(count, length, shuffle, key):
    """0..count - 1 again and again up to a length, in an order of its own each time.

    Args:
        count: Integer.
        length: Integer, how many indices.
        shuffle: Boolean, whether to permute them.
        key: Int64 tensor `(2,)`, a stateless seed.

    Returns:
        Int64 tensor `(length,)`.
    """
    if not shuffle:
        return tf.range(length, dtype=tf.int64) % count
    rounds = -(-length // count)
    lots = tf.random.stateless_uniform([rounds, count], key, None, None, tf.int64)
    order = tf.argsort(lots, axis=-1, stable=True)
    return tf.cast(tf.reshape(order, [-1])[:length], tf.int64)


def shuffled_records(records, count, length, buffer, key):
    """Records that can only be read one after the other, shuffled within a buffer.

    Args:
        records: `tf.data.Dataset`.
        count: Integer, how many records it has.
        length: Integer, how many to give; the records begin again, shuffled anew, until then.
        buffer: Integer, how many wait to be chosen from; 1 leaves them in order.
        key: Int64 tensor `(2,)`, a stateless seed.
    """

    def one_round(number):
        seed = tf.random.stateless_uniform([], key + tf.stack([0, number]), 0, 2**62, tf.int64)
        return records.shuffle(buffer, seed=seed, reshuffle_each_iteration=False)

    # TensorFlow mixes its global seed into every shuffle: within this traced function, none is set.
    tf.random.set_seed(None)
    return tf.data.Dataset.range(-(-length // count)).flat_map(one_round).take(length)


def in_batches(values, length, settings):
    """Slices of a tensor, much faster than batching its elements.

    Args:
        values: Tensor of shape `(length, ...)`.
        length: Integer.
        settings: `Settings`, for the size of the batches and the rows of them that are wanted.
    """
    size, rows = settings.batch_size, settings.rows

    def one_batch(step):
        batch = values[step * size + rows.start : step * size + rows.stop]
        count = rows.stop - rows.start if settings.drop_remainder else None
        return tf.ensure_shape(batch, [count, *values.shape[1:]])

    return tf.data.Dataset.range(settings.steps(length)).map(one_batch)
