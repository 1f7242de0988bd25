"""Types of public arguments and results: what they are to a type checker, and to nobody else.

Light: nothing is imported when a program runs, and what needs an import is then `Any`. Keras has no types
of its own, so that its classes are words for readers, which a checker takes for anything.
"""

import os
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    import keras
    import numpy as np
    import numpy.typing as npt
    import tensorflow as tf

    from keras_gen.metrics.feature_extractor import FeatureExtractor
    from keras_gen.modalities.spec import Arrays, Labels

# Of the running backend: a tensor, a variable, a symbolic one, or a NumPy array in its place.
Tensor: TypeAlias = Any
# What `fit` takes, or one batch of it: arrays, `tf.data.Dataset`s, generators, tuples or dicts of them.
Data: TypeAlias = Any
# What has the `name`, `splits`, `count`, `own_shapes`, `at_split` and `batches` of a `data.Opened`.
OpenedData: TypeAlias = Any

# One a sample: integers, or the names of classes.
ClassLabels: TypeAlias = Collection[Any]

Shape: TypeAlias = tuple[int | None, ...]
ImageSize: TypeAlias = int | Sequence[int]
ValueRange: TypeAlias = tuple[float, float]
PathLike: TypeAlias = str | os.PathLike[str]
# Ready for JSON.
Config: TypeAlias = dict[str, Any]
Report: TypeAlias = dict[str, Any]
Logs: TypeAlias = dict[str, Any]
Augmentation: TypeAlias = Callable[[Tensor], Tensor]


class Loss(Protocol):
    """An adversarial loss: what `keras_gen.losses.get` returns."""

    def discriminator_loss(self, real_logits: Tensor, fake_logits: Tensor, /) -> Tensor:
        """Loss of the discriminator, a scalar."""

    @property
    def generator_loss(self) -> Callable[..., Tensor]:
        """Loss of the generator by its logits, and by those of real data where it `uses_real_logits`."""


class Likelihood(Protocol):
    """A likelihood: what `keras_gen.losses.get_likelihood` returns."""

    def log_likelihood(self, images: Tensor, outputs: Tensor, /) -> Tensor:
        """Log-likelihoods of a batch, `(batch,)`."""

    def mean(self, outputs: Tensor, /) -> Tensor:
        """What a decoder's outputs stand for."""


LossLike: TypeAlias = str | Loss | Config
LikelihoodLike: TypeAlias = str | Likelihood | Config

if TYPE_CHECKING:
    Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
    ArrayLike: TypeAlias = npt.ArrayLike
    Dataset: TypeAlias = tf.data.Dataset
    ExtractorLike: TypeAlias = FeatureExtractor | keras.Model | PathLike
    Optimizer: TypeAlias = keras.optimizers.Optimizer | str | Config
    Spec: TypeAlias = Arrays | Labels
else:
    Array = ArrayLike = Dataset = ExtractorLike = Optimizer = Spec = Any
