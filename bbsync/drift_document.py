"""An audit as JSON, for other programs: every difference with what the snapshot, the graph and Bitbucket hold."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from bbsync import __version__
from bbsync.drift import AnyDrifted, Audit, Basis, Drift
from bbsync.errors import ExitCode, strongest
from bbsync.graph import Element, Entity, to_document
from bbsync.planfile.encoding import encode, indented
from bbsync.planfile.reading import write_moment

#: Readers ignore fields that they do not know, and a higher minor version.
FORMAT = "1.0"

Document = dict[str, object]


def exit_code(drift: Drift) -> ExitCode:
    """Are they equal? What could not be compared goes before what differs: nobody knows the whole list then."""
    return strongest(
        ExitCode.OK if drift.is_conclusive else ExitCode.INCOMPLETE, ExitCode.CHANGES if drift.found else ExitCode.OK
    )


def drift_document(drift: Drift) -> bytes:
    """The audit as JSON: the same audit, the same bytes."""
    origin = drift.plan.origin
    planned, complete = drift.plan.listings
    return _written(
        {
            "mode": "drift",
            "at": write_moment(origin.created_at),
            "scope": {"workspaces": origin.workspaces, "config": origin.config, "settings": dict(origin.settings)},
            "target": {"address": origin.target, "lineage": origin.lineage, "serial": origin.serial},
            "snapshot": _basis(drift.basis),
            "conclusive": drift.is_conclusive,
            "exit_code": int(exit_code(drift)),
            "summary": {
                **{sort.value: count for sort, count in drift.counts.items()},
                "total": len(drift.found),
                "ignored": drift.passed,
                "outside": drift.outside,
                "foreign": drift.foreign,
            },
            "differences": [_difference(one) for one in drift.found],
            "ignored": [attrs.asdict(ignored) for ignored in drift.ignored],
            "only": drift.only,
            "coverage": {
                "listings": {"planned": planned, "complete": complete},
                "gaps": [attrs.asdict(gap) for gap in drift.plan.gaps],
                "withheld": drift.plan.entity_totals.withheld,
            },
        }
    )


def history_document(audits: Sequence[Audit]) -> bytes:
    """The history of audits as JSON, oldest first."""
    lines = [{**attrs.asdict(audit), "at": write_moment(audit.at), "total": audit.total} for audit in audits]
    return _written({"mode": "drift history", "audits": lines})


def _written(document: Document) -> bytes:
    tool = {"name": "bbsync", "version": __version__}
    return indented(encode({"format_version": FORMAT, "tool": tool, **document}))


def _basis(basis: Basis) -> Document:
    if basis.missing:
        return {"missing": basis.missing}
    return {"plan_id": basis.plan_id, "applied_at": write_moment(basis.applied_at)}


def _difference(one: AnyDrifted) -> Document:
    return {
        "sort": one.sort.value,
        "kind": "entity" if isinstance(one.element, Entity) else "relationship",
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
