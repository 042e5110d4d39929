"""An audit as JSON, for other programs and to be shown again: what the snapshot, the graph and Bitbucket hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
import cattrs
from attrs import evolve, field, frozen

from bbsync import __version__
from bbsync.drift import AnyDrifted, Audit, Basis, Drift, Drifted, Ignored, Sort
from bbsync.errors import ExitCode, PlanFileError, sentence, strongest
from bbsync.graph import Element, Entity, Relationship, to_document
from bbsync.plan import Totals, Withheld
from bbsync.planfile.document import coverage_of, scope_of, target_of
from bbsync.planfile.encoding import Malformed, decode, encode, indented
from bbsync.planfile.reading import READER, Moment, write_moment
from bbsync.planfile.shape import Address, CoverageWritten, Scope, looked_at, origin_of

#: Readers ignore fields that they do not know, and a higher minor version; another major version they refuse.
FORMAT = "1.0"

MODE = "drift"

Document = dict[str, object]


@frozen
class BasisWritten:
    """What was compared with."""

    plan_id: str
    applied_at: Moment | None
    missing: str


@frozen
class AuditWritten:
    """A line of the history."""

    at: Moment
    plan_id: str
    serial: int
    pending: int
    tampered: int
    missing: int
    unmanaged: int
    ignored: int
    listings: int
    complete: int
    conclusive: bool
    only: str


@frozen
class Written:
    """The fields that an audit is made from; the others are for readers, and follow from these."""

    format_version: str
    at: Moment
    scope: Scope
    target: Address
    snapshot: BasisWritten
    entities: tuple[Drifted[Entity], ...]
    relationships: tuple[Drifted[Relationship], ...]
    ignored: tuple[Ignored, ...]
    passed: int
    only: tuple[str, ...]
    outside: int
    foreign: int
    coverage: CoverageWritten
    withheld: tuple[Withheld, ...]
    history: tuple[AuditWritten, ...] = field(default=())


def exit_code(drift: Drift) -> ExitCode:
    """Are they equal? What could not be compared goes before what differs: nobody knows the whole list then."""
    return strongest(
        ExitCode.OK if drift.is_conclusive else ExitCode.INCOMPLETE, ExitCode.CHANGES if drift.found else ExitCode.OK
    )


def drift_document(drift: Drift) -> bytes:
    """The audit as JSON: the same audit, the same bytes."""
    origin, plan = drift.plan.origin, drift.plan
    by_kind = [[one for one in drift.found if isinstance(one.element, kind)] for kind in (Entity, Relationship)]
    return _written(
        {
            "mode": MODE,
            "at": write_moment(origin.created_at),
            "scope": scope_of(origin),
            "target": target_of(origin),
            "snapshot": _basis(drift.basis),
            "conclusive": drift.is_conclusive,
            "exit_code": int(exit_code(drift)),
            "summary": {**{sort.value: count for sort, count in drift.counts.items()}, "total": len(drift.found)},
            "entities": [_difference(one) for one in by_kind[0]],
            "relationships": [_difference(one) for one in by_kind[1]],
            "ignored": [attrs.asdict(ignored) for ignored in drift.ignored],
            "passed": drift.passed,
            "only": drift.only,
            "outside": drift.outside,
            "foreign": drift.foreign,
            "coverage": coverage_of(plan),
            "withheld": [attrs.asdict(withheld) for withheld in plan.withheld],
            "history": [_line(audit) for audit in drift.history],
        }
    )


def history_document(audits: Sequence[Audit]) -> bytes:
    """The history of audits as JSON, oldest first."""
    return _written({"mode": "drift history", "audits": [_line(audit) for audit in audits]})


def is_drift(data: bytes) -> bool:
    """Whether the file is an audit, rather than a plan."""
    try:
        document = decode(data)
    except Malformed:
        return False
    return isinstance(document, Mapping) and document.get("mode") == MODE


def read_drift(data: bytes) -> Drift:
    """The audit that the file holds.

    Raises:
        PlanFileError: it is not one, or another version has written it.
    """
    try:
        document = decode(data)
        _require_format(document)
        written = READER.structure(document, Written)
    except (Malformed, cattrs.BaseValidationError) as error:
        raise _unreadable("something in it is missing, or is not what an audit has there") from error
    listed: tuple[AnyDrifted, ...] = (*written.entities, *written.relationships)
    if any(one.graph is None and one.expected is None for one in listed):
        raise _unreadable("a difference in it is one of nothing")
    return _drift(written)


def _require_format(document: object) -> None:
    """Another major version may have anything anywhere, so nothing else is looked at before."""
    version = document.get("format_version") if isinstance(document, Mapping) else None
    if isinstance(version, str) and version.partition(".")[0] != FORMAT.partition(".")[0]:
        raise _unreadable(f"it has format {version[:20]!r}, and this bbsync reads {FORMAT!r}")


def _drift(written: Written) -> Drift:
    plan = evolve(
        looked_at(origin_of(written.scope, written.target, written.at), written.coverage),
        withheld=written.withheld,
        entity_totals=Totals(withheld=sum(len(one.keys) for one in written.withheld)),
    )
    found: list[AnyDrifted] = [*written.entities, *written.relationships]
    basis = written.snapshot
    return Drift(
        plan=plan,
        basis=Basis(basis.plan_id, basis.applied_at or 0, basis.missing),
        found=tuple(sorted(found, key=lambda one: list(Sort).index(one.sort))),
        ignored=written.ignored,
        passed=written.passed,
        only=written.only,
        outside=written.outside,
        foreign=written.foreign,
        history=tuple(Audit(scope=written.target.address, **attrs.asdict(line)) for line in written.history),
    )


def _unreadable(why: str) -> PlanFileError:
    return PlanFileError(
        "the file is not an audit that can be shown",
        why=sentence(why),
        next_step="Name a file that bbsync drift --out wrote, or make the audit again.",
        code="BB-DRIFT-FILE",
    )


def _written(document: Document) -> bytes:
    tool = {"name": "bbsync", "version": __version__}
    return indented(encode({"format_version": FORMAT, "tool": tool, **document}))


def _basis(basis: Basis) -> Document:
    applied_at = write_moment(basis.applied_at) if basis.applied_at else None
    return {"plan_id": basis.plan_id, "applied_at": applied_at, "missing": basis.missing}


def _line(audit: Audit) -> Document:
    held = {name: one for name, one in attrs.asdict(audit).items() if name != "scope"}
    return {**held, "at": write_moment(audit.at), "total": audit.total}


def _difference(one: AnyDrifted) -> Document:
    return {
        "sort": one.sort.value,
        "type": one.element.type,
        "key": one.element.key,
        "label": one.label,
        "properties": one.properties,
        "next": one.next.value if one.next else None,
        "snapshot": _element(one.snapshot),
        "graph": _element(one.graph),
        "bitbucket": _element(one.bitbucket),
    }


def _element(element: Element | None) -> Document | None:
    return None if element is None else to_document(element)
