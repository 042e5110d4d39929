"""A plan as a file: documented, versioned, digested JSON. Nothing here opens a file.

`specs/plan.schema.json` describes every field. Its digest is over all the rest of it, so a plan is
carried out as it was reviewed or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from typing import BinaryIO

import cattrs
from attrs import frozen

from bbsync.errors import PlanFileError, sentence
from bbsync.graph import Entity, Relationship
from bbsync.plan import Change, Plan, Reason
from bbsync.planfile.document import FORMAT, Finding, document_of
from bbsync.planfile.encoding import Broken, Malformed, Truncated, decode, unsealed
from bbsync.planfile.reading import READER
from bbsync.planfile.shape import GuardFinding, Written, plan_of
from bbsync.planfile.writing import digest_of, write_sealed

__all__ = ["LARGEST", "Finding", "GuardFinding", "PlanFile", "dump", "dumps", "loads", "plan_id", "read"]

#: How many bytes a plan file may have: more than a million changes need, less than what a machine falls over.
LARGEST = 2**30

PLAN_AGAIN = "Plan again: bbsync plan --out FILE."


@frozen
class PlanFile:
    """What a plan file holds.

    `id` is how people name it: the first 8 hex digits of its digest. `mapping` is the digest of what the kinds
    declared when it was made, as `mapping_of` gives it.
    """

    id: str
    plan: Plan
    mapping: str
    guards: tuple[GuardFinding, ...] = ()


def dump(plan: Plan, guards: Iterable[Finding], stream: BinaryIO) -> None:
    """Write the plan file: the plan, and what the guards said of it. The stream must be able to go back."""
    write_sealed(document_of(plan, guards), stream)


def dumps(plan: Plan, guards: Iterable[Finding] = ()) -> bytes:
    """The plan file."""
    stream = BytesIO()
    dump(plan, guards, stream)
    return stream.getvalue()


def plan_id(plan: Plan, guards: Iterable[Finding] = ()) -> str:
    """How people name the plan; the plan file made from the same values says the same."""
    return digest_of(document_of(plan, guards))[:8]


def loads(data: bytes) -> Plan:
    """The plan that the file holds.

    Raises:
        PlanFileError: it is no plan file, or not whole, or not as it was written.
    """
    return read(data).plan


def read(data: bytes, *, largest: int = LARGEST) -> PlanFile:
    """Everything that the file holds.

    Raises:
        PlanFileError: it is no plan file, or not whole, or not as it was written.
    """
    if len(data) > largest:
        raise PlanFileError(
            "the plan file is too big",
            why=f"It has {len(data)} bytes, and more than {largest} are not read.",
            next_step="Check that it is a plan file; bbsync plan --only makes smaller ones.",
            code="BB-PLAN-FILE-BIG",
        )
    document = _document(data)
    _require_format(document)
    _require_mode(document)
    identity = _require_unedited(data)
    written = _written(document)
    return PlanFile(identity, plan_of(written), written.tool.mapping, written.guards)


def _document(data: bytes) -> dict[str, object]:
    try:
        document = decode(data)
    except Truncated as error:
        raise PlanFileError(
            "the plan file is cut off",
            why=f"It ends after {len(data)} bytes in the middle of the plan.",
            next_step="Copy it again, or plan again: bbsync plan --out FILE.",
            code="BB-PLAN-FILE-TRUNCATED",
        ) from error
    except Malformed as error:
        raise PlanFileError(
            "the plan file is not JSON",
            why=sentence(str(error)),
            next_step="Name a file that bbsync plan --out wrote.",
            code="BB-PLAN-FILE-JSON",
        ) from error
    if not isinstance(document, dict) or not {"format_version", "sha256"} <= document.keys():
        raise PlanFileError(
            "the file is JSON, but not a plan",
            why="A plan file has the fields format_version and sha256.",
            next_step="Name a file that bbsync plan --out wrote.",
            code="BB-PLAN-FILE-OTHER",
        )
    return document


def _require_format(document: Mapping[str, object]) -> None:
    written = str(document["format_version"])
    if not re.fullmatch(r"[0-9]+\.[0-9]+", written) or written.partition(".")[0] != FORMAT.partition(".")[0]:
        raise PlanFileError(
            "the plan file is of another format",
            why=f"It has format {written[:20]!r}, and this version of bbsync reads {FORMAT!r}.",
            next_step="Apply it with the version of bbsync that made it, or plan again with this one.",
            code="BB-PLAN-FILE-FORMAT",
        )


def _require_mode(document: Mapping[str, object]) -> None:
    if document.get("mode") != "plan":
        raise PlanFileError(
            "the file is not a plan to apply",
            why=f"Its mode is {str(document.get('mode'))[:20]!r}.",
            next_step=PLAN_AGAIN,
            code="BB-PLAN-FILE-MODE",
        )


def _require_unedited(data: bytes) -> str:
    """The plan's id, once the digest holds."""
    try:
        return unsealed(data)[:8]
    except Broken as error:
        raise PlanFileError(
            "the plan file was edited after it was made",
            why=f"Its digest is {error}…, which is not what it says of itself.",
            next_step=PLAN_AGAIN,
            code="BB-PLAN-FILE-EDITED",
        ) from error


def _written(document: Mapping[str, object]) -> Written:
    try:
        written = READER.structure(document, Written)
    except cattrs.BaseValidationError as error:
        raise _misshapen([str(fault) for fault in cattrs.transform_error(error)]) from error
    faults = [f"a change has no element, or two different ones, @ $.{path}" for path in _ill_formed(written)]
    if faults:
        raise _misshapen(faults)
    return written


def _ill_formed(written: Written) -> Iterator[str]:
    """Where a change has no element at all, or two different ones."""
    listed: Mapping[str, Sequence[Change[Entity] | Change[Relationship]]] = {
        "changes": written.changes,
        "relationships": written.relationships,
    }
    for name, changes in listed.items():
        for number, change in enumerate(changes):
            keys = {end.key for end in (change.before, change.after) if end is not None}
            if len(keys) != 1 and not (keys and change.reason is Reason.ADOPTED):
                yield f"{name}[{number}]"


def _misshapen(faults: Sequence[str]) -> PlanFileError:
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return PlanFileError(
        "the plan file does not have the shape of a plan",
        why=sentence(f"{faults[0]}{more}"),
        next_step=PLAN_AGAIN,
        code="BB-PLAN-FILE-SHAPE",
    )
