"""What things are called in sentences: kinds, counts, moments, proofs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import ceil

from bbsync.kinds import KINDS, Confirm
from bbsync.observation import Proof

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def noun(entity_type: str) -> str:
    """One entity of the type: "branch restriction"."""
    kind = KINDS.by_type.get(entity_type)
    return spaced(kind.name) if kind else entity_type


def spaced(name: str) -> str:
    """The name of a kind in words."""
    return name.replace("_", " ")


def counted(count: int, entity_type: str) -> str:
    """So many entities of the type: "2 repositories"."""
    kind = KINDS.by_type.get(entity_type)
    if kind is None:
        return f"{count} {entity_type}"
    return f"{count} {spaced(kind.name if count == 1 else kind.plural)}"


def plural(kind_name: str) -> str:
    """The items of a listing of that kind."""
    kind = KINDS.by_name.get(kind_name)
    return spaced(kind.plural if kind else kind_name)


def times(count: int, one: str, many: str) -> str:
    """The count and the form of the word that goes with it."""
    return f"{count} {one if count == 1 else many}"


def moment(milliseconds: int) -> str:
    """Epoch milliseconds as RFC 3339 in UTC; the number itself where no calendar reaches."""
    try:
        held = EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return str(milliseconds)
    return held.isoformat(timespec="milliseconds" if milliseconds % 1000 else "seconds").replace("+00:00", "Z")


_UNITS = (("h", 3600), ("min", 60), ("s", 1))


def span(seconds: float) -> str:
    """A length of time in its two largest units: "7 h 30 min"."""
    left, parts = ceil(seconds), []
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        parts += [f"{count:,} {unit}"] if count else []
    return " ".join(parts[:2]) or "0 s"


def evidence(proof: Proof) -> str:
    """What proves an absence."""
    listed = f"not in the complete listing of {proof.seen}"
    if proof.status is not None:
        return f"{listed}, then {proof.status}"
    kind = KINDS.by_name.get(proof.listing.kind)
    return f"{listed}, read twice" if kind and kind.confirm is Confirm.READ_AGAIN else listed
