"""A plan as text: how it looks, and what it must never do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from bbsync import planfile
from bbsync.coverage import Gap, Listing
from bbsync.graph import Entity, Graph
from bbsync.observation import Observation, Proof
from bbsync.plan import Change, Kept, LabelledGap, Origin, Plan, Reason, Totals, make_plan
from bbsync.show.safe import columns
from bbsync.show.text import text
from tests.regenerate_goldens import FOLDER, Golden, goldens, markdown_goldens
from tests.show.worked_example import NOTHING, PLAN, WORKSPACE, added, entity, named
from tests.strategies import graphs, names, observations, plans

#: What Atlantis looks for.
ATLANTIS = re.compile(r"Plan: (\d+) to add, (\d+) to change, (\d+) to destroy.")
COLOUR = re.compile(r"\x1b\[\d+m")

#: A line that stands for one change: in a section, or in the tree below a delete.
LISTED = re.compile(r"(?:  |    (?:[│ ]  )*  )(?P<symbol>-/\+|[-+~>]) ")

anything = st.text(st.characters(), min_size=1)


def plain(plan: Plan, *, width: int = 100, full: bool = False) -> str:
    """The plan as a terminal without colour shows it."""
    return text(plan, width=width, colour=False, unicode=True, full=full)


def listed(shown: str) -> Iterator[tuple[str, str]]:
    """The first letters of the section and the symbol of every change that is listed."""
    for block in shown.split("\n\n"):
        title, *lines = block.split("\n")
        if re.match(r"(Add|Change|Move|Replace|Delete|Relationships)\b", title):
            yield from ((title[:3], found["symbol"]) for line in lines if (found := LISTED.match(line)))


def users(count: int) -> Plan:
    """A plan that adds so many users."""
    entities = tuple(added("user", f"{{user-{number:08}}}", f"User {number:03}") for number in range(count))
    return Plan(Origin(), entities=entities, entity_totals=Totals(add=count), listings=(2, 2))


@pytest.mark.parametrize("golden", list(goldens()), ids=lambda golden: golden.path.stem)
def test_a_plan_looks_as_it_should(golden: Golden) -> None:
    """To the byte; `python -m tests.regenerate_goldens` writes the files anew."""
    shown = golden.text()

    assert shown.encode() == golden.path.read_bytes()


def test_every_golden_is_compared() -> None:
    """No file is left over from before."""
    compared = {golden.path for golden in (*goldens(), *markdown_goldens())}

    assert compared == {*FOLDER.glob("*.txt"), *FOLDER.glob("*.md")}


@pytest.mark.parametrize("golden", [one for one in goldens() if not one.colour], ids=lambda golden: golden.path.stem)
def test_lines_fit(golden: Golden) -> None:
    """No line of the worked example is wider than the terminal."""
    shown = golden.text()

    assert max(columns(line) for line in shown.split("\n")) <= golden.width


def test_colour_adds_nothing_but_colour() -> None:
    """Whoever sees no colour misses nothing."""
    coloured = text(PLAN, width=100, colour=True, unicode=True)

    assert COLOUR.sub("", coloured) == plain(PLAN)
    assert coloured != plain(PLAN)


@pytest.mark.parametrize(("asked", "given"), [(1, 80), (79, 80), (121, 120), (10_000, 120)])
def test_the_width_has_bounds(asked: int, given: int) -> None:
    """Very narrow and very wide terminals get what the nearest sensible one gets."""
    assert plain(PLAN, width=asked) == plain(PLAN, width=given)


@settings(deadline=None)
@given(plans())
def test_totals_agree_everywhere(plan: Plan) -> None:
    """The summary sentence, the plan file and the listed changes tell the same numbers."""
    shown = plain(plan, full=True)
    totals = json.loads(planfile.dumps(plan))["summary"]["entities"]

    symbols = [symbol for section, symbol in listed(shown) if section != "Rel"]
    both = symbols.count("-/+")
    counts = [symbols.count("+") + both, symbols.count("~") + symbols.count(">"), symbols.count("-") + both]

    assert counts == [totals["add"], totals["change"] + totals["move"], totals["destroy"]]
    assert [section for section, _ in listed(shown)].count("Rel") == len(plan.relationships)
    if not plan.is_empty:
        assert counts == [int(number) for number in ATLANTIS.findall(shown)[0]]


@settings(deadline=None)
@given(plans(names))
def test_there_is_one_verdict(plan: Plan) -> None:
    """Either Terraform's sentence, on a line of its own, or that there are no changes."""
    lines = plain(plan).split("\n")

    found = [line for line in lines if ATLANTIS.fullmatch(line) or line.startswith("No changes.")]

    assert len(found) == 1
    assert found[0].startswith("No changes.") == plan.is_empty


