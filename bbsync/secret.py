"""A secret: text that shows itself only to whoever asks for it by name."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable
from typing import NoReturn
from urllib.parse import quote, quote_plus

from attrs import field, frozen

#: A secret shorter than this has no `last4`: four characters would be too large a part of it.
SHORTEST_WITH_LAST4 = 12

#: A shorter secret is refused where it is set: it cannot be told from the words around it, and so not be hidden.
SHORTEST = 8


@frozen(repr=False, order=False)
class Secret:
    """Text that must not reach a terminal, a file or an error; `reveal()` is the one way to it."""

    _text: str = field(default="")

    def reveal(self) -> str:
        """The text itself, for the one place that sends it."""
        return self._text

    @property
    def last4(self) -> str:
        """The end of the text, enough to tell two secrets apart; empty for a short one."""
        return self._text[-4:] if len(self._text) >= SHORTEST_WITH_LAST4 else ""

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return "Secret(…)"

    def __str__(self) -> str:
        return "…"

    def __reduce__(self) -> NoReturn:
        message = "a secret is not written to files"
        raise TypeError(message)


def hide(text: str, secrets: Iterable[Secret]) -> str:
    """The text with dots for each of the secrets, in whatever spelling and case it stands there."""
    spelled = sorted({one for secret in secrets for one in _spellings(secret)}, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, spelled)), "…", text, flags=re.IGNORECASE) if spelled else text


def holds(content: bytes, secrets: Iterable[Secret]) -> bool:
    """Whether the content repeats one of the secrets; too short ones are not looked for, as they may be any word."""
    long = (secret for secret in secrets if len(secret.reveal()) >= SHORTEST)
    spelled = {one for secret in long for one in _spellings(secret)}
    in_json = {json.dumps(one)[1:-1] for one in spelled}  # whatever is repeated, it may stand in a document
    return any(one.encode("utf-8", "replace") in content for one in spelled | in_json)


def _spellings(secret: Secret) -> set[str]:
    """How a text looks when it is repeated: as it is, in JSON, in Python, in an address, in HTML, in base64."""
    text = secret.reveal()
    if not text:
        return set()
    return {
        text,
        json.dumps(text)[1:-1],
        json.dumps(text).replace("/", r"\/")[1:-1],
        repr(text)[1:-1],
        repr(text.encode("utf-8", "replace"))[2:-1],
        quote(text, safe=""),
        quote_plus(text),
        html.escape(text),
        base64.b64encode(text.encode("utf-8", "replace")).decode(),
    }
