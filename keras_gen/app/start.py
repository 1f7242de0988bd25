"""Before a command computes: Keras, its backend and TensorFlow, without what they print."""

from keras_gen.app.cpu import keep_freed_memory, use_onednn
from keras_gen.app.quiet import ignore_retracing, kept_back


def start(data=False):
    """Imports what a command needs that computes.

    Args:
        data: Boolean, whether it reads data sets.
    """
    ignore_retracing()
    keep_freed_memory()
    use_onednn()
    import keras_gen

    with kept_back():
        keras_gen.import_models()
        if data:
            from keras_gen.data.lazy import tf

            tf.__version__  # noqa: B018 (imports it)
