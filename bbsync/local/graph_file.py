"""The local target: a graph kept in one file, changed in one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from uuid import uuid4

import msgspec
from attrs import field, frozen
from sqlalchemy import Connection, delete, insert, select

from bbsync.errors import StalePlan
from bbsync.graph import Graph
from bbsync.local import rows
from bbsync.local.database import Connect, connect, reading, unreadable, writing
from bbsync.local.difference import Writer
from bbsync.local.tables import ENTITY_SHELF, META, RELATIONSHIP_SHELF, Shelf
from bbsync.local.views import refresh_views
from bbsync.target import Counters, Note, Report, Snapshot, Step, require_whole, unnoted


@frozen
class GraphFile:
    """One SQLite file that stands in for JupiterOne.

    `clock` gives epoch seconds; `connect` opens the file.
    """

    path: Path
    scope: str
    clock: Callable[[], float] = field(default=time.time, repr=False)
    connect: Connect = field(default=connect, repr=False)

    @property
    def address(self) -> str:
        """The file and the scope."""
        return f"local {self.path}, scope {self.scope}"

    @property
    def lag(self) -> int:
        """What is written shows at once."""
        return 0

    def read_snapshot(self) -> Snapshot:
        """The graph in the file; a file that is not there is an empty graph, and stays away."""
        with reading(self.path, self.connect) as connection:
            return Snapshot() if connection is None else self._read(connection)

    def read_standing(self) -> Snapshot:
        """Lineage and serial as they are now, without the graph."""
        with reading(self.path, self.connect) as connection:
            lineage, serial = ("", 0) if connection is None else self._standing(connection)
        return Snapshot(lineage=lineage, serial=serial)

    def settle(self, jobs: Sequence[str], report: Report) -> bool:  # noqa: ARG002 - SQLite itself undoes what a crash left
        """There are no jobs here."""
        return False

    def replace(self, before: Snapshot, desired: Graph, report: Report, note: Note = unnoted) -> Counters:
        """Make the file hold `desired`, in one transaction."""
        require_whole(desired)
        note(Step.WRITING, "")
        with writing(self.path, self.connect) as connection:
            lineage, serial = self._standing(connection)
            self._require_unmoved(before, lineage, serial)
            report(f"writing {len(desired):,} elements to {self.path}")
            counters = self._write(connection, desired)
            if counters != Counters():
                refresh_views(connection, self.scope, desired)
                self._advance(connection, lineage, serial)
            note(Step.COMMITTING, f"serial {serial + 1}")
        note(Step.COMMITTED, "")
        return counters

    def _read(self, connection: Connection) -> Snapshot:
        lineage, serial = self._standing(connection)
        try:
            graph = rows.read_graph(self._rows(connection, ENTITY_SHELF), self._rows(connection, RELATIONSHIP_SHELF))
        except msgspec.MsgspecError as error:
            raise unreadable(self.path, f"It holds an element that bbsync did not write: {error}.") from error
        return Snapshot(graph, serial=serial, lineage=lineage)

    def _rows(self, connection: Connection, shelf: Shelf) -> Iterable[rows.Row]:
        return connection.exec_driver_sql(shelf.read, (self.scope,))

    def _write(self, connection: Connection, desired: Graph) -> Counters:
        now = int(self.clock() * 1000)
        entities = Writer(ENTITY_SHELF, rows.entity_row, self.scope, now)
        relationships = Writer(RELATIONSHIP_SHELF, rows.relationship_row, self.scope, now)
        return Counters(
            *entities.replace(connection, desired.entities),
            *relationships.replace(connection, desired.relationships),
        )

    def _standing(self, connection: Connection) -> tuple[str, int]:
        """The lineage and serial of our scope."""
        row = connection.execute(select(META.c.lineage, META.c.serial).where(META.c.scope == self.scope)).first()
        return ("", 0) if row is None else (row.lineage, row.serial)

    def _advance(self, connection: Connection, lineage: str, serial: int) -> None:
        connection.execute(delete(META).where(META.c.scope == self.scope))
        moved = {"scope": self.scope, "lineage": lineage or str(uuid4()), "serial": serial + 1}
        connection.execute(insert(META).values(moved))

    def _require_unmoved(self, before: Snapshot, lineage: str, serial: int) -> None:
        if (before.lineage, before.serial) != (lineage, serial):
            raise StalePlan(
                f"{self.path} changed since it was read",
                why=f"It was at serial {before.serial} and is at {serial}. Nothing was written.",
                next_step="Plan again.",
            )
