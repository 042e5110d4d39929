"""The page of a plan in a real Chromium: it works, it asks nobody for anything, and no name does anything."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from attrs import evolve
from browser_rig import Opened
from playwright.sync_api import expect

from bbsync.guards import judge_guards
from bbsync.plan import Plan
from bbsync.show.html import html
from bbsync.show.page.drift import drift_html
from bbsync.show.safe import safe
from tests.show.drift_example import DRIFT, HISTORY
from tests.show.page_example import EXAMPLE, example_page
from tests.show.test_html_page import HOSTILE
from tests.show.worked_example import named

Open = Callable[..., Opened]

#: How many of these are not displayed, because they or something around them is not.
UNDISPLAYED = "all => all.filter(one => !one.checkVisibility({contentVisibilityAuto: true})).length"

ROWS = "article.row, .leaf"


def undisplayed(opened: Opened, what: str = ROWS) -> int:
    """How many of the rows cannot be seen, however far one scrolls."""
    return int(opened.page.locator(what).evaluate_all(UNDISPLAYED))


def shown(opened: Opened) -> int:
    """How many rows can be seen."""
    return opened.page.locator(ROWS).count() - undisplayed(opened)


def hostile() -> Plan:
    """A plan in which everything is called as somebody would who wants the page to do something."""
    return named(" ".join(HOSTILE))


def test_nothing_is_asked_for_and_nothing_goes_wrong(opened: Open) -> None:
    """The file is all that the browser reads, and its console stays empty."""
    here = opened(example_page())

    here.page.click("#expand")
    here.page.fill("#words", "legacy")

    assert here.requests == [here.page.url]
    assert here.errors == []


def test_the_page_may_not_ask_for_anything(opened: Open) -> None:
    """Even script that gets in somehow reaches nobody: the page's own policy forbids it."""
    here = opened(example_page())

    refused = here.page.evaluate(
        """() => new Promise(resolve => {
            addEventListener("securitypolicyviolation", event => resolve(event.effectiveDirective), {once: true});
            fetch("http://127.0.0.1:9/").catch(() => {});
        })"""
    )

    assert refused == "connect-src"
    assert here.requests == [here.page.url]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_names_do_nothing(opened: Open, number: int) -> None:
    """They are read, not run: no flag is set, no element is made, and the name stands there as it is."""
    plan = named(HOSTILE[number])

    here = opened(html(plan, judge_guards(plan)))
    here.page.click("#expand")
    here.page.hover("article.row .name >> nth=0")

    assert here.page.evaluate("window.caught") is None
    assert here.page.locator("img, a, iframe, body script:not(:last-child), main style").count() == 0
    assert here.page.locator("#add .name", has_text=safe(HOSTILE[number])).count() > 0
    assert here.errors == []


def test_script_in_a_name_would_be_refused_if_it_became_script(opened: Open) -> None:
    """The second lock: without the escaping, the policy alone keeps a planted script from running."""
    planted = example_page().replace(
        "<main>", '<main><script>window.caught = 1</script><img src="x" onerror="caught = 1">'
    )

    here = opened(planted)

    assert here.page.evaluate("window.caught") is None
    assert any("Content Security Policy" in error for error in here.errors)


def test_the_filter_leaves_what_matches(opened: Open) -> None:
    """By name, by type and by property; the number found is said."""
    here = opened(example_page())

    found = []
    for words in ("search-api", "language", "pull request", "LEGACY-UI", "nothing like it", ""):
        here.page.fill("#words", words)
        found.append(here.page.locator("article.row:visible").count())
        if words == "search-api":
            expect(here.page.locator("#found")).to_have_text("2 of 16 listed")

    assert found == [2, 1, 2, 1, 0, 9]


def test_a_match_inside_a_tree_opens_it(opened: Open) -> None:
    """Who looks for a branch restriction sees it, and none of its neighbours."""
    here = opened(example_page())

    here.page.fill("#words", "release/*")

    assert here.page.locator(".leaf:visible").all_text_contents() == ["push on release/*"]


def test_actions_can_be_left_out(opened: Open) -> None:
    """Unticking deletes hides the section of deletes, and every relationship that goes."""
    here = opened(example_page())

    here.page.uncheck("input[value=delete]")

    assert not here.page.locator("#delete").is_visible()
    assert not here.page.locator("#ties .row").is_visible()
    assert here.page.locator("#change").is_visible()


