"""R1 and R2 of the models with one discriminator and any adversarial loss."""

from keras_gen import losses
from keras_gen.engine import without_updates


def penalty_names(r1_weight, r2_weight):
    """Names of the penalties in use."""
    return ["r1_penalty"] * bool(r1_weight) + ["r2_penalty"] * bool(r2_weight)


def zero_centred_penalties(discriminator, reals, fakes, r1_weight, r2_weight, *labels):
    """The penalties in use on a discriminator's gradient at real and at generated images.

    Args:
        discriminator: Built `keras.Model` of images, and of labels where there are any.
        reals: Float tensor `(batch, height, width, channels)`.
        fakes: The same, generated.
        r1_weight: Number, the weight of R1.
        r2_weight: Number, the weight of R2.
        *labels: Integer tensor `(batch,)` that the discriminator takes beside either.

    Returns:
        Tuple `(weighted sum, dict of the unweighted penalties)`.
    """
    network = without_updates(discriminator, *labels)
    total, terms = 0.0, {}
    if r1_weight:
        terms["r1_penalty"] = losses.r1_penalty(network, reals)
        total = total + r1_weight * terms["r1_penalty"]
    if r2_weight:
        terms["r2_penalty"] = losses.r2_penalty(network, fakes)
        total = total + r2_weight * terms["r2_penalty"]
    return total, terms
