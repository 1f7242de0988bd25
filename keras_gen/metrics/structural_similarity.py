import keras

from keras_gen.metrics.paired_metric import PairedMetric
from keras_gen.modalities.images.similarity import SCALE_WEIGHTS, structural_similarity
from keras_gen.types import Array, Config


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
        filter_size: Width of the window in pixels, odd. Defaults to 11. In images that are smaller,
            at a scale, it is the largest odd width that fits: 7 in 8 x 8 digits.
        name: Name of the metric.

    Raises:
        ValueError: If `scales` or `filter_size` is out of range.

    Example:

    >>> images = np.random.default_rng(0).uniform(-1, 1, (2, 28, 28, 1))
    >>> metric = StructuralSimilarity()
    >>> metric.update_state(images, images)
    >>> round(metric.result(), 4)
    1.0

    Reference: Wang et al., 2004, Image Quality Assessment: From Error Visibility to Structural
    Similarity; Wang et al., 2003, Multiscale Structural Similarity for Image Quality Assessment
    """

    def __init__(
        self, scales: int = 1, filter_size: int = 11, name: str = "structural_similarity"
    ) -> None:
        if not 1 <= scales <= len(SCALE_WEIGHTS):
            raise ValueError(f"`scales` must be 1 to 5. Received: scales={scales}")
        if filter_size < 3 or filter_size % 2 == 0:
            raise ValueError(
                f"`filter_size` must be odd, 3 or more. Received: filter_size={filter_size}"
            )
        self.scales = scales
        self.filter_size = filter_size
        super().__init__(name=name)

    def scores(self, real: Array, generated: Array) -> Array:
        similarities = structural_similarity(
            real, generated, filter_size=self.filter_size, scales=self.scales
        )
        return keras.ops.convert_to_numpy(similarities).astype("float64")

    def get_config(self) -> Config:
        return super().get_config() | {"scales": self.scales, "filter_size": self.filter_size}
