"""Enlargement of images, learnt from them and their small versions."""

from keras_gen.on_first_use import lazily

__getattr__ = lazily(__name__, "model")
