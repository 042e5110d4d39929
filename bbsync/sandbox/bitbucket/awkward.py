"""The odd objects that real workspaces have, each added by a function that says which."""

from __future__ import annotations


def add_awkward_things(world: object) -> None:
    """Add all of them to the first workspace."""
