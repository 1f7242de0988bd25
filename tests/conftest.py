"""What holds for every test."""

import keras


def pytest_configure():
    """Has TensorFlow run graphs as they were traced: of tiny steps the rewriting takes longer than all else.

    Programs that a test starts are rewritten as a user's are.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
