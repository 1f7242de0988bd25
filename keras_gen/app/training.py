"""One training from its options to its files, and on again after an interruption."""

import contextlib
import dataclasses
import functools
import os
import sys

import keras

from keras_gen import callbacks, distribution, tasks
from keras_gen.app import progress, scoring, watching
from keras_gen.app.execution import JIT, Execution
from keras_gen.app.plan import Plan
from keras_gen.app.run_folder import Progress, RunFolder, path_of
from keras_gen.app.stopping import Stopper
from keras_gen.app.timing import steps_in
from keras_gen.app.tracking import TRACKERS, chosen_trackers
from keras_gen.app.warm_start import begin_with, freeze_discriminator
from keras_gen.recipes import LatentRecipe, find_family
from keras_gen.recipes.recipe import LENGTHS

MOST_PICTURES = 200  # of a training's course
PICTURES_SHARE = 0.1  # of its time, of models that draw slowly
_LEAST_BATCH = 32  # examples, than which none is made smaller for that


def train(name, options, execution=None, stopper=None):
    """Trains a model and leaves `model.keras`, `samples.png`, `history.csv` and `settings.json`.

    Of a model of latents there is `interpolation.gif`, too, in which its images become others.

    `samples/` holds a picture of the same latents after each epoch (or every few, so that there are 200
    or so, and that a tenth of the time goes to them) and an animation of them; `data.json` what was known
    of the data. There is a whole checkpoint at every moment, `model.keras` or `model.previous.keras`. With
    `resume` training goes on from it exactly as if it had not stopped, and a table's columns are those
    that were measured when it began.

    A length given with `resume` replaces the training's own: the rates' schedules are those of the new
    length, read at the step that was reached. So they are where the data set has grown or shrunk.

    Args:
        name: String, a family.
        options: Dict from names of the family's options to their values; what is missing has its
            default or, with `resume`, the training's own value.
        execution: `Execution`; its `output` must be given. Of several processes the first writes the
            files, in a folder that all of them see; they are resumed together, and begin anew where
            there is nothing yet.
        stopper: `Stopper` that takes the signals that stop it.

    Returns:
        The trained model.

    Raises:
        ValueError: If an option is wrong, or the folder holds a training and `resume` is False.
        FileNotFoundError: If there is nothing to resume.
        KeyboardInterrupt: If it was stopped.
    """
    execution = execution or Execution()
    stopper = stopper or Stopper()
    recipe_class = find_family(name).load()
    folder = RunFolder(execution.output)
    devices = distribution.start(execution.strategy)
    with folder.locked() if devices.is_chief else contextlib.nullcontext():
        if devices.is_chief:
            folder.remove_strays()
            trackers = chosen_trackers(execution.track, folder)
        else:
            trackers = []
        recipe = _recipe(recipe_class, options, folder, execution.resume, devices)
        _check_alone(recipe, devices.processes)
        training = _Training(recipe, folder, devices, execution, stopper, trackers)
        goes_on = execution.resume and folder.settings.exists()
        training.fits_batches = not goes_on and options.get("batch_size") is None
        return training.run()


def _recipe(recipe_class, options, folder, resume, devices):
    """The recipe of what was given and, if it is resumed, of what the training began with."""
    given = {name: value for name, value in options.items() if value is not None}
    lengths = [length for length in LENGTHS if length in given]
    if len(lengths) > 1:
        raise ValueError(
            f"`{lengths[0]}` and `{lengths[1]}` exclude each other. Received: "
            + ", ".join(f"{length}={given[length]!r}" for length in lengths)
        )
    if given.get("minutes") and devices.processes > 1:
        raise ValueError("`minutes` is for one process: several would count different steps.")
    kept = folder.read_settings() if resume else None
    if kept is None:
        if resume and devices.processes == 1:
            raise FileNotFoundError(
                "`output` must hold a training to resume, with a settings.json. Received: "
                f"{folder.path}"
            )
        if folder.has_model and not resume:
            raise ValueError(
                "`output` already holds a training: add --resume to go on with it, or choose another "
                f"folder. Received: output={str(folder.path)!r}"
            )
        return recipe_class.from_settings(given)
    if kept["model"] != recipe_class.family:
        raise ValueError(
            f"`model` can't change when a training is resumed: it began with {kept['model']!r}. "
            f"Received: model={recipe_class.family!r}"
        )
    kept |= {k: v for k, v in recipe_class.unsaid.items() if kept.get(k) is None}
    # What is done at the end may be asked for later, and what a training of 0.1 had no word for.
    fixed = {k: v for k, v in kept.items() if v is not None or k not in recipe_class.alone}
    kept = {key: value for key, value in kept.items() if value is not None}
    if lengths:
        kept = {key: value for key, value in kept.items() if key not in LENGTHS}
    if "dataset" in kept:  # A damaged file may lack it, of which the recipe speaks.
        kept["dataset"] = folder.data_set(kept["dataset"])
    for key, value in given.items():
        if key in LENGTHS or key not in fixed:
            continue
        if not _says_the_same(key, fixed[key], value, folder):
            began = kept["dataset"] if key == "dataset" else fixed[key]
            raise ValueError(
                f"`{key}` can't change when a training is resumed: it began with {began!r}. "
                f"Received: {key}={value!r}"
            )
    try:
        return recipe_class.from_settings({**kept, **given})
    except ValueError as error:
        raise ValueError(f"{folder.settings}: {error}") from error