@settings(deadline=None)
@given(st.data())
def test_arrival_order_does_not_matter(data: st.DataObject) -> None:
    """The same graph and the same answers in another order make the same bytes, as text and as a file."""
    snapshot = data.draw(graphs())
    seen = data.draw(observations(snapshot))

    plan = make_plan(snapshot, seen, Origin())
    turned = make_plan(turned_round(snapshot), seen_backwards(seen), Origin())

    assert plain(turned, full=True) == plain(plan, full=True)
    assert planfile.dumps(turned) == planfile.dumps(plan)


def turned_round(graph: Graph) -> Graph:
    """The graph with everything in it in the opposite order."""
    return Graph(
        {
            key: evolve(one, properties=dict(reversed(one.properties.items())))
            for key, one in reversed(graph.entities.items())
        },
        dict(reversed(graph.relationships.items())),
    )


def seen_backwards(seen: Observation) -> Observation:
    """The observation of a run whose answers came in the opposite order."""
    coverage = evolve(
        seen.coverage,
        read=dict(reversed(seen.coverage.read.items())),
        gaps=tuple(reversed(seen.coverage.gaps)),
    )
    return evolve(seen, graph=turned_round(seen.graph), coverage=coverage, gone=dict(reversed(seen.gone.items())))


@settings(deadline=None)
@given(anything, st.booleans(), st.booleans())
def test_no_name_forges_a_line(name: str, full: bool, unicode: bool) -> None:
    """Whatever things are called, no control character comes out, and no line that is wider than it may be."""
    shown = text(named(name), width=80, colour=False, unicode=unicode, full=full)

    assert shown.replace("\n", "").isprintable()
    assert unicode or shown.isascii()
    assert all(columns(line) <= 80 for line in shown.split("\n"))
    assert not ATLANTIS.search(shown.replace("Plan: 2 to add, 1 to change, 2 to destroy.", "", 1))


@settings(deadline=None)
@given(anything)
def test_no_name_adds_a_line(name: str) -> None:
    """A list of changes has as many lines as changes, whatever they are called."""
    rows = tuple(added("user", f"{{user-{number:08}}}", name) for number in range(4))

    shown = plain(Plan(Origin(), entities=rows, entity_totals=Totals(add=4)))

    assert shown.count("\n") == plain(users(4)).count("\n")


def test_long_lists_are_collapsed() -> None:
    """Of many alike the first three, how many more, and the last are shown."""
    shown = plain(users(25)).split("\n")

    assert shown[5:10] == [
        "  + user User 000",
        "  + user User 001",
        "  + user User 002",
        "    … 21 more users … show --full lists them",
        "  + user User 024",
    ]


def test_long_lists_of_ties_are_collapsed() -> None:
    """Relationships are no exception."""
    ties = tuple(evolve(PLAN.relationships[2], label=f"eng HAS {number:03}") for number in range(25))

    shown = plain(Plan(Origin(), relationships=ties, relationship_totals=Totals(destroy=25)))

    assert (
        "  - eng HAS 002\n    … 21 more bitbucket_group_has_user … show --full lists them\n  - eng HAS 024\n" in shown
    )


@pytest.mark.parametrize(("count", "full"), [(20, False), (25, True)])
def test_short_lists_are_not_collapsed(count: int, full: bool) -> None:
    """What a person can read is listed, and with `full` everything."""
    shown = plain(users(count), full=full)

    assert len(list(listed(shown))) == count
    assert "more" not in shown


def test_collapsed_deletes_say_what_goes_with_them() -> None:
    """What is hidden behind the dots is counted with all that follows from it."""
    rows = []
    for number in range(25):
        key = f"{{repository-{number:03}}}"
        root = entity("repository", key, {"fullName": f"acme/r{number:03}"})
        rows.append(Change(root, None, f"acme/r{number:03}", Reason.ABSENT, proof=Proof(Listing("repository"), 9, 1)))
        below = entity("permission", f"{key}/permissions/eng", {"name": "eng"})
        rows.append(Change(below, None, f"acme/r{number:03} · eng", Reason.CASCADE, cause=key))

    shown = plain(Plan(Origin(), entities=tuple(rows), entity_totals=Totals(destroy=50)))

    assert "    … 21 more repositories, and 21 that go with them … show --full lists them\n" in shown