def test_trees_open_and_close(opened: Open) -> None:
    """One by one, and all together."""
    here = opened(example_page())

    counts = [here.page.locator(".leaf:visible").count()]
    here.page.click(".tree > details > summary")
    here.page.click(".twig summary >> nth=0")
    counts.append(here.page.locator(".leaf:visible").count())
    for button in ("#expand", "#collapse"):
        here.page.click(button)
        counts.append(here.page.locator(".leaf:visible").count())

    assert counts == [0, 2, 7, 0]


def test_everything_can_be_read_without_script(opened: Open) -> None:
    """No filter is offered that would do nothing; trees open by themselves."""
    here = opened(example_page(), java_script_enabled=False)

    here.page.click(".tree > details > summary")
    for summary in here.page.locator(".twig summary").all():
        summary.click()

    assert not here.page.locator("#filter").is_visible()
    assert here.page.locator(".leaf:visible").count() == 7
    assert here.page.locator("article.row:visible").count() == 9


@pytest.mark.parametrize("scripted", [True, False])
def test_print_shows_everything(opened: Open, scripted: bool) -> None:
    """A filter or a closed tree keeps nothing off the paper: whoever gets it cannot open anything."""
    here = opened(example_page(), java_script_enabled=scripted)
    if scripted:
        here.page.fill("#words", "web")
    assert undisplayed(here) > 0

    here.page.emulate_media(media="print")

    assert undisplayed(here) == 0
    assert undisplayed(here, ".changes, .group, .twig") == 0
    assert not here.page.locator("#filter").is_visible()


def test_print_is_dark_on_light(opened: Open) -> None:
    """Nobody prints a black page because their screen is dark."""
    here = opened(example_page(), color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"

    on_screen = here.page.evaluate(ground)
    here.page.emulate_media(media="print")

    assert (on_screen, here.page.evaluate(ground)) == ("rgb(13, 17, 23)", "rgb(255, 255, 255)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("plan", [EXAMPLE, hostile()], ids=["plain", "hostile"])
def test_a_telephone_needs_no_sideways_scrolling(opened: Open, scheme: str, plan: Plan) -> None:
    """Wide things scroll by themselves; the page does not, whatever things are called."""
    here = opened(html(plan), color_scheme=scheme, viewport={"width": 390, "height": 800})
    here.page.click("#expand")

    assert here.page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_picture_has_words(opened: Open) -> None:
    """Who cannot see it hears what it shows, and finds its numbers in a table."""
    here = opened(example_page())

    picture = here.page.get_by_role("img", name="Changes by workspace, project and repository")
    here.page.get_by_text("The same as a table").click()

    expect(picture).to_have_accessible_description(
        "8 places with changes: 3 added, 3 changed, 1 moved, 8 deleted, 11 withheld. "
        "The table below the picture says the same."
    )
    assert here.page.locator("#picture tbody tr:visible").count() == 8


def test_headings_go_down_by_one(opened: Open) -> None:
    """Who reads by headings skips no level."""
    here = opened(example_page())

    levels = here.page.locator("h1, h2, h3").evaluate_all("all => all.map(one => Number(one.tagName[1]))")

    assert levels[0] == 1
    assert all(following - level <= 1 for level, following in pairwise(levels))


# An audit


def test_the_page_of_an_audit_works_and_asks_for_nothing(opened: Open) -> None:
    """Differences open, the trend is drawn, nothing is asked for, and hostile names do nothing."""
    strange = [evolve(one, label=HOSTILE[place % len(HOSTILE)]) for place, one in enumerate(DRIFT.found)]

    here = opened(drift_html(evolve(DRIFT, found=tuple(strange), history=HISTORY)))
    closed = here.page.locator("details:not([open])")
    for _each in range(closed.count()):
        closed.first.locator("> summary").click()

    assert closed.count() == 0
    assert here.page.locator("svg rect").count() >= len(HISTORY) - 1
    assert here.page.evaluate("window.caught") is None
    assert (here.requests, here.errors) == ([here.page.url], [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_an_audit_can_be_read_without_script(opened: Open, scheme: str) -> None:
    """Every difference is there, in either colour scheme, and nothing is wider than the window."""
    here = opened(
        drift_html(DRIFT), java_script_enabled=False, color_scheme=scheme, viewport={"width": 800, "height": 600}
    )

    assert here.page.locator("article.row").count() == len(DRIFT.found)
    assert here.page.locator("html").evaluate("one => one.scrollWidth <= one.clientWidth")
