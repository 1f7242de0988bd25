"""What a critic is trained by: the loss of WGAN-GP."""

from collections.abc import Callable
from typing import Any

import keras

from keras_gen import losses
from keras_gen.core.network_calls import run_together, without_updates
from keras_gen.types import Tensor


def critic_terms(penalty_weight: float, drift_weight: float) -> list[str]:
    """Names of the terms that `critic_loss` gives."""
    terms = ["wasserstein_estimate"]
    terms += ["gradient_penalty"] * bool(penalty_weight)
    return terms + ["drift_penalty"] * bool(drift_weight)


def critic_loss(
    critic: keras.Model,
    reals: Tensor,
    fakes: Tensor,
    epsilon: Tensor,
    *,
    penalty_weight: float,
    penalty_target: float,
    drift_weight: float,
    inputs_of: Callable[[Tensor], Any] = lambda images: images,
    training: bool,
) -> tuple[Tensor, dict[str, Tensor]]:
    """The Wasserstein loss of a critic, with a gradient penalty and a drift term.

    Args:
        critic: Built `keras.Model`, data to scores.
        reals: Float tensor `(batch, ...)`.
        fakes: The same, generated.
        epsilon: As in `keras_gen.losses.gradient_penalty`.
        penalty_weight: Number from 0 up; 0 for no penalty.
        penalty_target: Number, the gradient's norm that it wants.
        drift_weight: Number from 0 up, the weight of the mean square of real data's scores; 0 for none.
        inputs_of: Callable from data to the critic's inputs.
        training: Boolean.

    Returns:
        Tuple of the loss and a dict of its terms.
    """
    real_scores, fake_scores = run_together(
        critic, inputs_of(reals), inputs_of(fakes), training=training
    )
    loss = losses.wasserstein_discriminator_loss(real_scores, fake_scores)
    terms = {"wasserstein_estimate": -loss}
    if penalty_weight:
        terms["gradient_penalty"] = losses.gradient_penalty(
            without_updates(critic, inputs_of=inputs_of), reals, fakes, epsilon, penalty_target
        )
        loss = loss + penalty_weight * terms["gradient_penalty"]
    if drift_weight:
        terms["drift_penalty"] = losses.drift_penalty(real_scores)
        loss = loss + drift_weight * terms["drift_penalty"]
    return loss, terms
