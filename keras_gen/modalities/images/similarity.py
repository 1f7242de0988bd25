"""How alike two batches of images are, image by image: one meaning for losses, metrics and cards."""

import numpy as np
from keras import ops

from keras_gen.types import Tensor

SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang et al., 2003


def peak_signal_to_noise_ratio(targets: Tensor, outputs: Tensor, data_range: float = 2.0) -> Tensor:
    """Peak signal-to-noise ratio in decibels, of each image.

    Args:
        targets: Float tensor `(batch, height, width, channels)`.
        outputs: Float tensor of the same shape.
        data_range: Largest value less the smallest possible. Defaults to 2, that of [-1, 1].

    Returns:
        Float32 tensor `(batch,)`; images that differ by less than rounding score at most 100.

    Raises:
        ValueError: If the shapes differ.

    Example:

    >>> zeros = keras.ops.zeros((1, 8, 8, 1))
    >>> round(float(peak_signal_to_noise_ratio(zeros, zeros + 0.2)[0]), 3)  # 10 log10(2^2 / 0.2^2)
    20.0
    """
    targets, outputs = _same_shape(targets, outputs)
    error = ops.mean((targets - outputs) ** 2, axis=(1, 2, 3)) / data_range**2
    return -10.0 * ops.log10(ops.maximum(error, 1e-10))


def structural_similarity(
    targets: Tensor,
    outputs: Tensor,
    filter_size: int = 11,
    data_range: float = 2.0,
    scales: int = 1,
) -> Tensor:
    """Structural similarity (SSIM) of each image, also at several scales (MS-SSIM).

    Gaussian window of standard deviation 1.5; only windows wholly inside the image count; channels
    are scored apart, then averaged.

    Args:
        targets: Float tensor `(batch, height, width, channels)`.
        outputs: Float tensor of the same shape.
        filter_size: Odd integer, the width of the window in pixels. In images that are smaller, at a
            scale, it is the largest odd width that fits.
        data_range: Largest value less the smallest possible. Defaults to 2, that of [-1, 1].
        scales: Integer, 1 to 5. Each further scale halves the image. Defaults to 1.

    Returns:
        Float32 tensor `(batch,)`, 1 for equal images. With several scales a negative similarity counts
        as 0.

    Raises:
        ValueError: If the shapes differ.

    Example:

    >>> images = keras.random.uniform((1, 16, 16, 1), -1.0, 1.0, seed=0)
    >>> round(float(structural_similarity(images, images)[0]), 4)
    1.0

    Reference: Wang et al., 2004, Image Quality Assessment: From Error Visibility to Structural
    Similarity; Wang et al., 2003, Multiscale Structural Similarity for Image Quality Assessment
    """
    x, y = _same_shape(targets, outputs)
    if scales == 1:
        luminance, contrast = _luminance_and_contrast(x, y, filter_size, data_range)
        return ops.mean(luminance * contrast, axis=(1, 2, 3))
    weights = np.array(SCALE_WEIGHTS[:scales]) / sum(SCALE_WEIGHTS[:scales])
    result = 1.0
    for scale, weight in enumerate(weights.tolist()):
        luminance, contrast = _luminance_and_contrast(x, y, filter_size, data_range)
        last = scale == scales - 1
        similarity = ops.mean(luminance * contrast if last else contrast, axis=(1, 2))
        # A negative mean has no real power; it counts as no similarity. Of 0 the power's gradient is infinite.
        none = similarity <= 0.0
        power = ops.where(none, 1.0, similarity) ** weight
        result = result * ops.where(none, 0.0, power)
        x, y = _halve(x), _halve(y)
    return ops.mean(result, axis=1)


def paired_scores(targets: Tensor, outputs: Tensor) -> dict[str, Tensor]:
    """What a translation is held against its target by, averaged over a batch.

    Args:
        targets: Float tensor `(batch, height, width, channels)` in [-1, 1].
        outputs: Float tensor of the same shape.

    Returns:
        Dict of float32 scalars: `l1`, the mean absolute difference in [-1, 1], `psnr` in decibels,
        `ssim`.
    """
    targets, outputs = _same_shape(targets, outputs)
    return {
        "l1": ops.mean(ops.abs(targets - outputs)),
        "psnr": ops.mean(peak_signal_to_noise_ratio(targets, outputs)),
        "ssim": ops.mean(structural_similarity(targets, outputs)),
    }


def _same_shape(targets, outputs):
    """Both in float32; broadcasting would hide a missing axis."""
    targets, outputs = ops.cast(targets, "float32"), ops.cast(outputs, "float32")
    shapes = tuple(targets.shape), tuple(outputs.shape)
    alike = len(shapes[0]) == len(shapes[1]) == 4 and all(
        None in sizes or sizes[0] == sizes[1] for sizes in zip(*shapes, strict=True)
    )
    if not alike:
        raise ValueError(
            "`targets` and `outputs` must have the same shape, (batch, height, width, channels). "
            f"Received: targets.shape={shapes[0]}, outputs.shape={shapes[1]}"
        )
    return targets, outputs


def _luminance_and_contrast(x, y, filter_size, data_range):
    """Both factors of the similarity, of every window."""
    side = min(x.shape[1:3])
    taps = _gaussian_taps(min(filter_size, side if side % 2 else side - 1))
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    mean_x, mean_y = _blur(x, taps), _blur(y, taps)
    variances = _blur(x * x + y * y, taps) - mean_x**2 - mean_y**2
    covariance = _blur(x * y, taps) - mean_x * mean_y
    contrast = (2.0 * covariance + c2) / (variances + c2)
    luminance = (2.0 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    return luminance, contrast


def _gaussian_taps(size, deviation=1.5):
    taps = np.exp(-0.5 * ((np.arange(size) - size // 2) / deviation) ** 2)
    return [float(tap) for tap in taps / taps.sum()]


def _blur(images, taps):
    height, width = (side - len(taps) + 1 for side in images.shape[1:3])
    images = sum(tap * images[:, i : i + height] for i, tap in enumerate(taps))
    return sum(tap * images[:, :, i : i + width] for i, tap in enumerate(taps))


def _halve(images):
    """Averages blocks of 2 x 2 pixels; an odd last row or column is repeated first."""
    height, width = images.shape[1:3]
    if height % 2:
        images = ops.concatenate([images, images[:, -1:]], axis=1)
    if width % 2:
        images = ops.concatenate([images, images[:, :, -1:]], axis=2)
    images = (images[:, ::2] + images[:, 1::2]) / 2.0
    return (images[:, :, ::2] + images[:, :, 1::2]) / 2.0
