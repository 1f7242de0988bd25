"""What is done to a `tf.data.Dataset` itself, whatever the running backend."""


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
        return batch if len(batch) > 1 else batch[0]

    return dataset.map(cut).filter(lambda *batch: size(batch) > 0)
