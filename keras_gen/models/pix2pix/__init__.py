"""Translation learnt from pairs of images."""

from keras_gen.lazy import lazily

__getattr__ = lazily(__name__, "model")
