"""Images to another size, in NumPy, as the pipelines of `keras_gen.data` do it in TensorFlow."""

import numpy as np

from keras_gen.modalities.images.range import in_range


def resize(images, size, kernel="bicubic"):
    """Resizes images, antialiased where they shrink.

    Args:
        images: Float array `(..., height, width, channels)`.
        size: Pair `(height, width)` in pixels.
        kernel: `"bicubic"` (Keys, 1981; it may overshoot), `"bilinear"`, or `"nearest"`, which makes
            no new values.

    Returns:
        Array `(..., *size, channels)` of the dtype of `images`.

    Example:

    >>> resize(np.ones((28, 28, 1), "float32"), (7, 7)).shape
    (7, 7, 1)
    """
    *batch, height, width, channels = images.shape
    if (height, width) == tuple(size):
        return images
    rows = _interpolation_matrix(height, size[0], kernel).astype(images.dtype)
    columns = _interpolation_matrix(width, size[1], kernel).astype(images.dtype)
    images = rows @ images.reshape(*batch, height, width * channels)
    return columns @ images.reshape(*batch, size[0], width, channels)


def resize_bytes(pixels, size, kernel="bicubic"):
    """Resizes a uint8 array, with rounding, to one: see `resize`."""
    resized = resize(pixels.astype("float32"), size, kernel)
    return np.clip(np.rint(resized), 0, 255).astype("uint8")


def inside(size, shape):
    """Height and width of the largest picture of a shape's proportions inside a size, a pixel at least.

    Args:
        size: Pair, the height and width that it has to keep to.
        shape: Pair, the height and width of the picture itself.

    Example:

    >>> inside((64, 64), (200, 100))
    (64, 32)
    """
    scale = min(size[0] / shape[0], size[1] / shape[1])
    return tuple(
        max(1, min(most, round(side * scale))) for most, side in zip(size, shape, strict=True)
    )


def mirrored_around(image, size):
    """Puts an image in the middle of a larger one, whose margins mirror it.

    Args:
        image: Array `(height, width, channels)`.
        size: Pair, the height and width of the whole, no less than the image's.

    Returns:
        Pair of the array `(*size, channels)` and the pair of slices that cut the image out again.

    Example:

    >>> whole, middle = mirrored_around(np.array([[[1], [2], [3]]]), (1, 6))
    >>> whole.ravel().tolist(), whole[middle].ravel().tolist()
    ([2, 1, 2, 3, 2, 1], [1, 2, 3])
    """
    starts = [(most - side) // 2 for most, side in zip(size, image.shape, strict=False)]
    middle = tuple(
        slice(start, start + side) for start, side in zip(starts, image.shape, strict=False)
    )
    margins = [(cut.start, most - cut.stop) for cut, most in zip(middle, size, strict=True)]
    return np.pad(image, (*margins, (0, 0)), mode="reflect"), middle


def fitted(pixels, size, least=None, kernel="bicubic"):
    """Scales a picture until it lies inside a size, and mirrors it where it leaves room.

    Args:
        pixels: uint8 array `(height, width, channels)`.
        size: Pair, the height and width wanted.
        least: Pair, what the picture itself is scaled to; None is what is `inside`.
        kernel: As in `resize`.

    Returns:
        Pair of the float32 array `(*size, channels)` in [-1, 1] and the pair of slices that cut the picture
        out of it.
    """
    least = inside(size, pixels.shape[:2]) if least is None else least
    return mirrored_around(in_range(resize_bytes(pixels, least, kernel)), size)


def fitted_holes(hidden, size):
    """What is hidden of a picture, as `fitted` brings that to a size.

    Where hidden pixels are mixed in, all is hidden, but for a picture that would have nothing left.

    Args:
        hidden: Boolean array `(height, width)`.
        size: Pair, the height and width wanted.

    Returns:
        Boolean array `(*size, 1)`.
    """
    shares = resize(hidden[..., None].astype("float32"), inside(size, hidden.shape), "bilinear")
    holes = shares > 1e-3
    if holes.all():
        holes = shares >= shares.max()
    return mirrored_around(holes, size)[0]


def _interpolation_matrix(size_in, size_out, kernel):
    """Weights `(size_out, size_in)` of a filter, widened by the scale when shrinking."""
    scale = size_in / size_out
    centres = (np.arange(size_out) + 0.5) * scale - 0.5
    distances = np.abs(np.arange(size_in) - centres[:, None]) / max(scale, 1.0)
    if kernel == "nearest":
        places = np.minimum(((np.arange(size_out) + 0.5) * scale).astype(int), size_in - 1)
        return np.arange(size_in) == places[:, None]
    weights = {"bicubic": _bicubic, "bilinear": _bilinear}[kernel](distances)
    return weights / weights.sum(axis=1, keepdims=True)


def _bilinear(x):
    return np.maximum(0.0, 1.0 - x)


def _bicubic(x):
    near = (1.5 * x - 2.5) * x * x + 1.0
    far = ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    return np.where(x < 1.0, near, np.where(x < 2.0, far, 0.0))
