"""What is set about the local target: the database that holds the graph."""

from __future__ import annotations

from pathlib import Path

from attrs import field, frozen


@frozen
class LocalSettings:
    """Where the graph is kept: in a file, relative to the working directory, or on a server where a url is set."""

    path: Path = Path(".bbsync/graph.db")
    url: str = field(default="", repr=False)  # with the password from the environment
    scope: str = "bbsync"
