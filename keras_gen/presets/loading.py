"""Models from presets."""

import pathlib
import tempfile
from collections.abc import Mapping
from typing import Any

import keras

from keras_gen.presets import files
from keras_gen.presets.arrays import one_line, read_arrays
from keras_gen.presets.building import build
from keras_gen.presets.configs import check_config
from keras_gen.presets.finding import find_preset
from keras_gen.types import PathLike

# Where the weights are not there to be asked how many they are: 1 GB.
_MOST_PARAMETERS = 2**28


def from_preset(
    preset: PathLike,
    load_weights: bool = True,
    custom_objects: Mapping[str, Any] | None = None,
    trust: bool = False,
) -> Any:
    """Makes a model from a preset.

    Every file's size and SHA-256 are compared with the preset's `metadata.json`, and the config with a
    list of known classes, before anything of it is used: loading runs no code from a preset. Nor does a
    preset take more memory than the weights that it holds.

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
        trust: Boolean, whether the config may name whatever Keras's own safe mode lets by, instead of
            the known classes and `custom_objects`.

    Returns:
        A model of this package, or a plain `keras.Model` where the preset is one (a classifier).

    Raises:
        FileNotFoundError: If there is no such preset, or one of its files is missing.
        ValueError: If a file is not the one that was saved, the config names an unknown class, or they
            make no model. The error names the file.
        ImportError: If the hub's own package is not installed.

    Example:

    >>> model = from_preset("classifier_digits")
    >>> model.output_shape
    (None, 10)
    """
    folder = find_preset(preset)
    config_path, weights_path = folder / files.CONFIG, folder / files.WEIGHTS
    wanted = (files.CONFIG, files.WEIGHTS) if load_weights else (files.CONFIG,)
    metadata = files.check_files(folder, wanted)
    config = files.read_json(config_path)
    if not trust:
        check_config(config, config_path, custom_objects)
    arrays = read_arrays(weights_path, weights_path) if weights_path.is_file() else None
    count = _check_count(metadata.get("parameter_count"), arrays, folder)

    def make():
        return keras.saving.deserialize_keras_object(config, custom_objects, safe_mode=True)

    model = build(make, count, config_path)
    if not isinstance(model, keras.Model):
        raise ValueError(
            f"{config_path} must hold the config of a model. Received: a {type(model).__name__}"
        )
    if load_weights:
        _check_arrays(model, arrays, folder)
        try:
            model.load_weights(weights_path)
        except Exception as error:
            raise ValueError(f"{weights_path} could not be loaded: {one_line(error)}") from error
    return model


def _check_count(count, arrays, folder):
    """The number of parameters that the metadata give, if the weights file agrees with them."""
    if arrays is None:
        least, most = 0, _MOST_PARAMETERS
    else:
        least, most = arrays.floats, arrays.numbers
    if count is None:
        return most
    if not isinstance(count, int) or not least <= count <= most:
        raise ValueError(
            f"{folder / files.METADATA} must give as parameter_count how many numbers "
            f"{folder / files.WEIGHTS} holds, {least} to {most}. Received: {str(count)[:80]}"
        )
    return most


def _check_arrays(model, arrays, folder):
    """Refuses weights that are not those of the config: Keras would leave out what does not fit."""
    with tempfile.TemporaryDirectory() as scratch:
        own = pathlib.Path(scratch) / files.WEIGHTS
        model.save_weights(own)
        expected = read_arrays(own, own, finite=False).kinds
    if arrays.kinds != expected:
        name = min(arrays.kinds.items() ^ expected.items())[0]
        nothing = ("no such array", "")
        raise ValueError(
            f"{folder / files.WEIGHTS} does not fit {folder / files.CONFIG}, so it was not loaded. "
            "Expected: {} of shape {} {}. Received: {} {}".format(
                name, *expected.get(name, nothing), *arrays.kinds.get(name, nothing)
            )
        )
