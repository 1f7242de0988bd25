"""How many steps a training of so much CPU time has: what trainings that are compared get alike."""

import time

import keras

from keras_gen.recipes import find_family

WARM_UP = 3  # steps that trace and fill caches
LEAST, SHARE, LONGEST = 10, 0.1, 15.0  # steps, share of the time and seconds that are timed


class _Timer(keras.callbacks.Callback):
    """Times steps by CPU time, and ends the training when it knows enough."""

    def __init__(self, seconds):
        super().__init__()
        self._wanted = min(LONGEST, seconds)
        self._count, self._start = 0, 0.0
        self.each = None  # seconds of a step

    def on_train_batch_end(self, batch, logs=None):
        now = time.process_time()
        self._count += 1
        if self._count == WARM_UP:
            self._start = now
        taken, timed = now - self._start, self._count - WARM_UP
        if timed >= LEAST and taken >= self._wanted:
            self.each, self.model.stop_training = taken / timed, True


def steps_in(family, options, minutes):
    """Steps that take so many minutes of CPU time, shared out over a family's stages.

    Args:
        family: String.
        options: Dict of the recipe's.
        minutes: Float.

    Returns:
        Integer, at least as many as there are stages.
    """
    recipe = find_family(family).load()(**options)
    opened = recipe.open()
    stages = recipe.stages(opened)
    seconds, whole = 0.0, sum(stage.epochs for stage in stages)
    for stage in stages:
        model, timer = recipe.build(opened, 10**6), _Timer(60.0 * minutes * SHARE / len(stages))
        if stage is not stages[0]:
            recipe.begin_stage(model, stage.name, opened, 10**6)
        batches = recipe.batches(opened, stage=stage.name).repeat()
        model.fit(batches, steps_per_epoch=10**6, verbose=0, callbacks=[timer])
        seconds += timer.each * stage.epochs / whole
    return max(len(stages), round(60.0 * minutes / seconds))
