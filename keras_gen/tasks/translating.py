"""The task of translating one thing into another."""

import dataclasses
from collections.abc import Callable
from typing import Any


@dataclasses.dataclass(frozen=True)
class Direction:
    """One way in which a model translates.

    Args:
        takes: Spec of what is translated.
        gives: Spec of what comes out.
        order: 1 where the first part of a batch is translated to the second, -1 where it is the other way.
        translate: Callable `array -> array`, with `batch_size` as an option.
        words: String, what to call it in a report; empty where there is but one.
    """

    takes: Any
    gives: Any
    order: int
    translate: Callable
    words: str = ""


class Translates:
    """What everybody asks of a model that translates.

    A model has `translate`, and `directions`: a dict from their names to `Direction`s, with the name `""`
    where there is but one.
    """

    num_classes = None
