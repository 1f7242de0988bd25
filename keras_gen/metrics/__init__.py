"""Scores of generated images. All are host metrics: for callbacks and loops, on every backend."""

from keras_gen.metrics.class_accuracy import ClassAccuracy
from keras_gen.metrics.classifiers import image_classifier
from keras_gen.metrics.density_coverage import DensityCoverage
from keras_gen.metrics.feature_distance import FeatureDistance
from keras_gen.metrics.feature_extractor import (
    Embedding,
    FeatureExtractor,
    default_feature_extractor,
    get_feature_extractor,
)
from keras_gen.metrics.feature_metric import FeatureMetric
from keras_gen.metrics.frechet_distance import FrechetDistance
from keras_gen.metrics.inception_score import InceptionScore
from keras_gen.metrics.kernel_distance import KernelDistance
from keras_gen.metrics.mixed_tables import mixed_table_scores
from keras_gen.metrics.mode_coverage import mode_coverage
from keras_gen.metrics.paired_metric import PairedMetric
from keras_gen.metrics.peak_signal_to_noise_ratio import PeakSignalToNoiseRatio
from keras_gen.metrics.perceptual_distance import PerceptualDistance
from keras_gen.metrics.precision_recall import PrecisionRecall
from keras_gen.metrics.reference_statistics import (
    ReferenceStatistics,
    cached_reference_statistics,
)
from keras_gen.metrics.sample_scores import SampleScores, evaluate_samples, score_name
from keras_gen.metrics.structural_similarity import StructuralSimilarity
from keras_gen.metrics.table_picture import draw_table_report
from keras_gen.metrics.tables import table_scores
from keras_gen.metrics.tables_efficacy import table_efficacy
from keras_gen.metrics.tables_privacy import table_privacy

__all__ = [
    "ClassAccuracy",
    "DensityCoverage",
    "Embedding",
    "FeatureDistance",
    "FeatureExtractor",
    "FeatureMetric",
    "FrechetDistance",
    "InceptionScore",
    "KernelDistance",
    "PairedMetric",
    "PeakSignalToNoiseRatio",
    "PerceptualDistance",
    "PrecisionRecall",
    "ReferenceStatistics",
    "SampleScores",
    "StructuralSimilarity",
    "cached_reference_statistics",
    "default_feature_extractor",
    "draw_table_report",
    "evaluate_samples",
    "get_feature_extractor",
    "image_classifier",
    "mixed_table_scores",
    "mode_coverage",
    "score_name",
    "table_efficacy",
    "table_privacy",
    "table_scores",
]
