"""WGAN with a gradient penalty."""

from keras_gen.lazy import lazily

__getattr__ = lazily(__name__, "model")
