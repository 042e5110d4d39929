"""A plan as a page: what stands on it, and what never does."""

from __future__ import annotations

import json
from base64 import b64encode
from collections import Counter
from hashlib import sha256
from importlib.resources import files

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from bbsync import planfile
from bbsync.guards import judge_guards
from bbsync.plan import Origin, Plan, Totals
from bbsync.show.html import html
from bbsync.show.page.listed import LISTED, called
from bbsync.show.safe import safe
from tests.regenerate_goldens import PAGE, page
from tests.show.page_example import EXAMPLE, example_page
from tests.show.page_reader import Element, read_page
from tests.show.worked_example import NOTHING, PLAN, added, named
from tests.strategies import names, plans

#: Names that would do something if the page let them.
HOSTILE = (
    "<script>window.caught = 1</script>",
    '"><img src=x onerror="window.caught = 1">',
    "' onmouseover='window.caught = 1",
    "</title></style></script><script>window.caught = 1</script>",
    "<a href='javascript:window.caught = 1'>acme/web</a>",
    "<svg onload=window.caught=1>",
    "<!-- --><meta http-equiv=refresh content='0;url=https://acme.example'>",
    "{{ 7 * 7 }}{% raw %}{# #}",
    "&lt;b&gt;&#60;b&#62;&amp;",
    "acme\x00/\x1b[2Jweb\r\n\u202egnp\u2066\ufeff\ud800",
    "<details open ontoggle=window.caught=1>",
)

anything = st.one_of(
    st.sampled_from(HOSTILE), st.text(st.characters(), min_size=1), st.text("<>&\"'/=;#!-{}% \n", min_size=1)
)


def seen(plan: Plan) -> Element:
    """The page of a plan, read."""
    return read_page(html(plan))


def shapes(found: Element) -> set[tuple[str, frozenset[str]]]:
    """The tags of a page, each with the names of its attributes."""
    return {(one.tag, frozenset(one.attributes)) for one in found.all()}


def users(count: int) -> Plan:
    """A plan that adds so many users."""
    rows = tuple(added("user", f"{{user-{number:08}}}", f"User {number:05}") for number in range(count))
    return Plan(Origin(), entities=rows, entity_totals=Totals(add=count), listings=(2, 2))


def test_the_worked_example_looks_as_it_should() -> None:
    """To the byte; `python -m tests.regenerate_goldens` writes the file anew."""
    assert page().encode() == PAGE.read_bytes()


@settings(deadline=None)
@given(anything)
def test_a_name_is_text_and_nothing_else(name: str) -> None:
    """Whatever things are called, the page shows it harmlessly and has no tag or attribute because of it."""
    found = seen(named(name))

    shown = {one.text for one in found.of_tag("bdi")}
    assert called(name) in shown
    assert shapes(found) <= shapes(seen(named("acme\nweb"))) | shapes(seen(named("acme-web"))) | shapes(seen(PLAN))


@settings(deadline=None)
@given(anything)
def test_nothing_of_a_page_comes_from_elsewhere(name: str) -> None:
    """One style sheet and one script, both ours; nothing that loads, links or sends."""
    found = seen(named(name))

    assert [one.text for one in found.of_tag("script")] == [_part("page.js")]
    assert [one.text for one in found.of_tag("style")] == [_part("page.css")]
    assert not {"a", "img", "link", "iframe", "object", "base"} & {one.tag for one in found.all()}
    attributes = {attribute for one in found.all() for attribute in one.attributes}
    assert not {"href", "src", "srcset", "style", "action", "formaction"} & attributes
    assert not any(attribute.startswith("on") for attribute in attributes)


def test_the_browser_is_told_to_load_nothing() -> None:
    """The policy names our style and our script by what they hold, and allows nothing else."""
    metas = seen(EXAMPLE).of_tag("meta")

    (policy,) = (one.attributes["content"] for one in metas if "http-equiv" in one.attributes)

    hashes = [b64encode(sha256(_part(name).encode()).digest()).decode() for name in ("page.css", "page.js")]
    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{hashes[0]}'",
        f"script-src 'sha256-{hashes[1]}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def _part(name: str) -> str:
    return files("bbsync.show.page").joinpath(name).read_text("utf-8")


@settings(deadline=None)
@given(plans(names))
def test_pages_survive_any_way_to_the_reader(plan: Plan) -> None:
    """A page is ASCII without control characters, so no terminal, shell or file system spoils it."""
    written = html(plan)

    assert written.isascii()
    assert written.replace("\n", "").isprintable()


@settings(deadline=None)
@given(plans(names))
def test_a_saved_plan_makes_the_same_page(plan: Plan) -> None:
    """The page is made from what stands in the plan file, and nothing else."""
    saved = planfile.read(planfile.dumps(plan, judge_guards(plan)))

    assert html(saved.plan, saved.guards) == html(plan, judge_guards(plan))


