"""Models kept as folders: `config.json`, `model.weights.h5`, `metadata.json`, every file checked.

Those of the zoo come with the package and are known by name.
"""

from keras_gen.on_first_use import lazily
from keras_gen.presets.catalogue import list_presets, zoo_folder

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

# To list the presets takes no Keras; to load one does.
__getattr__ = lazily(
    __name__,
    {
        "SCHEMES": "hubs",
        "find_preset": "loading",
        "from_preset": "loading",
        "read_metadata": "loading",
        "save_to_preset": "saving",
        "upload_preset": "hubs",
    },
)
