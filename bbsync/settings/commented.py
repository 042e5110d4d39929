"""A bbsync.toml for people to begin with: every setting, its default, and what it is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import wrap

from bbsync.settings.described import Described, DescribedTable, described, toml

WIDTH = 100

_HEAD = """\
# Settings of bbsync. All of them are optional; what stands behind a # is the default.
# Secrets and addresses have no place here: they are environment variables.
"""


def commented(given: Mapping[tuple[str, str], object] | None = None) -> str:
    """The whole file.

    Args:
        given: what is set, by table and name; the table of what stands above the tables is "". All else is a comment.
    """
    tables = (_table(table, given or {}) for table in described())
    return "\n".join([_HEAD, *tables])


def _table(table: DescribedTable, given: Mapping[tuple[str, str], object]) -> str:
    head = [*_comment(table.meaning), f"[{table.name}]"] if table.name else []
    lines = (line for one in table.settings for line in _setting(one, given.get((table.name, one.name))))
    return "".join(f"{line}\n" for line in (*head, *lines)).lstrip("\n")


def _setting(setting: Described, given: object) -> Iterator[str]:
    yield ""
    yield from _comment(" ".join(filter(None, (setting.meaning, _bounded(setting)))))
    if given is not None:
        yield f"{setting.name} = {toml(given)}"
    else:
        yield f"# {setting.name} = {_shown(setting)}"


def _shown(setting: Described) -> str:
    """The default, and an example where that tells more."""
    if not setting.default:
        return setting.example
    return f"{setting.default}  # such as {setting.example}" if setting.example else setting.default


def _bounded(setting: Described) -> str:
    return "" if setting.bounds in ("", "at least 0") else f"{setting.bounds.capitalize()}."


def _comment(sentence: str) -> Iterator[str]:
    for line in wrap(sentence, WIDTH - 2):
        yield f"# {line}"
