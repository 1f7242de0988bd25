"""Several devices, and several processes, for one training: what `--strategy` of `keras-gen train` names."""

from keras_gen.distribution.devices import Devices
from keras_gen.distribution.start import STRATEGIES, start

__all__ = ["STRATEGIES", "Devices", "start"]
