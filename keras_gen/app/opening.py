"""Models that the command line is told of: presets, files, folders of trainings."""

import contextlib

import keras

from keras_gen import tasks
from keras_gen.app.run_folder import RunFolder
from keras_gen.presets import find_preset, is_preset, kept_with, open_model
from keras_gen.presets.finding import find_file, model_name
from keras_gen.recipes.images import ranges_of
from keras_gen.recipes.registry import foreign_families

# Settings of a training that say on what it is evaluated.
_SAID = (
    "dataset",
    "input",
    "target",
    "resize",
    "side_by_side",
    "binarize",
    "classes",
    "separator",
    "decimal",
)


def load(path, task=None, trust=False):
    """Loads a preset, a model file, or the one in a training's folder.

    Args:
        path: String.
        task: Class of `keras_gen.tasks` that the model must have, or None.
        trust: As in `keras_gen.presets.open_model`.

    Returns:
        A model of this package, or of a family that another package brings.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If the file holds no model, or one without that task.
    """
    model = open_model(path, _foreign_classes(), trust)
    if task is not None and not isinstance(model, task):
        raise ValueError(
            f"`model` must be one that {task.words}. Received: {path}, a {type(model).__name__}"
        )
    return model


def served_models(paths, trust=False):
    """Loads models that are to be served.

    Args:
        paths: List of strings, as in `load`.
        trust: As in `load`.

    Returns:
        Tuple of three dicts by the models' names, which are those of presets, folders or files: the models,
        their metadata, and the cards of those that have one.

    Raises:
        FileNotFoundError: If there is no such model.
        ValueError: If two have one name, or as `load`.
    """
    names = [model_name(path) for path in paths]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"`models` must have different names. Received: {name} twice")
    models, metadata, cards = {}, {}, {}
    for name, path in zip(names, paths, strict=True):
        models[name] = load(path, tasks.Task, trust)
        metadata[name] = kept_with(path)["metadata"]
        card = find_preset(path) / "README.md" if is_preset(path) else None
        if card is not None and card.is_file():
            cards[name] = card.read_text(encoding="utf-8")
    return models, metadata, cards


def _foreign_classes():
    """Classes that the packages of foreign families register with Keras: files may name them."""
    packages = set()
    for family in foreign_families().values():
        with contextlib.suppress(ValueError):  # It is named when it is asked for.
            packages.add(family.load().__module__.split(".")[0])
    return {
        name: found
        for name, found in keras.saving.get_custom_objects().items()
        if getattr(found, "__module__", "").split(".")[0] in packages
    }


def reading_of(path, direction=None):
    """How a model's pictures were read in its training, by the settings beside it.

    Args:
        path: String, as in `load`.
        direction: `"ba"` where the model is to translate what was wanted of it back, or another.

    Returns:
        Dict of what differs from the usual, of `value_range` and `resize`, as they are typed for `translate`.
    """
    settings = kept_with(path)["settings"]
    sides = slice(None, None, -1) if direction == "ba" else slice(None)
    found = {}
    if ranges := settings.get("value_range"):
        numbers = ranges.split(",")
        found["value_range"] = ",".join([*zip(numbers[::2], numbers[1::2], strict=True)][sides][0])
    resize = ",".join((settings.get("resize") or "bicubic").split(",")[sides])
    return found if set(resize.split(",")) == {"bicubic"} else {**found, "resize": resize}


def evaluation_of(path):
    """What a model is evaluated on where nothing is said.

    Args:
        path: String, as in `load`.

    Returns:
        Pair of a dict of arguments of `keras_gen.evaluation.evaluate`, and a sentence about them, which
        is empty where they are those of a preset's card.

    Raises:
        FileNotFoundError: If there is no such model.
        ValueError: If nothing is known of the model's data.
    """
    kept = kept_with(path)
    settings = kept["settings"]
    if "evaluation" in kept["metadata"]:
        return kept["metadata"]["evaluation"], ""
    if not settings:
        raise ValueError(
            f"`dataset` must be given for a model whose metadata name none. Received: {path}"
        )
    chosen = {name: settings.get(name) for name in _SAID}
    chosen["value_range"] = ranges_of(settings.get("value_range"))
    run = RunFolder(find_file(path).parent)
    found = run.read_data() or {}
    chosen["dataset"] = run.data_set(settings["dataset"])
    chosen["decimal"] = chosen["decimal"] or found.get("decimal")
    chosen = {name: value for name, value in chosen.items() if value is not None}
    chosen["split"] = _split(found, settings)
    sentence = f"Data of {run.settings}: {chosen['dataset']}, split {chosen['split']}"
    if chosen["split"] == "train":
        sentence += ", which it learnt from: there is no test split"
    return chosen, f"{sentence}."


def _split(found, settings):
    """What was held out of a training's data, or the split that it was trained on."""
    from keras_gen.data.folders import held_out

    splits = found.get("splits")
    if splits is None:  # A training of 0.1.
        from keras_gen.recipes import find_family

        recipe = find_family(settings["model"]).load().from_settings(settings)
        splits = recipe.open().splits
    return held_out(splits) or "train"
