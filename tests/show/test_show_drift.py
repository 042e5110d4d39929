"""An audit as text, and the history of audits: how they look, and what they must never do."""

from __future__ import annotations

import re

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from bbsync.drift import Drift, Drifted, Ignored, Sort, make_drift
from bbsync.graph import Graph
from bbsync.plan import Origin
from bbsync.show.drift import drift_text
from bbsync.show.drift_words import coverage, percent, verdict
from bbsync.show.safe import columns
from bbsync.show.trend import LONGEST, trend_text
from tests.run_rig import drop
from tests.show.drift_example import AGREED, DRIFT, HISTORY
from tests.show.drift_goldens import FOLDER, DriftGolden, DriftPage, drift_goldens, drift_pages
from tests.show.worked_example import entity
from tests.small_world import ACME, VAULT, everything_seen, small_graph
from tests.strategies import graphs, observations

COLOUR = re.compile(r"\x1b\[\d+m")

anything = st.text(st.characters(), min_size=1)


def plain(drift: Drift, *, width: int = 100, full: bool = False, unicode: bool = True) -> str:
    """The audit as a terminal without colour shows it."""
    return drift_text(drift, width=width, colour=False, unicode=unicode, full=full)


@pytest.mark.parametrize("golden", list(drift_goldens()), ids=lambda golden: golden.path.stem)
def test_an_audit_looks_as_it_should(golden: DriftGolden) -> None:
    """To the byte; `python -m tests.regenerate_goldens` writes the files anew."""
    assert golden.text().encode() == golden.path.read_bytes()


@pytest.mark.parametrize("golden", list(drift_pages()), ids=lambda golden: golden.path.name)
def test_an_audit_for_others_looks_as_it_should(golden: DriftPage) -> None:
    """As Markdown, within its bytes, and as a page: to the byte."""
    shown = golden.text().encode()

    assert shown == golden.path.read_bytes()
    assert golden.limit is None or len(shown) <= golden.limit


def test_every_golden_of_an_audit_is_compared() -> None:
    """No file is left over from before."""
    assert {golden.path for golden in (*drift_goldens(), *drift_pages())} == set(FOLDER.iterdir())


@pytest.mark.parametrize("golden", [one for one in drift_goldens() if not one.colour], ids=lambda one: one.path.stem)
def test_lines_of_an_audit_fit(golden: DriftGolden) -> None:
    """No line is wider than the terminal, and without Unicode there is none of it."""
    shown = golden.text()

    assert max(columns(line) for line in shown.split("\n")) <= golden.width
    assert golden.unicode or shown.isascii()


def test_colour_adds_nothing_but_colour_to_an_audit() -> None:
    """Whoever sees no colour misses nothing."""
    coloured = drift_text(DRIFT, width=100, colour=True, unicode=True)

    assert COLOUR.sub("", coloured) == plain(DRIFT)


@given(st.data())
def test_numbers_of_an_audit_agree(data: st.DataObject) -> None:
    """The table, the titles and the verdict tell the same, and `--full` lists every difference once."""
    last, now = data.draw(graphs()), data.draw(graphs())
    drift = make_drift(now, last, data.draw(observations(now)), Origin())

    shown = plain(drift, full=True)

    for sort, count in drift.counts.items():
        assert re.search(rf"^{sort.value} +{count}\b", shown, re.MULTILINE)
        assert (f"\n{sort.value.capitalize()} ({count}): " in shown) == bool(count)
    assert shown.count("  the next apply ") == len([one for one in drift.found if one.sort is not Sort.PENDING])
    assert verdict(drift) in " ".join(shown.split())


@given(anything, st.booleans(), st.booleans())
def test_no_name_forges_a_line_of_an_audit(name: str, full: bool, unicode: bool) -> None:
    """Whatever things are called, no control character comes out, and no line that is wider than it may be."""
    held, wanted = (entity("repository", "{one}", {"fullName": text, name: text}) for text in (name, f"{name}!"))
    found = tuple(Drifted(sort, name, wanted, held, wanted, (name, "fullName")) for sort in Sort)
    drift = evolve(
        DRIFT, found=found, ignored=(Ignored(name, 1), Ignored(f"{name}2", 0)), only=(name,),
        basis=evolve(DRIFT.basis, missing=name),
    )  # fmt: skip

    shown = plain(drift, width=80, full=full, unicode=unicode)

    assert shown.replace("\n", "").isprintable()
    assert unicode or shown.isascii()
    assert all(columns(line) <= 80 for line in shown.split("\n"))


@pytest.mark.parametrize(
    ("complete", "planned", "shown"),
    [
        (1248, 1248, ", 100 %"),
        (1246, 1248, ", 99.8 %"),
        (999_999, 1_000_000, ", 99.9 %"),
        (0, 3, ", 0.0 %"),
        (0, 0, ""),
    ],
)
def test_a_hundred_percent_is_said_only_where_it_is_true(complete: int, planned: int, shown: str) -> None:
    """A share is rounded down."""
    assert percent(complete, planned) == shown


@pytest.mark.parametrize(
    ("drift", "expected"),
    [
        (AGREED, "No drift. The graph matches Bitbucket and the last snapshot."),
        (
            evolve(AGREED, passed=1),
            "No drift. The graph matches Bitbucket and the last snapshot but for what is ignored.",
        ),
        (evolve(AGREED, only=("repo:*",)), "No drift in what was asked for."),
        (evolve(AGREED, plan=DRIFT.plan), "No drift found so far; 2 listings could not be compared."),
        (evolve(DRIFT, found=DRIFT.found[:1], plan=AGREED.plan), "Drift: 1 difference (1 pending)."),
        (
            evolve(DRIFT, found=DRIFT.found[3:5]),
            "Drift: 2 differences found so far; 2 listings could not be compared (2 tampered).",
        ),
    ],
)
def test_the_verdict_says_no_more_than_is_known(drift: Drift, expected: str) -> None:
    """What could not be compared is said in the same sentence."""
    assert verdict(drift) == expected


def test_coverage_has_its_share() -> None:
    """In numbers, and of all that was meant."""
    assert coverage(AGREED) == "Coverage: 1248 of 1248 listings read in full, 100 %."


def test_a_relationship_that_comes_with_its_end_is_counted_and_not_listed() -> None:
    """But for `--full`."""
    drift = make_drift(_one_repository(), Graph(), everything_seen(Graph()), Origin())

    assert "1 relationship" in plain(drift)
    assert " OWNS " not in plain(drift)
    assert " OWNS " in plain(drift, full=True)


def test_a_history_without_a_line_says_how_to_begin() -> None:
    """An empty table would look like one in which all was well."""
    assert trend_text([], "somewhere", width=80, colour=False, unicode=True).endswith(
        "\n\nNo audit yet. Make one: bbsync drift\n"
    )


def test_a_long_history_shows_its_end() -> None:
    """The latest audits, and how many came before them."""
    audits = [evolve(HISTORY[0], pending=number) for number in range(LONGEST + 5)]

    shown = trend_text(audits, "somewhere", width=80, colour=False, unicode=True)
    whole = trend_text(audits, "somewhere", width=80, colour=False, unicode=True, full=True)

    assert "… 5 earlier … --full lists them\n" in shown
    assert len(whole.splitlines()) == len(shown.splitlines()) + 4


def _one_repository() -> Graph:
    return drop(*(key for key in small_graph().entities if key not in (ACME, VAULT)))(small_graph())
