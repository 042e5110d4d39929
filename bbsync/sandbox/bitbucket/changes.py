"""Everything that can be changed in a world, by name.

Each change is a function of the world and the names that people use: slugs, keys, nicknames, numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bbsync.sandbox.bitbucket import people_changes, permission_changes, pull_request_changes, repository_changes

CHANGES: Mapping[str, Callable[..., object]] = {
    change.__name__: change
    for part in (people_changes, repository_changes, permission_changes, pull_request_changes)
    for change in part.CHANGES
}
