"""Models kept as folders: `config.json`, `model.weights.h5`, `metadata.json`, every file checked.

Those of the zoo come with the package and are known by name. What needs Keras is imported when it is
first used.
"""

from typing import TYPE_CHECKING

from keras_gen.on_first_use import lazily
from keras_gen.presets.catalogue import list_presets, zoo_folder
from keras_gen.presets.finding import find_preset, is_preset, kept_with, read_metadata
from keras_gen.presets.hubs import SCHEMES, upload_preset

if TYPE_CHECKING:
    from keras_gen.presets.loading import from_preset
    from keras_gen.presets.opening import open_model
    from keras_gen.presets.saving import save_to_preset

__all__ = [
    "SCHEMES",
    "find_preset",
    "from_preset",
    "is_preset",
    "kept_with",
    "list_presets",
    "open_model",
    "read_metadata",
    "save_to_preset",
    "upload_preset",
    "zoo_folder",
]

__getattr__ = lazily(
    __name__, {"from_preset": "loading", "open_model": "opening", "save_to_preset": "saving"}
)
