"""What is set about the local target: the file that holds the graph."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen


@frozen
class LocalSettings:
    """Where the graph is kept, relative to the working directory."""

    path: Path = Path(".bbsync/graph.db")
