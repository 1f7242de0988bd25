"""Generative adversarial networks with labels."""

from keras_gen.lazy import lazily

__getattr__ = lazily(__name__, "model")
