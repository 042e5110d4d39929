"""Write the difference: create what is new, replace what changed, delete what is not wanted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Generic, TypeVar

from attrs import frozen
from sqlalchemy import Connection

from bbsync.graph import Entity, Relationship
from bbsync.local.rows import Row, element_id
from bbsync.local.tables import Shelf
from bbsync.overlay import Overlay

E = TypeVar("E", Entity, Relationship)

#: Rows given to SQLite at once; bounds what is held as text.
_AT_ONCE = 10_000


@frozen
class Difference(Generic[E]):
    """What has to be written to one table, in the order of keys."""

    created: tuple[E, ...]
    updated: tuple[E, ...]
    deleted: tuple[str, ...]

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many rows come, change and go."""
        return len(self.created), len(self.updated), len(self.deleted)


@frozen
class Writer(Generic[E]):
    """Writes the elements of one scope to one table. `now` is in epoch milliseconds."""

    shelf: Shelf
    row: Callable[[E], Row]
    scope: str
    now: int

    def replace(self, connection: Connection, wanted: Mapping[str, E]) -> tuple[int, int, int]:
        """Make the table hold what is wanted; how many rows were created, updated and deleted."""
        difference = self.compare(connection, wanted)
        self.write(connection, difference)
        return difference.counts

    def compare(self, connection: Connection, wanted: Mapping[str, E]) -> Difference[E]:
        """What differs from the rows that are there now, not from what somebody saw earlier."""
        met = 0
        updated, deleted = [], []
        for key, *content in connection.exec_driver_sql(self.shelf.read, (self.scope,)):
            element = wanted.get(key)
            if element is None:
                deleted.append(key)
                continue
            met += 1
            if self.row(element) != tuple(content):
                updated.append(element)
        # In the order of keys, SQLite fills its index from left to right.
        created = sorted(self._absent(connection, wanted, len(wanted) - met))
        return Difference(tuple(wanted[key] for key in created), tuple(updated), tuple(deleted))

    def _absent(self, connection: Connection, wanted: Mapping[str, E], many: int) -> Collection[str]:
        """The wanted keys that have no row, of which there are so many: they are likely among what was changed."""
        if many == len(wanted):
            return wanted
        likely = wanted.changed if isinstance(wanted, Overlay) else ()
        found: set[str] = set()
        for key in chain(likely, wanted):
            if len(found) == many:
                break
            if key in wanted and not connection.exec_driver_sql(self.shelf.has, (self.scope, key)).first():
                found.add(key)
        return found

    def write(self, connection: Connection, difference: Difference[E]) -> None:
        """Carry the difference out."""
        shelf = self.shelf
        _in_portions(connection, shelf.delete, ((self.scope, key) for key in difference.deleted))
        _in_portions(connection, shelf.update, map(self._update, difference.updated))
        _in_portions(connection, shelf.create, map(self._create, difference.created))

    def _create(self, element: E) -> tuple[str | int, ...]:
        key = element.key
        return self.scope, key, element_id(self.scope, key), *self.row(element), 1, self.now, self.now

    def _update(self, element: E) -> tuple[str | int, ...]:
        return *self.row(element), self.now, self.scope, element.key


def _in_portions(connection: Connection, statement: str, rows: Iterable[tuple[str | int, ...]]) -> None:
    for portion in _portions(rows):
        connection.exec_driver_sql(statement, portion)


def _portions(rows: Iterable[tuple[str | int, ...]]) -> Iterator[list[tuple[str | int, ...]]]:
    remaining = iter(rows)
    while portion := list(islice(remaining, _AT_ONCE)):
        yield portion
