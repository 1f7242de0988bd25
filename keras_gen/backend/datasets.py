"""What is done to a `tf.data.Dataset` itself, whatever the running backend."""

import keras


def trimmed(dataset, multiple):
    """Cuts each batch to a multiple of a number of examples; batches of fewer are left out.

    Args:
        dataset: `tf.data.Dataset` of batches.
        multiple: Integer.
    """
    import tensorflow as tf

    def size(batch):
        return tf.shape(tf.nest.flatten(batch)[0])[0]

    def cut(*batch):
        kept = size(batch) // multiple * multiple
        batch = tf.nest.map_structure(lambda part: part[:kept], batch)
        return _one_or_all(batch)

    return dataset.map(cut).filter(lambda *batch: size(batch) > 0)


def narrowed(dataset):
    """Brings integers of more than 32 bits to 32 on JAX, the nearest where they do not fit.

    It would keep the lower half of their bits, and make a good label of one that is none.

    Args:
        dataset: `tf.data.Dataset`.
    """
    if keras.backend.backend() != "jax":
        return dataset
    import tensorflow as tf

    wide = (tf.int64, tf.uint32, tf.uint64)

    def narrow(part):
        return tf.saturate_cast(part, tf.int32) if part.dtype in wide else part

    if not any(
        getattr(spec, "dtype", None) in wide for spec in tf.nest.flatten(dataset.element_spec)
    ):
        return dataset
    return dataset.map(lambda *batch: tf.nest.map_structure(narrow, _one_or_all(batch)))


def _one_or_all(batch):
    return batch if len(batch) > 1 else batch[0]
