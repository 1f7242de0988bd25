"""Likelihoods by name."""

from typing import Any

import keras

from keras_gen.losses.learned_scale import (
    DiscretizedLogisticLikelihood,
    LearnedGaussianLikelihood,
)
from keras_gen.losses.variational import BernoulliLikelihood, GaussianLikelihood
from keras_gen.types import LikelihoodLike

_LIKELIHOODS: dict[str, Any] = {
    "bernoulli": BernoulliLikelihood,
    "gaussian": GaussianLikelihood,
    "learned_gaussian": LearnedGaussianLikelihood,
    "discretized_logistic": DiscretizedLogisticLikelihood,
}


def get_likelihood(identifier: LikelihoodLike) -> Any:
    """The likelihood that an identifier stands for.

    Args:
        identifier: `"bernoulli"`, `"gaussian"` (of standard deviation 1), `"learned_gaussian"`,
            `"discretized_logistic"`, any object with the methods `log_likelihood(images, outputs)` and
            `mean(outputs)`, or what `keras.saving.serialize_keras_object` makes of one.

    Returns:
        The object, with those two methods.

    Raises:
        ValueError: If the identifier is none of these.

    Example:

    >>> get_likelihood("gaussian").standard_deviation
    1.0
    """
    likelihood: Any = identifier
    if isinstance(identifier, str) and identifier in _LIKELIHOODS:
        likelihood = _LIKELIHOODS[identifier]()
    elif isinstance(identifier, dict) and "class_name" in identifier:
        likelihood = keras.saving.deserialize_keras_object(identifier)
    methods = ("log_likelihood", "mean")
    if isinstance(likelihood, type) or not all(
        callable(getattr(likelihood, method, None)) for method in methods
    ):
        raise ValueError(
            f"`likelihood` must be one of {list(_LIKELIHOODS)}, or an object with the methods "
            f"`log_likelihood` and `mean`. Received: likelihood={identifier!r}"
        )
    return likelihood
