"""A plan as one HTML page that needs nothing else: no network, no script to be read, no other file."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Protocol

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from bbsync.plan import Plan
from bbsync.show import summary
from bbsync.show.page import facts
from bbsync.show.page.changes import sections
from bbsync.show.page.deletes import groves
from bbsync.show.page.listed import LISTED, PEN
from bbsync.show.page.picture import picture
from bbsync.show.page.worth import worth
from bbsync.show.safe import safe
from bbsync.show.sections import withheld_rows
from bbsync.show.text import Finding


class CountedFinding(Finding, Protocol):
    """What a guard said of the plan, with numbers: it tripped where `count` of `of` is more than `limit`."""

    @property
    def id(self) -> str:
        """Which guard."""
        ...

    @property
    def type(self) -> str:
        """The type it is about; empty when it is about all."""
        ...

    @property
    def count(self) -> int:
        """How many it is about."""
        ...

    @property
    def of(self) -> int:
        """Of how many."""
        ...

    @property
    def limit(self) -> int:
        """How many it lets pass."""
        ...


def html(plan: Plan, guards: Iterable[CountedFinding] = ()) -> str:
    """The plan as a page: the same plan, the same bytes, all of them ASCII.

    Args:
        plan: what is shown.
        guards: what the guards said of it.
    """
    return rendered(
        "page.jinja",
        plan=plan,
        guards=tuple(guards),
        verdict=summary.verdict(plan),
        remarks=tuple(summary.entities(plan)),
        ties=tuple(summary.relationships(plan.relationship_totals)),
        facts=facts,
        worth=worth(plan),
        picture=picture(plan),
        groves=groves(plan),
        sections=tuple(sections(plan)),
        withheld=withheld_rows(plan, PEN),
        gaps=summary.gap_rows(plan.gaps, PEN),
        limit=LISTED,
    )


def rendered(template: str, **values: object) -> str:
    """A page of that template with these values in it, our style and our script."""
    style, script = _part("page.css"), _part("page.js")
    page = _templates().get_template(template)
    shown = page.render(style=style, script=script, policy=_policy(style, script), **values)
    return shown.encode("ascii", "xmlcharrefreplace").decode("ascii")


@cache
def _part(name: str) -> Markup:
    """A file that the page is made of. It is ours: nothing in it is escaped."""
    return Markup(files("bbsync.show.page").joinpath(name).read_text("utf-8"))  # noqa: S704 - a file of this package


@cache
def _templates() -> Environment:
    return Environment(
        loader=FunctionLoader(_part),
        autoescape=True,
        finalize=_harmless,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _harmless(value: object) -> object:
    """Everything that comes into the page from outside comes by here, and is escaped after it."""
    return safe(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _policy(style: str, script: str) -> str:
    """The browser is to run our script and to use our style, and to load and send nothing."""
    allowed = (("style-src", style), ("script-src", script))
    hashes = (f"{name} 'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for name, text in allowed)
    return "; ".join(["default-src 'none'", *hashes, "base-uri 'none'", "form-action 'none'"])
