"""Who is matched by what, as text, as CSV and as JSON, and a template of the identity map for those who are missing."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator

from bbsync.identities import ACCOUNT_COLUMNS
from bbsync.matching import Match, Matches, Standing
from bbsync.show.pen import Pen
from bbsync.show.safe import safe
from bbsync.show.words import times

TEMPLATE = ("account_id", "uuid", "nickname", "name", "email")

#: What people are looked for by, in words.
WORDS = {"bitbucketNickname": "nickname", "email": "e-mail address", "name": "name"}

_HEADINGS = {
    Standing.AMBIGUOUS: "Ambiguous",
    Standing.UNMATCHED: "Not matched",
    Standing.UNKNOWN: "Looked for",
    Standing.MATCHED: "Matched",
}

#: What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "|", "%")


def identities_text(matches: Matches, *, width: int, colour: bool, unicode: bool, full: bool = False) -> str:
    """The matches as text; the same matches, the same bytes."""
    return "\n".join(_lines(matches, Pen(width, colour, unicode, full))) + "\n"


def identities_csv(matches: Matches) -> str:
    """The matches as CSV, one line a user; no cell of it is a formula."""
    columns = (*TEMPLATE, "standing", "matched_by", "people", "problem")
    return _csv([columns, *((*_account(one), *_standing(one)) for one in matches.matches)])


def template_csv(matches: Matches) -> str:
    """An identity map with a line for each user whom an address would help; the addresses are to be filled in."""
    return _csv([TEMPLATE, *(_account(one) for one in matches.missing)])


def identities_json(matches: Matches) -> bytes:
    """The matches as JSON."""
    document = {
        "people": matches.people,
        "counts": {standing.value: len(matches.standing(standing)) for standing in Standing},
        "unusedLines": matches.unused,
        "users": [_document(one) for one in matches.matches],
    }
    return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"


def _lines(matches: Matches, pen: Pen) -> Iterator[str]:
    yield from pen.prose(_summary(matches))
    for standing, heading in _HEADINGS.items():
        found = matches.standing(standing)
        if found:
            yield ""
            yield pen.heading(f"{heading} ({len(found)})")
            for one in found:
                yield from pen.prose(f"{_named(one, pen)}: {_said(one, pen)}", indent=2)
    if matches.unused:
        yield ""
        yield from pen.prose(f"About nobody here: {_those_lines(matches.unused)} of the identity map.")


def _summary(matches: Matches) -> str:
    members = times(len(matches.matches), "member", "members")
    if matches.people is None:
        return (
            f"{members}. The local graph holds no Persons, so nobody can say who is matched; this is what JupiterOne "
            "would look for."
        )
    counts = (f"{len(matches.standing(one))} {one.value}" for one in Standing if one is not Standing.UNKNOWN)
    return f"{members}, {times(matches.people, 'Person', 'Persons')}: {', '.join(counts)}."


def _named(one: Match, pen: Pen) -> str:
    nickname = one.user.properties.get("nickname")
    return f"{pen.safe(one.user.name)} ({pen.safe(str(nickname))})" if nickname else pen.safe(one.user.name)


def _said(one: Match, pen: Pen) -> str:
    """What is to be said of the user after the name."""
    if one.identity.problem:
        return one.identity.problem
    if not one.found:
        looked = ", ".join(f"{WORDS.get(name, name)} {pen.safe(str(held))}" for name, held in one.known_by.items())
        return looked or "nothing to look for"
    people = [f"{pen.safe(person.name)} by {_and(names)}" for person, names in one.found]
    return people[0] if len(people) == 1 else f"{len(people)} Persons: {'; '.join(people)}"


def _and(names: Iterable[str]) -> str:
    return " and ".join(WORDS.get(name, name) for name in names)


def _those_lines(lines: tuple[int, ...]) -> str:
    more = f" and {len(lines) - 10} more" if len(lines) > 10 else ""
    return f"line{'s' * (len(lines) > 1)} {', '.join(map(str, lines[:10]))}{more}"


def _account(one: Match) -> tuple[str, ...]:
    properties = one.user.properties
    ids = (one.user.key if name == "uuid" else str(properties.get(name) or "") for name in ACCOUNT_COLUMNS.values())
    return (*ids, one.user.name, str(one.known_by.get("email", "")))


def _standing(one: Match) -> tuple[str, ...]:
    found = one.found or ()
    names = dict.fromkeys(WORDS.get(name, name) for _, listed in found for name in listed)
    return (one.standing.value, "; ".join(names), "; ".join(person.name for person, _ in found), one.identity.problem)


def _document(one: Match) -> dict[str, object]:
    properties = one.user.properties
    found = one.found
    return {
        "uuid": one.user.key,
        "accountId": properties.get("accountId"),
        "nickname": properties.get("nickname"),
        "name": one.user.name,
        "standing": one.standing.value,
        "lookedForBy": dict(one.known_by),
        "problem": one.identity.problem or None,
        "people": None if found is None else [{"id": who.key, "name": who.name, "by": names} for who, names in found],
    }


def _csv(rows: Iterable[Iterable[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([cell(text) for text in row] for row in rows)
    return stream.getvalue()


def cell(text: str) -> str:
    """The text as a cell that a spreadsheet shows and does not carry out, with nothing unprintable in it."""
    return f"'{safe(text)}" if text.lstrip().startswith(_FORMULA) else safe(text)