def test_cascades_nest_by_kind() -> None:
    """What belongs to repositories stands below them when the workspace goes."""
    below = [
        ("repository", "{repository-1}", "acme/a"),
        ("repository", "{repository-2}", "acme/b"),
        ("branch_restriction", "{repository-1}/branch-restrictions/1", "acme/a · push on main"),
        ("group", f"{WORKSPACE}/groups/eng", "eng"),
    ]
    root = entity("workspace", WORKSPACE, {"slug": "acme"})
    gone = Change(root, None, "acme", Reason.ABSENT, proof=Proof(Listing("workspace"), 1, 1, 404))
    rows = [Change(entity(kind, key, {}), None, label, Reason.CASCADE, cause=WORKSPACE) for kind, key, label in below]

    shown = plain(Plan(Origin(), entities=(gone, *rows), entity_totals=Totals(destroy=5)))

    assert shown.split("\n\n")[2].split("\n")[1:] == [
        "  - workspace          acme                         not in the complete listing of 1, then 404",
        "    ├─ 2 repositories  acme/a, acme/b",
        "    │  └─ 1 branch restriction  acme/a · push on main",
        "    └─ 1 group         eng",
    ]


def test_a_delete_that_follows_from_nothing_shown_is_listed_by_itself() -> None:
    """Nothing is hidden because the cause is not in the plan."""
    below = entity("permission", "{repository-1}/permissions/eng", {"name": "eng"})
    plan = Plan(
        Origin(),
        entities=(Change(below, None, "eng", Reason.CASCADE, cause="{repository-1}"),),
        entity_totals=Totals(destroy=1),
    )

    shown = plain(plan)

    assert "  - permission eng                                  what it belonged to is gone\n" in shown


def test_ties_that_follow_from_their_ends_are_not_listed() -> None:
    """What stands between things that stay is what a reviewer cannot see elsewhere."""
    shown, full = plain(PLAN), plain(PLAN, full=True)

    assert "Relationships between what stays (1)\n  - eng HAS Min Lee\n" in shown
    assert "Relationships (4)\n" in full


def test_gaps_that_are_alike_take_one_line() -> None:
    """A missing scope is said once, not once a repository."""
    gaps = tuple(
        LabelledGap(Gap(Listing("permission", f"{{r-{n}}}"), "BB-SCOPE", "no admin scope", known=True), f"acme/{n}")
        for n in range(9)
    )

    shown = plain(evolve(NOTHING, gaps=gaps))

    assert shown.split("\n")[3:] == [
        "  = permissions  acme/0, acme/1, acme/2 … 5 more … acme/8  no admin scope (BB-SCOPE, as announced)",
        "",
    ]


def test_gaps_of_single_items_are_counted() -> None:
    """One odd pull request does not look like a listing that was not read."""
    gaps = tuple(
        LabelledGap(Gap(Listing("pull_request", "{r}"), "BB-FETCH-500", "500", item=f"{{r}}/{n}"), "acme/web")
        for n in range(2)
    )

    shown = plain(evolve(NOTHING, gaps=gaps))

    assert "  ! 2 of the pull requests  acme/web  500 (BB-FETCH-500)\n" in shown


def test_a_matching_graph_takes_three_lines() -> None:
    """Nothing to do is said in few words."""
    assert plain(NOTHING) == (
        "No changes. The graph matches Bitbucket.\n      418 kept.\nCoverage: 1248 of 1248 listings read in full.\n"
    )


@pytest.mark.parametrize(
    "plan",
    [
        evolve(NOTHING, gaps=PLAN.gaps),
        evolve(NOTHING, entity_totals=Totals(withheld=11), withheld=PLAN.withheld),
        evolve(NOTHING, relationship_totals=Totals(withheld=1)),
    ],
)
def test_not_having_looked_is_not_called_a_match(plan: Plan) -> None:
    """Where something could not be read, the verdict says so."""
    assert "No changes. The graph matches Bitbucket as far as Bitbucket could be read.\n" in plain(plan)