@settings(deadline=None)
@given(plans())
def test_totals_agree_with_the_plan_file(plan: Plan) -> None:
    """What the tiles say, what is listed, and what the plan file counts are the same numbers."""
    totals = json.loads(planfile.dumps(plan))["summary"]["entities"]

    found = seen(plan)

    wanted = {
        "add": totals["add"],
        "change": totals["change"],
        "move": totals["move"],
        "delete": totals["destroy"],
        "withheld": totals["withheld"],
        "kept": totals["kept"],
    }
    tiles = [one for ul in found.of_class("tiles") for one in ul.of_tag("li")]
    assert {next(iter(one.classes - {"none"})): int(one.of_tag("b")[0].text) for one in tiles} == wanted
    assert listed(found) == Counter({mark: wanted[mark] for mark in ("add", "change", "move", "delete")})


def listed(found: Element) -> Counter[str]:
    """How many entities are listed, or counted as not listed, by what is done to them."""
    sections = [one for one in found.of_class("changes") if one.attributes["id"] != "ties"]
    rows = Counter(row.attributes["data-mark"] for section in sections for row in section.of_class("row"))
    for section in sections:
        rows[section.attributes["id"]] += sum(int(one.attributes["data-hidden"]) for one in section.of_class("more"))
    return rows


def test_huge_plans_make_pages_that_open() -> None:
    """Of very many alike the first are listed and the others counted, with where they are found."""
    found = seen(users(20_000))

    rows = found.by_id("add").of_class("row")
    (more,) = found.of_class("more")
    assert len(rows) == LISTED
    assert more.text.startswith(f"… {20_000 - LISTED} more.")
    assert "the plan file holds all" in more.text


def test_size_follows_from_the_kinds_and_not_from_the_plan() -> None:
    """Five times as many changes make hardly a larger page."""
    some, many = html(users(4_000)), html(users(20_000))

    assert len(many) - len(some) < 100


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_names_stand_in_the_page_as_they_are(number: int) -> None:
    """The reader sees what somebody tried."""
    (body,) = seen(named(HOSTILE[number])).of_tag("main")

    assert safe(HOSTILE[number]) in body.text


def test_the_proof_of_every_root_is_shown() -> None:
    """What a delete stands on: how long the listing was, over how many pages, and the answer when asked."""
    row = seen(EXAMPLE).by_id("proof").of_class("plain")

    assert [one.text for one in row[0].held if isinstance(one, Element)] == [
        "repository acme/legacy-ui",
        "214",
        "3",
        "404",
    ]


def test_cascades_are_trees_that_open_without_script() -> None:
    """What goes with a repository stands under it, by type."""
    (tree,) = seen(EXAMPLE).of_class("tree")

    assert [one.text.split("\n")[0] for one in tree.of_tag("summary")][1:] == [
        "2 branch restrictions",
        "1 permission",
        "4 pull requests 4 of them older than the window; they go because their repository goes",
    ]
    assert [one.text for one in tree.of_class("leaf")][-4:] == ["#12", "#15", "#16", "#21"]


def test_differences_are_pointed_out() -> None:
    """Within long values the part that differs is marked; of lists only what came and went is shown."""
    found = seen(EXAMPLE).by_id("change")

    assert found.of_tag("mark")[0].text == " facing sites"
    items = [one.text for ul in found.of_class("items") for one in ul.of_class("value")]
    assert items == ['"alice"', '"Zoë Müller"', '"bob"']


def test_texts_are_compared_by_line() -> None:
    """A text of several lines shows the lines that differ."""
    (change,) = [one for one in EXAMPLE.entities if one.label == "WEB"]
    texts = [
        evolve(end, properties={"description": text}) for end, text in ((change.before, "a\nb"), (change.after, "a\nc"))
    ]

    found = seen(Plan(Origin(), entities=(evolve(change, before=texts[0], after=texts[1]),)))

    (lines,) = found.of_class("lines")
    assert [one.text for one in lines.of_tag("li")] == [" a", "-b", "+c"]


def test_guards_that_are_in_the_way_come_first() -> None:
    """Whoever opens the page sees why the plan is refused, and all guards with their numbers below."""
    found = read_page(example_page())

    assert len(found.by_id("attention").of_tag("strong")) == 4
    assert [one.text for one in found.by_id("guards").of_tag("strong")] == ["in the way"] * 4


def test_a_move_says_what_follows_it() -> None:
    """Whoever sees a rename sees that nothing below it is lost."""
    moved = seen(PLAN).by_id("move").of_class("row")[0]

    assert "none is deleted" in moved.text


def test_what_is_worth_a_look_is_pointed_to() -> None:
    """What the rules find stands at the top, under the name of the rule."""
    (pointed,) = seen(EXAMPLE).by_id("attention").of_class("pointed")

    assert pointed.of_tag("b")[0].text == "made public"
    assert [one.text for one in pointed.of_class("name")] == ["acme/web", "was private"]


def test_nothing_to_do_is_a_short_page() -> None:
    """No filter, no picture, no empty sections."""
    found = seen(NOTHING)

    assert found.of_tag("h1")[0].text == "No changes. The graph matches Bitbucket."
    assert [one.attributes["id"] for one in found.of_tag("section")] == ["kept", "coverage", "appendix"]
    assert not found.of_tag("form")


def test_gaps_are_shown_once_with_their_codes() -> None:
    """What could not be read is in the table of gaps."""
    text = seen(EXAMPLE).by_id("coverage").text

    assert "1246 of 1248 listings read in full" in text
    assert text.count("BB-FETCH-403") == 1
