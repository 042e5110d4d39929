"""The page of what bbsync keeps in the graph, from the kinds and what they make of documented items."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from bbsync.kinds import KINDS, Absence, AnyKind, Confirm, Paging, Subject
from tests.kinds.documented import REPOSITORY, WORKSPACE, Made, made, raw_items
from tests.pages.markup import GENERATED, code, table

_INTRODUCTION = """\
Every entity has a `displayName`, and `tag.AccountName` unless that is switched off. Values are text, numbers, true or
false, null, or arrays of one of them; times are epoch milliseconds. What Bitbucket does not tell is left out. Examples
come from made-up answers in Bitbucket's documented form (`fixtures/bitbucket`).
"""
_CONFIRMED = {
    Confirm.ASK: "deleted, once it was asked for by itself and is gone",
    Confirm.READ_AGAIN: "deleted, once the listing was read again and agrees",
    Confirm.LISTING: "deleted, where the listing was read to its end",
}
_LONGEST_EXAMPLE = 60


def data_model() -> str:
    """The whole page."""
    sections = [section(kind) for kind in KINDS]
    return "\n".join(["# Data model\n", GENERATED, _INTRODUCTION, overview(), *sections, relationships()])


def overview() -> str:
    """The kinds in one table."""
    rows = (
        [kind.plural.replace("_", " "), code(kind.entity.type), ", ".join(map(code, kind.entity.classes)), key(kind)]
        for kind in KINDS
    )
    return table(["kind", "`_type`", "`_class`", "`_key`, as in"], rows)


def section(kind: AnyKind) -> str:
    """One kind: how it is read, and the properties of its entities."""
    facts = "".join(f"- {line}\n" for line in how_it_is_read(kind))
    rows = [[code(name), what, example] for name, what, example in properties(kind)]
    return f"## {kind.entity.type}\n\n{facts}\n{table(['property', 'holds', 'for example'], rows)}"


def how_it_is_read(kind: AnyKind) -> Iterator[str]:
    """Where the items come from, what that needs, and what it means that one is missing."""
    for request in kind.requests:
        pages = f", {request.page_length} a page" if request.page_length else ""
        whole = {Paging.ARRAY: ", all at once", Paging.SINGLE: ", one object", Paging.PAGES: pages}[request.paging]
        instead = f"; where that is refused, `{request.instead.path}`" if request.instead else ""
        yield f"read from `GET {request.path}`{whole}{instead}"
    if kind.scopes:
        yield f"needs the scope {', '.join(map(code, kind.scopes))}"
    kept = "kept: the listing shows only what changed lately"
    yield f"missing means {kept if kind.absence is Absence.HISTORY else _CONFIRMED[kind.confirm]}"
    if kind.moved_by:
        yield f"a change of {', '.join(map(code, kind.moved_by))} is a move"


def key(kind: AnyKind) -> str:
    """How keys are made, as the first documented item shows."""
    named = (
        (examples(kind)[0].key or "").replace(WORKSPACE, "{workspace uuid}").replace(REPOSITORY, "{repository uuid}")
    )
    return code(re.sub(r"\{[0-9a-f-]{36}\}", "{uuid}", named) if kind.parent else "{uuid}")


def properties(kind: AnyKind) -> Iterator[tuple[str, str, str]]:
    """Every property that the documented items have: its name, what it holds, an example."""
    found = [one.properties for one in examples(kind)]
    for name in dict.fromkeys(name for properties in found for name in properties):
        held = [properties[name] for properties in found if name in properties]
        shown = next((value for value in held if value not in (None, "", ())), held[0])
        yield name, " or ".join(dict.fromkeys(holds(name, value) for value in held)), code(example(shown))


def examples(kind: AnyKind) -> list[Made]:
    """What becomes of the documented items that have an identity."""
    return [one for one in (made(kind, raw) for raw in raw_items(kind)) if one.key is not None]


def holds(name: str, value: Any) -> str:
    """What kind of value it is."""
    if isinstance(value, tuple):
        return "array of texts"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    return "time" if name.endswith("On") else {str: "text", int: "number", float: "number"}[type(value)]


def example(value: Any) -> str:
    """The value as JSON, cut where it is long."""
    written = json.dumps(value, ensure_ascii=False)
    return written if len(written) <= _LONGEST_EXAMPLE else f"{written[:_LONGEST_EXAMPLE]}…"


def relationships() -> str:
    """Every type of relationship, and whose reading tells whether it holds."""
    rows = (
        [
            code(tie.type),
            code(tie.source),
            tie.verb,
            code(tie.target),
            code(_subject(tie.source, tie.target, tie.subject)),
        ]
        for kind in KINDS
        for tie in kind.relationship_types
    )
    head = ["`_type`", "from", "`_class`", "to", "gone when it was read without"]
    said = "Keys are `{from key}|{verb}|{to key}`. Where an end is not in the graph there is no relationship.\n"
    return f"## Relationships\n\n{said}\n{table(head, rows)}\n{mapped()}"


def mapped() -> str:
    """What JupiterOne looks for by itself."""
    sentences = (
        f"{code(kind.mapped.type.type)} is a mapped relationship: JupiterOne looks for the {kind.mapped.sought} in the "
        "whole account, and never makes one. In our graph it ends where it begins, and its properties are what the "
        f"{kind.mapped.sought} is known by, any of them.\n"
        for kind in KINDS
        if kind.mapped
    )
    return "\n".join(sentences)


def _subject(source: str, target: str, subject: Subject) -> str:
    return source if subject is Subject.SOURCE else target