@pytest.mark.parametrize(
    ("why", "sentence"),
    [
        ("outside_window", "  = 2 projects outside the window\n"),
        ("out_of_scope", "  = 2 projects out of scope: this run does not look there\n"),
        ("foreign", "  = 2 projects not ours: left alone\n"),
        ("a later reason", "  = 2 projects a later reason\n"),
    ],
)
def test_what_is_kept_says_why(why: str, sentence: str) -> None:
    """Every reason has its words; one that a later version writes is shown as it is."""
    plan = evolve(users(1), kept=(Kept("bitbucket_project", why, 2, (("", 2),)),))

    assert sentence in plain(plan)


@pytest.mark.parametrize(
    ("proof", "sentence"),
    [
        (Proof(Listing("repository"), 214, 3, 404), "not in the complete listing of 214, then 404"),
        (Proof(Listing("group"), 3, 1), "not in the complete listing of 3, read twice"),
        (Proof(Listing("permission"), 3, 1), "not in the complete listing of 3"),
        (Proof(Listing("something later"), 3, 1), "not in the complete listing of 3"),
    ],
)
def test_deletes_say_what_proves_them(proof: Proof, sentence: str) -> None:
    """The eye finds why something goes beside it."""
    gone = Change(entity("repository", "{repository-1}", {}), None, "acme/web", Reason.ABSENT, proof=proof)

    shown = plain(Plan(Origin(), entities=(gone,), entity_totals=Totals(destroy=1)))

    assert any(line.endswith(f"  {sentence}") for line in shown.split("\n"))


def test_types_of_others_are_called_by_their_type() -> None:
    """A plan may hold a type that no kind declares."""
    strange = Change(None, Entity("{strange-entity}", "jira_issue", ("Record",), {}), "ABC-1", Reason.NEW)

    shown = plain(
        Plan(
            Origin(),
            entities=(strange,),
            kept=(Kept("jira_issue", "foreign", 2),),
            diagnostics={"slow_answers": 2},
        )
    )

    assert "  + jira_issue ABC-1\n" in shown
    assert "  = 2 jira_issue not ours: left alone\n" in shown
    assert "Noted: 2 slow_answers.\n" in shown


def test_what_somebody_else_holds_is_noted() -> None:
    """An item that was seen and not written is said, with why."""
    shown = plain(Plan(Origin(), diagnostics={"foreign.bitbucket_repo": 2}))

    assert "Noted: 2 entities of type bitbucket_repo not written, for somebody else holds the key." in " ".join(
        shown.split()
    )


def exposed(count: int) -> Plan:
    """A plan that adds so many public repositories."""
    rows = tuple(added("repository", f"{{r-{n:03}}}", f"acme/r{n:03}", {"public": True}) for n in range(count))
    return Plan(Origin(), rows, entity_totals=Totals(add=count), population={"bitbucket_repo": 9})


def test_what_is_worth_a_look_comes_first_and_is_counted_at_the_end() -> None:
    """Who reads from the top sees it, and who sees the end of the scrolling, too."""
    blocks = plain(exposed(2)).split("\n\n")

    assert blocks[1] == "  * worth a look   + add"
    assert blocks[2] == (
        "Worth a look (2)\n  * made public  acme/r000  new, and public\n  * made public  acme/r001  new, and public"
    )
    assert "\n      Worth a look: 2 made public.\n" in blocks[-1]


@pytest.mark.parametrize(("full", "rows"), [(False, 4), (True, 25)])
def test_much_that_is_worth_a_look_is_collapsed(full: bool, rows: int) -> None:
    """By rule: the first three, how many more, and the last."""
    shown = plain(exposed(25), full=full).split("\n")

    assert sum(line.startswith("  * made public") for line in shown) == rows
    assert ("    made public  … 21 more …  show --full lists them" in shown) is not full


def test_the_first_plan_says_that_everything_is_new_to_it() -> None:
    """A repository that was public for years is new to an empty graph."""
    shown = plain(evolve(exposed(1), population={}))

    assert "  The graph was empty, so what has been so for long is new here, too.\n" in shown


def test_rules_that_are_switched_off_are_named() -> None:
    """Nothing found is not the same as nothing looked for."""
    shown = plain(evolve(exposed(1), origin=Origin(rules_off=("made_public", "another"))))

    assert "Worth a look" not in shown
    assert "      Not looked for, as the settings say: made_public, another.\n" in shown
