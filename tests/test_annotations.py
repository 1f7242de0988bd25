"""Every public argument and result is annotated, and a user's mypy reads it."""

import ast
import functools
import importlib
import inspect
import pathlib
import re
import subprocess
import sys
import types
import typing

import keras_gen
from keras_gen import recipes
from keras_gen.models import FAMILIES

ROOT = pathlib.Path(__file__).resolve().parents[1]
ROOMS = (
    *(name for name in keras_gen.__all__ if isinstance(getattr(keras_gen, name), types.ModuleType)),
    "evaluation",
    "filling",
    "models",
    "presets",
    "studio",
    "translation",
)


def public_names(module):
    """What a module offers: its `__all__`, or what it defines without an underscore before it."""
    if hasattr(module, "__all__"):
        return module.__all__
    own = vars(module).items()
    return [k for k, v in own if k[0] != "_" and getattr(v, "__module__", None) == module.__name__]


def public_objects():
    """Pairs of a full name and a function or class: what users can name."""
    found, modules = {}, [importlib.import_module(f"keras_gen.{room}") for room in ROOMS]
    for module in modules:  # It grows on the way.
        for name in public_names(module):
            value = getattr(module, name)
            if isinstance(value, types.ModuleType):
                modules.append(value)
            elif getattr(value, "__module__", "").startswith("keras_gen."):
                found[f"{value.__module__}.{getattr(value, '__qualname__', name)}"] = value
    for family in FAMILIES:
        recipe = recipes.find_family(family).load()
        found[f"{recipe.__module__}.{recipe.__qualname__}"] = recipe
    return found


def functions_of(value):
    """The functions behind a public object: itself, or its methods, inherited ones of the package too."""
    if inspect.isfunction(value):
        return [value]
    functions = []
    for cls in getattr(value, "__mro__", ()):
        if not cls.__module__.startswith("keras_gen."):
            continue
        for name, member in vars(cls).items():
            if name.startswith("_") and name not in ("__init__", "__call__", "__getitem__"):
                continue
            if isinstance(member, property):
                functions += [each for each in (member.fget, member.fset) if each]
            elif isinstance(member, functools.cached_property):
                functions.append(member.func)
            elif isinstance(member, (classmethod, staticmethod)):
                functions.append(member.__func__)
            elif inspect.isfunction(member):
                functions.append(member)
    # Those of a dataclass are made of its fields.
    return [each for each in functions if each.__code__.co_filename.endswith(".py")]


@functools.cache
def public_functions():
    """Dict from full names to the functions behind everything public, setters by their getter's name."""
    return {
        f"{function.__module__}.{function.__qualname__}": function
        for value in public_objects().values()
        for function in map(inspect.unwrap, functions_of(value))
        if function.__module__.startswith("keras_gen.")
    }


def missing(function):
    """Names of a function's arguments without an annotation, and "return" where it has none."""
    names, annotations = list(inspect.signature(function).parameters), function.__annotations__
    if "." in function.__qualname__ and names[:1] in (["self"], ["cls"]):
        names = names[1:]
    return [name for name in (*names, "return") if name not in annotations]


@functools.cache
def for_checkers(module):
    """What a module imports for type checkers alone, by name."""
    names = {}
    for node in ast.parse(inspect.getsource(sys.modules[module])).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            exec(compile(ast.Module(node.body, []), module, "exec"), names)
    return names


def test_what_is_public_is_found():
    names = {*public_functions()}
    assert len(names) > 500
    assert {
        "keras_gen.core.model.GenerativeModel.fit",
        "keras_gen.core.priors.Normal.__init__",
        "keras_gen.data.images.images",
        "keras_gen.data.transforms.edges",
        "keras_gen.evaluation.evaluate",
        "keras_gen.models.gan.model.GAN.__init__",
        "keras_gen.models.gan.recipe.GANRecipe.build",
        "keras_gen.models.latent_gan.LatentGAN.takes",
        "keras_gen.presets.saving.save_to_preset",
        "keras_gen.tasks.from_latents.GeneratesFromLatents.interpolate",
        "keras_gen.tasks.generating.Generates.evaluate",
    } <= names
    assert not any(name.startswith("keras_gen.app.") for name in names)


