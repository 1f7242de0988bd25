"""Images of bytes as the models have them."""

import keras
import numpy as np


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
    images = images.astype("float32") if host else keras.ops.cast(images, "float32")
    return images / 127.5 - 1.0
