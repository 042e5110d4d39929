"""The JupiterOne target: our part of an account's graph."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from bbsync.graph import Graph
from bbsync.jupiterone.batches import LIMIT
from bbsync.jupiterone.census import take_census
from bbsync.jupiterone.client import JupiterOneClient
from bbsync.jupiterone.instance import require_our_instance
from bbsync.jupiterone.ownership import Ownership
from bbsync.jupiterone.people import read_people
from bbsync.jupiterone.raw_data import RawData
from bbsync.jupiterone.settle import settle
from bbsync.jupiterone.snapshot import read_snapshot
from bbsync.jupiterone.upload import upload
from bbsync.matching import Person
from bbsync.target import Counters, Counts, Note, Report, Snapshot, require_whole, unnoted

#: Seconds for which we believe that queries may not show a finished job yet.
LAG = 120


@frozen
class JupiterOneTarget:
    """A scope, or an integration instance, of a JupiterOne account.

    `batch_bytes` bounds the size of one upload. `definition` names the definition that an instance must be of, where
    it is not one made for own programs. `description` is put on the page of an instance's job.
    `raw` is what rides along with the entities that are uploaded.
    """

    client: JupiterOneClient
    ownership: Ownership
    batch_bytes: int = LIMIT
    definition: str = ""
    description: str = ""
    raw: RawData | None = None

    @property
    def address(self) -> str:
        """The account and our part of it."""
        return f"JupiterOne account {self.client.account}, {self.ownership.label}"

    @property
    def lag(self) -> int:
        """Queries follow a finished job after a moment; nobody promises how long it is."""
        return LAG

    def read_snapshot(self) -> Snapshot:
        """Our part of the graph as JupiterOne has it now."""
        self._check_instance()
        return read_snapshot(self.client, self.ownership)

    def count(self) -> Counts:
        """How many elements of each type our part holds: two queries, however many there are."""
        self._check_instance()
        return take_census(self.client, self.ownership).counts

    def read_elsewhere(self, ownership: Ownership) -> Graph | None:
        """Another part of the same account, which is never written; None if it is our own."""
        return None if ownership == self.ownership else read_snapshot(self.client, ownership).graph

    def read_people(self) -> tuple[Person, ...]:
        """Every Person of the account."""
        return read_people(self.client)

    def settle(self, jobs: Sequence[str], report: Report) -> bool:
        """Abort the jobs that still take uploads, and wait for those that are at work."""
        return settle(self.client, jobs, report)

    def replace(
        self,
        before: Snapshot,
        desired: Graph,
        report: Report,
        note: Note = unnoted,
    ) -> Counters:
        """Make our part equal to `desired` by one job, and answer what JupiterOne counted.

        What it counts of mapped relationships is what it made of them, which nobody can foresee: it depends on what
        others keep in the account. So these are counted as they were asked for.
        """
        require_whole(desired)
        self._check_instance()
        purpose = self._purpose(Counters.between(before.graph, desired)) if self.ownership.instance_id else ""
        counted = upload(
            self.client, self.ownership, desired, report, note, self.batch_bytes, purpose=purpose, raw=self.raw
        )
        return counted + Counters.of_mapped(before.graph, desired)

    def _purpose(self, expected: Counters) -> str:
        return f"{_changes(expected)} {self.description}".strip()

    def _check_instance(self) -> None:
        if self.ownership.instance_id:
            require_our_instance(self.client, self.ownership.instance_id, self.definition)


def _changes(expected: Counters) -> str:
    """What a job is to do, in a sentence. JupiterOne itself compares, and comes to the same."""
    created = expected.entities_created + expected.relationships_created
    updated = expected.entities_updated + expected.relationships_updated
    deleted = expected.entities_deleted + expected.relationships_deleted
    return f"To create: {created:,}; to update: {updated:,}; to delete: {deleted:,}."
