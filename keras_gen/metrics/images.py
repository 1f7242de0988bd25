"""Images on the host: checking, resizing and batching, in NumPy so that all backends agree."""

from typing import Any

import keras
import numpy as np

from keras_gen.modalities.images import fit
from keras_gen.modalities.images.range import in_range
from keras_gen.types import Array

RANGE_TOLERANCE = 1e-3
LUMINANCE = np.array([0.299, 0.587, 0.114], "float32")  # ITU-R BT.601


def as_images(images: Any, argument: str = "images") -> Array:
    """Returns `images` as a NumPy float32 array, after checking shape and range.

    Args:
        images: Tensor or array `(batch, height, width, channels)`, of floats in [-1, 1], or uint8.
        argument: Name that error messages give to `images`.

    Returns:
        NumPy float32 array of the same shape.

    Raises:
        ValueError: If `images` has not four axes, is empty, is of other integers, or leaves [-1, 1].

    Example:

    >>> as_images(np.zeros((2, 8, 8, 1))).dtype
    dtype('float32')
    """
    if not isinstance(images, np.ndarray):
        images = keras.ops.convert_to_numpy(images)
    if images.ndim != 4 or images.size == 0:
        raise ValueError(
            f"`{argument}` must be a non-empty batch (batch, height, width, channels). "
            f"Received: {argument}.shape={images.shape}"
        )
    images = in_range(images)
    if np.issubdtype(images.dtype, np.integer) or images.dtype == bool:
        raise ValueError(
            f"`{argument}` must be floats in [-1, 1], or uint8. Received: {argument}.dtype={images.dtype}"
        )
    images = images.astype("float32", copy=False)
    low, high = float(images.min()), float(images.max())
    # Written so that NaN fails too.
    if not (low >= -1 - RANGE_TOLERANCE and high <= 1 + RANGE_TOLERANCE):
        raise ValueError(
            f"`{argument}` must lie in [-1, 1]; rescale or clip them. "
            f"Received: {argument} in [{low:.6g}, {high:.6g}]"
        )
    return images


def as_image_pairs(real, generated):
    """Returns two checked image batches of one shape, as float64.

    Args:
        real: Float tensor or array `(batch, height, width, channels)`, in [-1, 1].
        generated: Float tensor or array of the same shape, the images to compare one by one.

    Returns:
        Two NumPy float64 arrays.

    Raises:
        ValueError: If the shapes differ, or either batch is not valid.
    """
    real, generated = as_images(real, "real"), as_images(generated, "generated")
    if real.shape != generated.shape:
        raise ValueError(
            "`real` and `generated` must have one shape, since they are compared image by image. "
            f"Received: real.shape={real.shape}, generated.shape={generated.shape}"
        )
    return real.astype("float64"), generated.astype("float64")


def resize_images(images: Array, size: tuple[int, int]) -> Array:
    """Resizes by bilinear interpolation, antialiased where the image shrinks.

    Args:
        images: NumPy array `(batch, height, width, channels)`.
        size: Pair `(height, width)` in pixels.

    Returns:
        NumPy array `(batch, *size, channels)`, of the dtype of `images`.

    Example:

    >>> resize_images(np.ones((1, 28, 28, 1), "float32"), (7, 7)).shape
    (1, 7, 7, 1)
    """
    return fit.resize(images, size, "bilinear")


def adapt_channels(images: Array, channels: int) -> Array:
    """Turns grayscale images into RGB ones, or back, where a network wants it.

    Args:
        images: NumPy array `(batch, height, width, 1 or 3)`.
        channels: Number of channels wanted. One is repeated; three are weighed as luminance.

    Returns:
        NumPy array `(batch, height, width, channels)`.

    Raises:
        ValueError: If the conversion is neither 1 to 3 nor 3 to 1.
    """
    given = images.shape[-1]
    if given == channels:
        return images
    if (given, channels) == (1, 3):
        return np.repeat(images, 3, axis=-1)
    if (given, channels) == (3, 1):
        return (images @ LUMINANCE)[..., None]
    raise ValueError(
        f"`images` must have {channels} channels, or be grayscale or RGB. "
        f"Received: images.shape={images.shape}"
    )


def image_batches(images, batch_size=128, limit=None):
    """Yields NumPy batches from an array, a `tf.data.Dataset` or any iterable of batches.

    Args:
        images: Array `(n, height, width, channels)`, or an iterable whose elements are such arrays
            or `(images, labels)` tuples.
        batch_size: Images a batch where `images` is one array.
        limit: Integer. Stops after so many images; the last batch is cut. `None` takes all.

    Yields:
        NumPy float32 arrays `(batch, height, width, channels)`.

    Example:

    >>> [len(batch) for batch in image_batches(np.zeros((10, 8, 8, 1)), 4, limit=7)]
    [4, 3]
    """
    for batch, _ in _batches_and_labels(images, batch_size, limit):
        yield batch


def labelled_image_batches(images, batch_size=128, limit=None, argument="images"):
    """Yields as `image_batches` does, with the labels that come with the images.

    Args:
        images: As `image_batches` takes them.
        batch_size: Images a batch where `images` is one array.
        limit: Integer or `None`, the most images.
        argument: Name that error messages give to `images`.

    Yields:
        Pairs of a NumPy float32 array `(batch, height, width, channels)` and an integer array
        `(batch,)`, or `None` where there are no labels.

    Example:

    >>> batches = [(np.zeros((4, 8, 8, 1)), np.array([0, 1, 2, 3]))]
    >>> [labels.tolist() for _, labels in labelled_image_batches(batches, limit=3)]
    [[0, 1, 2]]
    """
    for batch, labels in _batches_and_labels(images, batch_size, limit, argument):
        yield batch, None if labels is None else np.asarray(labels).ravel()


def _batches_and_labels(images, batch_size, limit, argument="images"):
    """What `labelled_image_batches` yields, whatever comes with the images left as it is."""
    if hasattr(images, "shape"):
        starts = range(0, len(images), batch_size)
        batches = (images[start : start + batch_size] for start in starts)
    else:
        batches = images
    left = float("inf") if limit is None else limit
    for batch in batches:
        batch, labels, _ = keras.utils.unpack_x_y_sample_weight(batch)
        batch = as_images(batch, argument)
        yield (batch, labels) if len(batch) <= left else (batch[:left], _head(labels, left))
        left -= len(batch)
        if left <= 0:
            return


def _head(labels, count):
    return None if labels is None else labels[:count]
