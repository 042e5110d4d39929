"""What a run answers to each trouble with each kind of request: its exit code, and codes its messages may have."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from bbsync.errors import ExitCode
from tests.trouble.bitbucket_story import REQUESTS, Ended
from tests.trouble.troubles import BITBUCKETS

#: Said beside the code of a listing that was not read: of what needs it, and of what cannot be empty.
BESIDE = frozenset({"BB-FETCH-NEEDS", "BB-FETCH-EMPTY"})

#: What only asks whether something is gone.
ASKED = ("is the member gone?", "is the project gone?", "is the repository gone?")


@frozen
class Expected:
    """An exit code, and the codes of which there is at least one, unless there is none."""

    exit_code: ExitCode
    codes: frozenset[str] = frozenset()

    def fits(self, ended: Ended) -> bool:
        """Whether a run ended like this."""
        said = bool(ended.codes & self.codes) if self.codes else not ended.codes
        return ended.exit_code == self.exit_code and said and ended.codes <= self.codes | BESIDE


FINE = Expected(ExitCode.CHANGES)


def gap(code: str) -> Expected:
    """Something could not be read."""
    return Expected(ExitCode.INCOMPLETE, frozenset({f"BB-FETCH-{code}"}))


def ends(code: str) -> Expected:
    """There is no plan."""
    return Expected(ExitCode.ERROR, frozenset({f"BB-{code}"}))


#: Somebody lies consistently, and says of everything that it is gone: only the guards are left.
BELIEVED = Expected(ExitCode.BLOCKED, frozenset({"BB-GUARD-wipe_out"}))

#: When it happens once, and when it happens every time.
Pair = tuple[Expected, Expected]

LISTINGS: Mapping[str, Pair] = {
    "401": (FINE, ends("CONSUMER")),
    **{code: (gap(code), gap(code)) for code in ("403", "404", "410")},
    **{name: (ends("RATE-LIMIT"), ends("RATE-LIMIT")) for name in ("429", "429, retry after")},
    **{code: (FINE, gap(code)) for code in ("500", "502")},
    "timeout": (FINE, gap("TIMEOUT")),
    "reset": (FINE, gap("NETWORK")),
    "login page": (gap("JSON"), gap("JSON")),
    "redirect to login": (gap("ORIGIN"), gap("ORIGIN")),
    "truncated": (FINE, gap("NETWORK")),
    "half the JSON": (gap("JSON"), gap("JSON")),
    "wrong schema": (gap("SCHEMA"), gap("SCHEMA")),
    "null": (gap("SCHEMA"), gap("SCHEMA")),
    "null in the items": (FINE, gap("SCHEMA")),
    "next is itself": (gap("LOOP"), gap("LOOP")),
    "next elsewhere": (gap("ORIGIN"), gap("ORIGIN")),
    "repeated item": (FINE, FINE),
    "repeated page": (FINE, FINE),
    "shifted by insert": (FINE, gap("SIZE")),
    "shifted by delete": (FINE, gap("SIZE")),
    "empty 200": (FINE, gap("SIZE")),
}

_PAGES = ("next is itself", "next elsewhere", "repeated page", "shifted by insert", "shifted by delete", "empty 200")
_NO_PAGES = dict.fromkeys(_PAGES, (FINE, FINE))
_NO_SIZE = dict.fromkeys(("shifted by insert", "shifted by delete"), (FINE, FINE))
_NO_TOKEN = (ends("CONSUMER"), ends("CONSUMER"))
_STILL_THERE = Expected(ExitCode.INCOMPLETE, frozenset({"BB-STILL-THERE"}))

_ASKED: Mapping[str, Pair] = {
    **_NO_PAGES,
    **dict.fromkeys(("404", "410", "half the JSON", "null in the items"), (FINE, FINE)),
    **dict.fromkeys(("login page", "wrong schema", "null"), (_STILL_THERE, _STILL_THERE)),
    "redirect to login": (gap("REDIRECT"), gap("REDIRECT")),
}

#: Where it is something else than with most listings.
OTHERS: Mapping[str, Mapping[str, Pair]] = {
    "token": {
        **dict.fromkeys(BITBUCKETS, _NO_TOKEN),
        **dict.fromkeys(("429", "429, retry after"), (ends("RATE-LIMIT"), ends("RATE-LIMIT"))),
        **dict.fromkeys(("500", "502"), (FINE, ends("CONSUMER"))),
        **dict.fromkeys(("timeout", "reset", "truncated"), (FINE, ends("BITBUCKET"))),
        **dict.fromkeys(("next is itself", "next elsewhere", "repeated item", "empty 200"), (FINE, FINE)),
    },
    "workspace": {
        **_NO_PAGES,
        **dict.fromkeys(("404", "410"), (FINE, BELIEVED)),
        "null in the items": (gap("SCHEMA"), gap("SCHEMA")),
    },
    "members": dict.fromkeys(("403", "404", "410"), (FINE, FINE)),  # another list knows the same but for roles
    "groups": {**_NO_PAGES, "empty 200": (FINE, BELIEVED)},
    "groups, second reading": _NO_PAGES,
    "pull requests": {"null in the items": (gap("SCHEMA"), gap("SCHEMA"))},
    "commits": {**_NO_SIZE, "empty 200": (FINE, gap("EMPTY"))},
    "activity": {**_NO_SIZE, "empty 200": (FINE, gap("EMPTY"))},
    **dict.fromkeys(ASKED, _ASKED),
}

#: Lists that do not say how many items they have lose one unseen, where it slips from page to page. They are handed
#: out by cursor, with which nothing slips; and whoever loses an approval like this reads it again when it moved.
UNSEEN = (("commits", "shifted by delete"), ("activity", "shifted by delete"))


def expected(request: str, trouble: str, *, always: bool) -> Expected:
    """How a run ends."""
    assert request in REQUESTS
    return OTHERS.get(request, {}).get(trouble, LISTINGS[trouble])[always]
