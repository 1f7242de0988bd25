"""A state of the process that what ran in it before has no part in."""

import contextlib
import random

import keras
import numpy as np


@contextlib.contextmanager
def alone():
    """Within the block Keras's settings are its defaults, and a program is the same at each trace."""
    policy, layout = keras.config.dtype_policy(), keras.config.image_data_format()
    states = random.getstate(), np.random.get_state()
    keras.config.set_dtype_policy("float32")
    keras.config.set_image_data_format("channels_last")
    try:
        with _same_graphs():
            yield
    finally:
        keras.config.set_dtype_policy(policy)
        keras.config.set_image_data_format(layout)
        random.setstate(states[0])
        np.random.set_state(states[1])


@contextlib.contextmanager
def _same_graphs():
    """Stops TensorFlow from rewriting graphs: the order of its sums depends on the names in them."""
    if keras.backend.backend() != "tensorflow":
        yield
        return
    import tensorflow as tf

    name = "disable_meta_optimizer"
    before = tf.config.optimizer.get_experimental_options().get(name, False)
    tf.config.optimizer.set_experimental_options({name: True})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({name: before})
