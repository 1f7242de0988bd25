"""Options: fields of a dataclass that say their default, their limits and their words once."""

import dataclasses
import types
import typing
from collections.abc import Sequence
from typing import Any

REQUIRED = dataclasses.MISSING


def option(
    default: Any,
    help: str,
    *,
    min: float | None = None,
    max: float | None = None,
    choices: Sequence[str] | None = None,
    shown: str | None = None,
) -> Any:
    """A field of a recipe: an option of the command line, a line of `settings.json` and of the docs.

    Args:
        default: The value where none is given; `REQUIRED` where there is none.
        help: String, a sentence.
        min: Number, the least that it may be.
        max: Number, the most.
        choices: Tuple of strings, all that it may be.
        shown: String, what the help says in the default's place.

    Returns:
        A `dataclasses.Field`.

    Example:

    >>> @dataclasses.dataclass(kw_only=True)
    ... class Choices:
    ...     seed: int = option(0, "Of the noise.", min=0)
    >>> Choices().seed, options_of(Choices)[0].flag, options_of(Choices)[0].help
    (0, '--seed', 'Of the noise.')
    """
    words = {"help": help, "min": min, "max": max, "choices": choices, "shown": shown}
    return dataclasses.field(default=default, metadata=words)


@dataclasses.dataclass(frozen=True)
class Option:
    """An option as it was read from its field.

    Args:
        name: String, the field's name.
        kind: Type of its values: int, float, str or bool.
        default: The field's default, or `REQUIRED`.
        help: String.
        min: Number or None.
        max: Number or None.
        choices: Tuple of strings or None.
        shown: String or None, what stands for the default in the help.
    """

    name: str
    kind: type
    default: object
    help: str
    min: float | None = None
    max: float | None = None
    choices: tuple | None = None
    shown: str | None = None

    @property
    def flag(self) -> str:
        """The option as it is typed."""
        return flag(self.name)

    @property
    def default_in_words(self) -> str:
        """What the help says that the default is; empty where it says nothing."""
        if self.shown is not None:
            return self.shown
        if self.default is REQUIRED or self.default in (None, False):
            return ""
        return f"{self.default:g}" if isinstance(self.default, float) else str(self.default)

    def check(self, value: Any) -> None:
        """Refuses a value that is not of the option's type or out of its limits; None is no value.

        Raises:
            ValueError: If so.
        """
        if value is None and self.default is None:
            return
        kinds = (int, float) if self.kind is float else (self.kind,)
        right = isinstance(value, kinds) and (self.kind is bool or not isinstance(value, bool))
        if self.choices and value not in self.choices:
            wanted = f"one of {', '.join(self.choices)}"
        elif not right:
            wanted = _KINDS.get(self.kind, self.kind.__name__)
        elif self.min is not None and value < self.min:
            wanted = f"{self.min:g} or more"
        elif self.max is not None and value > self.max:
            wanted = f"{self.max:g} or less"
        else:
            return
        raise ValueError(f"`{self.name}` must be {wanted}. Received: {self.name}={value!r}")


_KINDS = {int: "an integer", float: "a number", str: "a string", bool: "True or False"}


def options_of(cls: type) -> "list[Option]":
    """The options of a dataclass, in order.

    Args:
        cls: Dataclass whose fields were made by `option`.

    Returns:
        List of `Option`.
    """
    hints = typing.get_type_hints(cls)
    return [
        Option(field.name, _kind(hints[field.name]), field.default, **field.metadata)
        for field in dataclasses.fields(cls)
    ]


def check_options(values: Any) -> None:
    """Checks every field of an instance of such a dataclass.

    Raises:
        ValueError: If one is of the wrong type or out of its limits.
    """
    for found in options_of(type(values)):
        found.check(getattr(values, found.name))


def flag(name: str) -> str:
    """How an option's name is typed: `--image-size` of `image_size`."""
    return "--" + name.replace("_", "-")


def _kind(hint):
    """The type of an option's values: `int` of `int | None`."""
    if isinstance(hint, types.UnionType):
        (hint,) = (kind for kind in typing.get_args(hint) if kind is not type(None))
    return hint
