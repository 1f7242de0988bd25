"""Memory of a training step by XLA's own account: needs the JAX backend, and no accelerator.

    KERAS_BACKEND=jax python -m tests.benchmarks.memory --sizes 64 128 256 --batches 16 32

Compiles the whole step of each model, as its recipe makes it, and runs nothing. Prints a table: what is
there whatever the batch (weights, optimizers' state, gradients), what each image of a batch adds, and the
sum for the recipe's own batch size.
"""

import argparse
import dataclasses
import os

# Machine code is not needed, and takes long to optimise; what is fused and kept is settled before it.
os.environ["XLA_FLAGS"] = "--xla_backend_optimization_level=0 " + os.environ.get("XLA_FLAGS", "")

import jax
import keras
import numpy as np

from keras_gen.recipes import find_family
from tests.families import CASES, FAMILIES, families_that

CHANNELS = 3
MODELS = [name for name in families_that(lambda case: case.takes_images) if name in FAMILIES]


@dataclasses.dataclass(frozen=True)
class Opened:
    """As much of a data set as a recipe looks at, and no images."""

    size: int
    images: int  # of an example
    num_classes: int = 10
    class_names: tuple | None = None

    def shapes_at(self, image_size):
        return ((self.size, self.size, CHANNELS),) * self.images


def images_in(model):
    """How many images there are in an example of what a model takes."""
    parts = keras.tree.flatten(CASES[model].data(1))
    return sum(part.ndim == 4 for part in parts)


def batch_of(model, batch):
    """Shapes and dtypes of a batch."""
    return tuple(
        jax.ShapeDtypeStruct((batch,), "int32")
        if spec.kind == "labels"
        else jax.ShapeDtypeStruct((batch, *spec.shape), "float32")
        for spec in model.takes.values()
    )


def step_bytes(model, size, batch):
    """Bytes that a training step takes at its highest: what comes in, what goes out, and between."""
    keras.utils.clear_session()
    recipe = find_family(model).load()(dataset="digits")
    built = recipe.build(Opened(size, images_in(model)), 10_000)
    data = batch_of(built, batch)
    groups = (
        built.trainable_variables,
        built.non_trainable_variables,
        built.optimizer.variables,
        built.metrics_variables,
    )
    state = tuple(
        [jax.ShapeDtypeStruct(v.shape, np.dtype(v.dtype)) for v in group] for group in groups
    )
    step = jax.jit(built.train_step, donate_argnums=0)
    found = step.lower(state, data).compile().memory_analysis()
    return (
        found.argument_size_in_bytes
        + found.output_size_in_bytes
        - found.alias_size_in_bytes
        + found.temp_size_in_bytes
    )


def main():
    """Reads the command line and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 128, 256])
    parser.add_argument("--batches", type=int, nargs=2, default=[16, 32], help="to draw a line by")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    arguments = parser.parse_args()
    if keras.backend.backend() != "jax":
        parser.error(f"KERAS_BACKEND must be jax. Received: {keras.backend.backend()}")
    print("| model | base_filters | size | fixed MB | MB an image | batch | MB |")
    print("|---|---|---|---|---|---|---|")
    few, many = sorted(arguments.batches)
    for model in arguments.models:
        defaults = find_family(model).load().defaults()
        for size in arguments.sizes:
            low, high = (step_bytes(model, size, batch) / 1e6 for batch in (few, many))
            each = (high - low) / (many - few)
            fixed = low - few * each
            batch = defaults["batch_size"]
            print(
                f"| {model} | {defaults['base_filters']} | {size} | {fixed:,.0f} | {each:,.1f} "
                f"| {batch} | {fixed + batch * each:,.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
