"""Rules about differences that an audit need not count: an address, or an address and one of its properties.

They are about reports alone: what is planned and applied never depends on them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from attrs import field, frozen

from bbsync.addresses import PREFIX, is_named
from bbsync.graph import Entity, Relationship
from bbsync.kinds import KINDS, Kinds

FORMS = 'an address such as "permission:acme/web", or with a property at its end, "repo:*.updatedOn"'

_PROPERTY = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_WORD = re.compile(r"[\w-]+", re.ASCII)


@frozen
class Rule:
    """One rule, as it is written in the settings."""

    text: str
    #: Every way to take it for an address and a property; names of repositories have dots in them, too.
    readings: tuple[tuple[str, str], ...] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "readings", tuple(_readings(self.text)))  # frozen: it follows from what was given

    def covers(self, element: Entity | Relationship, label: str, above: Sequence[Entity], kinds: Kinds) -> bool:
        """Whether the whole element is named: by itself, by what it hangs below, or, of a relationship, by an end."""
        return _is_meant(self.text, element, label, above, kinds)

    def properties(
        self, names: Iterable[str], element: Entity | Relationship, label: str, above: Sequence[Entity], kinds: Kinds
    ) -> frozenset[str]:
        """Those of the properties that are named."""
        wanted = set(names)
        found = (name for address, name in self.readings if _is_meant(address, element, label, above, kinds))
        return frozenset(name for name in found if name in wanted)


def check_rules(texts: Iterable[str], kinds: Kinds = KINDS) -> None:
    """Refuse what can be no rule.

    Raises:
        ValueError: with the forms that are accepted.
    """
    ours = {name for kind in kinds for name in (kind.name, kind.entity.type.removeprefix(PREFIX))}
    known = ours | {found.removeprefix(PREFIX) for found in kinds.relationships}
    for text in texts:
        before, colon, rest = text.partition(":")
        if not text.strip() or text != text.strip() or not text.isprintable() or (colon and not rest):
            raise ValueError(f"{text[:60]!r} names nothing; a rule is {FORMS}")
        if colon and _WORD.fullmatch(before) and before not in known:
            raise ValueError(f"{text[:60]!r} begins with no kind ({', '.join(sorted(ours))}); a rule is {FORMS}")


def _readings(text: str) -> Iterator[tuple[str, str]]:
    for dot in (place for place, letter in enumerate(text) if letter == "."):
        if text[:dot] and _PROPERTY.fullmatch(text[dot + 1 :]):
            yield text[:dot], text[dot + 1 :]


def _is_meant(pattern: str, element: Entity | Relationship, label: str, above: Sequence[Entity], kinds: Kinds) -> bool:
    own = _called(element, kinds)
    if _matches({label, *(f"{name}:{label}" for name in own)}, pattern):
        return True
    if isinstance(element, Relationship):
        ends = (one for one in above if one.key in (element.source, element.target))
        return any(_is_meant(pattern, end, end.name, above, kinds) for end in ends)
    before, colon, rest = pattern.partition(":")
    below = colon and before in own and any(is_named((rest,), one, kinds) for one in above)
    return bool(below) or is_named((pattern,), element, kinds)


def _called(element: Entity | Relationship, kinds: Kinds) -> tuple[str, ...]:
    """What may stand before the colon."""
    kind = kinds.by_type.get(element.type) if isinstance(element, Entity) else None
    return (element.type.removeprefix(PREFIX), *((kind.name,) if kind else ()))


def _matches(names: Iterable[str], pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in names)
