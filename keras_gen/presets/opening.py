"""Models from whatever holds one: a preset, a `.keras` file, the folder of a training."""

import os
import pathlib
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Mapping
from typing import Any

import keras

from keras_gen.presets import files
from keras_gen.presets.arrays import RefusedError, one_line, read_arrays
from keras_gen.presets.building import build
from keras_gen.presets.configs import PACKAGE, check_config
from keras_gen.presets.finding import find_file, is_preset
from keras_gen.presets.loading import from_preset
from keras_gen.types import PathLike

# What Keras writes into a `.keras` file of layers that keep no files of their own.
_PARTS = {files.CONFIG, files.METADATA, files.WEIGHTS}
# Keras stores them as they are; whoever packs them again gains no more than this.
_FREE_BYTES = 64 * 2**20
_MOST_EXPANSION = 20


def open_model(
    path: PathLike,
    custom_objects: Mapping[str, Any] | None = None,
    trust: bool = False,
    compile: bool = True,
) -> Any:
    """Makes a model from a preset, a `.keras` file, or the `model.keras` in a training's folder.

    A `.keras` file is looked at as a preset is, before Keras sees it: its config may name known classes
    only, its weights must be plain arrays, and it may ask for no more memory than they take.

    Args:
        path: String or path: a preset's name, folder or address as in `from_preset`, a `.keras` file,
            or a folder with a `model.keras`. A file or folder of yours comes before a preset's name.
        custom_objects: Dict from names to classes of your own that the model is made of.
        trust: Boolean, whether the file may name whatever Keras's own safe mode lets by, instead of the
            known classes and `custom_objects`. Code that stands in the file is not run even so.
        compile: Boolean, whether a `.keras` file's model is compiled as it was when it was saved. A
            preset's never is.

    Returns:
        A model of this package, or another `keras.Model` where the file holds one.

    Raises:
        FileNotFoundError: If there is no such model.
        ValueError: If it is refused or could not be loaded. The error names the file.
        ImportError: If the hub's own package is not installed.

    Example:

    >>> open_model("classifier_digits").output_shape
    (None, 10)
    """
    if not isinstance(path, str | os.PathLike):
        raise ValueError(f"`path` must be a string or a path. Received: path={path!r}")
    if is_preset(path):
        return from_preset(path, custom_objects=custom_objects, trust=trust)
    path = find_file(path)
    if path.suffix != ".keras":
        raise ValueError(f"`path` must be a .keras file. Received: {path}")
    config, numbers = _look_through(path)
    if not trust:
        check_config(config, path, custom_objects, training=True)

    def load():
        with warnings.catch_warnings():
            if str(config.get("registered_name")).startswith(f"{PACKAGE}>"):
                # These are compiled whole. An optimizer whose state does not fit is damaged.
                warnings.filterwarnings("error", "Skipping variable loading for optimizer")
            return keras.saving.load_model(path, custom_objects, compile=compile, safe_mode=True)

    model = build(load, numbers, path)
    if not isinstance(model, keras.Model):
        raise ValueError(f"{path} must hold a model. Received: a {type(model).__name__}")
    return model


def _look_through(path):
    """The parsed config of a `.keras` file, and how many numbers its weights are."""
    try:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as scratch:
            _check_members(archive.infolist(), path)
            text = archive.read(files.CONFIG)
            weights = pathlib.Path(scratch) / files.WEIGHTS
            with archive.open(files.WEIGHTS) as packed, weights.open("wb") as unpacked:
                shutil.copyfileobj(packed, unpacked, 2**20)
            numbers = read_arrays(weights, path, finite=False).numbers
    except RefusedError:
        raise
    except (
        Exception
    ) as error:  # zipfile has no kind of its own: BadZipFile, OSError, zlib.error ...
        raise ValueError(f"{path} is no .keras file that can be read: {one_line(error)}") from error
    config = files.parse_json(text, f"{files.CONFIG} in {path}")
    if not isinstance(config, dict):
        raise ValueError(f"{path} must hold the config of one model. Received: {str(config)[:80]}")
    return config, numbers


def _check_members(members, path):
    names = [member.filename for member in members]
    if len(names) != len({*names}) or {*names} != _PARTS:
        raise RefusedError(
            f"{path} must hold {', '.join(sorted(_PARTS))}, each once and nothing else. Received: "
            f"{', '.join(names)[:200] or 'nothing'}"
        )
    for member in members:
        most = max(_FREE_BYTES, _MOST_EXPANSION * member.compress_size)
        if member.filename != files.WEIGHTS:
            most = files.MOST_JSON_BYTES
        if member.file_size > most:
            raise RefusedError(
                f"{path} must not unpack to more than {most} bytes of {member.filename}. Received: "
                f"{member.file_size} bytes, packed in {member.compress_size}"
            )
