"""Adversarial losses: pure functions in pairs, and `AdversarialLoss`, which names a pair.

No function halves a term: where a paper halves the discriminator's objective (Pix2Pix, CycleGAN),
its model does so.
"""

from collections.abc import Callable
from typing import Any, Self

import keras
from keras import ops

from keras_gen.checks import did_you_mean
from keras_gen.losses._tensors import float32, same_shape
from keras_gen.types import Config, LossLike, Tensor


def non_saturating_discriminator_loss(
    real_logits: Tensor, fake_logits: Tensor, label_smoothing: float = 0.0
) -> Tensor:
    """Binary cross-entropy of a discriminator: `-mean(log D(x)) - mean(log(1 - D(G(z))))`.

    Args:
        real_logits: Float tensor `(batch, ...)`, unbounded scores of real images, of which `D` is
            the sigmoid; further axes are PatchGAN patches.
        fake_logits: Float tensor `(batch, ...)`, scores of generated images. The batches may
            differ in size.
        label_smoothing: Float in `[0, 1)`. Real images' label becomes `1 - label_smoothing`;
            generated images' stays 0 (one-sided smoothing). Defaults to 0.

    Returns:
        Scalar float32 tensor, the mean over this replica's batch.

    Raises:
        ValueError: If `label_smoothing` isn't in `[0, 1)`.

    Example:

    >>> logits = keras.ops.zeros((2, 1))
    >>> round(float(non_saturating_discriminator_loss(logits, logits)), 4)  # 2 log 2
    1.3863

    Reference: Goodfellow et al., 2014, https://arxiv.org/abs/1406.2661; smoothing: Salimans et al.,
    2016, https://arxiv.org/abs/1606.03498
    """
    smoothing = _check_label_smoothing(label_smoothing)
    real_logits, fake_logits = float32(real_logits, fake_logits)
    # Cross-entropy with the label 1 - s: softplus(-x) + s x.
    real = ops.softplus(-real_logits) + smoothing * real_logits
    return ops.mean(real) + ops.mean(ops.softplus(fake_logits))


def non_saturating_generator_loss(fake_logits: Tensor) -> Tensor:
    """Non-saturating loss of a generator: `-mean(log D(G(z)))`.

    Args:
        fake_logits: Float tensor `(batch, ...)`, the discriminator's scores of generated images.

    Returns:
        Scalar float32 tensor.

    Example:

    >>> round(float(non_saturating_generator_loss(keras.ops.zeros((2, 1)))), 4)  # log 2
    0.6931

    Reference: Goodfellow et al., 2014, section 3, https://arxiv.org/abs/1406.2661
    """
    (fake_logits,) = float32(fake_logits)
    return ops.mean(ops.softplus(-fake_logits))


def minimax_discriminator_loss(
    real_logits: Tensor, fake_logits: Tensor, label_smoothing: float = 0.0
) -> Tensor:
    """Loss of the minimax game's discriminator, which is the non-saturating one's.

    Args:
        real_logits: Float tensor `(batch, ...)`, unbounded scores of real images.
        fake_logits: Float tensor `(batch, ...)`, scores of generated images.
        label_smoothing: Float in `[0, 1)`, taken off real images' label. Defaults to 0.

    Returns:
        Scalar float32 tensor.

    Raises:
        ValueError: If `label_smoothing` isn't in `[0, 1)`.

    Example:

    >>> logits = keras.ops.zeros((2, 1))
    >>> round(float(minimax_discriminator_loss(logits, logits)), 4)  # 2 log 2
    1.3863

    Reference: Goodfellow et al., 2014, https://arxiv.org/abs/1406.2661
    """
    return non_saturating_discriminator_loss(real_logits, fake_logits, label_smoothing)


def minimax_generator_loss(fake_logits: Tensor) -> Tensor:
    """Loss of the minimax game's generator: `mean(log(1 - D(G(z))))`, at most 0.

    Its gradient vanishes while the discriminator wins; it is here for study.

    Args:
        fake_logits: Float tensor `(batch, ...)`, the discriminator's scores of generated images.

    Returns:
        Scalar float32 tensor.

    Example:

    >>> round(float(minimax_generator_loss(keras.ops.zeros((2, 1)))), 4)  # -log 2
    -0.6931

    Reference: Goodfellow et al., 2014, https://arxiv.org/abs/1406.2661
    """
    (fake_logits,) = float32(fake_logits)
    return -ops.mean(ops.softplus(fake_logits))


