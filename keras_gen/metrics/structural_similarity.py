import keras
import numpy as np

from keras_gen.metrics.paired_metric import PairedMetric

SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang et al., 2003


@keras.saving.register_keras_serializable(package="keras_gen")
class StructuralSimilarity(PairedMetric):
    """Structural similarity (SSIM), also multi-scale (MS-SSIM), averaged over the images.

    1 for equal images, about 0 for unrelated ones; higher is better. Gaussian window of standard
    deviation 1.5; only windows wholly inside the image count; channels are scored apart, then
    averaged. A host metric, for callbacks and loops (see `PairedMetric`).

    Args:
        scales: Number of scales, 1 to 5. Defaults to 1, plain SSIM. Each further scale halves the
            image; 5 is the published MS-SSIM, which takes images of 161 pixels or more. With fewer,
            the first published weights are used, rescaled to add up to 1.
        filter_size: Width of the window in pixels, odd. Defaults to 11. It must fit the image at
            the last scale, so 8 x 8 digits need 7 or less.
        name: Name of the metric.

    Raises:
        ValueError: If `scales` or `filter_size` is out of range, or images are too small.

    Example:

    >>> images = np.random.default_rng(0).uniform(-1, 1, (2, 28, 28, 1))
    >>> metric = StructuralSimilarity()
    >>> metric.update_state(images, images)
    >>> metric.result()
    1.0

    Reference: Wang et al., 2004, Image Quality Assessment: From Error Visibility to Structural
    Similarity; Wang et al., 2003, Multiscale Structural Similarity for Image Quality Assessment
    """

    def __init__(self, scales=1, filter_size=11, name="structural_similarity"):
        if not 1 <= scales <= len(SCALE_WEIGHTS):
            raise ValueError(f"`scales` must be 1 to 5. Received: scales={scales}")
        if filter_size < 3 or filter_size % 2 == 0:
            raise ValueError(
                f"`filter_size` must be odd, 3 or more. Received: filter_size={filter_size}"
            )
        self.scales = scales
        self.filter_size = filter_size
        super().__init__(name=name)

    def scores(self, real, generated):
        return structural_similarity(real, generated, self.scales, self.filter_size)

    def get_config(self):
        return super().get_config() | {"scales": self.scales, "filter_size": self.filter_size}


def structural_similarity(real, generated, scales=1, filter_size=11, data_range=2.0):
    """Structural similarity per image.

    Args:
        real: Float array `(batch, height, width, channels)`.
        generated: Float array of the same shape.
        scales: Number of scales, 1 to 5.
        filter_size: Width of the Gaussian window, odd.
        data_range: Largest value less the smallest possible. Defaults to 2, that of [-1, 1].

    Returns:
        Float64 array `(batch,)`, at most 1.

    Raises:
        ValueError: If the images are too small for the window at the last scale.
    """
    x, y = np.asarray(real, "float64"), np.asarray(generated, "float64")
    smallest = (filter_size - 1) * 2 ** (scales - 1) + 1
    if min(x.shape[1:3]) < smallest:
        raise ValueError(
            f"Images must be {smallest} pixels or more wide and high, for scales={scales} and "
            f"filter_size={filter_size}. Received: real.shape={x.shape}"
        )
    if scales == 1:
        return _similarity_and_contrast(x, y, filter_size, data_range)[0].mean(axis=1)
    weights = np.array(SCALE_WEIGHTS[:scales]) / sum(SCALE_WEIGHTS[:scales])
    result = 1.0
    for scale, weight in enumerate(weights):
        similarity, contrast = _similarity_and_contrast(x, y, filter_size, data_range)
        last = scale == scales - 1
        # A negative mean has no real power; it counts as no similarity.
        result = result * np.maximum(similarity if last else contrast, 0.0) ** weight
        x, y = _halve(x), _halve(y)
    return result.mean(axis=1)


def _similarity_and_contrast(x, y, filter_size, data_range):
    """Two arrays `(batch, channels)`, of which the second leaves the means' term out."""
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    mean_x, mean_y = _blur(x, filter_size), _blur(y, filter_size)
    variances = _blur(x * x + y * y, filter_size) - mean_x**2 - mean_y**2
    covariance = _blur(x * y, filter_size) - mean_x * mean_y
    contrast = (2 * covariance + c2) / (variances + c2)
    luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    return (luminance * contrast).mean(axis=(1, 2)), contrast.mean(axis=(1, 2))


def _blur(images, filter_size, deviation=1.5):
    """Gaussian average over every window that lies inside the image."""
    taps = np.exp(-0.5 * ((np.arange(filter_size) - filter_size // 2) / deviation) ** 2)
    taps /= taps.sum()
    height, width = images.shape[1] - filter_size + 1, images.shape[2] - filter_size + 1
    images = sum(tap * images[:, i : i + height] for i, tap in enumerate(taps))
    return sum(tap * images[:, :, i : i + width] for i, tap in enumerate(taps))


def _halve(images):
    """Averages blocks of 2 x 2 pixels; an odd last row or column is repeated first."""
    batch, height, width, channels = images.shape
    images = np.pad(images, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    blocks = (batch, (height + 1) // 2, 2, (width + 1) // 2, 2, channels)
    return images.reshape(blocks).mean(axis=(2, 4))
