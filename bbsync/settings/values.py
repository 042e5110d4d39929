"""All settings of a run as one frozen value."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from attrs import asdict, field, frozen

from bbsync.adoption.settings import AdoptSettings
from bbsync.alerts.settings import AlertSettings
from bbsync.bitbucket.settings import (
    BitbucketSettings,
    LimitSettings,
    PullRequestSettings,
    RefreshSettings,
    refuse_small_budget,
)
from bbsync.errors import SettingsError
from bbsync.graph import Properties
from bbsync.identities import Identities
from bbsync.ignoring import check_rules
from bbsync.jupiterone.settings import JupiterOneSettings
from bbsync.local.settings import LocalSettings
from bbsync.narrowing import KINDS_OFF, WORKSPACES
from bbsync.network.settings import NetworkSettings
from bbsync.setting import setting

TargetKind = Literal["local", "jupiterone"]

_SLUG_OR_UUID = re.compile(r"[\w.-]+|\{[0-9a-fA-F-]{36}\}", re.ASCII)


@frozen
class GeneralSettings:
    """What is mirrored, and what it is called; this stands above the tables."""

    workspaces: tuple[str, ...] = setting(
        (), "The workspaces, by slug or uuid; BITBUCKET_WORKSPACE overrides them.", example=("acme",)
    )
    account_name: str = setting(
        "", "What all of it is called in the graph; if it is empty, the workspaces.", example="Acme Bitbucket"
    )
    tag_account_name: bool = setting(True, "Whether every entity has that name as tag.AccountName.")
    description: str = setting(
        "",
        "What all of it is for: at the head of reports, in check, and on the page of an integration instance's job.",
        example="Our production workspace",
    )


@frozen
class TargetSettings:
    """Which graph is written; all but the kind is about the local one."""

    kind: TargetKind
    path: Path
    url: str = field(default="", repr=False)
    scope: str = LocalSettings().scope

    @property
    def local(self) -> LocalSettings:
        """The local target's own settings."""
        return LocalSettings(self.path, self.url, self.scope)


@frozen
class StateSettings:
    """Where bbsync keeps its own records."""

    url: str = setting(
        "sqlite:///.bbsync/state.db",
        "The database of the records: a file, or a server that many machines share; its password is not in here.",
        repr=False,  # with the password from the environment
    )


@frozen
class GuardSettings:
    """How much a plan may delete before somebody has to agree."""

    delete_percent: int = setting(
        20, "Percent of a type of entity or relationship that may go; 0: nothing may.", at_least=0, at_most=100
    )
    delete_floor: int = setting(5, "Of a small type so many may go, whatever share that is.", at_least=0)
    delete_total: int = setting(500, "How much may go in all; 0: nothing may.", at_least=0)
    sentinels: tuple[str, ...] = setting(
        (), "What is known to be there: if one of these is not visible, nothing is deleted.", example=("repo:acme/web",)
    )
    protect: tuple[str, ...] = setting(
        (), "What is never deleted, nor what it belongs to.", example=("repo:acme/ledger", "project:PLAT")
    )


def _check_ignored(_settings: object, _field: object, rules: tuple[str, ...]) -> None:
    check_rules(rules)


@frozen
class DriftSettings:
    """What audits do not count; plan and apply never look at this."""

    ignore: tuple[str, ...] = setting(
        (),
        "Differences that are known and wanted: an address, or an address and a property.",
        example=("repo:*.updatedOn", "permission:acme/web"),
        validator=_check_ignored,
    )


