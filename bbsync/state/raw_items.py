"""Bitbucket's items as they were answered, from the plan that read them to every upload that takes them along.

They are beside the records, never in them: in a file of their own where the records are a file, for its owner alone,
since people's names are in them; in a table of their own on a server.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from attrs import asdict, frozen
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    insert,
    inspect,
    select,
    tuple_,
)
from sqlalchemy.engine import make_url

from bbsync.state.database import Database

T = TypeVar("T")

#: The name of the file, in the directory of the records.
RAW_FILE = "raw.db"

#: How many rows are asked for, or written, at once: databases take no statement of any length.
PORTION = 200

#: For so many milliseconds a saved plan may be applied, which wants the items that it was made from.
LIFETIME = 24 * 60 * 60 * 1000

_SCHEMA = MetaData()

_ITEMS = Table(
    "bbsync_raw_items",
    _SCHEMA,
    Column("scope", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("mark", String, primary_key=True),
    Column("noted_at", BigInteger, nullable=False),
    Column("packed", LargeBinary, nullable=False),
)


@frozen
class RawItem:
    """The item that an entity was made from, packed; `mark` stands for what the entity says."""

    key: str
    mark: str
    packed: bytes


class KeptItems:
    """The items that are kept beside the records at this address."""

    def __init__(self, url: str) -> None:
        self._database = Database(_beside(url))

    def note(self, scope: str, items: Iterable[RawItem], now: int) -> None:
        """Keep these, each in the place of the one that the same entity was made from."""
        rows = [{**asdict(item), "scope": scope, "noted_at": now} for item in items]
        with self._database.writing() as connection:
            _SCHEMA.create_all(connection)
            for portion in _portions(rows):
                same = tuple_(_ITEMS.c.key, _ITEMS.c.mark).in_([(row["key"], row["mark"]) for row in portion])
                connection.execute(delete(_ITEMS).where(_ITEMS.c.scope == scope, same))
                connection.execute(insert(_ITEMS), portion)

    def of(self, scope: str, marks: Mapping[str, str]) -> Mapping[str, bytes]:
        """The packed items of these entities, by key: the one that the entity was made from, or else the latest."""
        with self._database.reading() as connection:
            if connection is None or not inspect(connection).has_table(_ITEMS.name):
                return {}
            return _chosen(connection, scope, marks)

    def holds(self, scope: str) -> bool:
        """Whether any item is kept of that scope."""
        with self._database.reading() as connection:
            if connection is None or not inspect(connection).has_table(_ITEMS.name):
                return False
            return connection.execute(select(_ITEMS.c.key).where(_ITEMS.c.scope == scope).limit(1)).first() is not None

    def forget(self, scope: str, gone: Iterable[str], now: int) -> None:
        """Forget what is gone, and what no plan can want any more, for there is something later."""
        later = _ITEMS.alias()
        outlived = select(later.c.key).where(
            later.c.scope == scope, later.c.key == _ITEMS.c.key, later.c.noted_at > _ITEMS.c.noted_at
        )
        ours = _ITEMS.c.scope == scope
        with self._database.writing() as connection:
            _SCHEMA.create_all(connection)
            connection.execute(delete(_ITEMS).where(ours, _ITEMS.c.noted_at < now - LIFETIME, outlived.exists()))
            for keys in _portions(list(gone)):
                connection.execute(delete(_ITEMS).where(ours, _ITEMS.c.key.in_(keys)))


def _chosen(connection: Connection, scope: str, marks: Mapping[str, str]) -> Mapping[str, bytes]:
    found: dict[str, bytes] = {}
    exact: set[str] = set()
    for keys in _portions(list(marks)):
        wanted = select(_ITEMS).where(_ITEMS.c.scope == scope, _ITEMS.c.key.in_(keys)).order_by(_ITEMS.c.noted_at)
        for row in connection.execute(wanted):
            if row.mark == marks[row.key]:
                exact.add(row.key)
                found[row.key] = row.packed
            elif row.key not in exact:
                found[row.key] = row.packed
    return found


def _portions(rows: list[T]) -> Iterable[list[T]]:
    return (rows[start : start + PORTION] for start in range(0, len(rows), PORTION))


def _beside(url: str) -> str:
    """The address of the file beside that of the records; on a server that of the records."""
    at = make_url(url)
    if at.get_backend_name() != "sqlite" or not at.database:
        return url
    return at.set(database=str(Path(at.database).with_name(RAW_FILE))).render_as_string(hide_password=False)
