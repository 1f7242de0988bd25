"""Presets from models."""

import datetime
import json
import math
import pathlib
from collections.abc import Mapping
from typing import Any

import h5py
import keras
import numpy as np

from keras_gen.checks import is_integer
from keras_gen.files import folder_written_aside
from keras_gen.presets import files
from keras_gen.presets.arrays import read_arrays
from keras_gen.presets.configs import PACKAGE, check_config
from keras_gen.presets.hubs import SCHEMES
from keras_gen.presets.kept import Kept
from keras_gen.types import Config, PathLike
from keras_gen.version import __version__

_WEIGHTS_DTYPES = ("float32", "float16")
_MANTISSA = 10  # bits of a float16's
_CHUNK = 2**20  # bytes, which pack as one: the most that `read_arrays` lets by of a small array


def save_to_preset(
    model: keras.Model,
    folder: PathLike,
    weights_dtype: str = "float32",
    metadata: Mapping[str, Any] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    mantissa_bits: int = _MANTISSA,
) -> Config:
    """Writes a model as a preset: `config.json`, `model.weights.h5` and `metadata.json`.

    Optimizers, losses and what training has gathered beside the weights (image pools, random states)
    are left out: use `model.save` to resume a training.

    Args:
        model: A model of this package, or a `keras.Model` of Keras's own layers.
        folder: String or path of a folder that is not there yet, or empty. It appears whole or not
            at all.
        weights_dtype: `"float32"`, or `"float16"`, which halves the file; weights that float16 would
            change by more than a thousandth stay float32. Loaded weights are float32 again.
        metadata: Dict, ready for JSON, of what else to say in `metadata.json`.
        custom_objects: Dict from names to classes of your own that the model is made of, which
            `from_preset` will have to be given too.
        mantissa_bits: Integer from 1 to 10, how many bits behind the leading one the kernels keep in
            `"float16"`: the others are rounded to zeros, which pack to nothing. With 5 a weight is off by
            at most 1.6%, and the file takes 60% to 70% of what it takes with 10. Biases and what else is no
            matrix keep all.

    Returns:
        The metadata, a dict.

    Raises:
        ValueError: If the folder holds files, an argument is out of its range, or the model can't be told
            by its config.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> import pathlib, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> metadata = save_to_preset(model, folder)
    >>> sorted(path.name for path in pathlib.Path(folder).iterdir())
    ['config.json', 'metadata.json', 'model.weights.h5']
    """
    if str(folder).startswith(SCHEMES):
        raise ValueError(
            "`folder` must be one on this machine; `upload_preset` shares it. "
            f"Received: folder={str(folder)!r}"
        )
    folder = pathlib.Path(folder)
    if weights_dtype not in _WEIGHTS_DTYPES:
        raise ValueError(
            f"`weights_dtype` must be one of {_WEIGHTS_DTYPES}. "
            f"Received: weights_dtype={weights_dtype!r}"
        )
    if not is_integer(mantissa_bits) or not 1 <= mantissa_bits <= _MANTISSA:
        raise ValueError(
            f"`mantissa_bits` must be an integer from 1 to {_MANTISSA}. "
            f"Received: mantissa_bits={mantissa_bits!r}"
        )
    if mantissa_bits < _MANTISSA and weights_dtype != "float16":
        raise ValueError(
            '`mantissa_bits` are those of `weights_dtype="float16"`. '
            f"Received: mantissa_bits={mantissa_bits}, weights_dtype={weights_dtype!r}"
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(
            f"`folder` must be new or empty, so that nothing is written over. Received: {folder}"
        )
    config = keras.saving.serialize_keras_object(model)
    for training in ("compile_config", "build_config"):
        config.pop(training, None)
    config = _with_short_paths(json.loads(json.dumps(config)))
    with folder_written_aside(folder) as aside:
        (aside / files.CONFIG).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
        bare = _bare_copy(model, config, custom_objects)
        bare.save_weights(aside / files.WEIGHTS)
        _compress(aside / files.WEIGHTS, weights_dtype, mantissa_bits)
        metadata = {
            "class_name": config["class_name"],
            "keras_gen_version": __version__,
            "keras_version": keras.__version__,
            "date_saved": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d@%H:%M:%S"),
            "parameter_count": bare.count_params(),
            "files": {n: files.describe_file(aside / n) for n in (files.CONFIG, files.WEIGHTS)},
            **(metadata or {}),
        }
        (aside / files.METADATA).write_text(files.to_json(metadata), encoding="utf-8")
        read_arrays(aside / files.WEIGHTS, aside / files.WEIGHTS)
        if folder.exists():
            folder.rmdir()  # Empty as it was, or it stays.
    return metadata


def _with_short_paths(config):
    """A config with the package in place of the files in it: its classes are found by their names."""
    if isinstance(config, list):
        return [_with_short_paths(child) for child in config]
    if not isinstance(config, dict):
        return config
    config = {key: _with_short_paths(child) for key, child in config.items()}
    if str(config.get("registered_name")).startswith(f"{PACKAGE}>") and "module" in config:
        config["module"] = PACKAGE
    return config


def _bare_copy(model, config, custom_objects):
    """The same model with nothing but its weights: uncompiled, its pools empty."""
    check_config(config, "The model's config", custom_objects)
    copy = keras.saving.deserialize_keras_object(config, custom_objects)
    for layer, bare in zip(_kept(model), _kept(copy), strict=True):
        bare.set_weights(layer.get_weights())
    for weight, bare in zip(_own_weights(model), _own_weights(copy), strict=True):
        bare.assign(weight)
    return copy


def _own_weights(model):
    """Weights of a model that none of its layers has, a running mean say."""
    of_layers = {id(weight) for layer in model.layers for weight in layer.weights}
    return [weight for weight in model.weights if id(weight) not in of_layers]


def _kept(model):
    """The layers that a model of several networks is made of, or the model itself."""
    return model.kept_layers() if isinstance(model, Kept) else [model]


def _compress(path, weights_dtype, mantissa_bits):
    """Rewrites a weights file with its float32 arrays in another type, all of them gzipped."""
    packed = path.with_name("packed.h5")
    with h5py.File(path, "r") as source, h5py.File(packed, "w") as target:
        _copy(source, target, weights_dtype, mantissa_bits)
    packed.replace(path)


def _copy(source, target, weights_dtype, mantissa_bits):
    target.attrs.update(source.attrs)
    for name, item in source.items():
        if isinstance(item, h5py.Group):
            _copy(item, target.create_group(name), weights_dtype, mantissa_bits)
            continue
        values = item[()]
        if values.dtype == "float32" and weights_dtype == "float16":
            with np.errstate(over="ignore"):
                halved = values.astype("float16")
            scale = np.abs(values).max(initial=0.0)
            if np.allclose(halved, values, rtol=1e-3, atol=1e-4 * scale):
                values = halved if values.ndim < 2 else _rounded(halved, mantissa_bits)
        options = {}
        if values.size and values.ndim:
            options = {"compression": "gzip", "shuffle": True, "chunks": _chunks(values)}
        target.create_dataset(name, data=values, **options).attrs.update(item.attrs)


def _rounded(halves, bits):
    """Float16 numbers rounded to so many bits of mantissa, to the even one where two are as near."""
    dropped = _MANTISSA - bits
    if not dropped:
        return halves
    whole = halves.view("uint16").astype("uint32")  # in which a carry out of the mantissa has room
    odd = whole >> dropped & 1
    nearest = (whole + (1 << dropped - 1) - 1 + odd) >> dropped << dropped
    rounded = nearest.astype("uint16").view("float16")
    return np.where(np.isfinite(rounded), rounded, halves)


def _chunks(values):
    """The shape of the blocks that an array is packed in, large ones, which pack better than HDF5's own."""
    shape = list(values.shape)
    for axis, size in enumerate(shape):
        rest = math.prod(shape[axis + 1 :]) * values.dtype.itemsize
        shape[axis] = max(1, min(size, _CHUNK // rest))
    return tuple(shape)
