"""How many modes samples show, and how evenly, where a classifier can tell which one each is of."""

import numpy as np

from keras_gen.metrics.feature_extractor import get_feature_extractor
from keras_gen.types import ArrayLike, ExtractorLike


def mode_coverage(
    images: ArrayLike, classifier: ExtractorLike, batch_size: int = 500
) -> dict[str, float]:
    """Counts the modes of images whose channels each show one of a classifier's classes.

    Of `stacked_digits`, three digits an image, there are 1,000, all as likely: a generator that has collapsed
    makes few of them. What the classifier gets wrong scatters over modes that were not drawn, so that real
    images have a divergence above 0, too: measure as many of them beside.

    Args:
        images: Float array `(n, height, width, channels)`, in [-1, 1]: several thousand, as the divergence of
            few is large for their number alone. Srivastava et al. take 26,000 of 1,000 modes.
        classifier: A classifier of single channels, as `get_feature_extractor` takes it: a preset's name,
            `"classifier_mnist_10k"` say, or a Keras model from `(batch, height, width, 1)` to logits or
            probabilities.
        batch_size: Integer, how many images are looked at at a time.

    Returns:
        Dict of `modes`, how many combinations of classes there are among the images; `possible`, the classes
        to the power of the channels; and `kl`, the divergence in nats of what was found from as many of each,
        0 at best and the logarithm of `possible` at worst.

    Raises:
        ValueError: If the images are none.

    Example:

    >>> import keras
    >>> logits = keras.Sequential([keras.Input((1, 2, 1)), keras.layers.Flatten()])
    >>> left, right = [1.0, -1.0], [-1.0, 1.0]  # of classes 0 and 1
    >>> images = np.array([[left, left], [left, right], [left, right], [left, left]])
    >>> images = images.transpose(0, 2, 1)[:, None]  # two channels
    >>> found = mode_coverage(images, logits)
    >>> found["modes"], found["possible"], round(found["kl"], 3)
    (2, 4, 0.693)

    Reference: Srivastava et al., 2017, https://arxiv.org/abs/1705.07761
    """
    images = np.asarray(images)
    if images.ndim != 4 or not images.size:
        raise ValueError(
            "`images` must be an array (n, height, width, channels) of one and more. "
            f"Received: shape {images.shape}"
        )
    extractor = get_feature_extractor(classifier)
    channels = images.shape[3]
    told = []
    for begin in range(0, len(images), batch_size):
        batch = np.moveaxis(images[begin : begin + batch_size], 3, 0)
        probabilities = extractor(batch.reshape(-1, *batch.shape[2:], 1)).probabilities
        told.append(probabilities.argmax(axis=1).reshape(channels, -1))
    possible = probabilities.shape[1] ** channels
    _, counts = np.unique(np.concatenate(told, axis=1), axis=1, return_counts=True)
    shares = counts / len(images)
    divergence = float(np.sum(shares * np.log(shares * possible)))
    return {"modes": len(counts), "possible": possible, "kl": divergence}