def test_what_is_missing_is_seen():
    class Some:
        def method(self, a, b: int, *args, **kwargs: int): ...

    assert missing(Some.method) == ["a", "args", "return"]
    assert missing(public_names) == ["module", "return"]


def test_every_argument_and_result_is_annotated():
    found = {name: missing(function) for name, function in public_functions().items()}
    assert {name: names for name, names in found.items() if names} == {}


def test_annotations_resolve():
    """A name that nobody imports would be found by nobody else at run time."""
    for function in public_functions().values():
        names = for_checkers(function.__module__)
        hints = typing.get_type_hints(function, localns=names)
        assert hints.keys() == function.__annotations__.keys()


RIGHT = """\
from typing import Any, assert_type

import keras
import numpy as np

import keras_gen

Array = np.ndarray[Any, np.dtype[Any]]
shape = (8, 8, 1)
images = np.zeros((4, *shape), "float32")

gan = keras_gen.GAN(
    generator=keras_gen.networks.dcgan_generator(shape, latent_dim=4, base_filters=4),
    discriminator=keras_gen.networks.dcgan_discriminator(shape, base_filters=4),
    latent_dim=4,
)
gan.compile(keras.optimizers.Adam(1e-4), loss="hinge", r1_weight=1, run_eagerly=True)
gan.compile(loss=keras_gen.losses.AdversarialLoss("non_saturating", label_smoothing=0.1))
history = gan.fit(images, batch_size=2, epochs=1, validation_data=images)
print(history.history["loss"])
assert_type(gan, keras_gen.GAN)
assert_type(gan.generate(3, seed=0), Array)
assert_type(gan.interpolate(steps=4, latents=[[0.0] * 4, [1.0] * 4]), Array)
assert_type(gan.save_to_preset("folder", metadata={"epochs": 1}), dict[str, Any])
assert_type(keras_gen.GAN.from_preset("gan_digits"), keras_gen.GAN)

vae = keras_gen.VAE(
    keras_gen.networks.conv_encoder(shape, latent_dim=2),
    keras_gen.networks.conv_decoder(shape, latent_dim=2),
    latent_dim=2,
    likelihood=keras_gen.losses.GaussianLikelihood(0.1),
)
vae.compile("adam")
assert_type(vae.encode(images), tuple[Array, Array])
assert_type(vae.decode([[0.0, 1.0]]), Array)

opened = keras_gen.data.open_images("digits", labels=True)
assert_type(opened.shapes_at(8), tuple[tuple[int, int, int], ...])
keras_gen.metrics.evaluate_samples(images, images, "classifier_digits", limit=4)
keras_gen.callbacks.SampleImages("samples", draw=lambda model: model.generate(4))
"""

WRONG = """\
import numpy as np

import keras_gen

generator = keras_gen.networks.dcgan_generator((8, 8, 1))
discriminator = keras_gen.networks.dcgan_discriminator(8)  # arg-type
gan = keras_gen.GAN(generator, discriminator, latent_dim="128")  # arg-type
gan = keras_gen.GAN(generator, discriminator)  # call-arg
gan.compile(loss=0.5)  # arg-type
gan.generate("three")  # arg-type
gan.generate(3, sed=0)  # call-arg
keras_gen.data.images("digits", image_size="8")  # arg-type
keras_gen.callbacks.Checkpoint(path=7)  # arg-type
number: int = gan.generate(3)  # assignment
mean: np.ndarray = keras_gen.VAE.from_preset("vae_digits").encode(np.zeros((1, 8, 8, 1)))  # assignment
"""


def test_a_user_s_mypy_takes_what_is_right_and_refuses_what_is_wrong(tmp_path):
    """Both in one run, with the cache and settings of the package's own."""
    files = {"right.py": RIGHT, "wrong.py": WRONG}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    result = subprocess.run(
        [sys.executable, "-m", "mypy", *(tmp_path / name for name in files)],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    found = re.findall(r"(\w+\.py):(\d+): error: .*\[([\w-]+)\]", result.stdout)
    wanted = [
        ("wrong.py", str(number), words[1])
        for number, line in enumerate(WRONG.splitlines(), 1)
        if re.fullmatch(r"[a-z-]+", (words := line.partition("  # ")[::2])[1])
    ]
    assert len(wanted) == 10
    assert found == wanted, result.stdout + result.stderr
