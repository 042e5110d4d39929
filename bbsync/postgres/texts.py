"""Any text on a server that takes every character but one: NUL goes as two others, and comes back.

Bitbucket's names are other people's, and JSON can spell a NUL. Refusing it would let one name stop every apply.
"""

from __future__ import annotations

from typing import Any

from psycopg.adapt import Buffer, Dumper, Loader
from psycopg.postgres import types

#: A character that nobody has given a meaning to. It begins the spelling of NUL, and of itself.
_SIGN = "\ue000"

_NUL, _ITSELF = f"{_SIGN}0", f"{_SIGN}1"


def sent(text: str) -> str:
    """The text as a server takes it."""
    return text.replace(_SIGN, _ITSELF).replace("\0", _NUL) if "\0" in text or _SIGN in text else text


def received(text: str) -> str:
    """The text that was sent."""
    return text.replace(_NUL, "\0").replace(_ITSELF, _SIGN) if _SIGN in text else text


class _Sending(Dumper):
    oid = types["text"].oid

    def dump(self, obj: str) -> bytes:
        return sent(obj).encode()


class _Receiving(Loader):
    def load(self, data: Buffer) -> str:
        return received(str(data, "utf-8"))


def spell_texts(connection: Any, _record: object) -> None:
    """Let this connection of the driver send and receive any text."""
    connection.adapters.register_dumper(str, _Sending)
    for name in ("text", "varchar"):
        connection.adapters.register_loader(name, _Receiving)
