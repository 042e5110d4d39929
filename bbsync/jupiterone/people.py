"""Read the people of an account: every Person, whoever keeps it there."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from bbsync.jupiterone.client import JupiterOneClient
from bbsync.jupiterone.query import pages
from bbsync.jupiterone.refusals import strange_answer
from bbsync.matching import Person

#: The whole query. Nothing of anybody's is put into it, so no name can change what is asked.
QUERY = "FIND Person"

#: An account with more pages of people than this is not read to its end, but refused.
MOST_PAGES = 2_000

#: What a Person may be known by.
KNOWN_BY = ("bitbucketNickname", "email", "name")


class PersonRow(msgspec.Struct, frozen=True):
    """A Person in the result of a query. Its properties are others' and may hold anything."""

    id: str
    entity: dict[str, object]
    properties: dict[str, object] = {}


def read_people(client: JupiterOneClient) -> tuple[Person, ...]:
    """Every Person of the account."""
    rows = (row for page in pages(client, QUERY, MOST_PAGES) for row in _read(page))
    return tuple(_person(row) for row in rows if not row.entity.get("_deleted"))


def _read(page: object) -> tuple[PersonRow, ...]:
    try:
        return msgspec.convert(page, tuple[PersonRow, ...])
    except msgspec.MsgspecError as error:
        raise strange_answer(doing="reading people", why=f"A result has another shape: {error}.") from error


def _person(row: PersonRow) -> Person:
    shown = row.entity.get("displayName") or row.properties.get("name") or row.id
    return Person(row.id, str(shown), {name: tuple(_texts(row.properties.get(name))) for name in KNOWN_BY})


def _texts(held: object) -> Iterator[str]:
    """The texts in a property that holds one, or several."""
    for one in held if isinstance(held, list | tuple) else (held,):
        if isinstance(one, str) and one.strip():
            yield one
