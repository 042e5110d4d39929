"""What bbsync has noted about a graph, read from its records, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from attrs import asdict, frozen

from bbsync.bitbucket.allowance import Consumer
from bbsync.bitbucket.ledger import HOUR
from bbsync.coverage import Known
from bbsync.drift import Audit
from bbsync.jupiterone.allowance import ACCOUNT
from bbsync.planfile.reading import write_moment
from bbsync.settings import Settings
from bbsync.state import Applied, Asked, Audits, Standing, State, standing
from bbsync.steps import Around, open_target

#: Fields that are epoch milliseconds.
TIMES = frozenset({"applied_at", "at", "since", "renewed", "rests_until"})


@frozen
class Spent:
    """What a consumer asked within the hour of what it may ask; `name` says which it is, and is not its key."""

    name: str
    calls: int
    limit: int
    rests_until: int = 0


@frozen
class Noted:
    """The records of one graph. `address` is the graph's; `now` is epoch milliseconds."""

    address: str
    now: int
    known: Known
    trail: tuple[Applied, ...]
    standing: Standing
    spent: tuple[Spent, ...]
    audits: tuple[Audit, ...]

    @property
    def last(self) -> Applied | None:
        """The last apply that brought its plan into the graph."""
        return next((line for line in reversed(self.trail) if line.succeeded), None)

    def document(self, what: str) -> bytes:
        """The part that is asked for as JSON; times are RFC 3339 in UTC."""
        parts: Mapping[str, Any] = {
            "snapshots": {"snapshots": [_told(kept) for kept in self.standing.snapshots]},
            "audit": {"applies": [_told(line) for line in self.trail]},
        }
        found = {"graph": self.address, **(parts[what] if what in parts else self._short())}
        return json.dumps(found, indent=2, ensure_ascii=False).encode() + b"\n"

    def _short(self) -> dict[str, Any]:
        marks = self.known.watermarks.values()
        return {
            "last_apply": _told(self.last),
            "snapshot": _told(kept_of(self)),
            "lease": _told(self.standing.holder),
            "journal": [_told(line) for line in self.standing.left],
            "watermarks": {
                "count": len(marks),
                "oldest": write_moment(min(marks)) if marks else None,
                "newest": write_moment(max(marks)) if marks else None,
            },
            "readings": len(self.known.readings),
            "marks": len(self.known.marks),
            "ledger": [_told(one) for one in self.spent],
            "applies": len(self.trail),
            "audits": len(self.audits),
            "last_audit": _told(self.audits[-1] if self.audits else None),
        }


def kept_of(noted: Noted) -> Any:
    """The snapshot that is kept of this graph; None if none is."""
    return next((kept for kept in noted.standing.snapshots if kept.scope == noted.address), None)


def look(settings: Settings, around: Around) -> Noted:
    """Read the records of the graph that the settings name. Nothing is made or changed, and nobody is asked.

    Raises:
        SettingsError: the account or its key is missing.
        StateError: the records cannot be read.
    """
    now, url = around.now(), settings.state.url
    with open_target(settings, around) as target:
        address = target.address
    records, found = State(url), standing(url, address, now, within=HOUR)
    return Noted(
        address=address,
        now=now,
        known=records.known(address),
        trail=tuple(records.trail(address)),
        standing=found,
        spent=tuple(_spent(settings, found.asked)),
        audits=tuple(Audits(url).of(address)),
    )


def _spent(settings: Settings, asked: tuple[Asked, ...]) -> list[Spent]:
    """Each consumer of the settings, and then those that other settings know; queries to JupiterOne are no calls."""
    limit, by_name = settings.limits.calls_per_hour, {one.consumer: one for one in asked}
    of = len(settings.bitbucket.consumers)
    ours = [Consumer(place, of, one.key, one.secret) for place, one in enumerate(settings.bitbucket.consumers, start=1)]
    named = [(str(one), by_name.pop(one.id, Asked(one.id, 0))) for one in ours]
    others = [
        (f"a consumer of other settings ({name})", one) for name, one in by_name.items() if not name.startswith(ACCOUNT)
    ]
    return [Spent(name, one.calls, limit, one.rests_until) for name, one in (*named, *others)]


def _told(held: Any) -> dict[str, Any] | None:
    """A value with its times as people write them; None stays None, and 0 is no time."""
    if held is None:
        return None
    return {
        name: (write_moment(value) if value else None) if name in TIMES else value
        for name, value in asdict(held).items()
        if name not in ("pid", "place")
    }
