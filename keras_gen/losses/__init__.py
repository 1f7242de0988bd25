"""Losses: pure functions that return float32, and the objects that models and files keep."""

from keras_gen.losses.adversarial import (
    AdversarialLoss,
    get,
    hinge_discriminator_loss,
    hinge_generator_loss,
    least_squares_discriminator_loss,
    least_squares_generator_loss,
    minimax_discriminator_loss,
    minimax_generator_loss,
    non_saturating_discriminator_loss,
    non_saturating_generator_loss,
    relativistic_paired_discriminator_loss,
    relativistic_paired_generator_loss,
    wasserstein_discriminator_loss,
    wasserstein_generator_loss,
)
from keras_gen.losses.aggregate import maximum_mean_discrepancy, total_correlation
from keras_gen.losses.contrastive import patch_nce
from keras_gen.losses.gradients import (
    gradient_difference,
    gradient_magnitude,
    sharpness_difference,
)
from keras_gen.losses.learned_scale import (
    DiscretizedLogisticLikelihood,
    LearnedGaussianLikelihood,
)
from keras_gen.losses.likelihoods import get_likelihood
from keras_gen.losses.mixed import MixedLikelihood, choice_log_probabilities
from keras_gen.losses.mixtures import gaussian_mixture_log_density, mixture_divergence_bound
from keras_gen.losses.partly_labelled import (
    count_labels,
    log_odds_of_real,
    mean_where,
    partial_cross_entropy,
    partial_error,
)
from keras_gen.losses.penalties import (
    drift_penalty,
    gradient_penalty,
    interpolation_epsilon,
    path_lengths,
    r1_penalty,
    r2_penalty,
    scores_and_squared_gradient_norms,
)
from keras_gen.losses.pixels import LogisticMixture, PixelSoftmax, get_pixel_likelihood
from keras_gen.losses.reconstruction import (
    NetworkDistance,
    charbonnier,
    feature_matching,
    get_reconstruction,
    l1,
    l2,
    masked_l1,
)
from keras_gen.losses.variational import (
    BernoulliLikelihood,
    GaussianLikelihood,
    free_bits_divergence,
    gaussian_kl_divergence,
    gaussian_log_density,
)
from keras_gen.modalities.images.similarity import (
    paired_scores,
    peak_signal_to_noise_ratio,
    structural_similarity,
)

__all__ = [
    "AdversarialLoss",
    "BernoulliLikelihood",
    "DiscretizedLogisticLikelihood",
    "GaussianLikelihood",
    "LearnedGaussianLikelihood",
    "LogisticMixture",
    "MixedLikelihood",
    "NetworkDistance",
    "PixelSoftmax",
    "charbonnier",
    "choice_log_probabilities",
    "count_labels",
    "drift_penalty",
    "feature_matching",
    "free_bits_divergence",
    "gaussian_kl_divergence",
    "gaussian_log_density",
    "gaussian_mixture_log_density",
    "get",
    "get_likelihood",
    "get_pixel_likelihood",
    "get_reconstruction",
    "gradient_difference",
    "gradient_magnitude",
    "gradient_penalty",
    "hinge_discriminator_loss",
    "hinge_generator_loss",
    "interpolation_epsilon",
    "l1",
    "l2",
    "least_squares_discriminator_loss",
    "least_squares_generator_loss",
    "log_odds_of_real",
    "masked_l1",
    "maximum_mean_discrepancy",
    "mean_where",
    "minimax_discriminator_loss",
    "minimax_generator_loss",
    "mixture_divergence_bound",
    "non_saturating_discriminator_loss",
    "non_saturating_generator_loss",
    "paired_scores",
    "partial_cross_entropy",
    "partial_error",
    "patch_nce",
    "path_lengths",
    "peak_signal_to_noise_ratio",
    "r1_penalty",
    "r2_penalty",
    "relativistic_paired_discriminator_loss",
    "relativistic_paired_generator_loss",
    "scores_and_squared_gradient_norms",
    "sharpness_difference",
    "structural_similarity",
    "total_correlation",
    "wasserstein_discriminator_loss",
    "wasserstein_generator_loss",
]
