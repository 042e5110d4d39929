"""The page of settings, from the classes that they are read as."""

from __future__ import annotations

from collections.abc import Iterator

from bbsync.settings.described import Described, DescribedTable, described
from bbsync.settings.environment import VARIABLES
from tests.pages.markup import GENERATED, code, table

_INTRODUCTION = """\
What is read and what may be deleted is set in `bbsync.toml`, which belongs into version control and is reviewed there.
Secrets and addresses come from the environment. Everything is optional but a workspace and an OAuth consumer. Nothing
is guessed: a setting that is not known, of the wrong type or out of its bounds is refused with the way to put it right.

Lengths of time are texts with a unit: `"90s"`, `"30m"`, `"24h"`, `"7d"`. Addresses, in `sentinels`, `protect`, `ignore`
and `--only`, name what plans show: `"repo:acme/web"`, `"project:PLAT"`; `*` stands for any characters.
"""
_ENVIRONMENT = """\
Each may also be given with `_FILE` appended, naming a file that holds the text, as mounted secrets are. `--env-file`
names a file of `NAME=value` lines, below the variables of the process; no other `.env` file is read.
"""
_ELSEWHERE = """\
`NO_COLOR` and `TERM=dumb` switch colour off. `CI_JOB_URL`, or `BUILD_URL`, goes into the lease and the audit trail, so
that others can find the job.
"""


def settings_page() -> str:
    """The whole page."""
    tables = (part for one in described() for part in section(one))
    variables = table(["variable", "holds"], [[code(name), holds] for name, holds in VARIABLES.items()])
    environment = ("## The environment\n", _ENVIRONMENT, variables, _ELSEWHERE)
    return "\n".join(["# Settings\n", GENERATED, _INTRODUCTION, *tables, *environment])


def section(one: DescribedTable) -> Iterator[str]:
    """One table of bbsync.toml."""
    yield f"## [{one.name}]\n" if one.name else "## Above the tables\n"
    yield f"{one.meaning}\n"
    rows = ([code(each.name), kind(each), default(each), each.meaning] for each in one.settings)
    yield table(["setting", "type", "default", "meaning"], rows)


def kind(setting: Described) -> str:
    """What type it has, and within which bounds."""
    return ", ".join(filter(None, (setting.type, setting.bounds)))


def default(setting: Described) -> str:
    """What holds where it is not set, and how it may look."""
    example = f"such as {code(setting.example)}" if setting.example else ""
    return ", ".join(filter(None, (code(setting.default), example)))
