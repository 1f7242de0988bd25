"""Keras callbacks for generative models."""

from keras_gen.callbacks.checkpoint import Checkpoint
from keras_gen.callbacks.sample_images import SampleImages

__all__ = ["Checkpoint", "SampleImages"]
