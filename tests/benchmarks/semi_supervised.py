"""Trains classifiers of few labels, with all the images and without, and prints their test errors.

    python -m tests.benchmarks.semi_supervised --minutes 20
    python -m tests.benchmarks.semi_supervised --minutes 5 --seed 0 --seed 1 --dataset digits --labels 50

Without: the network that classifies, on the labelled images alone, by Adam for a tenth of the time, in which it
has long learnt them by heart. Minutes are of CPU time.
"""

import argparse
import os
import time

from tests.benchmarks import ONE_THREAD

# Before TensorFlow is imported, which reads them then.
os.environ |= ONE_THREAD

import keras
import numpy as np

from keras_gen import data
from keras_gen.recipes import find_family

# The network of each that classifies.
FAMILIES = {
    "semi_supervised_gan": lambda model: model.discriminator,
    "semi_supervised_vae": lambda model: model.classifier,
}


def main():
    """Reads the command line, trains and prints."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.semi_supervised", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--labels", type=int, default=100)
    parser.add_argument("--dataset", default="mnist_10k")
    parser.add_argument("--seed", type=int, action="append", help="0, if not said")
    parser.add_argument("--family", action="append", choices=FAMILIES, help="all, if not said")
    parser.add_argument(
        "--option", action="append", default=[], help="of the recipes: latent_dim=32"
    )
    arguments = parser.parse_args()
    for family in arguments.family or FAMILIES:
        for seed in arguments.seed or [0]:
            recipe = find_family(family).load()
            kinds = {option.name: option.kind for option in recipe.options()}
            given = dict(option.split("=") for option in arguments.option)
            recipe = recipe(
                dataset=arguments.dataset,
                labelled_examples=arguments.labels,
                seed=seed,
                **{name: kinds[name](value) for name, value in given.items()},
            )
            steps, error = semi_supervised(recipe, arguments.minutes)
            print(f"{family}, seed {seed}: {error:.2%} of the test split wrong after {steps} steps")
            steps, error = supervised(recipe, arguments.minutes / 10)
            print(f"the labels alone, seed {seed}: {error:.2%} after {steps} steps", flush=True)


class UntilTime(keras.callbacks.Callback):
    """Ends a training after so many minutes of CPU time."""

    def __init__(self, minutes):
        super().__init__()
        self.minutes = minutes
        self.steps = 0

    def on_train_begin(self, logs=None):
        self.end = time.process_time() + 60 * self.minutes

    def on_train_batch_end(self, batch, logs=None):
        self.steps += 1
        if time.process_time() > self.end:
            self.model.stop_training = True


def semi_supervised(recipe, minutes):
    """Trains a family; its steps, and its test error."""
    keras.utils.set_random_seed(recipe.seed)
    opened = recipe.open()
    model = recipe.build(opened, steps_in(recipe, opened, minutes))
    stop = UntilTime(minutes)
    model.fit(recipe.batches(opened), epochs=10**6, verbose=0, callbacks=[stop])
    images, labels = whole(recipe, "test")
    return stop.steps, float(np.mean(model.classify(images).argmax(axis=1) != labels))


def steps_in(recipe, opened, minutes):
    """How many steps there are in so many minutes, for the schedule of the rates."""
    model = recipe.build(opened, 10**6)
    for _ in range(2):  # The first is traced.
        stop = UntilTime(minutes / 40)
        start = time.process_time()
        model.fit(recipe.batches(opened), epochs=10**6, verbose=0, callbacks=[stop])
    return int(stop.steps / (time.process_time() - start) * 60 * minutes)


def supervised(recipe, minutes):
    """Trains the network of a family that classifies on the labelled images alone; its steps and error."""
    keras.utils.set_random_seed(recipe.seed)
    opened = recipe.open()
    network = FAMILIES[recipe.family](recipe.build(opened, 10**6))
    network.compile(
        keras.optimizers.Adam(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    images, labels = (part[opened.labelled] for part in whole(recipe, "train"))
    stop = UntilTime(minutes)
    network.fit(images, labels, epochs=10**6, batch_size=50, verbose=0, callbacks=[stop])
    images, labels = whole(recipe, "test")
    told = network.predict(images, verbose=0).argmax(axis=1)
    return stop.steps, float(np.mean(told != labels))


def whole(recipe, split):
    """Images and labels of a whole split, two arrays."""
    opened = data.open_images(recipe.dataset, labels=True, split=split, **recipe.reading)
    batches = opened.batches(recipe.image_size, 100, shuffle=False, drop_remainder=False)
    return [np.concatenate(part) for part in zip(*batches.as_numpy_iterator(), strict=True)]


if __name__ == "__main__":
    main()
