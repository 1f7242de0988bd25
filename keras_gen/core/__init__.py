"""What a model is made of, and a model of your own: phases, steps, optimizers, saved state, and parts.

A class of `GenerativeModel` says what it `takes`, its `phases`, and with `step` what is done with a batch. The
rest (`fit`, `evaluate`, mixed precision, saving, exact resume, three backends) comes with it.
"""

from keras_gen.backend import input_gradient, predict
from keras_gen.backend.seeds import ReplicaSeedGenerator
from keras_gen.core.adversary import Adversary, TrainsAdversarially
from keras_gen.core.averages import Average, average_of
from keras_gen.core.holes import Holes
from keras_gen.core.model import GenerativeModel
from keras_gen.core.network_calls import without_updates
from keras_gen.core.networks import check_network
from keras_gen.core.phase import Phase
from keras_gen.core.phase_optimizer import PhaseOptimizer
from keras_gen.core.priors import Normal, spherical_interpolation
from keras_gen.core.update import Update

__all__ = [
    "Adversary",
    "Average",
    "GenerativeModel",
    "Holes",
    "Normal",
    "Phase",
    "PhaseOptimizer",
    "ReplicaSeedGenerator",
    "TrainsAdversarially",
    "Update",
    "average_of",
    "check_network",
    "input_gradient",
    "predict",
    "spherical_interpolation",
    "without_updates",
]
