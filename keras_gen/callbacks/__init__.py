"""Keras callbacks for generative models."""

from keras_gen.callbacks.checkpoint import Checkpoint
from keras_gen.callbacks.collapse_monitor import CollapseMonitor
from keras_gen.callbacks.evaluate_samples import EvaluateSamples
from keras_gen.callbacks.sample_images import SampleImages

__all__ = ["Checkpoint", "CollapseMonitor", "EvaluateSamples", "SampleImages"]
