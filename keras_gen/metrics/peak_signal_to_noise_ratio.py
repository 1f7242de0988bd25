import keras
import numpy as np

from keras_gen.metrics.paired_metric import PairedMetric


@keras.saving.register_keras_serializable(package="keras_gen")
class PeakSignalToNoiseRatio(PairedMetric):
    """Peak signal-to-noise ratio in decibels, averaged over the images; higher is better.

    Equal images score infinity. A host metric, for callbacks and loops (see `PairedMetric`).

    Args:
        name: Name of the metric.

    Example:

    >>> metric = PeakSignalToNoiseRatio()
    >>> metric.update_state(np.zeros((1, 8, 8, 1)), np.full((1, 8, 8, 1), 0.2))
    >>> round(metric.result(), 4)  # 10 log10(2^2 / 0.2^2)
    20.0
    """

    def __init__(self, name="peak_signal_to_noise_ratio"):
        super().__init__(name=name)

    def scores(self, real, generated):
        return peak_signal_to_noise_ratio(real, generated)


def peak_signal_to_noise_ratio(real, generated, data_range=2.0):
    """Ratio of the squared range to the mean squared error, in decibels, per image.

    Args:
        real: Float array `(batch, height, width, channels)`.
        generated: Float array of the same shape.
        data_range: Largest value less the smallest possible. Defaults to 2, that of [-1, 1].

    Returns:
        Float64 array `(batch,)`; infinity where the images are equal.

    Example:

    >>> peak_signal_to_noise_ratio(np.zeros((1, 1, 1, 1)), np.full((1, 1, 1, 1), 2.0)).tolist()
    [0.0]
    """
    difference = np.asarray(real, "float64") - np.asarray(generated, "float64")
    errors = np.square(difference).mean(axis=(1, 2, 3))
    ratios = np.full(len(errors), np.inf)
    np.divide(data_range**2, errors, out=ratios, where=errors > 0)
    return 10.0 * np.log10(ratios)
