"""Functions from images to images, for the pipelines: on a batch, in TensorFlow."""

from collections.abc import Callable
from typing import Any

from keras_gen.data.lazy import tf
from keras_gen.types import Tensor


def edges(images: Tensor, channels: int = 1, strength: float = 1.0) -> Tensor:
    """Draw the edges of images: dark lines on white, by the Sobel operator.

    Args:
        images: Float tensor `(batch, height, width, depth)` in [-1, 1]. Of several channels, the
            one with the strongest edge counts.
        channels: Integer, copies of the drawing along the last axis. Defaults to `1`.
        strength: Float, how dark lines are. At `1.0`, a straight edge between black and white is
            black, and one of half the contrast is grey. Defaults to `1.0`.

    Returns:
        Float32 tensor `(batch, height, width, channels)` in [-1, 1]: 1 where the image is even.

    Example:

    >>> step = tf.reshape([-1.0, -1.0, 1.0, 1.0], (1, 1, 4, 1)) * tf.ones((1, 3, 1, 1))
    >>> edges(step)[0, 1, :, 0].numpy().tolist()
    [1.0, -1.0, -1.0, 1.0]
    """
    images = tf.convert_to_tensor(images, tf.float32)
    # For black beside white, which are 2 apart, the operator's answer along an axis is 8.
    slopes = tf.image.sobel_edges(images) / 8.0
    steepness = tf.reduce_max(tf.reduce_sum(tf.square(slopes), axis=-1), axis=-1, keepdims=True)
    drawing = 1.0 - 2.0 * tf.minimum(strength * tf.sqrt(steepness), 1.0)
    return tf.repeat(drawing, channels, axis=-1)


def by_name(transform: Any) -> Callable[[Tensor], Tensor] | None:
    """The function of a name, a function itself, or None where it is neither."""
    return transform if callable(transform) else {"edges": edges}.get(transform)