def least_squares_discriminator_loss(
    real_logits: Tensor, fake_logits: Tensor, label_smoothing: float = 0.0
) -> Tensor:
    """Least-squares loss of a discriminator: `mean((real - 1)^2) + mean(fake^2)`.

    Neither this nor the generator's loss is halved: so CycleGAN writes them, whose cycle terms are
    weighed against them. The half of the LSGAN paper only rescales both.

    Args:
        real_logits: Float tensor `(batch, ...)`, unbounded scores of real images; further axes are
            PatchGAN patches.
        fake_logits: Float tensor `(batch, ...)`, scores of generated images.
        label_smoothing: Float in `[0, 1)`, taken off real images' label. Defaults to 0.

    Returns:
        Scalar float32 tensor.

    Raises:
        ValueError: If `label_smoothing` isn't in `[0, 1)`.

    Example:

    >>> real, fake = keras.ops.array([[2.0], [1.0]]), keras.ops.array([[3.0], [0.0]])
    >>> float(least_squares_discriminator_loss(real, fake))  # (1 + 0) / 2 + (9 + 0) / 2
    5.0

    Reference: Mao et al., 2016, https://arxiv.org/abs/1611.04076; Zhu et al., 2017, section 4,
    https://arxiv.org/abs/1703.10593
    """
    smoothing = _check_label_smoothing(label_smoothing)
    real_logits, fake_logits = float32(real_logits, fake_logits)
    return ops.mean((real_logits - (1.0 - smoothing)) ** 2) + ops.mean(fake_logits**2)


def least_squares_generator_loss(fake_logits: Tensor) -> Tensor:
    """Least-squares loss of a generator: `mean((fake - 1)^2)`.

    Args:
        fake_logits: Float tensor `(batch, ...)`, the discriminator's scores of generated images.

    Returns:
        Scalar float32 tensor.

    Example:

    >>> float(least_squares_generator_loss(keras.ops.array([[3.0], [1.0]])))
    2.0

    Reference: Mao et al., 2016, https://arxiv.org/abs/1611.04076
    """
    (fake_logits,) = float32(fake_logits)
    return ops.mean((fake_logits - 1.0) ** 2)


def hinge_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Hinge loss of a discriminator: `mean(relu(1 - real)) + mean(relu(1 + fake))`.

    Args:
        real_logits: Float tensor `(batch, ...)`, unbounded scores of real images; further axes are
            PatchGAN patches.
        fake_logits: Float tensor `(batch, ...)`, scores of generated images. The batches may
            differ in size.

    Returns:
        Scalar float32 tensor, the mean over this replica's batch.

    Example:

    >>> real, fake = keras.ops.array([[2.0], [0.5]]), keras.ops.array([[-3.0], [1.0]])
    >>> float(hinge_discriminator_loss(real, fake))
    1.25

    Reference: Lim & Ye, 2017, Geometric GAN, https://arxiv.org/abs/1705.02894
    """
    real_logits, fake_logits = float32(real_logits, fake_logits)
    return ops.mean(ops.relu(1.0 - real_logits)) + ops.mean(ops.relu(1.0 + fake_logits))


def hinge_generator_loss(fake_logits: Tensor) -> Tensor:
    """Hinge loss of a generator: `-mean(fake)`.

    Args:
        fake_logits: Float tensor `(batch, ...)`, the discriminator's scores of generated images.

    Returns:
        Scalar float32 tensor.

    Example:

    >>> float(hinge_generator_loss(keras.ops.array([[3.0], [-1.0]])))
    -1.0

    Reference: Lim & Ye, 2017, Geometric GAN, https://arxiv.org/abs/1705.02894
    """
    (fake_logits,) = float32(fake_logits)
    return -ops.mean(fake_logits)


def wasserstein_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Loss of a Wasserstein critic: `mean(fake) - mean(real)`.

    Minus this loss estimates the Wasserstein distance, provided that the critic is kept Lipschitz
    (see `gradient_penalty`).

    Args:
        real_logits: Float tensor `(batch, ...)`, the critic's scores of real images.
        fake_logits: Float tensor `(batch, ...)`, its scores of generated images.

    Returns:
        Scalar float32 tensor.

    Example:

    >>> real, fake = keras.ops.array([[2.0], [0.5]]), keras.ops.array([[-3.0], [1.0]])
    >>> float(wasserstein_discriminator_loss(real, fake))
    -2.25

    Reference: Arjovsky et al., 2017, Wasserstein GAN, https://arxiv.org/abs/1701.07875
    """
    real_logits, fake_logits = float32(real_logits, fake_logits)
    return ops.mean(fake_logits) - ops.mean(real_logits)


