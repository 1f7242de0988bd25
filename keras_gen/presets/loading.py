"""Models from presets."""

import os
import pathlib
import tempfile

import keras

from keras_gen.presets import files
from keras_gen.presets.catalogue import list_presets, zoo_folder
from keras_gen.presets.configs import check_config
from keras_gen.presets.hubs import SCHEMES, download_preset


def from_preset(preset, load_weights=True, custom_objects=None):
    """Makes a model from a preset.

    Every file's size and SHA-256 are compared with the preset's `metadata.json`, and the config with a
    list of known classes, before anything of it is used: loading runs no code from a preset.

    The model is not compiled. `compile()` and `fit` go on training it: the discriminators are in it.

    Args:
        preset: String, a name in `list_presets()`; a folder, as a string or path, which comes before
            a name of the same spelling; or the address of one: `"hf://user/repo"`,
            `"hf://user/repo@revision"` (needs `huggingface-hub`) or
            `"kaggle://user/model/framework/variation"`, with a version after another slash or without
            (needs `kagglehub`).
        load_weights: Boolean. If False the weights are freshly drawn.
        custom_objects: Dict from names to classes of your own that the preset's networks are made
            of.

    Returns:
        A model of this package, or a plain `keras.Model` where the preset is one (a classifier).

    Raises:
        FileNotFoundError: If there is no such preset, or one of its files is missing.
        ValueError: If a file is not the one that was saved, or the config names an unknown class.
        ImportError: If the hub's own package is not installed.

    Example:

    >>> model = from_preset("classifier_digits")
    >>> model.output_shape
    (None, 10)
    """
    folder = find_preset(preset)
    wanted = (files.CONFIG, files.WEIGHTS) if load_weights else (files.CONFIG,)
    files.check_files(folder, wanted)
    config = files.read_json(folder / files.CONFIG)
    check_config(config, folder / files.CONFIG, custom_objects)
    shapes = files.array_shapes(folder / files.WEIGHTS) if load_weights else None
    model = keras.saving.deserialize_keras_object(config, custom_objects, safe_mode=True)
    if load_weights:
        _check_arrays(model, shapes, folder)
        model.load_weights(folder / files.WEIGHTS)
    return model


def _check_arrays(model, found, folder):
    """Refuses weights that are not those of the config: Keras would leave out what does not fit."""
    with tempfile.TemporaryDirectory() as scratch:
        own = pathlib.Path(scratch) / files.WEIGHTS
        model.save_weights(own)
        expected = files.array_shapes(own)
    if found != expected:
        name = min(found.items() ^ expected.items())[0]
        raise ValueError(
            f"{folder / files.WEIGHTS} does not fit {folder / files.CONFIG}, so it was not loaded. "
            f"Expected: {name} of shape {expected.get(name, 'no such array')}. "
            f"Received: {found.get(name, 'no such array')}"
        )


def read_metadata(preset):
    """What a preset's `metadata.json` says, a dict.

    Args:
        preset: As in `from_preset`.
    """
    return files.read_json(find_preset(preset) / files.METADATA)


def find_preset(preset):
    """The folder of a preset, downloaded if its name is an address.

    Args:
        preset: As in `from_preset`.

    Returns:
        `pathlib.Path`.

    Raises:
        FileNotFoundError: If there is none.
    """
    if not isinstance(preset, str | os.PathLike):
        raise ValueError(
            "`preset` must be the name of a preset, a folder or an address. "
            f"Received: preset={preset!r}"
        )
    name = os.fspath(preset)
    if name.startswith(SCHEMES):
        return download_preset(name)
    if (pathlib.Path(name) / files.METADATA).is_file():
        return pathlib.Path(name)
    if name in list_presets():
        return zoo_folder() / name
    if os.path.isdir(name):
        return pathlib.Path(name)
    raise FileNotFoundError(
        f"`preset` must be a folder, an address ({', '.join(SCHEMES)}) or one of "
        f"{', '.join(list_presets())}. Received: preset={name!r}"
    )
