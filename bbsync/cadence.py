"""Whether the cadences of [refresh] can be kept with the calls that Bitbucket allows."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from bbsync.errors import SettingsError
from bbsync.kinds import Kinds

HOUR = 3600


def require_cadence(
    refresh: Mapping[str, int], entities: Mapping[str, int], *, calls_per_hour: int, kinds: Kinds
) -> None:
    """Refuse cadences that nobody could keep: one call for each listing is more than there are in the time.

    Args:
        refresh: by kind name, how old a listing may be, in seconds.
        entities: by entity type, how many there are.
        calls_per_hour: what all consumers together may ask.
        kinds: what is synchronised.

    Raises:
        SettingsError: with the cadence that can be kept.
    """
    calls = {name: _calls(name, entities, kinds) for name in refresh}
    needed = ceil(sum(calls[name] * HOUR / cadence for name, cadence in refresh.items()))
    if needed <= calls_per_hour:
        return
    named = " and ".join(kinds.by_name[name].plural for name in refresh)
    hours = ceil(sum(calls.values()) / calls_per_hour)
    more = ceil(needed / calls_per_hour)
    raise SettingsError(
        f"the cadence of {named} in [refresh] cannot be kept",
        why=f"It takes {needed:,} calls an hour or more, and all consumers together have {calls_per_hour:,}.",
        next_step=f'Set {"it" if len(refresh) == 1 else "each"} to "{hours}h" or more, or use {more} times as many'
        " consumers.",
    )


def _calls(name: str, entities: Mapping[str, int], kinds: Kinds) -> int:
    """One page of each of its listings."""
    kind = kinds.by_name[name]
    above = kinds.by_name[kind.parent].entity.type if kind.parent else ""
    return entities.get(above, 0) * len(kind.requests)