def wasserstein_generator_loss(fake_logits: Tensor) -> Tensor:
    """Loss of a Wasserstein critic's generator: `-mean(fake)`.

    Args:
        fake_logits: Float tensor `(batch, ...)`, the critic's scores of generated images.

    Returns:
        Scalar float32 tensor.

    Example:

    >>> float(wasserstein_generator_loss(keras.ops.array([[3.0], [-1.0]])))
    -1.0

    Reference: Arjovsky et al., 2017, Wasserstein GAN, https://arxiv.org/abs/1701.07875
    """
    (fake_logits,) = float32(fake_logits)
    return -ops.mean(fake_logits)


def relativistic_paired_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Relativistic paired loss of a discriminator: `mean(softplus(fake - real))`.

    Each real image is set against one generated image, and ought to score higher. Trained with
    R1 and R2 penalties it is R3GAN's loss.

    Args:
        real_logits: Float tensor `(batch, ...)`, unbounded scores of real images; further axes are
            PatchGAN patches.
        fake_logits: Float tensor of the same shape, scores of generated images.

    Returns:
        Scalar float32 tensor.

    Raises:
        ValueError: If the shapes differ.

    Example:

    >>> real, fake = keras.ops.array([[2.0], [1.0]]), keras.ops.array([[2.0], [1.0]])
    >>> round(float(relativistic_paired_discriminator_loss(real, fake)), 4)  # log 2
    0.6931

    Reference: Jolicoeur-Martineau, 2018, https://arxiv.org/abs/1807.00734; Huang et al., 2025,
    The GAN is dead, https://arxiv.org/abs/2501.05441
    """
    real_logits, fake_logits = same_shape(real_logits=real_logits, fake_logits=fake_logits)
    return ops.mean(ops.softplus(fake_logits - real_logits))


def relativistic_paired_generator_loss(fake_logits: Tensor, real_logits: Tensor) -> Tensor:
    """Relativistic paired loss of a generator: `mean(softplus(real - fake))`.

    Args:
        fake_logits: Float tensor `(batch, ...)`, the discriminator's scores of generated images.
        real_logits: Float tensor of the same shape, scores of real images.

    Returns:
        Scalar float32 tensor.

    Raises:
        ValueError: If the shapes differ.

    Example:

    >>> real, fake = keras.ops.array([[0.0]]), keras.ops.array([[-100.0]])
    >>> float(relativistic_paired_generator_loss(fake, real))
    100.0

    Reference: Huang et al., 2025, The GAN is dead, https://arxiv.org/abs/2501.05441
    """
    real_logits, fake_logits = same_shape(real_logits=real_logits, fake_logits=fake_logits)
    return ops.mean(ops.softplus(real_logits - fake_logits))


_PAIRS: dict[str, tuple[Callable[..., Tensor], Callable[..., Tensor]]] = {
    "non_saturating": (non_saturating_discriminator_loss, non_saturating_generator_loss),
    "minimax": (minimax_discriminator_loss, minimax_generator_loss),
    "least_squares": (least_squares_discriminator_loss, least_squares_generator_loss),
    "hinge": (hinge_discriminator_loss, hinge_generator_loss),
    "wasserstein": (wasserstein_discriminator_loss, wasserstein_generator_loss),
    "relativistic": (relativistic_paired_discriminator_loss, relativistic_paired_generator_loss),
}
_WITH_LABELS = ("non_saturating", "minimax", "least_squares")


@keras.saving.register_keras_serializable(package="keras_gen")
class AdversarialLoss:
    """A pair of adversarial losses by name, which models accept and files keep.

    Args:
        name: One of `"non_saturating"`, `"minimax"`, `"least_squares"`, `"hinge"`,
            `"wasserstein"` and `"relativistic"`. Defaults to `"non_saturating"`.
        label_smoothing: Float in `[0, 1)`, taken off the label of real images, for the losses that
            have labels: the first three. Defaults to 0.

    Attributes:
        uses_real_logits: Whether `generator_loss` needs `real_logits` too: True for
            `"relativistic"` alone.

    Raises:
        ValueError: If the name is unknown, or `label_smoothing` isn't in `[0, 1)` or is asked of a
            loss without labels.

    Example:

    >>> loss = AdversarialLoss("hinge")
    >>> float(loss.generator_loss(keras.ops.array([[3.0], [-1.0]])))
    -1.0
    """

    def __init__(self, name: str = "non_saturating", label_smoothing: float = 0.0) -> None:
        if name not in _PAIRS:
            raise ValueError(f"`name` must be one of {list(_PAIRS)}. Received: name={name!r}")
        self.name = name
        self.label_smoothing = _check_label_smoothing(label_smoothing)
        self.uses_real_logits = name == "relativistic"
        if self.label_smoothing and name not in _WITH_LABELS:
            raise ValueError(
                f"`label_smoothing` must be 0 for the loss {name!r}, which has no labels; "
                f"{list(_WITH_LABELS)} have. Received: label_smoothing={label_smoothing}"
            )

    def discriminator_loss(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        """The discriminator's loss, a float32 scalar.

        Args:
            real_logits: Float tensor `(batch, ...)`, unbounded scores of real images.
            fake_logits: Float tensor `(batch, ...)`, scores of generated images.
        """
        discriminator_loss, _ = _PAIRS[self.name]
        if self.name in _WITH_LABELS:
            return discriminator_loss(real_logits, fake_logits, self.label_smoothing)
        return discriminator_loss(real_logits, fake_logits)

    def generator_loss(self, fake_logits: Tensor, real_logits: Tensor | None = None) -> Tensor:
        """The generator's loss, a float32 scalar.

        Args:
            fake_logits: Float tensor `(batch, ...)`, the scores of generated images.
            real_logits: Float tensor of the same shape, its scores of real images: needed where
                `uses_real_logits`, else ignored. Defaults to `None`.

        Raises:
            ValueError: If `real_logits` is missing where it is needed.
        """
        _, generator_loss = _PAIRS[self.name]
        if not self.uses_real_logits:
            return generator_loss(fake_logits)
        if real_logits is None:
            raise ValueError(
                f"`real_logits` must be given for the loss {self.name!r}, which scores each "
                "generated image against a real one. Received: real_logits=None"
            )
        return generator_loss(fake_logits, real_logits)

    def get_config(self) -> Config:
        return {"name": self.name, "label_smoothing": self.label_smoothing}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**config)


def get(identifier: LossLike) -> Any:
    """The adversarial loss that an identifier stands for.

    Args:
        identifier: A name that `AdversarialLoss` knows; an `AdversarialLoss`; any object with the
            methods `discriminator_loss(real_logits, fake_logits)` and
            `generator_loss(fake_logits)`; or what `keras.saving.serialize_keras_object` makes of
            one. If such an object has a true attribute `uses_real_logits`, its generator's loss is
            called with `(fake_logits, real_logits)`. To be saved with a model, its class must be
            registered with Keras.

    Returns:
        The object, with those two methods.

    Raises:
        ValueError: If the identifier is none of these.

    Example:

    >>> get("least_squares").name
    'least_squares'
    """
    loss = identifier
    if isinstance(identifier, str) and identifier in _PAIRS:
        loss = AdversarialLoss(identifier)
    elif isinstance(identifier, dict) and "class_name" in identifier:
        loss = keras.saving.deserialize_keras_object(identifier)
    methods = ("discriminator_loss", "generator_loss")
    if isinstance(loss, type) or not all(callable(getattr(loss, m, None)) for m in methods):
        raise ValueError(
            f"`loss` must be one of {list(_PAIRS)}, or in Python an object with the methods "
            f"`discriminator_loss` and `generator_loss`.{did_you_mean(identifier, _PAIRS)} "
            f"Received: loss={identifier!r}"
        )
    return loss


def _check_label_smoothing(label_smoothing):
    if not 0.0 <= label_smoothing < 1.0:
        raise ValueError(
            "`label_smoothing` must be at least 0 and below 1. "
            f"Received: label_smoothing={label_smoothing}"
        )
    return float(label_smoothing)
