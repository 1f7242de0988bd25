"""A model's `augmentation`: a callable of a batch, through which some of its networks see data in training."""

import inspect
from collections.abc import Sequence

import keras

from keras_gen import layers
from keras_gen.types import Augmentation, Tensor


def check_augmentation(augmentation: Augmentation | None) -> None:
    """Raises a ValueError unless it is a callable or None."""
    if augmentation is not None and not callable(augmentation):
        raise ValueError(
            "`augmentation` must be a callable of a batch, a Keras layer say, or None. "
            f"Received: augmentation={augmentation!r}"
        )


def build_augmentation(augmentation: Augmentation | None, shape: Sequence[int | None]) -> None:
    """Builds a layer that is not built yet, so that a model's file can keep its seeds.

    Args:
        augmentation: Callable of a batch, or None.
        shape: Tuple, the shape of an example.
    """
    if isinstance(augmentation, keras.Layer) and not augmentation.built:
        augmentation.build((None, *shape))
        augmentation.built = True


def follow_schedule(augmentation: Augmentation | None, step: Tensor) -> None:
    """Has an augmentation with a schedule keep to it, at a training step."""
    if isinstance(augmentation, layers.DiffAugment):
        augmentation.follow(step)


def augmented(images: Tensor, augmentation: Augmentation | None, training: bool) -> Tensor:
    """What a network is shown of images: in training, they pass through the augmentation."""
    if augmentation is None or not training:
        return images
    # Outside of a model's call some of Keras's layers take it that nothing trains, GaussianNoise say.
    if isinstance(augmentation, keras.Layer) and _takes_training(augmentation):
        return augmentation(images, training=True)
    return augmentation(images)


def _takes_training(layer):
    return "training" in inspect.signature(layer.call).parameters
