"""The tables of bbsync.toml: each has a class that it is read as, whose fields are its settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs
from attrs import AttrsInstance, frozen

from bbsync.adoption.settings import AdoptSettings
from bbsync.alerts.settings import AlertSettings
from bbsync.bitbucket.settings import LimitSettings, PullRequestSettings, RefreshSettings
from bbsync.jupiterone.settings import JupiterOnePolicy
from bbsync.local.settings import LocalSettings
from bbsync.rules import RULES
from bbsync.setting import setting, switch
from bbsync.settings.document import TOP
from bbsync.settings.identity_map import IdentityPolicy
from bbsync.settings.values import DriftSettings, GeneralSettings, GuardSettings, StateSettings, TargetKind

#: The plural names of the kinds that can be switched off in [kinds]; pull requests have a table of their own.
KNOWN_KINDS = ("users", "groups", "projects", "repositories", "permissions", "branch_restrictions")

#: What can be switched off in [rules].
KNOWN_RULES = tuple(rule.name for rule in RULES)


@frozen
class TargetPolicy:
    """Which graph is written."""

    kind: TargetKind | None = setting(
        None, "Left out: jupiterone where JUPITERONE_ACCOUNT is set, else local.", example="local"
    )
    path: Path = setting(LocalSettings().path, "The file that holds the local graph.")
    url: str = setting(
        "",
        "The PostgreSQL server that holds it instead; its password is not in here.",
        example="postgresql://user@host/database",
        repr=False,
    )
    scope: str = setting(
        LocalSettings().scope, "What the local graph is called: a database can hold many, each with a scope of its own."
    )


def kind_switches(names: tuple[str, ...] = KNOWN_KINDS) -> type[AttrsInstance]:
    """The [kinds] table: a switch for every kind."""
    meant = {name: f"Whether {name.replace('_', ' ')} are looked at." for name in names}
    return _switches(meant, "What is looked at; what is switched off stays in the graph as it is.")


def rule_switches(names: tuple[str, ...] = KNOWN_RULES) -> type[AttrsInstance]:
    """The [rules] table: a switch for every rule."""
    sentences = {rule.name: rule.sentence for rule in RULES}
    meant = {name: sentences.get(name, "") for name in names}
    return _switches(meant, "What plans point to as worth a look; it changes nothing and stops nothing.")


def _switches(meant: Mapping[str, str], meaning: str) -> type[AttrsInstance]:
    """A class with one switch for every name, all on, so that it is read like any other table."""
    made: type[AttrsInstance] = attrs.make_class(
        "Switches", {name: switch(sentence) for name, sentence in meant.items()}, class_body={"__doc__": meaning}
    )
    return made


#: Every table by its name, in the order in which people look at them. A new one belongs here.
SHAPES: Mapping[str, type[AttrsInstance]] = {
    TOP: GeneralSettings,
    "pull_requests": PullRequestSettings,
    "kinds": kind_switches(),
    "refresh": RefreshSettings,
    "limits": LimitSettings,
    "target": TargetPolicy,
    "jupiterone": JupiterOnePolicy,
    "adopt": AdoptSettings,
    "state": StateSettings,
    "guards": GuardSettings,
    "identities": IdentityPolicy,
    "drift": DriftSettings,
    "alerts": AlertSettings,
    "rules": rule_switches(),
}
