"""Candidates that the command line is told to have judged."""

from keras_gen.app.start import start
from keras_gen.presets import kept_with


def loaded(path, trust=False):
    """Loads a model that candidates are made of, Keras before it.

    Args:
        path: String, a preset, a model file or its folder.
        trust: As in `keras_gen.app.opening.load`.
    """
    start()
    from keras_gen import tasks
    from keras_gen.app.opening import load

    return load(path, tasks.Generates, trust)


def default_features(path):
    """What a preference is learnt from: the classifier of the model's data set, or pixels.

    Args:
        path: As in `loaded`.
    """
    start()
    from keras_gen.metrics.feature_extractor import dataset_classifier

    kept = kept_with(path)
    dataset = (kept["metadata"].get("evaluation") or kept["settings"]).get("dataset")
    return (dataset and dataset_classifier(dataset)) or "pixels"
