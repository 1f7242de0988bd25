"""What a family brings to the tests: a tiny instance, its data, and what is true of it.

`tests/models/<family>/case.py` holds a family's `CASE`, and `tests/families.py` finds them all.
"""

import dataclasses
import importlib
from collections.abc import Callable

import keras
import numpy as np

# Where it does not matter how a step is run: to trace one takes TensorFlow longer than to run a few. JAX
# compiles operations one at a time, too, where it runs eagerly, which takes it longer than a whole step.
UNTRACED = {"run_eagerly": keras.backend.backend() != "jax"}
IMAGE_SHAPE = (8, 8, 1)
COLOUR_SHAPE = (8, 8, 3)
LARGER_SHAPE = (16, 16, 3)
LATENT_DIM = 3
NUM_CLASSES = 3


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """How to make a model, its data, and what it gives for the same inputs.

    The first four say all that most families need; each of the others has a default.

    Args:
        build: Callable `() -> uncompiled model`.
        data: Callable `n -> what fit takes as x`: a dict by the names in `takes`, or an array where there
            is but one part.
        outputs: Callable `model -> array` that depends on the model's weights alone.
        phases: Tuple of the names of its phases, in their order.
        noun: String, what the first part of a batch is: its spec's `noun`.
        generates: Boolean: whether it makes samples of nothing (`generate`), rather than translations.
        batch_normalised: Boolean: whether there is a BatchNormalization in the networks.
        pooled: Boolean: whether it keeps a pool of images from step to step.
        methods: Dict from methods that take a batch of the first part and draw nothing, beside the
            arguments that they are called with.
        parts: Integer, into how many parts a step cuts its batch, one after the other.
        smooth: Callable `() -> uncompiled model` like `build`'s, whose steps do not depend on how a batch
            is shared out: without BatchNormalization, dropout, or a pool. None where `build`'s is one.
        smooth_data: Callable `n -> data` for that model, or None where it is `data`.
        rate: Float, of plain gradient descent on that model: it moves the weights well in three steps,
            and does not magnify rounding.
        larger: Another `Case` that is used where the backends are compared, or None. Normalising over
            few pixels magnifies every rounding.
    """

    build: Callable
    data: Callable
    outputs: Callable
    phases: tuple
    noun: str = "images"
    generates: bool = True
    batch_normalised: bool = False
    pooled: bool = False
    methods: dict = dataclasses.field(default_factory=dict)
    parts: int = 1
    smooth: Callable | None = None
    smooth_data: Callable | None = None
    rate: float = 0.05
    larger: "Case | None" = None

    def compile_arguments(self, make):
        """Keyword arguments of `compile` that give every phase an optimizer of its own."""
        if len(self.phases) == 1:
            return {"optimizer": make()}
        return {f"{phase}_optimizer": make() for phase in self.phases}

    def first(self, n):
        """The first part of a batch of data."""
        data = self.data(n)
        return next(iter(data.values())) if isinstance(data, dict) else data

    @property
    def takes_images(self):
        """Whether what it takes first are images, which may come as bytes and be looked at."""
        return self.noun == "images"

    @property
    def makes_images(self):
        """Whether it makes images of nothing, which are scored beside real ones."""
        return self.generates and self.takes_images

    @property
    def watched(self):
        """What Keras's callbacks are to watch: the loss, or of several phases the generator's or the last."""
        if len(self.phases) == 1:
            return "loss"
        return f"{'generator' if 'generator' in self.phases else self.phases[-1]}_loss"


def images(n, shape=IMAGE_SHAPE, seed=0):
    """Smooth random images in [-1, 1]."""
    values = np.random.default_rng(seed).uniform(-1, 1, (n, *shape))
    return np.tanh(values).astype("float32")


def rows(n, columns=5, seed=0):
    """Random rows of numbers, each column of a mean and a width of its own."""
    values = np.random.default_rng(seed).standard_normal((n, columns))
    return (values * np.arange(1, columns + 1) + np.arange(columns)).astype("float32")


def latents(n=4):
    return np.random.default_rng(1).standard_normal((n, LATENT_DIM)).astype("float32")


def compiled(case, make_optimizer=lambda: keras.optimizers.Adam(1e-3), **options):
    """Builds and compiles a case's model."""
    model = case.build()
    model.compile(**case.compile_arguments(make_optimizer), **options)
    return model


def __getattr__(name):
    """`CASES` of the registry, and `build_<family>`: what that family's `case.py` calls `build`."""
    if name == "CASES":
        return importlib.import_module("tests.families").CASES
    if name.startswith("build_"):
        return importlib.import_module(f"tests.models.{name.removeprefix('build_')}.case").build
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
