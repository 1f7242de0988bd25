"""A model that is served: its name, what it does, what is said of it, and its worker."""

from __future__ import annotations

import asyncio
import functools
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from keras_gen import tasks
from keras_gen.serving.limits import Limits, RefusedError, busy
from keras_gen.serving.methods import Method, methods_of
from keras_gen.serving.worker import Worker
from keras_gen.types import Array, Config

_LOG = logging.getLogger("keras_gen.serving")
_TASKS = {
    "generates": tasks.Generates,
    "encodes": tasks.Encodes,
    "fills": tasks.Fills,
    "translates": tasks.Translates,
}
SEEDS = 2**32


class Served:
    """A model with a worker of its own.

    Args:
        name: String, what it is called in addresses.
        model: A model of `keras_gen.tasks`.
        limits: `Limits`.
        metadata: Dict, a preset's, or None.
        card: String, a preset's card in Markdown, or None.
        seen: Function of the number of examples of a call of the network, or None.
    """

    def __init__(
        self,
        name: str,
        model: Any,
        limits: Limits,
        metadata: Config | None = None,
        card: str | None = None,
        seen: Any = None,
    ) -> None:
        self.name = name
        self.model = model
        self.limits = limits
        self.metadata = metadata or {}
        self.card = card
        self.methods = methods_of(model)
        self.worker = Worker(limits, self._warm_up, seen)

    @property
    def is_table(self) -> bool:
        """Whether it makes rows of a table."""
        return self.model.gives.kind == "tables"

    @property
    def tasks(self) -> list[str]:
        """List of strings, what it does."""
        return [name for name, task in _TASKS.items() if isinstance(self.model, task)]

    @property
    def latents(self) -> Method | None:
        """What makes samples of latents; None of a model that makes none of them."""
        method = self.methods.get("generate")
        return None if method is None or method.alone else method

    def _warm_up(self):
        """Makes one sample, so that the first request finds a network that is compiled."""
        if self.latents is not None:
            latents, labels = self.model.chosen(1, seed=0)
            self.latents.call(*arrays_of(latents, labels))

    def pixels_of(self, array: Array) -> int:
        """How many pixels pictures have, or what is made of them where that is larger."""
        model = self.model
        factor = model.enlarges if isinstance(model, tasks.Translates) else None
        return int(array[..., 0].size) * (factor or 1) ** 2

    async def run(self, name: str, arrays: Sequence[Array] = (), **options: Any) -> Any:
        """Has the worker do something, beside others who want the same.

        Args:
            name: String, of `methods`.
            arrays: Sequence of arrays `(n, ...)`.
            **options: Of the method.

        Returns:
            Tuple of arrays, or what the method gives.

        Raises:
            RefusedError: If it took too long until it was its turn, the model refused, or it failed.
        """
        method = self.methods[name]
        call = functools.partial(method.call, **options)
        shapes = tuple((array.shape[1:], array.dtype.str) for array in arrays)
        key = None if method.alone else (name, shapes, tuple(sorted(options.items())))
        size = len(arrays[0]) if arrays else options["n"]
        return await self._answer(self.worker.submit(key, arrays, call, size))

    async def drawn(self, draw: Callable[[], Any]) -> Any:
        """What a function gives that may run a network, as a fitted sampler's draws do: in the worker's turn.

        Args:
            draw: Function without arguments.

        Raises:
            RefusedError: As `run`.
        """
        return await self._answer(self.worker.submit(None, (), draw, 0))

    async def _answer(self, future):
        answer = asyncio.wrap_future(future)
        try:
            done, _ = await asyncio.wait({answer}, timeout=self.limits.wait_seconds)
            if not done and future.cancel():
                raise busy(
                    f"It was not this request's turn within {self.limits.wait_seconds:g} seconds."
                )
            return await answer
        except RefusedError:
            raise
        except ValueError as error:
            raise RefusedError(422, sentence_of(error)) from error
        except Exception as error:
            _LOG.exception("%s failed", self.name)
            raise RefusedError(500, "The model failed at this request.") from error

    def about(self) -> dict[str, Any]:
        """Dict, ready for JSON: what the model is, takes and does."""
        model, spec = self.model, self.model.gives
        latent_dim = None if self.latents is None else list(self.latents.takes[0].shape)
        about = {
            "name": self.name,
            "tasks": self.tasks,
            "gives": {"kind": spec.kind, "shape": list(spec.shape)},
            "takes": {
                name: {part.name: list(part.shape) for part in method.takes}
                for name, method in self.methods.items()
            },
            "num_classes": model.num_classes,
            "class_names": None if model.class_names is None else list(model.class_names),
            "latent_dim": latent_dim,
            "parameters": model.count_params(),
            "description": self.metadata.get("description"),
        }
        if self.is_table:
            about["columns"] = list(spec.names)
        return about


def arrays_of(*arrays: Array | None) -> tuple[Array, ...]:
    """Those of some arrays that are there."""
    return tuple(array for array in arrays if array is not None)


def seed_or_drawn(seed: int | None) -> int:
    """A seed that was given, or another."""
    return secrets.randbelow(SEEDS) if seed is None else seed


def sentence_of(error: BaseException) -> str:
    """What an error says, in one line."""
    return " ".join(str(error).split())[:500] or "The request can't be met."


def as_floats(what: str, values: Any, most: float = 1e6) -> Array:
    """Numbers of a request as a float32 array.

    Args:
        what: String, what to call them.
        values: Numbers in lists.
        most: Float, the largest that is taken.

    Raises:
        RefusedError: If they are no numbers, or too large.
    """
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise RefusedError(422, f"{what} must be numbers in lists of one length.") from error
    if array.dtype.kind not in "iuf":
        raise RefusedError(422, f"{what} must be numbers in lists of one length.")
    if not (np.abs(array.astype("float64")) <= most).all():
        raise RefusedError(422, f"{what} must be finite numbers, from {-most:g} to {most:g}.")
    return array.astype("float32")


def mapping_of(items: Mapping[str, Any]) -> dict[str, Any]:
    """Those of some options that say something."""
    return {name: value for name, value in items.items() if value is not None}
