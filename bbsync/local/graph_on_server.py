"""A graph on a PostgreSQL server, which runners on many machines share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property

from attrs import field, frozen
from sqlalchemy import Column, Connection, Dialect, Engine, Integer, MetaData, Table, insert, inspect, select
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from bbsync import postgres
from bbsync.errors import BbsyncError, Locked, SettingsError, TargetError
from bbsync.graph import Graph
from bbsync.local.kept_graph import KeptGraph
from bbsync.local.postgres_views import PostgresViews
from bbsync.local.tables import Shelves
from bbsync.local.views import refresh_views

#: The format of the tables; a newer one is refused.
FORMAT = 1

#: Seconds that a runner may compare rows without saying anything: a million of them take a minute.
_SILENCE = 900

#: It takes plain tuples.
_DIALECT: Dialect = PGDialect_psycopg(paramstyle="format")  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it so

GRAPH = Shelves.of(_DIALECT)

#: The graphs that the last applies left, to be compared with later; nobody asks for them in plain SQL.
SNAPSHOTS = Shelves.of(_DIALECT, "bbsync_snapshot_")


def _located(url: str) -> URL:
    with suppress(ArgumentError, ValueError):  # what is misread may be the password
        found = make_url(url)
        if found.drivername in postgres.SCHEMES:
            return found
    raise SettingsError(
        "the graph cannot be kept there: url in [target] is not the address of a PostgreSQL server",
        next_step='Set it to an address such as "postgresql://user@host/database", or leave it out.',
    )


@frozen(slots=False)
class GraphOnServer(KeptGraph):
    """The graph of one scope in a database of a server.

    `clock` gives epoch seconds; `shelves` are the tables that hold it.
    """

    url: URL = field(converter=_located, repr=False)
    scope: str
    clock: Callable[[], float] = field(default=time.time, repr=False)
    shelves: Shelves = field(default=GRAPH, repr=False)

    @property
    def place(self) -> str:
        """The database, the same for every runner."""
        return postgres.place(self.url)

    @contextmanager
    def reading(self) -> Iterator[Connection | None]:
        """One moment of the database."""
        with self._explained(), self._engine.connect() as connection:
            connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection if self._is_made(connection) else None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction, while nobody else writes to the same scope."""
        with self._explained():
            self._make_tables()
            with self._engine.connect() as connection, connection.begin():
                postgres.take_turn(connection, f"bbsync graph {self._format.name} {self.scope}")
                yield connection

    def refresh_views(self, connection: Connection, graph: Graph) -> None:
        """Make the views fit the graphs of all scopes."""
        if self.shelves is GRAPH:
            postgres.take_turn(connection, "bbsync views")
            refresh_views(connection, self.shelves.properties, PostgresViews(), self.scope, graph)

    def unreadable(self, why: str) -> TargetError:
        """The error for tables that do not hold what they should."""
        return TargetError(
            f"{self.place} cannot be read as a graph",
            why=f"{why} It was left as it is.",
            next_step="Restore a good copy, or drop the tables: the next apply writes them anew.",
            code="BB-LOCAL-DAMAGED",
        )

    @cached_property
    def _engine(self) -> Engine:
        try:
            return postgres.engine(self.url, _SILENCE)
        except ImportError:
            raise TargetError(
                f"{self.place} cannot be used",
                why=f"{postgres.NOT_INSTALLED}.",
                next_step=postgres.INSTALL,
                code="BB-POSTGRES-EXTRA",
            ) from None

    @cached_property
    def _format(self) -> Table:
        name = f"bbsync_format_of_{self.shelves.entities.table.name}"
        return Table(name, MetaData(), Column("version", Integer, nullable=False))

    def _make_tables(self) -> None:
        """Make the tables where they are missing; runners that come at the same time wait for the first."""
        with self._engine.connect() as connection, connection.begin():
            if self._is_made(connection):
                return
            postgres.take_turn(connection, "bbsync tables")
            if not self._is_made(connection):
                self._format.create(connection)
                connection.execute(insert(self._format).values(version=FORMAT))
                self.shelves.schema.create_all(connection, checkfirst=False)

    def _is_made(self, connection: Connection) -> bool:
        """Whether our tables are there; refuses those of another program, and of a newer bbsync."""
        # Whoever makes them makes all at once, perhaps between the two looks: what was there before the second is ours.
        has_entities = inspect(connection).has_table(self.shelves.entities.table.name)
        if not inspect(connection).has_table(self._format.name):
            if has_entities:
                raise self._somebody_elses()
            return False
        version = connection.execute(select(self._format.c.version)).scalar_one()
        if version > FORMAT:
            raise TargetError(
                f"{self.place} was written by a newer bbsync",
                why=f"Its format is {version}; this bbsync knows formats up to {FORMAT}. It was left as it is.",
                next_step="Use the newer bbsync, or name another url under [target].",
                code="BB-LOCAL-FORMAT",
            )
        return True

    def _somebody_elses(self) -> TargetError:
        return TargetError(
            f"{self.place} has tables of another program",
            why=f"There is a table {self.shelves.entities.table.name} that bbsync did not make. It was left as it is.",
            next_step="Use a schema of its own: add ?options=-csearch_path%3Dbbsync to the url, after CREATE SCHEMA.",
            code="BB-LOCAL-OTHER",
        )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what the server says into a sentence."""
        try:
            yield
        except SQLAlchemyError as error:
            raise self._explain(error) from error

    def _explain(self, error: SQLAlchemyError) -> BbsyncError:
        refusal, said = postgres.refusal(error), f"PostgreSQL says: {postgres.words(error)}."
        if refusal is postgres.BUSY:
            return Locked(
                f"Somebody else is writing to {self.place}",
                why=f"{said} Nothing was written.",
                next_step="Wait until they are done, and run the same command again.",
            )
        if refusal is not None:
            return TargetError(
                f"{self.place} cannot be used: {refusal.what}",
                why=f"{said} Nothing was written.",
                next_step=refusal.next_step,
                code=refusal.code,
            )
        return TargetError(
            f"{self.place} cannot be used",
            why=f"{said} Nothing was written.",
            next_step="Set that right on the server, or name another url under [target].",
            code="BB-LOCAL-UNUSABLE",
        )
