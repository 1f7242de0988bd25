"""Generative models for Keras 3, on TensorFlow, JAX and PyTorch.

Models, layers and losses are imported at once, so that Keras finds them when it loads a file; what is
heavier (data pipelines, metrics, callbacks) is imported when it is first used.
"""

import importlib

from keras_gen import engine, layers, losses, networks
from keras_gen.models import GAN, VAE, WGANGP, ConditionalGAN, CycleGAN, Pix2Pix
from keras_gen.version import __version__

_ON_FIRST_USE = ("callbacks", "data", "metrics")

__all__ = [
    "GAN",
    "VAE",
    "WGANGP",
    "ConditionalGAN",
    "CycleGAN",
    "Pix2Pix",
    "__version__",
    "engine",
    "layers",
    "losses",
    "networks",
    *_ON_FIRST_USE,
]


def __getattr__(name):
    if name in _ON_FIRST_USE:
        return importlib.import_module(f"keras_gen.{name}")
    raise AttributeError(f"module 'keras_gen' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
