"""A plan as Markdown: how it looks, what stays in few bytes, and what no name can do."""

from __future__ import annotations

import json
import re

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from rendered import DIALECTS, TAGS, rendered, seen

from bbsync import planfile
from bbsync.graph import Entity
from bbsync.guards import judge_guards
from bbsync.plan import Change, Origin, Plan, Reason, Totals
from bbsync.rules import worth_a_look
from bbsync.show.markdown import SMALLEST, markdown
from bbsync.show.text import text
from tests.regenerate_goldens import STRICT, MarkdownGolden, markdown_goldens
from tests.show.test_show_text import ATLANTIS, anything
from tests.show.worked_example import NOTHING, PLAN, added, named
from tests.strategies import names, plans

#: What takes most bytes when it is marked, and what has no width in columns.
WORST = ("|", "@", "http://www.", "\U0001f600", "e" + "\u0301" * 9, "\u202e", "  ")


def size(source: str) -> int:
    """Bytes."""
    return len(source.encode())


def blocked(plan: Plan, limit: int | None = None, *, full: bool = False) -> str:
    """The plan with what very strict guards say of it."""
    return markdown(plan, judge_guards(plan, STRICT), "3f9a1c02", limit=limit, full=full)


@pytest.mark.parametrize("golden", list(markdown_goldens()), ids=lambda golden: golden.path.name)
def test_a_plan_looks_as_it_should(golden: MarkdownGolden) -> None:
    """To the byte, and within its bytes; `python -m tests.regenerate_goldens` writes the files anew."""
    shown = golden.text()

    assert shown.encode() == golden.path.read_bytes()
    assert golden.limit is None or size(shown) <= golden.limit


@given(plans(names), st.integers(SMALLEST, 6_000))
def test_no_limit_is_exceeded_and_no_total_lost(plan: Plan, limit: int) -> None:
    """The head stays to the letter, every section keeps its title with its count, and what is missing is said."""
    whole, shown = blocked(plan), blocked(plan, limit)

    head_titles_and_foot = [block for block in whole.rstrip("\n").split("\n\n") if not block.startswith(("| ", "- "))]

    assert size(shown) <= limit
    assert all(block in shown for block in head_titles_and_foot)
    assert (shown == whole) == (size(whole) <= limit)
    assert ("Rows are left out, counts are whole." in shown) == (size(whole) > limit)


@pytest.mark.parametrize("name", WORST)
def test_the_worst_names_fit_into_the_fewest_bytes(name: str) -> None:
    """However much a name grows by being marked."""
    plan = evolve(named(name * 300), population={"bitbucket_repo": 9})

    shown = blocked(plan, SMALLEST)

    assert size(shown) <= SMALLEST
    assert ATLANTIS.search(shown)


def test_rows_go_from_the_least_important_section_first() -> None:
    """What a human has to look at stays longest."""
    sections = ("Remarks", "Kept", "Not read", "Relationships", "Replace", "Withheld", "Delete", "Worth", "Blocked")
    plan = evolve(PLAN, gaps=(*PLAN.gaps, evolve(PLAN.gaps[0], where="acme/elsewhere", gap=NOT_READ)))

    first_gone = []
    for limit in range(size(blocked(plan)) + 200, SMALLEST, -10):
        shown = blocked(plan, limit)
        first_gone += [name for name in sections if name not in first_gone and short(shown, name)]

    assert [name for name in sections if name in first_gone] == first_gone
    assert first_gone[:5] == ["Remarks", "Kept", "Not read", "Relationships", "Replace"]


NOT_READ = evolve(PLAN.gaps[0].gap, code="BB-FETCH-500", detail="500: elsewhere")


def short(shown: str, name: str) -> bool:
    """Whether the section lacks rows."""
    section = re.search(rf"^\*\*{name}[^\n]*(?:\n(?!\n\*\*|\nInto|\nRows)[^\n]*)*", shown, re.MULTILINE)
    return bool(section) and ("left out" in section[0] or bool(re.search(r"… \d+ more", section[0])))


@given(plans())
def test_totals_agree_with_text_and_file(plan: Plan) -> None:
    """One sentence in all reports, as many rows as changes in the whole, and every finding."""
    shown = markdown(plan, limit=None, full=True)
    found = json.loads(planfile.dumps(plan))["summary"]

    symbols = [seen(cells[0]) for cells in rows(shown) if len(cells) == 3]
    both = symbols.count("-/+")
    ties, entities = found["relationships"], found["entities"]

    said = text(plan, width=100, colour=False, unicode=True).split("\n")

    assert len([line for line in said if line and f"**{line}**" in shown]) == 1
    assert f"**Worth a look** ({len(worth_a_look(plan))})" in shown or not worth_a_look(plan)
    assert symbols.count("+") + both == entities["add"] + ties["add"]
    assert symbols.count("~") + symbols.count(">") == sum(one["change"] + one["move"] for one in (entities, ties))
    assert symbols.count("-") == ties["destroy"]


