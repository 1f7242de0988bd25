"""Where a model's files are, and what stands beside them. Nothing of Keras is needed for it."""

import os
import pathlib
import re

from keras_gen.checks import did_you_mean
from keras_gen.presets import files
from keras_gen.presets.catalogue import RETIRED, list_presets, zoo_folder
from keras_gen.presets.hubs import SCHEMES, download_preset
from keras_gen.types import Config, PathLike

MODEL = "model.keras"
SETTINGS = "settings.json"


def find_preset(preset: PathLike) -> pathlib.Path:
    """The folder of a preset, downloaded if its name is an address.

    Args:
        preset: As in `from_preset`.

    Returns:
        `pathlib.Path`.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If `preset` is neither a string nor a path.
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
        f"{', '.join(list_presets())}. Received: preset={name!r}{near_preset(name)}"
    )


def near_preset(name: PathLike) -> str:
    """`". Did you mean 'gan_digits'?"`, a retired preset's successor, or nothing where no name is near."""
    if successor := RETIRED.get(os.fspath(name)):
        return f", which was retired: {successor!r} took its place"
    near = did_you_mean(os.fspath(name), list_presets())
    return f".{near}" if near else ""


def is_preset(path: PathLike) -> bool:
    """Whether it is a preset's name, address or folder; a file or folder of yours comes first.

    Args:
        path: String or path.
    """
    name = os.fspath(path)
    if os.path.exists(name):
        return (pathlib.Path(name) / files.METADATA).exists()
    return name.startswith(SCHEMES) or name in list_presets()


def read_metadata(preset: PathLike) -> Config:
    """What a preset's `metadata.json` says, a dict.

    Args:
        preset: As in `from_preset`.

    Raises:
        FileNotFoundError: If there is no such preset, or it has no metadata.
        ValueError: If they are no JSON object.
    """
    return files.read_object(find_preset(preset) / files.METADATA)


def kept_with(path: PathLike) -> dict[str, Config]:
    """What is kept beside a model: a preset's metadata, the settings of a training.

    Args:
        path: String or path, as in `open_model`.

    Returns:
        Dict of `"metadata"`, what a preset's `metadata.json` says, and `"settings"`, what a training's
        `settings.json` says. Each is a dict, empty where there is no such file.

    Raises:
        FileNotFoundError: If there is no such model.
        ValueError: If one of the files is no JSON object.

    Example:

    >>> kept_with("gan_digits")["metadata"]["class_name"]
    'GAN'
    """
    folder = find_preset(path) if is_preset(path) else find_file(path).parent
    names = {"metadata": files.METADATA, "settings": SETTINGS}
    return {
        key: files.read_object(folder / name) if (folder / name).is_file() else {}
        for key, name in names.items()
    }


def model_name(path: PathLike) -> str:
    """What a model is called by where it is: like its preset, folder or file, without those around it.

    Letters beyond ASCII become hyphens, and of a name of nothing else `"model"`.

    Args:
        path: String or path, as in `open_model`.

    Example:

    >>> model_name("gan_digits"), model_name("runs/digits/model.keras"), model_name("hf://me/cats@v2")
    ('gan_digits', 'digits', 'cats')
    >>> model_name("kaggle://me/animals/keras/cats/2")
    'cats'
    """
    name = os.fspath(path)
    name = re.sub(r"^(kaggle://([^/]+/){3}[^/]+)/\d+$", r"\1", name)  # The last is a version.
    place = pathlib.PurePath(name.partition("://")[2].partition("@")[0] or name)
    if place.name in ("", ".."):
        place = pathlib.Path(name).resolve()
    place = place.parent if place.name == MODEL and place.parent.name else place
    found = re.sub(r"[^\w.-]+", "-", place.name.removesuffix(".keras"), flags=re.ASCII)
    return found.lstrip("_.-")[:100] or "model"


def find_weights(path: PathLike) -> pathlib.Path:
    """The file that holds a model's weights: a preset's, or the `.keras` file itself.

    Args:
        path: String or path, as in `open_model`.

    Raises:
        FileNotFoundError: If there is no such model.
    """
    return find_preset(path) / files.WEIGHTS if is_preset(path) else find_file(path)


def find_file(path: PathLike) -> pathlib.Path:
    """The `.keras` file of a path: the path itself, or the one in a training's folder.

    Args:
        path: String or path.

    Returns:
        `pathlib.Path`.

    Raises:
        FileNotFoundError: If there is none.
    """
    path = pathlib.Path(path)
    if path.is_dir():
        path = path / MODEL
    if not path.is_file():
        raise FileNotFoundError(
            f"`model` must be a .keras file, a folder with a {MODEL}, or a preset: its name (see "
            f"keras-gen presets), folder or {' or '.join(SCHEMES)} address. Received: {path}"
            f"{near_preset(path)}"
        )
    return path
