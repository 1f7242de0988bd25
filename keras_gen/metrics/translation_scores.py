import collections

from keras_gen import losses
from keras_gen.metrics.feature_extractor import get_feature_extractor
from keras_gen.metrics.frechet_distance import FrechetDistance
from keras_gen.metrics.kernel_distance import KernelDistance
from keras_gen.metrics.perceptual_distance import LEAST_SIDE, STAGES, PerceptualDistance
from keras_gen.metrics.sample_scores import SampleScores, score_name

FLOOR = "floor"


class TranslationScores:
    """Scores of translations of the same images: a model's, and others to hold them against.

    The target domain's images are embedded once, whatever the number of translations.

    Args:
        feature_extractor: What Fréchet and kernel distances to the target domain are measured with,
            as in `get_feature_extractor`; None measures no distance. Of pairs the `PerceptualDistance`
            is measured, too, where its network has the stages for it and the images are large enough.
        paired: Boolean, whether the targets are the inputs' true counterparts, so that
            `losses.paired_scores` mean something.
        seed: Integer seed of the kernel distance's subsets.

    Example:

    >>> import keras, numpy as np
    >>> pixels = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten()], name="pixel")
    >>> targets = np.random.default_rng(0).uniform(-1, 1, (20, 2, 2, 1)).astype("float32")
    >>> scores = TranslationScores(pixels, paired=False)
    >>> scores.update(targets, {"perfect": targets, "copying": 0.5 * targets})
    >>> results = scores.result()
    >>> results["perfect"]["FID (pixel features)"] < results["copying"]["FID (pixel features)"]
    True
    """

    def __init__(self, feature_extractor, paired, seed=0):
        self.feature_extractor = None
        if feature_extractor is not None:
            self.feature_extractor = get_feature_extractor(feature_extractor)
        self.paired = paired
        self._perceptual = None
        if paired and self.feature_extractor is not None:
            names = {layer.name for layer in self.feature_extractor.model.layers}
            if names.issuperset(STAGES):
                self._perceptual = PerceptualDistance(self.feature_extractor)
        self.seed = seed
        self._samples = collections.defaultdict(self._new_samples)
        self._sums = collections.defaultdict(collections.Counter)
        self._count = 0

    def _new_samples(self):
        extractor = self.feature_extractor
        distances = [FrechetDistance(extractor), KernelDistance(extractor, seed=self.seed)]
        return SampleScores(extractor, distances)

    def update(self, targets, translations):
        """Adds a batch.

        Args:
            targets: Float array `(batch, height, width, channels)` in [-1, 1], images of the target
                domain.
            translations: Dict from names to arrays of images. Where the scores are `paired`, they
                have the shape of the targets.
        """
        self._count += len(targets)
        if self.paired:
            for name, images in translations.items():
                for score, value in losses.paired_scores(targets, images).items():
                    self._sums[name][score] += float(value) * len(targets)
        if self._perceptual is not None and min(targets.shape[1:3]) >= LEAST_SIDE:
            score = score_name("perceptual_distance", self.feature_extractor)
            maps = self._perceptual.maps(targets)
            for name, images in translations.items():
                distance = self._perceptual.between(maps, self._perceptual.maps(images))
                self._sums[name][score] += float(distance) * len(targets)
        if self.feature_extractor is not None:
            real = self.feature_extractor(targets)
            self._samples[FLOOR].add_real(real)
            for name, images in translations.items():
                self._samples[name].add_real(real)
                self._samples[name].update_generated(images)

    def update_floor(self, images):
        """Adds real images of the target domain that are not among the targets."""
        if self.feature_extractor is not None:
            self._samples[FLOOR].update_generated(images)

    def result(self):
        """Returns a dict from the translations' names to dicts of floats by the scores' names.

        Under `"floor"` are the distances of the images of `update_floor` where there were any.
        """
        results = {
            name: {score: total / self._count for score, total in sums.items()}
            for name, sums in self._sums.items()
        }
        for name, samples in self._samples.items():
            if samples.is_enough:
                results.setdefault(name, {}).update(
                    (score_name(score, self.feature_extractor), value)
                    for score, value in samples.result().items()
                    if not score.endswith("_std")  # of one subset, as few images as pairs are
                )
        return results
