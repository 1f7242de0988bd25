"""Distances between images and what a model makes of them."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from keras_gen.losses._tensors import same_shape
from keras_gen.types import Config, Tensor


def l1(targets: Tensor, outputs: Tensor) -> Tensor:
    """Mean absolute difference, over every axis.

    Args:
        targets: Float tensor `(batch, ...)`.
        outputs: Float tensor of the same shape.

    Returns:
        Scalar float32 tensor.

    Raises:
        ValueError: If the shapes differ.

    Example:

    >>> float(l1(keras.ops.array([[1.0, -1.0]]), keras.ops.array([[0.0, 2.0]])))
    2.0
    """
    return ops.mean(ops.abs(_difference(targets, outputs)))


def l2(targets: Tensor, outputs: Tensor) -> Tensor:
    """Mean squared difference, over every axis.

    Args:
        targets: Float tensor `(batch, ...)`.
        outputs: Float tensor of the same shape.

    Returns:
        Scalar float32 tensor.

    Raises:
        ValueError: If the shapes differ.

    Example:

    >>> float(l2(keras.ops.array([[1.0, -1.0]]), keras.ops.array([[0.0, 2.0]])))
    5.0
    """
    return ops.mean(_difference(targets, outputs) ** 2)


def masked_l1(targets: Tensor, outputs: Tensor, masks: Tensor) -> Tensor:
    """Mean absolute difference over the pixels of a mask, image by image.

    Each image's is divided by its own count of pixels, so that small holes count as much as large ones,
    and the mean does not depend on how a batch is shared out. An image whose mask is empty gives 0.

    Args:
        targets: Float tensor `(batch, height, width, channels)`.
        outputs: Float tensor of the same shape.
        masks: Float tensor `(batch, height, width, 1)`, 1 for the pixels that count and 0 for others.

    Returns:
        Float32 tensor `(batch,)`.

    Raises:
        ValueError: If the shapes of targets and outputs differ.

    Example:

    >>> targets, outputs = keras.ops.zeros((1, 1, 2, 1)), keras.ops.reshape([0.5, 3.0], (1, 1, 2, 1))
    >>> float(masked_l1(targets, outputs, keras.ops.reshape([1.0, 0.0], (1, 1, 2, 1)))[0])
    0.5
    """
    masks = ops.cast(masks, "float32")
    differences = ops.mean(ops.abs(_difference(targets, outputs)), axis=-1, keepdims=True)
    counts = ops.maximum(ops.sum(masks, axis=(1, 2, 3)), 1.0)
    return ops.sum(differences * masks, axis=(1, 2, 3)) / counts


def charbonnier(targets: Tensor, outputs: Tensor, epsilon: float = 1e-3) -> Tensor:
    """Mean of `sqrt(difference**2 + epsilon**2)`, over every axis: L1 that is smooth at 0.

    Args:
        targets: Float tensor `(batch, ...)`.
        outputs: Float tensor of the same shape.
        epsilon: Number above 0, the value where there is no difference. Defaults to 1e-3.

    Returns:
        Scalar float32 tensor.

    Raises:
        ValueError: If the shapes differ.

    Example:

    >>> float(charbonnier(keras.ops.array([[4.0]]), keras.ops.array([[1.0]]), epsilon=4.0))
    5.0

    Reference: Lai et al., 2017, https://arxiv.org/abs/1704.03915
    """
    return ops.mean(ops.sqrt(_difference(targets, outputs) ** 2 + epsilon**2))


def feature_matching(real_maps: Sequence[Tensor], fake_maps: Sequence[Tensor]) -> Tensor:
    """How far a discriminator's maps of generated data are from those of real data: `l1`, averaged over maps.

    The paper sums where this averages, over the layers of a scale. No gradient reaches the maps of real data.

    Args:
        real_maps: List of float tensors `(batch, ...)`, what layers give for real data.
        fake_maps: List of as many, of the same shapes, for generated data of the same examples.

    Returns:
        Scalar float32 tensor.

    Raises:
        ValueError: If there is no map, not as many of both, or shapes differ.

    Example:

    >>> real, fake = keras.ops.zeros((1, 2)), keras.ops.array([[1.0, 3.0]])
    >>> float(feature_matching([real, real], [fake, real]))  # 2, and 0
    1.0

    Reference: Wang et al., 2017, https://arxiv.org/abs/1711.11585
    """
    if len(real_maps) != len(fake_maps) or not real_maps:
        raise ValueError(
            "`real_maps` and `fake_maps` must be as many, one at least. "
            f"Received: {len(real_maps)} and {len(fake_maps)} maps"
        )
    pairs = zip(real_maps, fake_maps, strict=True)
    return ops.mean(ops.stack([l1(ops.stop_gradient(real), fake) for real, fake in pairs]))


class NetworkDistance:
    """A distance that a network measures, which `compile` has made ready.

    A subclass has `__call__(targets, outputs) -> scalar` and `build()`, which makes the network: neither
    as a config is read, nor within a step, where it would be made again and again.
    """

    def build(self) -> None:
        """Makes the network; does nothing where it is made."""
        raise NotImplementedError

    def __call__(self, targets: Tensor, outputs: Tensor) -> Tensor:
        raise NotImplementedError


_LOSSES = {"l1": l1, "l2": l2, "charbonnier": charbonnier}


def get_reconstruction(
    identifier: str | Config | Callable[[Tensor, Tensor], Tensor],
) -> Callable[[Tensor, Tensor], Tensor]:
    """The reconstruction loss that an identifier stands for.

    Args:
        identifier: `"l1"`, `"l2"`, `"charbonnier"`, a callable `(targets, outputs) -> scalar`, or what
            `keras.saving.serialize_keras_object` makes of a registered one.

    Returns:
        The callable.

    Raises:
        ValueError: If the identifier is none of these.

    Example:

    >>> get_reconstruction("l1") is l1
    True
    """
    loss: Any = identifier
    if isinstance(identifier, str):
        loss = _LOSSES.get(identifier)
    elif isinstance(identifier, dict) and "class_name" in identifier:
        loss = keras.saving.deserialize_keras_object(identifier)
    if not callable(loss):
        raise ValueError(
            f"`identifier` must be one of {list(_LOSSES)} or a callable of targets and outputs. "
            f"Received: identifier={identifier!r}"
        )
    return loss


def _difference(targets, outputs):
    targets, outputs = same_shape(targets=targets, outputs=outputs)
    return targets - outputs