def _says_the_same(key, kept, value, folder):
    """Whether an option says of a training that goes on what was so without it."""
    if key != "dataset" and kept == value:
        return True
    said = folder.read_data() or {}
    if key == "dataset":
        before, now = said.get("path"), path_of(value)
        if before is None:
            return kept == value or (now is not None and now == path_of(kept))
        moved = not os.path.exists(before)
        return now == before or (moved and (now is not None or kept == value))
    sides = {"image_size": slice(-3, -1), "channels": slice(-1, None)}
    if key not in sides or kept is not None:
        return False
    shapes = said.get("shapes") or []
    return bool(shapes) and all({*shape[sides[key]]} == {value} for shape in shapes)


def _check_alone(recipe, processes):
    """Refuses what one process does by itself where several train."""
    settings = recipe.to_settings()
    for name in recipe.alone:
        if processes > 1 and settings[name] is not None:
            raise ValueError(
                f"`{name}` is for one process: train without it, then go on in one with --resume and it. "
                f"Received: {name}={settings[name]!r} and {processes} processes"
            )


class _Training:
    """A training under way.

    Args:
        recipe: `Recipe`.
        folder: `RunFolder`.
        devices: `Devices`.
        execution: `Execution`.
        stopper: `Stopper`.
        trackers: List of keys of `TRACKERS`, what it is followed by.
    """

    def __init__(self, recipe, folder, devices, execution, stopper, trackers):
        self.recipe = recipe
        self.folder = folder
        self.devices = devices
        self.execution = execution
        self.stopper = stopper
        self.trackers = trackers
        self.fits_batches = False
        self.sampler = None
        self.saver = None
        said = (execution.resume and folder.read_data()) or {}
        goes_on = execution.resume and folder.has_model
        # What `data.json` says of a training that goes on; nothing where it is new, or of 0.1.
        self.kept = said if goes_on else {}
        # What it began with holds where it was stopped before its first checkpoint, too.
        self.from_preset = self._from_preset(said, goes_on)
        self.frozen = self._frozen(said, goes_on)
        self.keeps_best = self._keeps_best(said)
        self.notes = []  # sentences for the user

    def run(self):
        """Trains what is left to train, and returns the model."""
        folder = self.folder
        self.opened = self._opened()
        self._check_channels()
        if self.fits_batches:
            self._fit_batch_size()
        self.steps = self.opened.steps(self.recipe.batch_size)
        self.draw = self.recipe.drawer(self.opened)
        self.stages = self.recipe.stages(self.opened)
        # The name of the one under way, None of the first, and its first step.
        self.stage = (None, 0)
        with _policy(self.recipe.precision), self.devices.scope():
            checkpoint, begun, passes = self._begun()
            plan = self._plan(passes[-1], begun.step)
            model = self._build(plan.stage_ends(self.stages)[self.stages[0].name])
            if checkpoint is None and self.devices.is_chief:
                folder.best.unlink(missing_ok=True)  # Of a training that is no longer here.
            if checkpoint is not None:
                self._check_classes(model)
                if begun.stage is not None:
                    self._begin_stage(model, begun.stage, begun.stage_start, plan)
                folder.load(model, checkpoint)
            else:
                found = self.recipe.found(self.opened)
                if found is not None:
                    self.notes.append(found)
                if self.from_preset is not None:
                    self.notes.append(begin_with(model, self.from_preset, self.frozen is not None))
        # Before anything is written: what a model can't be scored by would be asked for at every resumption.
        parts = plan.parts(begun.step, self.stages, begun.stage)
        scorers = self._scorers(model, bool(parts))
        if self.devices.is_chief:
            folder.write_json(folder.settings, self.recipe.to_settings())
            folder.write_json(folder.data, self._data(passes))
            whole, begun_pass = plan.place(begun.step)
            ended = begun.step >= plan.total  # The row of a pass that was cut short stays the last.
            folder.trim_history(whole + (1 if ended and begun_pass else 0))
        self._fit(model, plan, begun, parts, scorers)
        self._finish(model)
        if self.devices.is_chief:
            with model.alone() as own:
                samples, columns = self.draw(own)
            model.gives.show(samples, folder.picture, columns, least=512)
            self._draw_film(model)
            best = self.folder.best_score() if self.keeps_best else None
            if best is not None:
                self.notes = [f"The best by KID, {best:.4g}, is {self.folder.best}."]
                self._say()
        return model

    def _opened(self):
        """The data, measured as they were when the training began."""
        return self.recipe.reopen(self.kept) if self.kept else self.recipe.open()

    def _from_preset(self, said, goes_on):
        """Whose weights it begins with, or began with, or None."""
        given, kept = self.execution.from_preset, said.get("from_preset")
        if goes_on and given not in (None, kept):
            raise ValueError(
                f"`from_preset` can't change when a training is resumed: it began with {kept!r}. "
                f"Received: from_preset={given!r}"
            )
        return kept if given is None else given

    def _frozen(self, said, goes_on):
        """How many layers of the discriminator are frozen, or None: as many as when the training began."""
        given, kept = self.execution.freeze_discriminator, said.get("freeze_discriminator")
        if not goes_on:
            given = kept if given is None else given
            if given is not None and self.from_preset is None:
                raise ValueError(
                    "`freeze_discriminator` keeps weights of `from_preset`, which must be given with it. "
                    f"Received: freeze_discriminator={given}"
                )
            return given
        if given not in (None, kept):
            raise ValueError(
                "`freeze_discriminator` can't change when a training is resumed: it began with "
                f"{kept!r}. Received: freeze_discriminator={given}"
            )
        return kept

    def _keeps_best(self, said):
        """Whether the best model by a score is kept, as when the training began where that isn't said."""
        keeps = bool(self.execution.keep_best or said.get("keep_best"))
        if keeps and self.devices.processes > 1:
            raise ValueError(
                "`keep_best` is for one process: evaluate the checkpoints of several. Received: "
                f"keep_best=True and {self.devices.processes} processes"
            )
        return keeps

    def _fit_batch_size(self):
        """A family's own batch size, no larger than the data, or a part of them."""
        count, recipe = int(self.opened.count), self.recipe
        if not 2 <= count < recipe.batch_size * recipe.least_batches:
            return
        most = min(count, max(count // recipe.least_batches, _LEAST_BATCH), recipe.batch_size)
        fitting = 2 ** (most.bit_length() - 1)
        self.recipe = dataclasses.replace(recipe, batch_size=fitting)
        self.notes.append(
            f"Batches of {fitting}: there are {count} examples, and the family's own are of "
            f"{recipe.batch_size}."
        )

    # What has been done

    def _begun(self):
        """How far the training had come.

        Returns:
            Triple: the path of its checkpoint, or None; its `Progress`; and a list of dicts, since which
            pass and which step passes have had so many examples and steps.
        """
        folder = self.folder
        now = {"count": int(self.opened.count), "steps": self.steps}
        if not folder.has_model:
            if self.execution.resume and folder.settings.exists():
                self.notes.append(
                    f"{folder.path} holds no checkpoint yet: the training starts from the beginning."
                )
            return None, Progress(0), [{"epoch": 0, "step": 0, **now}]
        path, begun, words = folder.checkpoint()
        self.notes += words
        if begun is None:  # Of 0.1
            model = self._build(1)
            folder.load(model, path)
            begun = Progress(watching.number(model.optimizer.iterations))
        passes = self._passes(begun, now)
        last = passes[-1]
        if (last["count"], last["steps"]) == (now["count"], now["steps"]):
            return path, begun, passes
        epoch, within = _plan_of(last).place(begun.step)
        self.notes.append(
            f"The data set has {now['count']} examples now and had {last['count'] or 'others'} when the "
            f"training began. Its epochs have {now['steps']} steps from here on and had "
            f"{last['steps']}{'; the one under way begins anew' if within else ''}. The rates are those "
            "of the new length, at the step that was reached."
        )
        return path, Progress(begun.step), [*passes, {"epoch": epoch, "step": begun.step, **now}]

    def _check_channels(self):
        """Refuses pictures with other channels than those that were learnt."""
        shapes = getattr(self.opened, "shapes", ())
        for learnt, shape in zip(self.kept.get("shapes") or (), shapes, strict=False):
            if len(learnt) == len(shape) >= 3 and learnt[-1] != shape[-1]:  # Clips have four axes.
                raise ValueError(
                    f"`channels` must be given, {learnt[-1]}, as the pictures had when the training began. "
                    f"Received: pictures with {shape[-1]}"
                )

    def _check_classes(self, model):
        """Refuses data whose classes are others, or in another order, than those that were learnt."""
        names = list(self.opened.class_names or ())
        # A training of 0.1 has none kept: there 10 came before 2.
        learnt = list(self.kept.get("class_names") or names) if self.kept else sorted(names)
        if model.num_classes is not None and names != learnt:
            raise ValueError(
                "`dataset` must have the classes that the training began with, in their order: "
                f"{', '.join(learnt)}. Received: {', '.join(names)}"
            )

    def _passes(self, begun, now):
        """The passes that `data.json` tells of, up to the checkpoint."""
        kept = self.kept.get("passes")
        if kept:
            return [old for old in kept if old["step"] <= begun.step] or kept[:1]
        # A training of 0.1, saved after whole passes: its history tells how many.
        epochs = len(self.folder.epochs_in_history())
        if epochs and begun.step % epochs == 0 and begun.step // epochs != now["steps"]:
            return [{"epoch": 0, "step": 0, "count": None, "steps": begun.step // epochs}]
        return [{"epoch": 0, "step": 0, **now}]

    def _data(self, passes):
        """What `data.json` says."""
        opened = self.opened
        begun_with = {
            "from_preset": self.from_preset,
            "freeze_discriminator": self.frozen,
            "keep_best": self.keeps_best or None,
        }
        begun_with = {name: value for name, value in begun_with.items() if value is not None}
        return {
            "dataset": self.recipe.dataset,
            "path": path_of(self.recipe.dataset),
            "count": passes[-1]["count"],
            "steps": passes[-1]["steps"],
            "split": getattr(opened, "split", None),
            "splits": list(getattr(opened, "splits", ())),
            "shapes": [list(shape) for shape in getattr(opened, "shapes", ())],
            "class_names": opened.class_names and list(opened.class_names),
            "passes": passes,
            **self.recipe.kept_of(opened),
            **begun_with,
        }

    # What is to be done

    def _plan(self, last, done):
        """The plan of the recipe's length, which is settled here where it depends on data or time."""
        recipe = self.recipe
        if recipe.minutes is not None and recipe.steps is None:
            more = self._steps_in_minutes()
            self.recipe = dataclasses.replace(recipe, steps=done + more)
            self.notes.append(f"{recipe.minutes:g} minutes are {more} steps.")
        elif recipe.epochs is None and recipe.steps is None:
            epochs = recipe.epochs_by_default(self.steps)
            self.recipe = dataclasses.replace(recipe, epochs=epochs)
            if epochs != recipe.default_epochs:
                self.notes.append(
                    f"Training for {epochs} epochs of {self.steps} steps: for so few data the length is "
                    "counted in steps. --epochs, --steps or --minutes sets it."
                )
        if self.recipe.steps is not None:
            return _plan_of(last, self.recipe.steps)
        left = max(0, self.recipe.epochs - last["epoch"]) * last["steps"]
        return _plan_of(last, last["step"] + left)

    def _steps_in_minutes(self):
        def built(stage):
            model = self._build(10**6)
            if stage is not self.stages[0]:
                self.recipe.begin_stage(model, stage.name, self.opened, 10**6)
            return model

        return steps_in(
            self.recipe.minutes,
            [
                (
                    stage.epochs,
                    functools.partial(built, stage),
                    self.recipe.batches(self.opened, stage=stage.name),
                )
                for stage in self.stages
            ],
            self.steps,
            self.draw,
            self.execution.steps_per_execution,
        )

    def _build(self, updates):
        """A new model, the same for the same seed."""
        keras.utils.set_random_seed(self.recipe.seed)
        model = self.recipe.build(self.opened, updates)
        if self.frozen is not None:
            freeze_discriminator(model, self.frozen)
        model.set_execution(JIT[self.execution.jit], self.execution.steps_per_execution)
        return model

    def _fit(self, model, plan, begun, parts, scorers):
        """Trains the parts of the plan, one after the other."""
        if not parts:
            self.notes.append(
                f"The training is done: {begun.step} steps were taken, and {plan.total} asked for. Longer "
                "--epochs, --steps or --minutes go on with it."
            )
        self._say()
        first, watchers, closing = self._watchers(plan, begun)
        with closing:
            if not parts and self.sampler is not None:
                self.sampler.animate()  # It was killed, perhaps, before it came to that.
            for part in parts:
                if part.stage != (self.stage[0] or self.stages[0].name):
                    done = watching.number(model.optimizer.iterations)
                    self._begin_stage(model, part.stage, done, plan)
                self.saver.stage = self.stage
                batches = self.recipe.batches(
                    self.opened, part.first_epoch, self.devices.shard, part.stage
                )
                batches = _cut(batches, part.skip, part.take)
                if self.sampler is not None:
                    self.sampler.gif = part is parts[-1]
                model.fit(
                    self.devices.for_fit(batches),
                    initial_epoch=part.first_epoch,
                    epochs=part.end_epoch,
                    verbose=0,
                    # Of an earlier stage no samples are scored: some models can't make any yet.
                    callbacks=[
                        *first,
                        *(scorers if part.stage == self.stages[-1].name else ()),
                        *watchers,
                    ],
                )

    def _scorers(self, model, trains):
        """Callbacks that score samples and keep the best model, where that was asked for."""
        if not self.keeps_best:
            return []
        scoring.check_scored(model)
        return scoring.scorers(model, self.recipe, self.opened, self.folder) if trains else []

    def _finish(self, model):
        """What the recipe does with the trained model, which its last checkpoint then holds, too."""
        words = self.recipe.finish(model, self.opened)
        if words is not None:
            _, reached, _ = self.folder.checkpoint()
            self.folder.save(model, reached)
            self.notes = [words]
            self._say()

    def _draw_film(self, model):
        """Draws images that become others, of a model that makes them of latents at once."""
        at_once = isinstance(self.recipe, LatentRecipe) and isinstance(model, tasks.FromLatents)
        if at_once and model.gives.kind == "images":
            with model.alone() as own:
                own.film(self.folder.film, seed=self.recipe.seed)

    def _watchers(self, plan, begun):
        """The callbacks before and after those that score, and a context that closes what they leave open."""
        closing = contextlib.ExitStack()
        alone = self.devices.processes == 1
        clock = watching.Clock(begun.seconds)
        first = [watching.ContinueMeans(begun.logs), watching.StopOnNaN(), clock]
        watchers = []
        if self.devices.is_chief:
            history = watching.History(self.folder.history)
            closing.callback(history.close)
            self.sampler = self._sampler(plan)
            watchers += [self.sampler, history]
            for name in self.trackers:
                tracker = TRACKERS[name](self.folder, self.recipe.to_settings())
                closing.callback(tracker.close)
                watchers.append(tracker)
            line = progress.line(self.execution.verbose, plan, begun.step, alone)
            if line is not None:
                closing.callback(line.close)
                watchers.append(line)
        folder = self.folder if self.devices.is_chief else None
        self.saver = watching.Saver(folder, clock, self.stopper, self.execution.save_every, alone)
        return first, [*watchers, self.saver], closing

    def _sampler(self, plan):
        """Draws the pictures of the training's course."""

        def draw(model):
            images, sampler.columns = self.draw(model)
            return images

        every = max(1, plan.epochs // MOST_PICTURES)
        sampler = callbacks.SampleImages(
            self.folder.samples,
            draw=draw,
            every=every,
            share=PICTURES_SHARE,
            log_dir=self.folder.tensorboard if "tensorboard" in self.trackers else None,
        )
        return sampler

    def _begin_stage(self, model, name, start, plan):
        """Tells the recipe of a stage that begins, or began, with a step; the count of steps goes on."""
        updates = max(1, plan.stage_ends(self.stages)[name] - start)
        with _policy(self.recipe.precision), self.devices.scope():
            self.recipe.begin_stage(model, name, self.opened, updates)
            model.optimizer.iterations.assign(start)
        self.stage = (name, start)

    def _say(self):
        """Prints the notes: nothing is wrong that would be said in one line instead."""
        if self.devices.is_chief:
            for note in self.notes:
                print(note, file=sys.stderr, flush=True)


def _plan_of(passes, total=0):
    return Plan(total, passes["steps"], passes["epoch"], passes["step"])


def _cut(batches, skip, take):
    """Those of the batches that are wanted; what is known of them stays known."""
    cut = batches
    if skip:  # Pipelines of this package need not decode what they leave out.
        cut = batches.from_step(skip) if hasattr(batches, "from_step") else batches.skip(skip)
    cut = cut if take is None else cut.take(take)
    if cut is not batches:
        cut.is_checked = getattr(batches, "is_checked", False)
    return cut


@contextlib.contextmanager
def _policy(name):
    """Makes layers within the block compute by a dtype policy."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
