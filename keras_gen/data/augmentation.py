"""Random crops and flips of a batch, decided by given random bits alone."""

from keras_gen.data.lazy import tf


def augment(columns, bits, names, size):
    """Crop and flip images: the same cut and mirroring for all the columns of an example.

    Args:
        columns: List of tensors `(batch, height, width, channels)`, alike in height and width.
        bits: Int32 tensor `(batch,)`, not negative: 31 random bits an example.
        names: Some of `"flip"` (left to right, one in two) and `"crop"` (any place alike).
        size: Tuple, height and width to come out.

    Returns:
        List of tensors `(batch, *size, channels)`.
    """
    if "crop" in names:
        shape = columns[0].shape
        top = _draw(bits // 2**1, shape[1] - size[0])
        left = _draw(bits // 2**16, shape[2] - size[1])
        columns = [_crop(images, top, left, size) for images in columns]
    if "flip" in names:
        flipped = tf.reshape(bits % 2 == 1, (-1, 1, 1, 1))
        columns = [tf.where(flipped, tf.reverse(images, [2]), images) for images in columns]
    return columns


def _draw(bits, largest):
    """One of 0..largest from the lowest 15 bits."""
    return bits % 2**15 % (largest + 1)


def _crop(images, top, left, size):
    rows = top[:, tf.newaxis] + tf.range(size[0])
    places = left[:, tf.newaxis] + tf.range(size[1])
    images = tf.gather(images, rows, axis=1, batch_dims=1)
    return tf.gather(images, places, axis=2, batch_dims=1)
