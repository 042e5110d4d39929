"""The document of a plan, to be written. Nothing is shown or applied that is not in it.

What a reader needs to make the plan again is in `shape.py`; all else here is for people and other programs, and
follows from that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Protocol

import attrs
import msgspec

from bbsync import __version__
from bbsync.graph import Element, Entity, Relationship, to_document
from bbsync.kinds import KINDS, Kinds
from bbsync.observation import Proof
from bbsync.plan import Change, Origin, Plan, Reason, Totals
from bbsync.planfile.encoding import encode, fingerprint
from bbsync.planfile.reading import write_moment
from bbsync.planfile.shape import GuardFinding
from bbsync.rules import Finding as WorthALook
from bbsync.rules import worth_a_look

#: Readers ignore fields that they do not know, and a higher minor version; another major version they refuse.
FORMAT = "1.3"

Document = dict[str, object]


class Finding(Protocol):
    """What a guard said of the plan: it tripped where `count` of `of` is more than `limit`."""

    @property
    def id(self) -> str:
        """Which guard."""
        ...

    @property
    def type(self) -> str:
        """The entity type it is about; empty when it is about all."""
        ...

    @property
    def count(self) -> int:
        """How many entities it is about."""
        ...

    @property
    def of(self) -> int:
        """Of how many."""
        ...

    @property
    def limit(self) -> int:
        """How many it lets pass."""
        ...

    @property
    def tripped(self) -> bool:
        """Whether it stands in the way."""
        ...

    @property
    def sentence(self) -> str:
        """The same for people."""
        ...


def document_of(plan: Plan, guards: Iterable[Finding] = (), *, kinds: Kinds = KINDS) -> Document:
    """The document, but for its digest. The changes are made while somebody goes through them, and once."""
    return {
        "format_version": FORMAT,
        "tool": {"name": "bbsync", "version": __version__, "mapping": mapping_of(kinds)},
        "mode": "plan",
        **_origin(plan.origin),
        "complete": plan.is_complete,
        "applyable": not plan.is_empty,
        "summary": {
            "entities": _totals(plan.entity_totals, plan.entities),
            "relationships": _totals(plan.relationship_totals, plan.relationships),
        },
        "coverage": coverage_of(plan),
        "changes": map(_change, plan.entities),
        "relationships": map(_change, plan.relationships),
        "retained": [attrs.asdict(kept) for kept in plan.kept],
        "withheld": [{**attrs.asdict(withheld), "count": len(withheld.keys)} for withheld in plan.withheld],
        "population": dict(plan.population),
        "watermarks": _moments(plan.learned.watermarks),
        "readings": [
            {"kind": listing.kind, "parent": listing.parent, "at": write_moment(reading.at), "mark": reading.mark}
            for listing, reading in plan.learned.readings.items()
        ],
        "marks": dict(plan.learned.marks),
        "diagnostics": dict(plan.diagnostics),
        "guards": [_guard(finding) for finding in guards],
        "rules_off": plan.origin.rules_off,
        "only": plan.origin.only,
        "worth_a_look": map(_worth_a_look, worth_a_look(plan)),
    }


def mapping_of(kinds: Kinds) -> str:
    """Digest of what the kinds declare: it tells plans apart that were made by different mappings."""
    declared = [
        {
            "name": kind.name,
            "parent": kind.parent,
            "type": kind.entity.type,
            "classes": kind.entity.classes,
            "absence": kind.absence.value,
            "relationships": [tie.type for tie in kind.relationship_types],
        }
        for kind in kinds
    ]
    return f"sha256:{fingerprint(encode(declared))}"


def _origin(origin: Origin) -> Document:
    return {
        "created_at": write_moment(origin.created_at),
        "expires_at": write_moment(origin.expires_at),
        "scope": scope_of(origin),
        "target": target_of(origin),
    }


def target_of(origin: Origin) -> Document:
    """Which graph the document is for."""
    return {"address": origin.target, "lineage": origin.lineage, "serial": origin.serial}


def coverage_of(plan: Plan) -> Document:
    """What was looked at."""
    return {
        "listings": {"planned": plan.listings[0], "complete": plan.listings[1]},
        "gaps": [attrs.asdict(gap) for gap in plan.gaps],
        "windows": _moments(plan.windows),
        "earlier": {
            kind: {"listings": count, "oldest": write_moment(oldest)} for kind, (count, oldest) in plan.earlier.items()
        },
    }


def scope_of(origin: Origin) -> Document:
    """What the document is about; the description is in it where there is one."""
    described = {"description": origin.description} if origin.description else {}
    return {
        "workspaces": origin.workspaces,
        "config": origin.config,
        "settings": dict(origin.settings),
        **described,
    }


def _totals(totals: Totals, changes: Iterable[Change[Entity] | Change[Relationship]]) -> Document:
    reasons = Counter(change.reason for change in changes)
    return {**attrs.asdict(totals), "cascade": reasons[Reason.CASCADE]}


def _moments(moments: Mapping[str, int]) -> dict[str, str]:
    return {name: write_moment(moment) for name, moment in moments.items()}


def _guard(finding: Finding) -> Document:
    return {name: getattr(finding, name) for name in attrs.fields_dict(GuardFinding)}


def _worth_a_look(finding: WorthALook) -> Document:
    element = finding.change.element
    return {
        "rule": finding.rule.name,
        "type": element.type,
        "key": element.key,
        "label": finding.label,
        "note": finding.note,
    }


def _change(change: Change[Entity] | Change[Relationship]) -> Document:
    before, after = _element(change.before), _element(change.after)
    return {
        "action": change.action.value,
        "type": change.element.type,
        "key": change.element.key,
        "label": change.label,
        "was": change.was,
        "reason": change.reason.value,
        "cause": change.cause,
        "proof": _proof(change.proof),
        "before": before,
        "after": after,
        "diff": difference(change.before, change.after) if change.before and change.after else [],
        "expect": {"before": _expected(before), "after": _expected(after)},
    }


def _proof(proof: Proof | None) -> Document | None:
    return attrs.asdict(proof) if proof else None


def _element(element: Element | None) -> msgspec.Raw | None:
    """The element as JSON already: its digest needs that, too."""
    return None if element is None else msgspec.Raw(encode(to_document(element)))


def _expected(written: msgspec.Raw | None) -> str | None:
    return None if written is None else f"sha256:{fingerprint(memoryview(written))}"


def difference(before: Element, after: Element) -> list[Document]:
    """The properties that differ; `before` or `after` is missing where the property was, or will be."""
    one, other = _flat(before), _flat(after)
    return [
        {"path": name}
        | ({"before": one[name]} if name in one else {})
        | ({"after": other[name]} if name in other else {})
        for name in sorted(one.keys() | other.keys())
        if name not in one or name not in other or not _same(one[name], other[name])
    ]


def _flat(element: Element) -> dict[str, object]:
    """Everything that may differ, under JupiterOne's names."""
    if isinstance(element, Entity):
        return {**element.properties, "_type": element.type, "_class": element.classes}
    ends = {"_fromEntityKey": element.source, "_toEntityKey": element.target}
    return {**element.properties, "_type": element.type, "_class": element.verb, **ends}


def _same(one: object, other: object) -> bool:
    """Python takes `1` for `1.0` and `True`; JSON does not."""
    return one == other and (type(one) is type(other) is str or repr(one) == repr(other))
