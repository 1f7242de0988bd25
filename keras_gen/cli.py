"""The entry point of `keras-gen`."""

from keras_gen.app.cli import app, main

__all__ = ["app", "main"]
