"""Random crops and flips of a batch, decided by given random bits alone."""

from keras_gen.data.lazy import tf


def augment(columns, bits, names, size):
    """Crop and flip images: the same cut and mirroring for all the columns of an example.

    Args:
        columns: Tuple of tensors `(batch, height, width, channels)`, alike in height and width.
        bits: Int32 tensor `(batch,)`, not negative: 31 random bits an example.
        names: Some of `"flip"` (left to right, one in two) and `"crop"` (any place alike).
        size: Tuple, height and width to come out.

    Returns:
        Tuple of tensors `(batch, *size, channels)`.
    """
    if not names:
        return columns
    _, height, width, _ = columns[0].shape
    top = _draw(bits // 2, height - size[0])
    left = _draw(bits // 2**16, width - size[1])
    rows = top[:, tf.newaxis] + tf.range(size[0])
    places = tf.broadcast_to(tf.range(size[1]), (tf.size(bits), size[1]))
    if "flip" in names:
        places = tf.where(bits[:, tf.newaxis] % 2 == 1, size[1] - 1 - places, places)
    places = left[:, tf.newaxis] + places
    # One gather of pixels, numbered through the batch, cuts and mirrors.
    rows = rows + height * tf.range(tf.size(bits))[:, tf.newaxis]
    pixels = rows[:, :, tf.newaxis] * width + places[:, tf.newaxis, :]
    return tuple(tf.gather(tf.reshape(x, (-1, x.shape[-1])), pixels) for x in columns)


def _draw(bits, largest):
    """One of 0..largest from the lowest 15 bits."""
    return bits % 2**15 % (largest + 1)
