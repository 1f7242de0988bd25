"""TensorFlow and TensorFlow Datasets, imported when a pipeline is first made."""

import contextlib

from keras_gen.lazy import LazyModule


def _leave_accelerators_to_the_backend():
    """Hide GPUs from TensorFlow where another backend trains: it would take all their memory."""
    import keras
    import tensorflow

    if keras.backend.backend() != "tensorflow":
        # RuntimeError: TensorFlow has started already, and its devices are settled.
        with contextlib.suppress(RuntimeError):
            tensorflow.config.set_visible_devices([], "GPU")


tf = LazyModule("tensorflow", _leave_accelerators_to_the_backend)
tfds = LazyModule("tensorflow_datasets", _leave_accelerators_to_the_backend)
