"""What a model's config may name: nothing else of it is ever given to Keras."""

import functools
import importlib
import importlib.metadata

import keras

from keras_gen.presets.arrays import one_line
from keras_gen.presets.known import MODEL_CLASSES, TRAINING_CLASSES

FAMILIES = "keras_gen.families"
PACKAGE = "keras_gen"
_PARTS = ("layers", "losses", "metrics", "networks", "schedules", "models")
_LOSSES_OF_KERAS = ("keras.losses", "keras.metrics", "builtins")


def check_config(config, source, custom_objects=None, training=False):
    """Refuses a serialised model that names anything but known classes.

    Known are Keras's own that do nothing but compute; the classes of this package, of packages that
    bring a family (`trusted_packages`) and of `custom_objects`. These are found by their registered
    names: the path of the file that once defined them says nothing. It looks at the parsed JSON alone,
    before Keras is given any of it.

    Args:
        config: Parsed JSON of `config.json`.
        source: String or path, the file's name for the error.
        custom_objects: Dict from names to classes of the user's own that may be named too.
        training: Boolean, whether there may be a `compile_config` of optimizers, losses and metrics.

    Raises:
        ValueError: If the config names another class, a function, or a module of Keras that is not
            the class's own.
    """
    if not isinstance(config, dict) or "class_name" not in config:
        raise ValueError(
            f"{source} must hold the config of one model, an object with a class_name. Received: "
            f"{str(config)[:80]}"
        )
    custom_objects = custom_objects or {}
    is_known = functools.partial(_is_known, custom_objects=custom_objects)
    try:
        if training:
            _check(config.get("compile_config"), source, functools.partial(is_known, training=True))
            config = {key: value for key, value in config.items() if key != "compile_config"}
        _check(config, source, is_known)
    except ImportError as error:
        raise ValueError(f"{source} could not be loaded: {error}") from error


def _check(value, source, is_known):
    if isinstance(value, list):
        for child in value:
            _check(child, source, is_known)
    elif isinstance(value, dict):
        if value.keys() & {"class_name", "registered_name", "module"} and not is_known(value):
            name = value.get("registered_name") or value.get("class_name")
            raise ValueError(
                f"{source} names {str(name)[:80]!r} of module {str(value.get('module'))[:80]!r}, which "
                "is none of the classes that a preset may hold, so nothing of it was loaded. If it is "
                "a class of your own, pass it in `custom_objects`, or load the file with `trust=True`."
            )
        if isinstance(value.get("config"), dict) and value["config"].get("unroll"):
            raise ValueError(
                f"{source} must have no layer with unroll=True, which is written out step by step: "
                "nothing of it was loaded"
            )
        for child in value.values():
            _check(child, source, is_known)


def _is_known(node, custom_objects, training=False):
    name, module = node.get("class_name"), node.get("module")
    registered = node.get("registered_name")
    if not all(isinstance(part, str | None) for part in (name, module, registered)) or not name:
        return False
    if name == "function":
        return _is_known_function(node, custom_objects, training)
    if name == "__keras_tensor__":
        return module is None and registered is None
    if name.startswith("__"):
        return False
    classes = {**MODEL_CLASSES, **TRAINING_CLASSES} if training else MODEL_CLASSES
    if registered in (None, name) and name in classes.get(module, ()):
        return True
    # Keras asks for the name that is given, and for the class's if none is.
    wanted = node.get("registered_name", name)
    found = wanted and _registered(wanted, custom_objects)
    if any(found is custom for custom in custom_objects.values()):
        return name in (found.__name__, *custom_objects)
    return _is_trusted(found) and found.__name__ == name


def _is_known_function(node, custom_objects, training):
    """Functions are the user's own, or losses of Keras that a model was compiled with."""
    name = node.get("config")
    if not isinstance(name, str):
        return False
    if name in custom_objects:
        return keras.saving.get_registered_object(name, custom_objects) is custom_objects[name]
    if not training or node.get("module") not in _LOSSES_OF_KERAS:
        return False
    losses = {*dir(keras.losses), *dir(keras.metrics)} - {"get", "serialize", "deserialize"}
    return name.islower() and not name.startswith("_") and name in losses


def _registered(name, custom_objects):
    """The class that Keras finds by a registered name, its package imported if it is a trusted one."""
    found = keras.saving.get_registered_object(name, custom_objects)
    package, _, class_name = name.partition(">")
    if found is None and class_name and class_name.isidentifier():
        for place in _places_of(package):
            getattr(place, class_name, None)  # A package may import it when it is asked.
        found = keras.saving.get_registered_object(name, custom_objects)
    return found


def _places_of(package):
    """The imported modules in which the classes of a trusted package stand, or are imported."""
    if package == PACKAGE:
        return [importlib.import_module(f"{PACKAGE}.{part}") for part in _PARTS]
    modules = trusted_packages().get(package, ())
    try:
        return [importlib.import_module(module) for module in (package, *modules) if modules]
    except Exception as error:
        raise ImportError(
            f"its package {package!r} can't be imported: {one_line(error)}"
        ) from error


def _is_trusted(found):
    """Whether it is a class that a file may name: of this package, or of one that brings a family.

    Metrics are none: some load a classifier whose place their config gives.
    """
    if not isinstance(found, type) or issubclass(found, keras.metrics.Metric):
        return False
    package = found.__module__.partition(".")[0]
    return package == PACKAGE or package in trusted_packages()


def trusted_packages():
    """The installed packages whose classes a file may name, since they bring a family of models.

    They are those with an entry point in the group `keras_gen.families`. None is imported.

    Returns:
        Dict from the names of top-level packages to the lists of modules that their entry points name.
    """
    packages = {}
    for entry_point in importlib.metadata.entry_points(group=FAMILIES):
        package = entry_point.module.partition(".")[0]
        packages.setdefault(package, []).append(entry_point.module)
    return packages
