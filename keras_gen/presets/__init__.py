"""Models kept as folders: `config.json`, `model.weights.h5`, `metadata.json`, every file checked.

Those of the zoo come with the package and are known by name.
"""

from keras_gen.presets.catalogue import list_presets, zoo_folder
from keras_gen.presets.hubs import SCHEMES, upload_preset
from keras_gen.presets.loading import find_preset, from_preset, read_metadata
from keras_gen.presets.saving import save_to_preset

__all__ = [
    "SCHEMES",
    "find_preset",
    "from_preset",
    "list_presets",
    "read_metadata",
    "save_to_preset",
    "upload_preset",
    "zoo_folder",
]
