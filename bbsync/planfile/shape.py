"""What a reader takes from a plan file, as values, and the plan that they stand for."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve, field, frozen

from bbsync.coverage import Known, Listing, Reading
from bbsync.graph import Entity, Properties, Relationship
from bbsync.plan import Change, Kept, LabelledGap, Origin, Plan, Totals, Withheld
from bbsync.planfile.reading import Moment


@frozen
class GuardFinding:
    """What a guard said of the plan, as the file keeps it."""

    id: str
    type: str
    count: int
    of: int
    limit: int
    tripped: bool
    sentence: str


@frozen
class Tool:
    """What made the plan; `mapping` tells what its kinds declared."""

    mapping: str


@frozen
class Scope:
    """What the plan is about."""

    workspaces: tuple[str, ...]
    config: str
    settings: Properties = field(factory=dict)
    description: str = ""


@frozen
class Address:
    """The graph that the plan is for, and which of its snapshots it starts from."""

    address: str
    lineage: str
    serial: int


@frozen
class Summary:
    """Totals of entities and of relationships."""

    entities: Totals
    relationships: Totals


@frozen
class Listings:
    """How many listings were to be read, and how many were, in full."""

    planned: int
    complete: int


@frozen
class EarlierListings:
    """Listings of one kind that were read in an earlier run, and when the oldest was."""

    listings: int
    oldest: Moment


@frozen
class ReadingWritten:
    """A listing that was read to its end, when, and what stands for what it held."""

    kind: str
    parent: str
    at: Moment
    mark: str


@frozen
class CoverageWritten:
    """What was looked at."""

    listings: Listings
    gaps: tuple[LabelledGap, ...]
    windows: Mapping[str, Moment]
    earlier: Mapping[str, EarlierListings] = field(factory=dict)


@frozen
class Written:
    """The fields of the document that a plan is made from; the others are for readers, and follow from these."""

    tool: Tool
    created_at: Moment
    expires_at: Moment
    scope: Scope
    target: Address
    summary: Summary
    coverage: CoverageWritten
    changes: tuple[Change[Entity], ...]
    relationships: tuple[Change[Relationship], ...]
    retained: tuple[Kept, ...]
    withheld: tuple[Withheld, ...]
    population: Mapping[str, int]
    watermarks: Mapping[str, Moment]
    diagnostics: Mapping[str, int]
    guards: tuple[GuardFinding, ...] = ()
    readings: tuple[ReadingWritten, ...] = ()
    marks: Mapping[str, str] = field(factory=dict)
    rules_off: tuple[str, ...] = ()
    only: tuple[str, ...] = ()


def plan_of(written: Written) -> Plan:
    """The plan that the document stands for."""
    origin = evolve(
        origin_of(written.scope, written.target, written.created_at),
        expires_at=written.expires_at,
        rules_off=written.rules_off,
        only=written.only,
    )
    return evolve(
        looked_at(origin, written.coverage),
        entities=written.changes,
        relationships=written.relationships,
        kept=written.retained,
        withheld=written.withheld,
        entity_totals=written.summary.entities,
        relationship_totals=written.summary.relationships,
        population=written.population,
        learned=Known(
            watermarks=written.watermarks,
            readings={Listing(one.kind, one.parent): Reading(one.at, one.mark) for one in written.readings},
            marks=written.marks,
        ),
        diagnostics=written.diagnostics,
    )


def origin_of(scope: Scope, target: Address, created_at: Moment) -> Origin:
    """What the document was made from and for."""
    return Origin(
        workspaces=scope.workspaces,
        target=target.address,
        lineage=target.lineage,
        serial=target.serial,
        config=scope.config,
        settings=scope.settings,
        created_at=created_at,
        description=scope.description,
    )


def looked_at(origin: Origin, coverage: CoverageWritten) -> Plan:
    """A plan that says what was looked at, and as yet nothing else."""
    return Plan(
        origin,
        gaps=coverage.gaps,
        listings=(coverage.listings.planned, coverage.listings.complete),
        windows=coverage.windows,
        earlier={kind: (found.listings, found.oldest) for kind, found in coverage.earlier.items()},
    )
