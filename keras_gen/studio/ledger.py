"""The state of each item of a campaign, in SQLite or PostgreSQL."""

from __future__ import annotations

import contextlib
import pathlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from keras_gen.studio.signed import now

_TABLES = (
    "studio_campaigns (name TEXT PRIMARY KEY, identity TEXT NOT NULL, begun TEXT NOT NULL)",
    "studio_items (campaign TEXT NOT NULL, file TEXT NOT NULL, state TEXT NOT NULL, words TEXT, creator TEXT, "
    "judged_at TEXT, reviewer TEXT, reviewed_at TEXT, PRIMARY KEY (campaign, file))",
    "studio_events (campaign TEXT NOT NULL, stage TEXT NOT NULL, number INTEGER NOT NULL, file TEXT, "
    "role TEXT NOT NULL, person TEXT NOT NULL, what TEXT NOT NULL, happened TEXT NOT NULL, "
    "PRIMARY KEY (campaign, stage, number))",
)


class Item(NamedTuple):
    """A candidate, how far it has come, and by whom. `words` are JSON."""

    file: str
    state: str
    words: str | None = None
    creator: str | None = None
    judged_at: str | None = None
    reviewer: str | None = None
    reviewed_at: str | None = None


class Event(NamedTuple):
    """What somebody did: the line of this number, broken ones left out, of a stage's journal."""

    stage: str
    number: int
    file: str | None
    role: str
    person: str
    what: str
    happened: str


class Ledger:
    """Items and events of one campaign in a database, which several campaigns may share.

    The connection is made anew for each transaction: between two of them a person may take hours.

    Args:
        where: `pathlib.Path` of a SQLite file, or string, a PostgreSQL address. Tables are made where there are
            none.
        campaign: String, its name there.

    Raises:
        ImportError: If PostgreSQL's driver is not installed.
        OSError: If the database can't be used.
    """

    def __init__(self, where: pathlib.Path | str, campaign: str) -> None:
        self.where = where
        self.campaign = campaign
        with self._transaction() as run:
            for table in _TABLES:
                run(f"CREATE TABLE IF NOT EXISTS {table}")

    def claim(self, identity: str) -> None:
        """Takes the campaign's name.

        Args:
            identity: String, by which the campaign knows that the name is its own.

        Raises:
            ValueError: If another campaign has it.
        """
        with self._transaction() as run:
            run(
                "INSERT INTO studio_campaigns (name, identity, begun) VALUES (?, ?, ?) "
                "ON CONFLICT (name) DO NOTHING",
                [(self.campaign, identity, now())],
            )
            names = "SELECT identity FROM studio_campaigns WHERE name = ?"
            [(found,)] = run(names, [(self.campaign,)])
        if found != identity:
            raise ValueError(
                "`output.name` must be one that no other campaign of the database has. Received: "
                f"output.name={self.campaign!r}"
            )

    def write(self, items: Iterable[Item], events: Iterable[Event]) -> None:
        """Writes what became of items, and what happened, in one transaction; what is there twice is once.

        Args:
            items: Iterable of `Item`, which take the place of those of the same files.
            events: Iterable of `Event`, of which those stay that are there.
        """
        changed = ", ".join(f"{name} = excluded.{name}" for name in Item._fields[1:])
        with self._transaction() as run:
            for table, rows, conflict in (
                ("items", items, f"(campaign, file) DO UPDATE SET {changed}"),
                ("events", events, "(campaign, stage, number) DO NOTHING"),
            ):
                kind = Item if table == "items" else Event
                columns = ("campaign", *kind._fields)
                run(
                    f"INSERT INTO studio_{table} ({', '.join(columns)}) "
                    f"VALUES ({', '.join('?' * len(columns))}) ON CONFLICT {conflict}",
                    [(self.campaign, *row) for row in rows],
                )

    def items(self) -> list[Item]:
        """All items, by their files."""
        return [Item(*row) for row in self._select(Item._fields, "items", "file")]

    def events(self) -> list[Event]:
        """All events, by stage and number."""
        return [Event(*row) for row in self._select(Event._fields, "events", "stage, number")]

    def _select(self, columns, table, order):
        query = (
            f"SELECT {', '.join(columns)} FROM studio_{table} WHERE campaign = ? ORDER BY {order}"
        )
        with self._transaction() as run:
            return run(query, [(self.campaign,)])

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Any]:
        """Gives a function that runs a statement for each of some rows; all of it is written, or nothing."""
        connect: Any
        failures: Any
        if isinstance(self.where, pathlib.Path):
            (connect, failures), mark = (_sqlite, sqlite3.Error), "?"
        else:
            (connect, failures), mark = _postgres(), "%s"

        def run(statement: str, rows: Sequence[Sequence[Any]] = ((),)) -> list[Any]:
            found = []
            for row in rows:
                cursor = connection.execute(statement.replace("?", mark), row)
                found += cursor.fetchall() if cursor.description else []
            return found

        try:
            connection = connect(self.where)
            with contextlib.closing(connection):
                yield run
                connection.commit()
        except failures as error:
            words = " ".join(str(error).split())
            raise OSError(f"The campaign's database can't be used: {words}") from None


def _sqlite(path):
    return sqlite3.connect(path, timeout=30)


def _postgres():
    try:
        import psycopg
    except ImportError as error:
        raise ImportError("PostgreSQL needs psycopg: pip install 'keras_gen[studio]'") from error
    return psycopg.connect, psycopg.Error
