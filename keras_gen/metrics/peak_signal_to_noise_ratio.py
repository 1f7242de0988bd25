import keras

from keras_gen.metrics.paired_metric import PairedMetric
from keras_gen.modalities.images.similarity import peak_signal_to_noise_ratio
from keras_gen.types import Array


@keras.saving.register_keras_serializable(package="keras_gen")
class PeakSignalToNoiseRatio(PairedMetric):
    """Peak signal-to-noise ratio in decibels, averaged over the images; higher is better.

    Images that differ by less than rounding score 100, as `keras_gen.losses.peak_signal_to_noise_ratio`
    has it. A host metric, for callbacks and loops (see `PairedMetric`).

    Args:
        name: Name of the metric.

    Example:

    >>> metric = PeakSignalToNoiseRatio()
    >>> metric.update_state(np.zeros((1, 8, 8, 1)), np.full((1, 8, 8, 1), 0.2))
    >>> round(metric.result(), 4)  # 10 log10(2^2 / 0.2^2)
    20.0
    """

    def __init__(self, name: str = "peak_signal_to_noise_ratio") -> None:
        super().__init__(name=name)

    def scores(self, real: Array, generated: Array) -> Array:
        ratios = peak_signal_to_noise_ratio(real, generated)
        return keras.ops.convert_to_numpy(ratios).astype("float64")
