"""A loopback stand-in for JupiterOne: synchronization jobs, and queries by J1QL over GraphQL."""

from __future__ import annotations

from bbsync.sandbox.jupiterone.access import ApiKey, Instance
from bbsync.sandbox.jupiterone.app import JupiterOne
from bbsync.sandbox.jupiterone.faults import Fault
from bbsync.sandbox.jupiterone.jobs import Job

__all__ = ["ApiKey", "Fault", "Instance", "Job", "JupiterOne"]
