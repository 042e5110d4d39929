"""The local target: a graph kept in a database, changed in one transaction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, cast
from uuid import uuid4

import msgspec
from sqlalchemy import Connection, CursorResult, delete, insert, select

from bbsync.errors import StalePlan, TargetError
from bbsync.graph import Graph
from bbsync.local import rows
from bbsync.local.difference import Writer
from bbsync.local.tables import Shelf, Shelves
from bbsync.matching import Person
from bbsync.target import Counters, Counts, Note, Report, Snapshot, Step, require_whole, unnoted


class KeptGraph(ABC):
    """A database that stands in for JupiterOne: what a file and a server have in common.

    `clock` gives epoch seconds.
    """

    scope: str
    clock: Callable[[], float]
    shelves: Shelves

    @property
    @abstractmethod
    def place(self) -> str:
        """What sentences call the database."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[Connection | None]:
        """One moment of the database; None when there is nothing in it yet. Nothing is made or changed."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction for which everything is made that is missing; it is undone when the block fails."""

    @abstractmethod
    def unreadable(self, why: str) -> TargetError:
        """The error for a database that does not hold what it should."""

    @abstractmethod
    def refresh_views(self, connection: Connection, graph: Graph) -> None:
        """Let people ask for what is in the graph now."""

    @property
    def address(self) -> str:
        """The database and the scope."""
        return f"local {self.place}, scope {self.scope}"

    @property
    def lag(self) -> int:
        """What is written shows at once."""
        return 0

    def read_snapshot(self) -> Snapshot:
        """The graph in the database; one that is not there is an empty graph, and stays away."""
        with self.reading() as connection:
            return Snapshot() if connection is None else self._read(connection)

    def read_standing(self) -> Snapshot:
        """Lineage and serial as they are now, without the graph."""
        with self.reading() as connection:
            lineage, serial = ("", 0) if connection is None else self._standing(connection)
        return Snapshot(lineage=lineage, serial=serial)

    def count(self) -> Counts | None:
        """Reading it is as quick as counting what is in it."""
        return None

    def read_people(self) -> tuple[Person, ...] | None:
        """None: the database holds nothing but our scope."""
        return None

    def settle(self, jobs: Sequence[str], report: Report) -> bool:  # noqa: ARG002 - databases undo what a crash left
        """There are no jobs here."""
        return False

    def replace(self, before: Snapshot, desired: Graph, report: Report, note: Note = unnoted) -> Counters:
        """Make the database hold `desired`, in one transaction."""
        require_whole(desired)
        note(Step.WRITING, "")
        with self.writing() as connection:
            lineage, serial = self._standing(connection)
            self._require_unmoved(before, lineage, serial)
            report(f"writing {len(desired):,} elements to {self.place}")
            counters = self._write(connection, desired)
            if counters != Counters():
                self.refresh_views(connection, desired)
                self._advance(connection, lineage, serial)
            note(Step.COMMITTING, f"serial {serial + 1}")
        note(Step.COMMITTED, "")
        return counters

    def _read(self, connection: Connection) -> Snapshot:
        lineage, serial = self._standing(connection)
        shelves = self.shelves
        try:
            with (
                self._rows(connection, shelves.entities) as things,
                self._rows(connection, shelves.relationships) as ties,
            ):
                graph = rows.read_graph(_plain(things), _plain(ties))
        except msgspec.MsgspecError as error:
            raise self.unreadable(f"It holds an element that bbsync did not write: {error}.") from error
        return Snapshot(graph, serial=serial, lineage=lineage)

    def _rows(self, connection: Connection, shelf: Shelf) -> CursorResult[Any]:
        return connection.exec_driver_sql(shelf.read, (self.scope,), execution_options={"stream_results": True})

    def _write(self, connection: Connection, desired: Graph) -> Counters:
        now = int(self.clock() * 1000)
        entities = Writer(self.shelves.entities, rows.entity_row, self.scope, now)
        relationships = Writer(self.shelves.relationships, rows.relationship_row, self.scope, now)
        return Counters(
            *entities.replace(connection, desired.entities),
            *relationships.replace(connection, desired.relationships),
        )

    def _standing(self, connection: Connection) -> tuple[str, int]:
        """The lineage and serial of our scope."""
        meta = self.shelves.meta
        row = connection.execute(select(meta.c.lineage, meta.c.serial).where(meta.c.scope == self.scope)).first()
        return ("", 0) if row is None else (row.lineage, row.serial)

    def _advance(self, connection: Connection, lineage: str, serial: int) -> None:
        meta = self.shelves.meta
        connection.execute(delete(meta).where(meta.c.scope == self.scope))
        moved = {"scope": self.scope, "lineage": lineage or str(uuid4()), "serial": serial + 1}
        connection.execute(insert(meta).values(moved))

    def _require_unmoved(self, before: Snapshot, lineage: str, serial: int) -> None:
        if (before.lineage, before.serial) != (lineage, serial):
            raise StalePlan(
                f"{self.place} changed since it was read",
                why=f"It was at serial {before.serial} and is at {serial}. Nothing was written.",
                next_step="Plan again.",
            )


def _plain(result: CursorResult[Any]) -> Iterable[rows.Row]:
    """The rows of a result, which are tuples of texts."""
    return cast("Iterable[rows.Row]", result)
