"""A secret: text that shows itself only to who asks for it by name."""

from __future__ import annotations

from attrs import field, frozen

#: A secret shorter than this has no `last4`: four characters would be too large a part of it.
SHORTEST_WITH_LAST4 = 12


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

    def __reduce__(self) -> str:
        message = "a secret is not written to files"
        raise TypeError(message)
