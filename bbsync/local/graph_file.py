"""A graph in one SQLite file, which is the target when nothing else is set."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from attrs import field, frozen
from sqlalchemy import Connection

from bbsync.errors import TargetError
from bbsync.graph import Graph
from bbsync.local.database import SHELVES, Connect, connect, reading, unreadable, writing
from bbsync.local.kept_graph import KeptGraph
from bbsync.local.sqlite_views import SqliteViews
from bbsync.local.tables import Shelves
from bbsync.local.views import refresh_views


@frozen
class GraphFile(KeptGraph):
    """One SQLite file that stands in for JupiterOne.

    `clock` gives epoch seconds; `connect` opens the file.
    """

    path: Path
    scope: str
    clock: Callable[[], float] = field(default=time.time, repr=False)
    connect: Connect = field(default=connect, repr=False)
    shelves: Shelves = field(default=SHELVES, init=False, repr=False)

    @property
    def place(self) -> str:
        """The file."""
        return str(self.path)

    def reading(self) -> AbstractContextManager[Connection | None]:
        """One moment of the file."""
        return reading(self.path, self.connect)

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction."""
        return writing(self.path, self.connect)

    def unreadable(self, why: str) -> TargetError:
        """The error for a file that does not hold what a graph file holds."""
        return unreadable(self.path, why)

    def refresh_views(self, connection: Connection, graph: Graph) -> None:
        """Make the views fit the graph."""
        refresh_views(connection, self.shelves.properties, SqliteViews(), self.scope, graph)
