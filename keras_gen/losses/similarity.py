"""How alike two batches of images are, image by image."""

import numpy as np
from keras import ops

from keras_gen.losses._tensors import same_shape
from keras_gen.losses.reconstruction import l1


def peak_signal_to_noise_ratio(targets, outputs, data_range=2.0):
    """Peak signal-to-noise ratio in decibels, of each image.

    Args:
        targets: Float tensor `(batch, height, width, channels)`.
        outputs: Float tensor of the same shape.
        data_range: Largest value less the smallest possible. Defaults to 2, that of [-1, 1].

    Returns:
        Float32 tensor `(batch,)`; images that differ by less than rounding score at most 100.

    Example:

    >>> zeros = keras.ops.zeros((1, 8, 8, 1))
    >>> round(float(peak_signal_to_noise_ratio(zeros, zeros + 0.2)[0]), 3)  # 10 log10(2^2 / 0.2^2)
    20.0
    """
    targets, outputs = same_shape(targets=targets, outputs=outputs)
    error = ops.mean((targets - outputs) ** 2, axis=(1, 2, 3)) / data_range**2
    return -10.0 * ops.log10(ops.maximum(error, 1e-10))


def structural_similarity(targets, outputs, filter_size=11, data_range=2.0):
    """Structural similarity (SSIM) of each image.

    Gaussian window of standard deviation 1.5; only windows wholly inside the image count; channels
    are averaged.

    Args:
        targets: Float tensor `(batch, height, width, channels)`.
        outputs: Float tensor of the same shape.
        filter_size: Odd integer, the width of the window in pixels. In images that are smaller it is
            the largest odd width that fits.
        data_range: Largest value less the smallest possible. Defaults to 2, that of [-1, 1].

    Returns:
        Float32 tensor `(batch,)`, 1 for equal images.

    Example:

    >>> images = keras.random.uniform((1, 16, 16, 1), -1.0, 1.0, seed=0)
    >>> round(float(structural_similarity(images, images)[0]), 4)
    1.0

    Reference: Wang et al., 2004, Image Quality Assessment: From Error Visibility to Structural
    Similarity
    """
    x, y = same_shape(targets=targets, outputs=outputs)
    side = min(x.shape[1:3])
    taps = _gaussian_taps(min(filter_size, side if side % 2 else side - 1))
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    mean_x, mean_y = _blur(x, taps), _blur(y, taps)
    variances = _blur(x * x + y * y, taps) - mean_x**2 - mean_y**2
    covariance = _blur(x * y, taps) - mean_x * mean_y
    contrast = (2.0 * covariance + c2) / (variances + c2)
    luminance = (2.0 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    return ops.mean(luminance * contrast, axis=(1, 2, 3))


def paired_scores(targets, outputs):
    """What a translation is held against its target by, averaged over a batch.

    Args:
        targets: Float tensor `(batch, height, width, channels)` in [-1, 1].
        outputs: Float tensor of the same shape.

    Returns:
        Dict of float32 scalars: `l1`, the mean absolute difference in [-1, 1], `psnr` in decibels,
        `ssim`.
    """
    return {
        "l1": l1(targets, outputs),
        "psnr": ops.mean(peak_signal_to_noise_ratio(targets, outputs)),
        "ssim": ops.mean(structural_similarity(targets, outputs)),
    }


def _gaussian_taps(size, deviation=1.5):
    taps = np.exp(-0.5 * ((np.arange(size) - size // 2) / deviation) ** 2)
    return [float(tap) for tap in taps / taps.sum()]


def _blur(images, taps):
    height, width = (side - len(taps) + 1 for side in images.shape[1:3])
    images = sum(tap * images[:, i : i + height] for i, tap in enumerate(taps))
    return sum(tap * images[:, :, i : i + width] for i, tap in enumerate(taps))