@frozen
class Settings:
    """Everything that is set for a run.

    Credentials are looked at when they are asked for: whoever only shows a plan needs none.
    """

    workspaces: tuple[str, ...]
    account_name: str
    tag_account_name: bool
    description: str
    pull_requests: PullRequestSettings
    #: Switches by the plural of a kind's name; every known kind has one.
    kinds: Mapping[str, bool]
    refresh: RefreshSettings
    limits: LimitSettings
    target: TargetSettings
    bitbucket: BitbucketSettings
    jupiterone: JupiterOneSettings | None
    state: StateSettings
    guards: GuardSettings
    #: Switches by the name of a rule; every rule has one, or none has, and then all are on.
    rules: Mapping[str, bool] = field(factory=dict)
    drift: DriftSettings = field(factory=DriftSettings)
    alerts: AlertSettings = field(factory=AlertSettings)
    adopt: AdoptSettings = field(factory=AdoptSettings)
    identities: Identities = field(factory=Identities)
    network: NetworkSettings = field(factory=NetworkSettings)
    #: Why `bitbucket` has no consumers, for `require_bitbucket` to raise.
    consumers_problem: SettingsError | None = field(default=None, eq=False, repr=False)

    def require_bitbucket(self) -> BitbucketSettings:
        """The settings to read Bitbucket with; raises if workspaces, consumers or the budget cannot do."""
        if not self.workspaces:
            raise SettingsError(
                "no workspace is set",
                next_step='Set workspaces = ["your-workspace"] in bbsync.toml, or BITBUCKET_WORKSPACE.',
            )
        if self.consumers_problem is not None:
            raise self.consumers_problem
        consumers, workspaces = len(self.bitbucket.consumers), len(self.workspaces)
        refuse_small_budget(self.limits.calls_budget, consumers=consumers, workspaces=workspaces)
        return self.bitbucket

    def require_jupiterone(self) -> JupiterOneSettings:
        """The settings to read and write JupiterOne with; raises if the account or its key is missing."""
        if self.jupiterone is None:
            raise SettingsError(
                "JUPITERONE_ACCOUNT is not set",
                why='The target is "jupiterone", which needs an account.',
                next_step='Set JUPITERONE_ACCOUNT and JUPITERONE_API_KEY, or [target] kind = "local" in bbsync.toml.',
            )
        self.jupiterone.require_keys()
        return self.jupiterone

    def require_account(self) -> JupiterOneSettings:
        """The settings to keep questions and alert rules in JupiterOne with, whichever graph is written."""
        if self.jupiterone is None:
            raise SettingsError(
                "JUPITERONE_ACCOUNT is not set",
                why="Questions and alert rules are kept in an account of JupiterOne.",
                next_step="Set JUPITERONE_ACCOUNT and JUPITERONE_API_KEY.",
            )
        self.jupiterone.require_keys()
        return self.jupiterone

    def kinds_off(self) -> frozenset[str]:
        """The plurals of the kinds that are not mirrored."""
        off = {kind for kind, on in self.kinds.items() if not on}
        return frozenset(off if self.pull_requests.ingest else {*off, "pull_requests"})

    def shaping(self) -> Properties:
        """What decides which things are looked at, and who is taken for whom, by name. No secret is in it.

        Kinds count by being switched off, so that a new version with one kind more has the same.
        """
        return {
            WORKSPACES: tuple(sorted(workspace.casefold() for workspace in self.workspaces)),
            KINDS_OFF: tuple(sorted(kind for kind, on in self.kinds.items() if not on)),
            **{f"pull_requests.{name}": held for name, held in asdict(self.pull_requests).items()},
            **self.identities.shaping(),
        }

    def fingerprint(self) -> str:
        """`sha256:` and 64 hex digits over the settings that shape the scope."""
        return f"sha256:{hashlib.sha256(json.dumps(self.shaping(), sort_keys=True).encode()).hexdigest()}"


def check_workspaces(workspaces: tuple[str, ...]) -> tuple[str, ...]:
    """The workspaces as given, if each is a slug or a uuid and none is named twice."""
    for workspace in workspaces:
        if not _SLUG_OR_UUID.fullmatch(workspace) or workspace in {".", ".."}:
            raise SettingsError(
                f"{workspace[:60]!r} is not the name of a workspace",
                next_step="Give its slug, which is what follows https://bitbucket.org/ in its address, or its uuid in"
                " braces.",
            )
    folded = [workspace.casefold() for workspace in workspaces]
    repeated = next((name for name in folded if folded.count(name) > 1), None)
    if repeated is not None:
        raise SettingsError(f"the workspace {repeated} is named twice", next_step="Name every workspace once.")
    return workspaces
