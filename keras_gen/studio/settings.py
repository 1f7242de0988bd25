"""What a campaign is told, in a TOML file: read and checked before anything begins."""

from __future__ import annotations

import dataclasses
import pathlib
import re
import tomllib
import types
import typing
from collections.abc import Callable
from typing import Any

from keras_gen.checks import check_int, check_positive_integer, did_you_mean
from keras_gen.studio import describing
from keras_gen.studio.of_model import labels_in
from keras_gen.studio.picks import check_page
from keras_gen.types import PathLike

_KINDS = {str: "a text", int: "an integer", float: "a number", bool: "true or false"}


@dataclasses.dataclass(frozen=True)
class Generate:
    """Of which model candidates are made, as `keras-gen pick` takes them."""

    model: str
    n: int = 200
    seed: int = 0
    labels: str | None = None
    trust: bool = False


@dataclasses.dataclass(frozen=True)
class Pick:
    """Who picks, and how many are wanted."""

    creator: str
    target: int
    port: int = 8000
    order: str = "number"
    features: str = "pixels"


@dataclasses.dataclass(frozen=True)
class Describe:
    """What writes the words, as `keras-gen describe` takes it."""

    base_url: str
    model: str
    prompt: str | None = None
    workers: int = 2
    attempts: int = 5
    timeout: float = 60.0
    stream: bool = False
    price_in: float | None = None
    price_out: float | None = None


@dataclasses.dataclass(frozen=True)
class Review:
    """Who says which words are good."""

    reviewer: str
    port: int = 8000


@dataclasses.dataclass(frozen=True)
class Output:
    """Where it is kept."""

    folder: str | None = None
    database: str | None = None
    name: str | None = None


@dataclasses.dataclass(frozen=True)
class Settings:
    """A campaign's file, a part for each of its tables.

    Attributes:
        path: `pathlib.Path` of the file, beside which its own paths are looked for.
        prompt: String, what the language model is asked.
    """

    path: pathlib.Path
    generate: Generate
    pick: Pick
    describe: Describe
    review: Review
    output: Output
    prompt: str

    @property
    def folder(self) -> pathlib.Path:
        """Where the campaign is kept, beside its file: called like it where nothing is said."""
        return self.path.parent / (self.output.folder or self.path.stem)

    @property
    def model(self) -> str:
        """The model: a path beside the campaign's file where there is one, else as it is said."""
        beside = self.path.parent / self.generate.model
        return str(beside) if beside.exists() else self.generate.model


_TABLES: dict[str, Any] = {
    "generate": Generate,
    "pick": Pick,
    "describe": Describe,
    "review": Review,
    "output": Output,
}


def read_settings(path: PathLike) -> Settings:
    """Reads a campaign's file.

    Args:
        path: String or path of a TOML file.

    Returns:
        `Settings`.

    Raises:
        OSError: If the file, or that of the prompt, can't be read.
        ValueError: If it is no TOML, a key is missing, unknown, of another type or out of range, or the two
            roles are one person's. The sentence names the key; no value of an unknown one is said.
    """
    path = pathlib.Path(path)
    try:
        found = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"The campaign must be a TOML file. Received: {path}: {error}") from None
    for name in found:
        if name not in _TABLES:
            near = did_you_mean(name, _TABLES)
            raise ValueError(f"`{name}` must be one of {', '.join(_TABLES)} in {path.name}.{near}")
    parts = {name: _table(path.name, name, kind, found) for name, kind in _TABLES.items()}
    prompt = describing.PROMPT
    if parts["describe"].prompt is not None:
        prompt = describing.read_prompt(path.parent / parts["describe"].prompt)
    settings = Settings(path, **parts, prompt=prompt)
    _check(settings)
    return settings


def _table(file, name, kind, found):
    """An instance of a table's class, of what the file has under its name."""
    given = found.get(name, {})
    if not isinstance(given, dict):
        raise ValueError(f"`{name}` must be a table in {file}: [{name}] on a line of its own.")
    types_of = typing.get_type_hints(kind)
    for key in given:
        if key not in types_of:
            hint = f" The key is read from {describing.KEY}." if "key" in key.lower() else ""
            near = did_you_mean(key, types_of)
            raise ValueError(
                f"`{name}.{key}` must be one of {', '.join(types_of)} in {file}.{near}{hint}"
            )
    values = {}
    for field in dataclasses.fields(kind):
        where = f"{name}.{field.name}"
        if field.name in given:
            values[field.name] = _value(where, types_of[field.name], given[field.name])
        elif field.default is dataclasses.MISSING:
            wanted = _KINDS[types_of[field.name]]
            raise ValueError(f"`{where}` must be given in {file}, {wanted}: it is missing.")
    return kind(**values)


def _value(where, wanted, value):
    """A value of the type that is wanted."""
    if isinstance(wanted, types.UnionType):  # with None, where nothing is said
        wanted = wanted.__args__[0]
    fits = type(value) is wanted or (wanted is float and type(value) is int)
    if not fits or (wanted is str and not value.strip()):
        raise ValueError(f"`{where}` must be {_KINDS[wanted]}. Received: {where}={value!r}")
    return value


def _check(settings: Settings) -> None:
    """Raises a ValueError that names the key whose value is out of range."""
    generate, pick, asked = settings.generate, settings.pick, settings.describe
    _named("generate", lambda: check_positive_integer("n", generate.n))
    _named("generate", lambda: check_int("seed", generate.seed, 0))
    _named("generate", lambda: labels_in(generate.labels))
    _named("pick", lambda: check_page(pick.creator, pick.order))
    for table, port in (("pick", pick.port), ("review", settings.review.port)):
        if not 1 <= port <= 65535:
            raise ValueError(
                f"`{table}.port` must be in 1 ... 65535. Received: {table}.port={port}"
            )
    if not 1 <= pick.target <= generate.n:
        raise ValueError(
            f"`pick.target` must be in 1 ... generate.n={generate.n}. Received: pick.target={pick.target}"
        )
    database = settings.output.database
    for where, address in (("describe.base_url", asked.base_url), ("output.database", database)):
        if address is not None and _has_secret(address):
            raise ValueError(
                f"`{where}` must hold no password: a campaign's file is no place for it."
            )
    options = dataclasses.asdict(asked) | {"prompt": settings.prompt}
    del options["model"], options["stream"]
    _named("describe", lambda: describing.check_options(**options))
    if settings.review.reviewer.strip() == pick.creator.strip():
        raise ValueError(
            "`review.reviewer` must be somebody else than pick.creator. Received: "
            f"review.reviewer={settings.review.reviewer!r}"
        )
    if database is not None and not re.match(r"postgres(ql)?://", database):
        raise ValueError(
            "`output.database` must be an address, postgresql://...: without one it is SQLite, in the "
            f"folder. Received: output.database={database!r}"
        )


def _has_secret(address):
    """Whether there is a password in an address, or a name that may be a key in a server's."""
    user, at, _ = address.partition("//")[2].partition("/")[0].rpartition("@")
    in_query = re.search(r"(?i)(password|key|token)=", address)
    return bool(in_query or ":" in user or (at and address.startswith("http")))


def _named(table: str, check: Callable[[], object]) -> None:
    """Has a check of arguments speak of a table's keys."""
    try:
        check()
    except ValueError as error:
        names = "|".join(field.name for field in dataclasses.fields(_TABLES[table]))
        message = re.sub(rf"(?<=`)({names})(?=`)|\b({names})(?==)", rf"{table}.\g<0>", str(error))
        raise ValueError(message) from None
