"""Pictures of images in [-1, 1]: grids, files, animations."""

from keras_gen.modalities.images.decode import read_picture
from keras_gen.modalities.images.range import to_uint8
from keras_gen.modalities.images.show import (
    encode_png,
    enlarge,
    image_grid,
    save_gif,
    save_png,
)

__all__ = [
    "encode_png",
    "enlarge",
    "image_grid",
    "read_picture",
    "save_gif",
    "save_png",
    "to_uint8",
]
