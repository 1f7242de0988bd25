"""Generative models for Keras 3, on TensorFlow, JAX and PyTorch.

Models, layers and losses are imported at once, so that Keras finds them when it loads a file; what is
heavier (data pipelines, metrics, callbacks) is imported when it is first used. In the command
`keras-gen` everything is, so that it prints help before Keras is there.
"""

import importlib
import itertools
import os
import sys
from typing import TYPE_CHECKING, Any

from keras_gen.models import FAMILIES
from keras_gen.version import __version__

if TYPE_CHECKING:
    from keras_gen import callbacks as callbacks
    from keras_gen import core as core
    from keras_gen import data as data
    from keras_gen import distribution as distribution
    from keras_gen import engine as engine
    from keras_gen import layers as layers
    from keras_gen import losses as losses
    from keras_gen import metrics as metrics
    from keras_gen import modalities as modalities
    from keras_gen import models as models
    from keras_gen import networks as networks
    from keras_gen import presets as presets
    from keras_gen import recipes as recipes
    from keras_gen import schedules as schedules
    from keras_gen import tasks as tasks
    from keras_gen.models import CUT as CUT
    from keras_gen.models import CVAE as CVAE
    from keras_gen.models import GAN as GAN
    from keras_gen.models import R3GAN as R3GAN
    from keras_gen.models import VAE as VAE
    from keras_gen.models import VAEGAN as VAEGAN
    from keras_gen.models import VQVAE as VQVAE
    from keras_gen.models import WGANGP as WGANGP
    from keras_gen.models import ConditionalGAN as ConditionalGAN
    from keras_gen.models import CycleGAN as CycleGAN
    from keras_gen.models import Diffusion as Diffusion
    from keras_gen.models import InfoGAN as InfoGAN
    from keras_gen.models import Inpainting as Inpainting
    from keras_gen.models import NextFrame as NextFrame
    from keras_gen.models import Pix2Pix as Pix2Pix
    from keras_gen.models import PixelCNN as PixelCNN
    from keras_gen.models import ProgressiveGAN as ProgressiveGAN
    from keras_gen.models import SemiSupervisedGAN as SemiSupervisedGAN
    from keras_gen.models import SemiSupervisedVAE as SemiSupervisedVAE
    from keras_gen.models import StyleGAN2 as StyleGAN2
    from keras_gen.models import SuperResolution as SuperResolution
    from keras_gen.models import TableGAN as TableGAN
    from keras_gen.models import TableVAE as TableVAE
    from keras_gen.models import TabularGAN as TabularGAN
    from keras_gen.models import TabularVAE as TabularVAE
    from keras_gen.presets import from_preset as from_preset
    from keras_gen.presets import list_presets as list_presets
    from keras_gen.presets import save_to_preset as save_to_preset
    from keras_gen.presets import upload_preset as upload_preset

# Where each name of the package stands; its parts stand for themselves.
_PLACES = {
    **dict.fromkeys(FAMILIES.values(), "models"),
    "from_preset": "presets",
    "list_presets": "presets",
    "save_to_preset": "presets",
    "upload_preset": "presets",
}
_AT_ONCE = ("core", "engine", "layers", "losses", "networks", "schedules")
_ON_FIRST_USE = ("callbacks", "data", "distribution", "metrics", "modalities", "recipes", "tasks")

__all__ = ["__version__", *_AT_ONCE, *_ON_FIRST_USE, *_PLACES]


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        found = getattr(importlib.import_module(f"keras_gen.{_PLACES[name]}"), name)
        globals()[name] = found
        return found
    if name in (*_AT_ONCE, *_ON_FIRST_USE, "models", "presets"):
        return importlib.import_module(f"keras_gen.{name}")
    raise AttributeError(f"module 'keras_gen' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


def import_models() -> None:
    """Imports Keras, its backend and every model, layer and loss, so that Keras finds them in files.

    `import keras_gen` does it, but in the command `keras-gen`, which does it when it needs a model.

    Raises:
        ImportError: If there is no such backend.
    """
    try:
        importlib.import_module("keras_gen.engine")
    except (ImportError, ValueError) as error:
        raise ImportError(
            "KERAS_BACKEND must be tensorflow, jax or torch, and installed. Received: "
            f"KERAS_BACKEND={os.environ.get('KERAS_BACKEND')!r} ({error})"
        ) from error
    for name in (*_AT_ONCE, *_PLACES):
        globals()[name] = __getattr__(name)


def _is_command():
    """Whether this process is `keras-gen`, or `python -m keras_gen`."""
    if os.path.basename(sys.argv[0] if sys.argv else "").startswith("keras-gen"):
        return True
    return ("-m", "keras_gen") in itertools.pairwise(sys.orig_argv)


if not _is_command():
    import_models()
