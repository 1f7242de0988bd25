"""What examples are learnt by of which only some have a label: -1 stands for none."""

from keras import ops

from keras_gen.losses._tensors import float32
from keras_gen.types import Tensor


def mean_where(values: Tensor, chosen: Tensor) -> Tensor:
    """Mean over the examples that are chosen; 0 where none is.

    Args:
        values: Float tensor `(batch, ...)`.
        chosen: Boolean tensor `(batch,)`.

    Returns:
        Float32 tensor `(...)`.

    Example:

    >>> float(mean_where(ops.array([1.0, 3.0, 8.0]), ops.array([True, True, False])))
    2.0
    """
    values, shares = float32(values, chosen)
    shares = shares / ops.maximum(ops.sum(shares), 1.0)
    return ops.tensordot(shares, values, axes=1)


def partial_cross_entropy(labels: Tensor, logits: Tensor) -> Tensor:
    """Cross-entropy of the examples that have a label, averaged over them; 0 where none has.

    Args:
        labels: Integer tensor `(batch,)` in [-1, classes): -1 for none.
        logits: Float tensor `(batch, classes)`.

    Returns:
        Scalar float32 tensor, in nats.

    Example:

    >>> logits = ops.zeros((2, 4))
    >>> round(float(partial_cross_entropy(ops.array([3, -1]), logits)), 4)  # log(4)
    1.3863
    """
    (logits,) = float32(logits)
    one_hot = ops.one_hot(labels, logits.shape[-1], dtype="float32")  # zeros for -1
    surprises = -ops.sum(one_hot * ops.log_softmax(logits, axis=-1), axis=-1)
    return mean_where(surprises, ops.greater_equal(labels, 0))


def partial_error(labels: Tensor, logits: Tensor) -> Tensor:
    """Share of the examples with a label that are taken for another class; 0 where none has a label.

    Args:
        labels: Integer tensor `(batch,)` in [-1, classes): -1 for none.
        logits: Float tensor `(batch, classes)`.

    Returns:
        Scalar float32 tensor in [0, 1].

    Example:

    >>> logits = ops.array([[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]])
    >>> float(partial_error(ops.array([0, 1, -1]), logits))
    0.5
    """
    found = ops.cast(ops.argmax(logits, axis=-1), "int32")
    return mean_where(ops.not_equal(found, labels), ops.greater_equal(labels, 0))


def count_labels(labels: Tensor) -> Tensor:
    """How many examples have a label: what a mean over them weighs in a mean over batches.

    Args:
        labels: Integer tensor `(batch,)`: -1 for none.

    Returns:
        Scalar float32 tensor.

    Example:

    >>> float(count_labels(ops.array([3, -1, 0])))
    2.0
    """
    return ops.sum(ops.cast(ops.greater_equal(labels, 0), "float32"))


def log_odds_of_real(logits: Tensor) -> Tensor:
    """What the logits of classes say of an image's being real, where the logit of "generated" is 0.

    With `Z = sum(exp(logits))` a softmax of one class more takes it for real by `D = Z / (Z + 1)`, whose log
    odds are `log(Z)`.

    Args:
        logits: Float tensor `(batch, classes)`.

    Returns:
        Float32 tensor `(batch,)`.

    Example:

    >>> round(float(log_odds_of_real(ops.zeros((1, 3)))[0]), 4)  # log(3)
    1.0986

    Reference: Salimans et al., 2016, section 5, https://arxiv.org/abs/1606.03498
    """
    (logits,) = float32(logits)
    return ops.logsumexp(logits, axis=-1)
