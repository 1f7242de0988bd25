"""Models kept as folders: `config.json`, `model.weights.h5`, `metadata.json`, every file checked.

Those of the zoo come with the package and are known by name.
"""

from keras_gen.presets.catalogue import list_presets
from keras_gen.presets.hubs import upload_preset
from keras_gen.presets.loading import from_preset
from keras_gen.presets.saving import save_to_preset

__all__ = ["from_preset", "list_presets", "save_to_preset", "upload_preset"]
