"""Timing of contestants in turns, so that what else the machine does disturbs them alike."""

import dataclasses
import itertools
import os
import statistics
import time
from collections.abc import Callable

import keras


def now():
    """Seconds of wall time; of this process's CPU time where everything runs on one thread."""
    return time.process_time() if one_thread else time.perf_counter()


one_thread = os.environ.get("TF_NUM_INTRAOP_THREADS") == "1"


@dataclasses.dataclass(frozen=True)
class Timings:
    """What came out: the median of each contestant's step in seconds, and ratios of the turns."""

    medians: dict
    ratios: dict

    def ratio(self, first, second):
        """Median over the rounds of how many times as long as `second` `first` took."""
        return self.ratios[first, second]


def in_turns(contestants: dict[str, Callable], seconds=6.0, block_seconds=0.25, least_rounds=5):
    """Runs blocks of steps of each contestant in turn.

    Args:
        contestants: Dict from names to callables `steps -> list of seconds`, one for each step.
        seconds: Float, how long each contestant runs in all, more or less.
        block_seconds: Float, how long a block is, more or less.
        least_rounds: Integer.

    Returns:
        `Timings`. A ratio is taken within each round, and the median over rounds is what counts.
    """
    for run in contestants.values():
        run(1)  # Tracing, caches.
    typical = {name: statistics.median(run(3)) for name, run in contestants.items()}
    steps = {name: max(2, round(block_seconds / typical[name])) for name in contestants}
    longest = max(steps[name] * typical[name] for name in contestants)
    rounds = max(least_rounds, round(seconds / longest))

    blocks = {name: [] for name in contestants}
    for number in range(rounds):
        order = list(contestants)
        for name in order if number % 2 else reversed(order):
            blocks[name].append(contestants[name](steps[name]))
    middles = {name: [statistics.median(block) for block in blocks[name]] for name in blocks}
    ratios = {
        (a, b): statistics.median(x / y for x, y in zip(middles[a], middles[b], strict=True))
        for a in middles
        for b in middles
    }
    medians = {
        name: statistics.median(time for block in blocks[name] for time in block) for name in blocks
    }
    return Timings(medians, ratios)


def calls(function):
    """A contestant that calls a function."""

    def run(steps):
        function()  # The first after another contestant finds its weights out of the caches.
        times = [now()]
        for _ in range(steps):
            function()
            times.append(now())
        return _differences(times)

    return run


def fits(model, dataset):
    """A contestant that trains a model by `fit`: the time from one batch's end to the next one's."""
    clock = _Clock()

    def run(steps):
        clock.times.clear()
        # As for `calls`, the first step counts for nothing; nor does the start of `fit`.
        model.fit(dataset, steps_per_epoch=steps + 1, verbose=0, callbacks=[clock])
        return _differences(clock.times)

    return run


class _Clock(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.times = []

    def on_train_batch_end(self, batch, logs=None):
        self.times.append(now())


def _differences(times):
    return [end - start for start, end in itertools.pairwise(times)]
