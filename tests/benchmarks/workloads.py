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
from tests.benchmarks.benchmark import NUM_CLASSES, of

SHAPES = {28: (28, 28, 1), 64: (64, 64, 3)}


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
        rates = [rate, self.options.get("discriminator_learning_rate") or rate]
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

        def shrunk():
            height, width, depth = self.shape
            factor = self.options["factor"]
            small = (size, height // factor, width // factor, depth)
            return random.uniform(-1.0, 1.0, small).astype("float32")

        def labels():
            return random.integers(NUM_CLASSES, size=size).astype("int32")

        def frames(option):
            shape = (size, self.options[option], *self.shape)
            return random.uniform(-1.0, 1.0, shape).astype("float32")

        parts = {
            "images": (images,),
            "labelled": (images, labels),
            "paired": (images, images),
            "unpaired": (images, images),
            "super_resolution": (shrunk, images),
            "clips": (lambda: frames("context"), lambda: frames("frames")),
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
