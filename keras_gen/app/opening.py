"""Models that the command line is told of: presets, files, folders of trainings."""

import contextlib
import os
import pathlib

from keras_gen import presets
from keras_gen.app.run_folder import RunFolder
from keras_gen.recipes.registry import foreign_families


def load(path, ability=None):
    """Loads a preset, a model file, or the one in a training's folder.

    Args:
        path: String.
        ability: String or None, a method that the model must have.

    Returns:
        A model of this package.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If the file holds no model, or one without that method.
    """
    for family in foreign_families().values():
        with contextlib.suppress(ValueError):  # It is named when it is asked for.
            family.load()
    try:
        from keras_gen.presets.opening import open_model
    except ImportError:
        open_model = _open
    model = open_model(path)
    if ability is not None and not hasattr(model, ability):
        raise ValueError(
            f"`model` must be one that can {ability} images. Received: {path}, a "
            f"{type(model).__name__}"
        )
    return model


def evaluation_of(path):
    """What a model is evaluated on where nothing is said.

    Args:
        path: String, as in `load`.

    Returns:
        Pair of a dict of arguments of `keras_gen.evaluation.evaluate`, and a sentence about them, which
        is empty where they are those of a preset's card.

    Raises:
        ValueError: If nothing is known of the model's data.
    """
    metadata = presets.read_metadata(path) if is_preset(path) else {}
    if "evaluation" in metadata:
        return metadata["evaluation"], ""
    folder = pathlib.Path(path)
    run = RunFolder(folder.parent if folder.suffix == ".keras" else folder)
    settings = run.read_settings()
    if settings is None:
        raise ValueError(
            f"`dataset` must be given for a model whose metadata name none. Received: {path}"
        )
    chosen = {name: settings.get(name) for name in ("dataset", "input", "target")}
    chosen = {name: value for name, value in chosen.items() if value is not None}
    chosen["split"] = _split(run, settings)
    sentence = f"Data of {run.settings}: {settings['dataset']}, split {chosen['split']}"
    if chosen["split"] == "train":
        sentence += ", which it learnt from: there is no test split"
    return chosen, f"{sentence}."


def _split(run, settings):
    """The test split of a training's data, or the one that it was trained on."""
    splits = (run.read_data() or {}).get("splits")
    if splits is None:  # A training of 0.1.
        from keras_gen.recipes import find_family

        recipe = find_family(settings["model"]).load().from_settings(settings)
        splits = recipe.open().splits
    return "test" if "test" in splits else "train"


def is_preset(path):
    """Whether it is a preset's name, address or folder; a file or folder of yours comes first."""
    if os.path.exists(path):
        return (pathlib.Path(path) / "metadata.json").exists()
    return path.startswith(presets.SCHEMES) or path in presets.list_presets()


def _open(path):
    if is_preset(path):
        return presets.from_preset(path)
    import keras

    path = pathlib.Path(path)
    if path.is_dir():
        path = path / "model.keras"
    if not path.exists():
        raise FileNotFoundError(
            "`model` must be a .keras file, a folder with a model.keras, or a preset: its name (see "
            f"keras-gen presets), folder or hf:// or kaggle:// address. Received: {path}"
        )
    try:
        return keras.saving.load_model(path)
    except Exception as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(f"`model` could not be loaded from {path}: {reason}") from error
