"""Bytes of 0 to 255, and floats in [-1, 1]: how the one becomes the other."""

import keras
import numpy as np


def from_bytes(values):
    """Floats in [-1, 1] of floats in 0 to 255, in any library's tensors."""
    return values / 127.5 - 1.0


def to_bytes(values):
    """Floats in 0 to 255, not yet rounded, of floats in [-1, 1], in any library's tensors."""
    return (values + 1.0) * 127.5


def in_range(images):
    """Scales images of bytes to [-1, 1]: on the device that they are on.

    Args:
        images: Tensor or array of any shape. Only uint8 ones are scaled, from 0 to 255.

    Returns:
        Float32 tensor or array of that shape; what is not uint8 is returned as it is.

    Example:
    >>> in_range(np.array([0, 255], "uint8")).tolist()
    [-1.0, 1.0]
    """
    if keras.backend.standardize_dtype(images.dtype) != "uint8":
        return images
    host = isinstance(images, np.ndarray)
    return from_bytes(images.astype("float32") if host else keras.ops.cast(images, "float32"))


def to_uint8(images):
    """Maps images from [-1, 1] to bytes; what lies outside is clipped.

    Args:
        images: Float array of any shape. A uint8 one is left as it is.

    Returns:
        Uint8 array of that shape.

    Example:
    >>> to_uint8(np.array([-1.0, 0.0, 1.0, 3.0])).tolist()
    [0, 128, 255, 255]
    """
    if getattr(images, "dtype", None) == np.uint8:
        return np.asarray(images)
    scaled = np.rint(to_bytes(np.asarray(images, dtype="float32")))
    return np.clip(scaled, 0, 255).astype("uint8")


def stretched(values, value_range):
    """Maps stored values, `(low, high)`, to 0 and 1; what lies outside is clipped.

    Args:
        values: Array of real numbers or booleans.
        value_range: Pair of numbers, the first below the second.

    Returns:
        Float32 array of that shape.

    Example:
    >>> stretched(np.array([0, 1024, 4096, 9999]), (0, 4096)).tolist()
    [0.0, 0.25, 1.0, 1.0]
    """
    low, high = value_range
    # In float64, since a float32 holds no more than 24 bits of an integer.
    shares = (np.asarray(values, "float64") - low) / (high - low)
    return np.clip(shares, 0.0, 1.0).astype("float32")


def byte_table(value_range):
    """The 256 bytes that a stored byte becomes, where those of a range are spread over 0 to 255."""
    return np.rint(stretched(np.arange(256), value_range) * 255.0).astype("uint8")
