"""Which synchronization jobs may be created: source, scope, instance and mode."""

from __future__ import annotations

from collections.abc import Sequence

from bbsync.sandbox.jupiterone.access import Instance
from bbsync.sandbox.jupiterone.answers import Document, bad_request
from bbsync.sandbox.jupiterone.elements import Origin

INTEGRATION_SOURCES = ("integration-external", "integration-managed")
MODES = ("DIFF", "PATCH")
LEGACY_MODE = "CREATE_OR_UPDATE"


def origin_of(wanted: Document, account: str, instances: Sequence[Instance]) -> Origin:
    """Where a job will write: an api scope, or an integration instance."""
    source = wanted.get("source")
    if source == "api":
        return _api_scope(wanted, account)
    if source not in INTEGRATION_SOURCES:
        raise bad_request("BAD_REQUEST", f'"source" must be one of [api, {", ".join(INTEGRATION_SOURCES)}]')
    if wanted.get("scope") is not None:
        raise bad_request("BAD_REQUEST", '"scope" may only be used with source "api"')
    for instance in instances:
        if instance.id == wanted.get("integrationInstanceId"):
            return Origin(account, source, instance.id, instance)
    raise bad_request("SYNC_JOB_INVALID_INTEGRATION_INSTANCE", "Integration instance not found")


def mode_of(wanted: Document, *, legacy: bool) -> str:
    """The mode of a job, DIFF when none is asked for."""
    allowed = (*MODES, LEGACY_MODE) if legacy else MODES
    mode = wanted.get("syncMode", MODES[0])
    if mode not in allowed:
        raise bad_request("BAD_REQUEST", f'"syncMode" {mode!r} is not supported; use one of {", ".join(allowed)}')
    return str(mode)


def _api_scope(wanted: Document, account: str) -> Origin:
    scope = wanted.get("scope")
    if wanted.get("integrationInstanceId") is not None:
        raise bad_request("BAD_REQUEST", 'source "api" takes no "integrationInstanceId"')
    if not isinstance(scope, str) or not scope:
        raise bad_request("BAD_REQUEST", 'source "api" needs a "scope"')
    return Origin(account, "api", scope)
