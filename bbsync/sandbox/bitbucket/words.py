"""Words and people to make a world of."""

from __future__ import annotations

import random
from typing import TypeVar

from bbsync.sandbox.bitbucket.ids import account_id_of, uuid_of
from bbsync.sandbox.bitbucket.world import Account

T = TypeVar("T")

_FIRST = ("Ada", "Bela", "Chioma", "Dmitri", "Elif", "Farid", "Grete", "Hugo", "Ines", "Jun", "Kofi", "Lena")
_LAST = ("Adeyemi", "Baker", "Castro", "Dubois", "Eriksen", "Fuchs", "Gupta", "Haddad", "Ivanova", "Jansen", "Kaya")
_THINGS = ("web", "api", "billing", "search", "login", "ledger", "reports", "mail", "images", "orders", "stock")
_PARTS = ("", "worker", "client", "docs", "tools", "infra", "tests", "models", "proxy")
GROUPS = ("developers", "administrators", "reviewers", "operations", "security", "contractors", "releases")
PROJECTS = (("WEB", "Website"), ("PLAT", "Platform"), ("PAY", "Payments"), ("OPS", "Operations"))
LANGUAGES = ("python", "go", "typescript", "java", "")


def person(seed: int, number: int) -> Account:
    first, last = _FIRST[number % len(_FIRST)], _LAST[number // len(_FIRST) % len(_LAST)]
    nickname = f"{first}{number or ''}".lower()
    return Account(
        display_name=f"{first} {last}",
        uuid=uuid_of(seed, "account", nickname),
        account_id=account_id_of(seed, "account", nickname),
        nickname=nickname,
    )


def repository_name(index: int) -> str:
    thing, part = _THINGS[index % len(_THINGS)], _PARTS[index // len(_THINGS) % len(_PARTS)]
    turn = index // (len(_THINGS) * len(_PARTS))
    return "-".join(piece for piece in (thing, part, str(turn or "")) if piece)


def endless(words: tuple[str, ...], count: int) -> list[str]:
    """So many different words: those there are, then the same with numbers."""
    return [
        f"{words[index % len(words)]}{f'-{index // len(words)}' if index >= len(words) else ''}"
        for index in range(count)
    ]


def some(choice: random.Random, things: list[T], count: int) -> list[T]:
    """So many of the things, or all of them where there are fewer."""
    return choice.sample(things, max(min(count, len(things)), 0))
