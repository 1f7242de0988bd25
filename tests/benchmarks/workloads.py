"""What is timed: each model with the networks and the batches of its recipe, at two sizes.

A family brings what is its own in `tests/models/<family>/benchmark.py`, a `BENCHMARK`, and its loop in
PyTorch in `torch_loop.py` beside it; those without one are not timed.
"""

import dataclasses
import importlib
from collections.abc import Callable

import keras
import numpy as np

from keras_gen.recipes import find_family
from tests import families

NUM_CLASSES = 10
SHAPES = {28: (28, 28, 1), 64: (64, 64, 3)}


@dataclasses.dataclass(frozen=True)
class Page:
    """One of Keras's example pages. Their generators are heavier than the recipes'.

    It is the layers as they stand there, but for a tanh or logits at the end.

    Args:
        size: Integer, of its images.
        options: Dict, what differs from the recipe.
        networks: Callable `(shape, options) -> dict` of new networks; None for the recipe's, with these
            options. With one, `torch_loop.py` has the same networks as `page_networks()`.
    """

    size: int
    options: dict
    networks: Callable | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Benchmark:
    """How a family is timed.

    Args:
        networks: Callable `(shape, options) -> dict` of the recipe's networks, the same weights each time.
        model: Callable `(networks, options) -> model`, not compiled.
        hand_written: Callable `(networks, optimizers, options, seed=0) -> step`: the training step as one
            would write it by hand. If the model is compiled with `share_forward`, it takes that, too.
        sampler: Callable `model -> network` that `generate` or `translate` calls.
        pipeline: String, what a batch is: `"images"`, `"labelled"` images, `"paired"` or `"unpaired"`.
        betas: Pair of floats, of Adam, or None where there is one optimizer, with Keras's own.
        compile_options: Dict, what `compile` takes beside the optimizers and the recipe's loss.
        seeded: Callable `model -> list` of the seed generators that a step draws from.
        page: `Page` or None.
        small: Dict of options for the test that the step by hand does what `fit` does.
        small_rate: Float, the learning rate of that test.
        traces_long: Boolean: whether to time the first step, too, which is all tracing.
    """

    networks: Callable
    model: Callable
    hand_written: Callable
    sampler: Callable
    pipeline: str = "images"
    betas: tuple | None = (0.5, 0.999)
    compile_options: dict = dataclasses.field(default_factory=dict)
    seeded: Callable = lambda model: [model.seed_generator]
    page: Page | None = None
    small: dict = dataclasses.field(default_factory=dict)
    small_rate: float = 0.01
    traces_long: bool = False

    @property
    def shares_forward(self):
        """Whether one pass of the generator serves both networks, where it can have two."""
        return self.compile_options.get("share_forward", False)

    @property
    def translates(self):
        """Whether it makes images of images."""
        return self.pipeline in ("paired", "unpaired")


BENCHMARKS = {family: module.BENCHMARK for family, module in families.modules("benchmark").items()}


def torch_loop(model):
    """The module of a family's loop in PyTorch."""
    return importlib.import_module(f"tests.models.{model}.torch_loop")


@dataclasses.dataclass(frozen=True)
class Workload:
    """One model at one size.

    Args:
        model: Name of a family.
        shape: Shape of an image.
        options: The recipe's defaults: batch size, filters and so on.
        build_networks: Callable `(shape, options) -> dict` of new networks, the same weights each time.
    """

    model: str
    shape: tuple
    options: dict
    build_networks: Callable

    @property
    def benchmark(self):
        return BENCHMARKS[self.model]

    def networks(self):
        return self.build_networks(self.shape, self.options)

    def compiled(self, optimizers=None, **compile_options):
        """A model of new networks; Adam as in the recipe unless optimizers are given."""
        model = self.benchmark.model(self.networks(), self.options)
        model.compile(
            *(optimizers or self.optimizers()),
            **{**of(self.options, "loss"), **self.benchmark.compile_options, **compile_options},
        )
        return model

    def optimizers(self):
        """New optimizers, in the order of `compile`'s arguments."""
        rate = self.options["learning_rate"]
        if self.benchmark.betas is None:
            return [keras.optimizers.Adam(rate)]
        rates = [rate, self.options.get("discriminator_learning_rate", rate)]
        return [keras.optimizers.Adam(rate, *self.benchmark.betas) for rate in rates]

    def hand_written(self, optimizers=None, **options):
        """The step written by hand, of new networks."""
        return self.benchmark.hand_written(
            self.networks(), optimizers or self.optimizers(), self.options, **options
        )

    def batches(self, count=2, seed=0):
        """Batches as `fit` takes them, each a tuple of arrays."""
        random = np.random.default_rng(seed)
        size = self.options["batch_size"]

        def images():
            return random.uniform(-1.0, 1.0, (size, *self.shape)).astype("float32")

        def labels():
            return random.integers(NUM_CLASSES, size=size).astype("int32")

        parts = {
            "images": (images,),
            "labelled": (images, labels),
            "paired": (images, images),
            "unpaired": (images, images),
        }[self.benchmark.pipeline]
        return [tuple(part() for part in parts) for _ in range(count)]

    def dataset(self):
        """The batches for ever, out of memory."""
        import tensorflow as tf

        columns = [np.stack(column) for column in zip(*self.batches(), strict=True)]
        elements = tuple(columns) if len(columns) > 1 else columns[0]
        return tf.data.Dataset.from_tensor_slices(elements).repeat()


def workload(model, size, build_networks=None, **options):
    """The workload of a model's name and a size; networks and options replace the recipe's."""
    shape = SHAPES[size] if isinstance(size, int) else size
    options = {**find_family(model).load().defaults(), **options}
    return Workload(model, shape, options, build_networks or BENCHMARKS[model].networks)


def page_workload(model):
    """The workload of a model's page."""
    page = BENCHMARKS[model].page
    return workload(model, page.size, page.networks, **page.options)


def of(options, *names):
    """Those of the options, where there are such."""
    return {name: options[name] for name in names if name in options}
