"""Who is matched by what: users, and the people that are known by one of the things that tell who a user is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

from attrs import field, frozen

from bbsync.graph import Entity, Graph, Properties
from bbsync.identities import Identities, Identity
from bbsync.kinds import KINDS
from bbsync.mapped import found_by, mapped_ties

_USER = KINDS.by_name["user"].entity.type


@frozen
class Person:
    """Somebody in the account: a Person of whoever keeps people there. `known_by` holds texts by property."""

    key: str
    name: str
    known_by: Mapping[str, tuple[str, ...]]


class Standing(Enum):
    """How it stands with a user."""

    MATCHED = "matched"
    """One Person is found."""
    AMBIGUOUS = "ambiguous"
    """Several are, or the identity map contradicts itself."""
    UNMATCHED = "unmatched"
    """Nobody is, or there is nothing to look for."""
    UNKNOWN = "unknown"
    """Nobody can say: the target holds no people."""


@frozen
class Match:
    """What is known of one user: what people are looked for by, what the map says, and who is found by what."""

    user: Entity
    known_by: Properties
    identity: Identity
    found: tuple[tuple[Person, tuple[str, ...]], ...] | None

    @property
    def standing(self) -> Standing:
        """How it stands with the user."""
        if self.identity.problem:
            return Standing.AMBIGUOUS
        if self.found is None:
            return Standing.UNKNOWN
        if len(self.found) > 1:
            return Standing.AMBIGUOUS
        return Standing.MATCHED if self.found else Standing.UNMATCHED

    @property
    def is_missing(self) -> bool:
        """Whether a row of the map would help: the user has no address, and nobody is found."""
        return self.standing in (Standing.UNMATCHED, Standing.UNKNOWN) and "email" not in self.known_by


@frozen
class Matches:
    """Every user, by name; `unused` are the lines of the map that are about none of them."""

    matches: tuple[Match, ...] = ()
    unused: tuple[int, ...] = ()
    people: int | None = None

    def standing(self, wanted: Standing) -> tuple[Match, ...]:
        """The users with whom it stands so."""
        return tuple(match for match in self.matches if match.standing is wanted)

    @property
    def missing(self) -> tuple[Match, ...]:
        """Users whom a row of the map would help."""
        return tuple(match for match in self.matches if match.is_missing)


@frozen
class _People:
    """People by what they are known by."""

    by: Mapping[tuple[str, str], tuple[Person, ...]] = field(repr=False)

    @classmethod
    def of(cls, people: Iterable[Person]) -> _People:
        found: dict[tuple[str, str], list[Person]] = defaultdict(list)
        for person in people:
            for name, texts in person.known_by.items():
                for text in dict.fromkeys(texts):
                    found[name, text].append(person)
        return cls({key: tuple(listed) for key, listed in found.items()})

    def known_by(self, properties: Properties) -> tuple[tuple[Person, tuple[str, ...]], ...]:
        """Who is known by any of these, and by which."""
        found: dict[str, tuple[Person, list[str]]] = {}
        for name, held in properties.items():
            for person in self.by.get((name, str(held)), ()):
                found.setdefault(person.key, (person, []))[1].append(name)
        in_order = sorted(found.values(), key=lambda pair: (pair[0].name.casefold(), pair[0].key))
        return tuple((person, tuple(names)) for person, names in in_order)


def match(graph: Graph, identities: Identities, people: Iterable[Person] | None) -> Matches:
    """Who is matched by what.

    Args:
        graph: users as they are written, with what the identity map gives them.
        identities: the identity map.
        people: everybody in the account; None where nobody can say who is.
    """
    users = [entity for entity in graph.entities.values() if entity.type == _USER]
    said = identities.of(users)
    everybody = None if people is None else list(people)
    matches = _matches([user for user in users if user.properties.get("isPerson") is not False], said, everybody)
    about = {row.line for identity in said.values() for row in identity.rows}
    return Matches(
        tuple(sorted(matches, key=lambda one: (one.user.name.casefold(), one.user.key))),
        tuple(sorted({row.line for row in identities.rows} - about)),
        None if everybody is None else len(everybody),
    )


def _matches(users: list[Entity], said: Mapping[str, Identity], people: list[Person] | None) -> Iterator[Match]:
    known = {tie.source: found_by(tie) for tie in mapped_ties(users)}
    index = None if people is None else _People.of(people)
    for user in users:
        known_by = known.get(user.key, {})
        found = None if index is None else index.known_by(known_by)
        yield Match(user, known_by, said.get(user.key, Identity()), found)
