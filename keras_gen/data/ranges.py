"""Images of bytes and of floats, in TensorFlow. Other tensors, labels say, are left as they are."""

from keras_gen.data.lazy import tf
from keras_gen.modalities.images import range as pixels


def to_floats(images):
    """Float32 in [-1, 1], of uint8 ones."""
    return pixels.from_bytes(tf.cast(images, tf.float32)) if images.dtype == tf.uint8 else images


def to_bytes(images):
    """Uint8, of floats in [-1, 1], rounded."""
    if not images.dtype.is_floating:
        return images
    return tf.saturate_cast(tf.round(pixels.to_bytes(images)), tf.uint8)
