"""The JupiterOne target: our part of an account's graph."""

from __future__ import annotations

from attrs import frozen

from bbsync.graph import Graph
from bbsync.jupiterone.batches import LIMIT
from bbsync.jupiterone.client import JupiterOneClient
from bbsync.jupiterone.instance import require_our_instance
from bbsync.jupiterone.ownership import Ownership
from bbsync.jupiterone.snapshot import read_snapshot
from bbsync.jupiterone.upload import upload
from bbsync.target import Counters, Report, Snapshot, require_whole


@frozen
class JupiterOneTarget:
    """A scope, or an integration instance, of a JupiterOne account.

    `batch_bytes` bounds the size of one upload.
    """

    client: JupiterOneClient
    ownership: Ownership
    batch_bytes: int = LIMIT

    @property
    def address(self) -> str:
        """The account and our part of it."""
        return f"JupiterOne account {self.client.account}, {self.ownership.label}"

    def read_snapshot(self) -> Snapshot:
        """Our part of the graph as JupiterOne has it now."""
        self._check_instance()
        return read_snapshot(self.client, self.ownership)

    def replace(self, before: Snapshot, desired: Graph, report: Report) -> Counters:  # noqa: ARG002 - JupiterOne itself compares with what it has
        """Make our part equal to `desired` by one job, and answer what JupiterOne counted."""
        require_whole(desired)
        self._check_instance()
        return upload(self.client, self.ownership, desired, report, self.batch_bytes)

    def _check_instance(self) -> None:
        if self.ownership.instance_id:
            require_our_instance(self.client, self.ownership.instance_id)
