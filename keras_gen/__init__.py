"""Generative models for Keras 3, on TensorFlow, JAX and PyTorch.

Models, layers and losses are imported at once, so that Keras finds them when it loads a file; what is
heavier (data pipelines, metrics, callbacks) is imported when it is first used.
"""

import importlib
import os
import sys

try:
    from keras_gen import engine
except (ImportError, ValueError) as _error:
    _message = (
        "KERAS_BACKEND must be tensorflow, jax or torch, and installed. Received: "
        f"KERAS_BACKEND={os.environ.get('KERAS_BACKEND')!r} ({_error})"
    )
    if os.path.basename(sys.argv[0]) in ("keras-gen", "-m"):
        sys.stderr.write(f"keras-gen: {_message}\n")
        sys.exit(2)
    raise ImportError(_message) from _error

from keras_gen import layers, losses, networks, schedules
from keras_gen.models import GAN, VAE, WGANGP, ConditionalGAN, CycleGAN, Pix2Pix
from keras_gen.presets import from_preset, list_presets, save_to_preset, upload_preset
from keras_gen.version import __version__

_ON_FIRST_USE = ("callbacks", "data", "distribution", "metrics")

__all__ = [
    "GAN",
    "VAE",
    "WGANGP",
    "ConditionalGAN",
    "CycleGAN",
    "Pix2Pix",
    "__version__",
    "engine",
    "from_preset",
    "layers",
    "list_presets",
    "losses",
    "networks",
    "save_to_preset",
    "schedules",
    "upload_preset",
    *_ON_FIRST_USE,
]


def __getattr__(name):
    if name in _ON_FIRST_USE:
        return importlib.import_module(f"keras_gen.{name}")
    raise AttributeError(f"module 'keras_gen' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
