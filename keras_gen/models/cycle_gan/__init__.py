"""Translation learnt from two sets of images."""

from keras_gen.lazy import lazily

__getattr__ = lazily(__name__, "model")
