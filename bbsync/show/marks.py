"""Remote text as Markdown that shows it and does nothing: no markup, no link, no mention, no row of its own.

Two dialects count: Python-Markdown, from which Bitbucket's stems, and CommonMark with GitHub's additions. A backslash
goes before what both take one before; the rest is written as a reference. Some programs look for links and mentions
in what is left, so a zero-width space keeps apart what they look for. Links that Bitbucket makes of bare host names,
commit hashes or Jira keys, if it does, cannot be told apart from names, and lead nowhere that the name does not say.
"""

from __future__ import annotations

import re

from bbsync.show.safe import safe

#: What both dialects take a backslash before.
_WITH_BACKSLASH = frozenset("\\`*_{}[]()>#+-.!")

#: What only one of them does, or none: as references.
_AS_REFERENCE = {"<": "&lt;", "&": "&amp;", "|": "&#124;", "~": "&#126;", "$": "&#36;"}

APART = "\u200b"

#: What programs look for: mentions, numbers of issues, addresses with a scheme and without; also blanks that HTML would
#: melt into one, or drop. A colon between two digits and two digits is in a time, and stays as it is.
_SOUGHT = re.compile(r"@|#(?=\w)|(?<!\d\d):(?=\S)|:(?!\d\d(?!\d))(?=\S)|(?i:www)(?=\.)|^ | (?= )| $")

_SPECIAL = re.compile(r"[\\`*_{}\[\]()>#+\-.!<&|~$]")


def marked(text: str) -> str:
    """The text, made harmless first, so that whoever reads the rendered Markdown sees exactly it."""
    harmless = safe(text)
    parts = []
    end = 0
    for found in _SOUGHT.finditer(harmless):
        parts += [_SPECIAL.sub(_escaped, harmless[end : found.start()]), _apart(found[0])]
        end = found.end()
    return "".join([*parts, _SPECIAL.sub(_escaped, harmless[end:])])


def _escaped(found: re.Match[str]) -> str:
    one = found[0]
    return f"\\{one}" if one in _WITH_BACKSLASH else _AS_REFERENCE[one]


def _apart(sought: str) -> str:
    if sought == " ":
        return "&nbsp;"
    if sought == ":":
        return f"&#58;{APART}"
    return f"\\#{APART}" if sought == "#" else f"{sought}{APART}"
