"""What the reports of all tasks need: examples of the data, features, and what was done to fit them."""

import math
import warnings

import keras
import numpy as np

FALLBACK = "inception_v3"  # Its weights come from the network.


def chosen_examples(opened, specs, n, batch_size, once=False):
    """Examples that lie evenly over a data set, as a model takes them.

    Args:
        opened: What a task's `open_data` gave.
        specs: Sequence of what the parts of an example are.
        n: Integer, the most examples.
        batch_size: Integer, the most examples in a batch.
        once: Boolean, whether to take each of two domains by itself, no more than the smaller one has, whose
            images would come again.

    Returns:
        Pair of a `tf.data.Dataset` of batches and the number of examples in it.
    """
    from keras_gen.data.subsets import evenly_spaced, evenly_spaced_apart

    size = specs[0].shape[-3:-1] if specs[0].kind in ("images", "clips") else None
    one_by_one = opened.batches(
        None if size is None or None in size else size,
        batch_size=1,
        shuffle=False,
        drop_remainder=False,
    )
    if once:
        chosen, count = evenly_spaced_apart(one_by_one, opened.counts, n, batch_size)
    else:
        chosen, count = evenly_spaced(one_by_one, n, batch_size)
    chosen.is_checked = True  # as all of a data set that was opened
    return chosen, count


def as_array(examples):
    """All batches of a pipeline in one array, or in one of each part."""
    batches = list(examples.as_numpy_iterator())
    return keras.tree.map_structure(lambda *parts: np.concatenate(parts), *batches)


def training_split(opened):
    """The train split of data of which another is evaluated, or None where there is no such thing."""
    if opened.split.startswith("train") or "train" not in opened.splits:
        return None
    return opened.at_split("train")


def split_held_out(opened):
    """Name of the split of data that nothing was learnt from, `"test"` or `"val"` say, or None."""
    from keras_gen.data.folders import held_out

    return held_out(opened.splits)


def fitting(pairs):
    """The report's `fitted`, where the data's own shapes differ from those that the model is given.

    Args:
        pairs: Iterable of pairs of shapes, the data's own, which may be unknown in part, and the
            model's.
    """
    fitted = [
        {"from": list(own), "to": list(wanted)}
        for own, wanted in pairs
        if tuple(own) != tuple(wanted)
    ]
    return {"fitted": fitted} if fitted else {}


def extractor_of(features):
    """The feature extractor that was asked for.

    Raises:
        ValueError: If it can't be had.
    """
    from keras_gen import metrics

    try:
        return metrics.get_feature_extractor(features)
    except (ValueError, TypeError):
        raise
    except Exception as error:  # Keras raises a plain one where a download fails.
        raise ValueError(
            "`features` must be had without a network, such as 'classifier_fashion_mnist' or a "
            f"preset's folder, or there must be one. Received: features={features!r} ({error})"
        ) from error


def extractor_at_hand(features, spec, name):
    """The feature extractor that was asked for, or a data set's where the package has it, or None.

    Args:
        features: What an evaluation was asked to measure with, or None.
        spec: Spec of the images.
        name: String, the data set's name.

    Raises:
        ValueError: If what was asked for can't be had.
    """
    if features is None:
        features = spec.default_features(name)
        features = None if features == FALLBACK else features
    return None if features is None else extractor_of(features)


def default_extractor(spec, name):
    """The feature extractor of a data set where none was asked for.

    Where that is `"inception_v3"`, and its weights can't be had, the classifier that comes with the package
    and takes images of the nearest size stands in, with a warning.

    Args:
        spec: What the samples are.
        name: String, the name of the data set, or its folder.

    Returns:
        A `keras_gen.metrics.FeatureExtractor`, or None where there are no scores for such data.
    """
    features = spec.default_features(name)
    if features != FALLBACK:
        return None if features is None else extractor_of(features)
    try:
        return extractor_of(features)
    except ValueError as error:
        nearest = nearest_classifier(spec.shape)
        warnings.warn(
            f"The weights of {FALLBACK!r} can't be had, so scores are measured with the features of "
            f"{nearest!r}, which knows other images: compare them with its own alone. Choose others by "
            f"`features`. ({error.__cause__})",
            stacklevel=2,
        )
        return extractor_of(nearest)


def stands_in(extractor, spec, name):
    """Whether `default_extractor` gave the classifier of another data set, whose classes are others."""
    return spec.default_features(name) == FALLBACK and extractor.name != FALLBACK


def nearest_classifier(shape):
    """Name of the classifier of the package that takes images of the nearest size.

    Args:
        shape: Tuple `(height, width, channels)`.
    """
    from keras_gen.metrics.feature_extractor import DATASET_CLASSIFIERS
    from keras_gen.presets import from_preset

    def distance(name):
        height, width, channels = from_preset(name, load_weights=False).input_shape[1:]
        known = None not in shape[:2]
        size = abs(math.log(height * width / (shape[0] * shape[1]))) if known else 0.0
        return size, channels != shape[2], name

    return min(DATASET_CLASSIFIERS.values(), key=distance)
