"""Who is who: read the members of the workspaces and the people of the account, and match them. Nothing is written."""

from __future__ import annotations

from attrs import evolve, frozen

from bbsync.bitbucket.tally import Traffic
from bbsync.coverage import Gap
from bbsync.errors import SettingsError
from bbsync.kinds import KINDS
from bbsync.matching import Matches, match
from bbsync.settings import Settings
from bbsync.steps import Around, look, open_target

_USERS = KINDS.by_name["user"].plural


@frozen
class Identified:
    """Who is matched by what, what of the members could not be read, and what reading took."""

    matches: Matches
    gaps: tuple[Gap, ...]
    traffic: Traffic


def find_people(settings: Settings, around: Around) -> Identified:
    """Match the members of the workspaces with the people of the account. Only members are asked for in Bitbucket.

    Raises:
        BbsyncError: one of them could not be read.
    """
    if not settings.kinds.get(_USERS, True):
        raise SettingsError(
            "users are switched off, so there is nobody to identify",
            next_step="Take users = false out of [kinds] in bbsync.toml.",
        )
    looked = look(_members_alone(settings), around, live=False)
    with open_target(settings, around) as target:
        people = target.read_people()
    gaps = tuple(gap for gap in looked.observation.coverage.gaps if not gap.known)
    return Identified(match(looked.observation.graph, settings.identities, people), gaps, looked.traffic)


def _members_alone(settings: Settings) -> Settings:
    """The same settings, which look at nothing but members."""
    return evolve(
        settings,
        kinds={kind: kind == _USERS for kind in settings.kinds},
        pull_requests=evolve(settings.pull_requests, ingest=False),
        guards=evolve(settings.guards, sentinels=(), protect=()),
    )