def rows(shown: str, dialect: str = "commonmark") -> list[list[str]]:
    """The cells of every row of every table."""
    tables = [block for block in shown.split("\n\n") if block.startswith("|")]
    listed = []
    for table in tables:
        width = table.split("\n")[0].count(" | ") + 1
        cells = rendered(f"{table}\n", dialect).cells
        listed += [cells[start : start + width] for start in range(width, len(cells), width)]
    return listed


@pytest.mark.parametrize("dialect", DIALECTS)
@given(name=anything, full=st.booleans())
def test_no_name_adds_a_row_or_a_tag(dialect: str, name: str, full: bool) -> None:
    """Whatever everything is called, the document is made of the same elements, and only of those."""
    plain_one, odd = (rendered(blocked(named(each), full=full), dialect) for each in ("abc", name))

    assert set(odd.tags) <= TAGS
    assert odd.attributes == []
    assert odd.tags.count("tr") <= plain_one.tags.count("tr")
    assert odd.tags.count("table") == plain_one.tags.count("table")


def test_the_same_plan_has_the_same_bytes() -> None:
    """Also once it was saved and read again."""
    again = planfile.loads(planfile.dumps(PLAN))

    assert blocked(again) == blocked(PLAN)


def test_the_first_line_can_be_found_again() -> None:
    """Whoever posts comments looks for the one to replace."""
    assert markdown(PLAN, identity="3f9a1c02").startswith("**bbsync plan** · acme · `3f9a1c02`\n\n**Plan: 4 to add,")
    assert markdown(Plan(Origin())).startswith("**bbsync plan**\n\n**No changes.")


def test_a_plan_without_changes_is_short() -> None:
    """Nothing to apply, and nothing that says how."""
    shown = markdown(NOTHING)

    assert "apply" not in shown
    assert "**Kept** (1012)" in shown


def test_many_properties_are_counted() -> None:
    """A cell tells the first few."""
    before = Entity("{r}", "bitbucket_repo", ("CodeRepo",), {f"p{number}": 1 for number in range(7)})
    after = evolve(before, properties={f"p{number}": 2 for number in range(7)})
    plan = Plan(Origin(), (Change(before, after, "acme/web", Reason.DIFFERS),), entity_totals=Totals(change=1))

    short_one, full = markdown(plan), markdown(plan, full=True)

    assert "p3: 1 → 2; 3 properties more" in short_one
    assert "p6: 1 → 2 |" in full


def test_a_replacement_and_a_rename_take_what_is_below_with_them() -> None:
    """A row says what goes with the old one, and what follows the renamed one."""
    below = Change(
        Entity("{cms-repository-of-before}/permissions/eng", "bitbucket_permission", ("AccessPolicy",), {}),
        None,
        "acme/cms · group eng: read",
        Reason.CASCADE,
        cause="{cms-repository-of-before}",
    )

    shown = markdown(evolve(PLAN, entities=(*PLAN.entities, below)))

    assert "repository acme/cms with 1 permission | same name, another key; the old one is not in the complete" in shown
    assert "| repository acme/billing | now acme/invoicing; " in shown
    assert "58 pull requests follow; none is deleted; 1 takes on the new name |" in shown
    assert "| &#126; | 1 more | only the new name of what moved |" in shown


def test_a_blocked_plan_names_no_command() -> None:
    """It would be refused."""
    assert "`bbsync apply" not in blocked(PLAN)
    assert "`bbsync apply PLAN`" in markdown(PLAN)


def test_a_long_cell_is_cut_but_in_the_whole() -> None:
    """A name of hundreds of characters does not push the rest out of a comment."""
    plan = Plan(Origin(), (added("user", "{one-account}", "x" * 500),), entity_totals=Totals(add=1))

    assert "x" * 201 not in markdown(plan)
    assert "xxx…" in markdown(plan)
    assert "x" * 500 in markdown(plan, full=True)


def test_a_long_list_is_cut_and_counted() -> None:
    """The plan that adds very much fits into a comment."""
    many = tuple(added("user", f"{{user-{number:05}}}", f"User {number:05}") for number in range(5_000))

    shown = markdown(Plan(Origin(), many, entity_totals=Totals(add=5_000)))

    assert 31_000 < size(shown) <= 32_000
    hidden = 5_000 - shown.count("| user User ")
    assert f"| … {hidden} more |  |  |\n" in shown
