"""The base of all recipes."""

import dataclasses
import inspect
import math
import typing
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from keras_gen.recipes.options import REQUIRED, check_options, flag, option, options_of

if TYPE_CHECKING:
    from keras_gen.core.model import GenerativeModel
    from keras_gen.recipes.options import Option
    from keras_gen.types import Array, Config, Dataset, OpenedData

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
LENGTHS = ("epochs", "steps", "minutes")


@dataclasses.dataclass(frozen=True)
class Stage:
    """A part of a training: one after the other, each with data and updates of its own.

    Args:
        name: String.
        epochs: Integer, its length by default. A training of another length is shared out in the
            proportions of its stages.
    """

    name: str
    epochs: int


@typing.dataclass_transform(
    kw_only_default=True, frozen_default=True, field_specifiers=(dataclasses.field, option)
)
class Recipe:
    """One training's choices, and how they become data and a model.

    A subclass is a frozen dataclass by itself. Its fields, made by `option`, are the options of
    `keras-gen train NAME`, the lines of `settings.json` and the table in the docs. It gives an inherited
    option another default by a plain assignment: `batch_size = 128`.

    A family defines `open`, `batches` and `build`, and imports Keras and TensorFlow in them alone.

    Class attributes:
        family: String, its name on the command line.
        title: String, a line for the table of families.
        default_epochs: Integer, passes over a large data set.
        least_steps: Integer, the steps that a training on few data has by default, at the default
            batch size.
        least_batches: Integer, how many batches a pass over few data is cut into, by smaller ones than the
            family's own. Defaults to one. A step that is much shorter than a pass's end needs more.
        alone: Tuple of the options that take a training of one process.
        brings: Dict from flags to dicts of the defaults that other options have with them.
        unsaid: Dict from options to what holds where a `settings.json` does not name them, since it was
            written before there were such options; only of those whose default changes the model.
    """

    family: ClassVar[str]
    brings: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    title: ClassVar[str] = ""
    default_epochs: ClassVar[int] = 12
    least_steps: ClassVar[int] = 10_000
    least_batches: ClassVar[int] = 1
    alone: ClassVar[tuple[str, ...]] = ()
    unsaid: ClassVar[Mapping[str, Any]] = {}

    dataset: str = option(
        REQUIRED, "A TensorFlow Datasets name (digits needs no download) or a folder."
    )
    epochs: int | None = option(None, "Passes over the data.", min=1, shown="")
    steps: int | None = option(None, "Steps in all, in place of --epochs.", min=1)
    minutes: float | None = option(
        None, "Train for so long, in place of --epochs: steps are timed first.", min=0.01
    )
    batch_size: int = option(64, "Examples in a step.", min=1)
    seed: int = option(0, "Of weights, noise and order of the data.", min=0)
    precision: str = option("float32", f"{', '.join(PRECISIONS)}.", choices=PRECISIONS)

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        inherited = {field.name: field for field in dataclasses.fields(cls.__base__)}
        annotations = dict(inspect.get_annotations(cls))
        for name, value in list(vars(cls).items()):
            if name in inherited and name not in annotations:
                field = inherited[name]
                setattr(cls, name, dataclasses.field(default=value, metadata=field.metadata))
                annotations[name] = field.type
        cls.__annotations__ = annotations
        dataclasses.dataclass(frozen=True, kw_only=True)(cls)

    def __post_init__(self):
        check_options(self)

    @classmethod
    def options(cls) -> "list[Option]":
        """The options of this family, a list of `Option`."""
        found = options_of(cls)
        shown = {"epochs": f"{cls.default_epochs}, or as many as make {cls.least_steps:,} steps"}
        for name, defaults in cls.brings.items():
            words = {o.name: o.default_in_words or "none" for o in found}
            shown |= {k: f"{words[k]}; {v} with {flag(name)}" for k, v in defaults.items()}
        return [dataclasses.replace(o, shown=shown.get(o.name, o.shown)) for o in found]

    @classmethod
    def defaults(cls) -> "Config":
        """Dict of the options that have a default."""
        return {o.name: o.default for o in cls.options() if o.default is not REQUIRED}

    def usual(self, name: str) -> Any:
        """An option's default, as this recipe's flags bring it."""
        brought = {
            k: v for flag, own in self.brings.items() if getattr(self, flag) for k, v in own.items()
        }
        return brought.get(name, self.defaults().get(name))

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """A recipe from what `settings` gives: its `settings.json`, or some of its options.

        Args:
            settings: Dict. None stands for the default, also under the name of another family's option,
                as in files of 0.1.

        Raises:
            ValueError: If something else is given, or an option's value is wrong.
        """
        known = {o.name: o for o in cls.options()}
        given = {name: value for name, value in settings.items() if value is not None}
        given.pop("model", None)
        for name, defaults in cls.brings.items():
            given = {**defaults, **given} if given.get(name) else given
        for name, value in given.items():
            if name not in known:
                raise ValueError(
                    f"`{name}` is no option of {cls.family}. Received: {name}={value!r}"
                )
        for name, o in known.items():
            if o.default is REQUIRED and name not in given:
                raise ValueError(f"`{name}` must be given. {o.help} Received: {name}=None")
        return cls(**given)

    def to_settings(self) -> "Config":
        """Dict for `settings.json`: the family's name as `"model"`, then every option."""
        return {"model": self.family, **dataclasses.asdict(self)}  # type: ignore[call-overload]

    def epochs_by_default(self, steps: int) -> int:
        """Passes over data that make so many steps a pass, where no length is given.

        A small data set is passed until there are `least_steps`, fewer where batches are larger than
        the family's own.
        """
        least = self.least_steps * min(1.0, self.usual("batch_size") / self.batch_size)
        return max(self.default_epochs, math.ceil(least / steps))

    # What a family defines

    def open(self) -> "OpenedData":
        """Opens the data, once a training.

        Returns:
            `keras_gen.data.Opened`, or what has its `count`, `steps` and `class_names`.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `open`.")

    def kept_of(self, opened: "OpenedData") -> "Config":
        """What was measured of the data, for `reopen`.

        Args:
            opened: What `open` returned.

        Returns:
            Dict that JSON can hold, of which `data.json` takes a copy; empty where the data are all there is.
        """
        return {}

    def reopen(self, kept: "Config") -> "OpenedData":
        """Opens the data of a training that goes on, measured as they were when it began.

        Args:
            kept: Dict, what its `data.json` says, with that of `kept_of`; without it of older trainings.

        Returns:
            What `open` does.
        """
        return self.open()

    def batches(
        self,
        opened: "OpenedData",
        first_epoch: int = 0,
        shard: tuple[int, int] = (0, 1),
        stage: str | None = None,
    ) -> "Dataset":
        """Batches for `fit`.

        Args:
            opened: What `open` returned.
            first_epoch: Integer, the number of the pass that the first iteration is.
            shard: `(index, count)`, integers: the part of each batch that is this process's.
            stage: String, the name of the stage, or None for the first.

        Returns:
            `tf.data.Dataset` of known length, whose every iteration is the next pass.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `batches`.")

    def build(self, opened: "OpenedData", updates: int) -> "GenerativeModel":
        """Makes the model.

        Args:
            opened: What `open` returned.
            updates: Integer, the training steps of the first stage, for schedules of learning rates.

        Returns:
            A compiled model.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `build`.")

    def found(self, opened: "OpenedData") -> str | None:
        """What was found of the data and can be said otherwise: a sentence before the first step, or None."""
        return None

    def preview(self, opened: "OpenedData") -> Any:
        """Examples that the pictures of a training's course need, or None if latents are enough."""
        return

    def drawer(self, opened: "OpenedData") -> "Callable[[Any], tuple[Array, int]]":
        """What draws the pictures of a training's course.

        Args:
            opened: What `open` returned.

        Returns:
            Function from a model to what its `preview` gives: samples, and how many stand in a row.
        """
        examples = self.preview(opened)
        return lambda model: model.preview(examples, seed=self.seed)

    def stages(self, opened: "OpenedData") -> "list[Stage]":
        """The parts of a training: most models have one.

        Args:
            opened: What `open` returned.

        Returns:
            List of `Stage`.
        """
        return [Stage("train", self.default_epochs)]

    def begin_stage(self, model: Any, stage: str, opened: "OpenedData", updates: int) -> None:
        """Called before the first step of every stage but the first, and where a training goes on within one.

        Args:
            model: The model that the stages before have trained.
            stage: String, the name of the stage.
            opened: What `open` returned.
            updates: Integer, the steps of this stage.
        """

    def finish(self, model: Any, opened: "OpenedData") -> str | None:
        """What is done once, after the last step: the model is saved with it.

        A training that goes on later begins from the weights alone, and ends with this again.

        Args:
            model: The trained model.
            opened: What `open` returned.

        Returns:
            What was done, a sentence for the user, or None where nothing was.
        """
        return None


dataclasses.dataclass(frozen=True, kw_only=True)(Recipe)
