"""See `keras_gen.modalities.images.range`."""

from keras_gen.modalities.images.range import in_range

__all__ = ["in_range"]
