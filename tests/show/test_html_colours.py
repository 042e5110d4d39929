"""The colours of the page can be read: contrast as WCAG 2 computes it, level AA."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

STYLE = files("bbsync.show.page").joinpath("page.css").read_text("utf-8")

_LIGHT, _DARK = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)

#: The variables of both schemes.
SCHEMES = {
    name: dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
    for name, block in (("light", _LIGHT), ("dark", _DARK))
}

MARKS = ("add", "change", "move", "delete", "withheld", "kept")

#: Text, and what it stands on.
PAIRS = (
    *((text, ground) for text in ("ink", "muted", *MARKS) for ground in ("paper", "raised")),
    *((mark, f"{mark}-tint") for mark in MARKS),
    ("focus", "paper"),
)


def luminance(colour: str) -> float:
    """How bright a colour is, as WCAG 2 defines it."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, between 1 and 21."""
    darker, brighter = sorted((luminance(one), luminance(other)))
    return (brighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_all_there_is() -> None:
    """The measure is right at its end, and at a pair that WCAG's authors name."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_can_be_read(scheme: str, text: str, ground: str) -> None:
    """At least 4.5 to 1, in light and dark."""
    colours = SCHEMES[scheme]

    assert contrast(colours[text], colours[ground]) >= 4.5


def test_both_schemes_have_every_colour() -> None:
    """No colour of one scheme shows up in the other."""
    assert SCHEMES["light"].keys() == SCHEMES["dark"].keys()


def test_colours_are_named_once() -> None:
    """Every colour is one of the variables that are checked here."""
    rules = STYLE.replace(_LIGHT, "").replace(_DARK, "")

    assert not re.search(r"#[0-9a-f]{3,8}\b|\brgb|\bhsl", rules)
