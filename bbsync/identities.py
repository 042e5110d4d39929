"""The identity map: which e-mail address the person behind an account has. Bitbucket itself tells none."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from attrs import evolve, field, frozen

from bbsync.graph import Entity, Graph, Properties
from bbsync.kinds import KINDS
from bbsync.kinds.user import BY_NAME
from bbsync.observation import Observation
from bbsync.overlay import Overlay

#: What plans call the map that they were made with.
MAP = "identities.map"

#: Whether names may tell who somebody is.
NAMES = "identities.by_name"

#: How a row may name an account, the surest first: columns of the file, and the property of a user that they equal.
ACCOUNT_COLUMNS = {"account_id": "accountId", "uuid": "uuid", "nickname": "nickname"}

_USER = KINDS.by_name["user"].entity.type


@frozen
class Row:
    """A row of the map: the account that has `account` in the column `by` belongs to somebody with this address."""

    line: int
    by: str
    account: str
    email: str


@frozen
class Identity:
    """What the map says of one user: an address, or why it says none although rows are about the user."""

    email: str | None = None
    rows: tuple[Row, ...] = ()
    problem: str = ""


@frozen
class Identities:
    """How users are found among people: by nickname, by the addresses of the map, and by name where that is wanted.

    `file` is where the rows come from; empty where no map is set.
    """

    rows: tuple[Row, ...] = field(default=(), repr=False)
    file: str = ""
    by_name: bool = False

    @property
    def is_mapped(self) -> bool:
        """Whether a map is set, however few rows it has."""
        return bool(self.file)

    def shaping(self) -> Properties:
        """What plans are bound to: the map, in whichever order its rows stand, and whether names count."""
        shape: dict[str, str | bool] = {MAP: self.digest} if self.is_mapped else {}
        return {**shape, NAMES: True} if self.by_name else shape

    @property
    def digest(self) -> str:
        """`sha256:` and 64 hex digits over what the map says."""
        rows = sorted((row.by, row.account, row.email) for row in self.rows)
        return f"sha256:{hashlib.sha256(json.dumps(rows).encode()).hexdigest()}"

    def of(self, users: Iterable[Entity]) -> Mapping[str, Identity]:
        """What the map says of each of these users, by key; users of whom it says nothing are not in it."""
        listed = list(users)
        rows = self._rows_by_account()
        shared = _shared_nicknames(listed)
        found = {user.key: tuple(_rows_of(user, rows)) for user in listed}
        return {key: _identity(about, shared) for key, about in found.items() if about}

    def _rows_by_account(self) -> Mapping[tuple[str, str], list[Row]]:
        found: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in self.rows:
            found[row.by, row.account].append(row)
        return found


def identify(observation: Observation, identities: Identities) -> Observation:
    """The observation whose users have the addresses that the map gives them."""
    if not identities.rows and not identities.by_name:
        return observation
    seen = observation.graph
    users = [entity for entity in seen.entities.values() if entity.type == _USER]
    known = identities.of(users)
    changed = {user.key: _identified(user, known.get(user.key, Identity()), identities) for user in users}
    return evolve(observation, graph=Graph(Overlay(seen.entities, changed), seen.relationships))


def _identified(user: Entity, identity: Identity, identities: Identities) -> Entity:
    properties = dict(user.properties)
    if identity.email:
        properties["email"] = (identity.email,)
    if identities.by_name:
        properties[BY_NAME] = True
    return evolve(user, properties=properties)


def _rows_of(user: Entity, rows: Mapping[tuple[str, str], list[Row]]) -> Iterator[Row]:
    for column, name in ACCOUNT_COLUMNS.items():
        held = user.key if column == "uuid" else user.properties.get(name)
        if isinstance(held, str):
            yield from rows.get((column, held), ())


def _shared_nicknames(users: Iterable[Entity]) -> frozenset[str]:
    """Nicknames that more than one of them has: Bitbucket keeps nobody from taking another's."""
    seen: set[str] = set()
    shared: set[str] = set()
    for user in users:
        nickname = user.properties.get("nickname")
        if isinstance(nickname, str):
            (shared if nickname in seen else seen).add(nickname)
    return frozenset(shared)


def _identity(rows: tuple[Row, ...], shared: frozenset[str]) -> Identity:
    sure = tuple(row for row in rows if not (row.by == "nickname" and row.account in shared))
    addresses = {row.email for row in sure}
    if len(addresses) == 1:
        return Identity(sure[0].email, rows)
    if addresses:
        return Identity(None, rows, f"lines {_and(sure)} of the map give different addresses")
    return Identity(None, rows, f"line {_and(rows)} of the map names a nickname that several accounts have")


def _and(rows: Iterable[Row]) -> str:
    return " and ".join(str(line) for line in sorted({row.line for row in rows}))
