"""How phases become gradient steps, on each Keras backend."""

from keras_gen.engine.backend import input_gradient, predict
from keras_gen.engine.generative_model import GenerativeModel
from keras_gen.engine.network_calls import record, without_updates
from keras_gen.engine.phase import Phase
from keras_gen.engine.phase_optimizer import PhaseOptimizer
from keras_gen.engine.recorded import Recorded
from keras_gen.engine.replica_seed_generator import ReplicaSeedGenerator

__all__ = [
    "GenerativeModel",
    "Phase",
    "PhaseOptimizer",
    "Recorded",
    "ReplicaSeedGenerator",
    "input_gradient",
    "predict",
    "record",
    "without_updates",
]
