"""`bbsync plan --only`: what is said of a plan that is about a part."""

from __future__ import annotations

import json

from cli_rig import Desk


def test_a_plan_of_a_part_says_so_in_every_form(desk: Desk) -> None:
    """Its text, Markdown, HTML and JSON name the part, it claims nothing of the rest, and is applied as any other."""
    desk.applied()
    first, second = sorted(desk.repositories())[:2]
    desk.change("describe_repository", repository=first, description="Other")
    only = f"repo:acme/{first}"

    planned = desk.run("plan", "--only", only, "--out", str(desk.plan_file))
    shown = {
        shape: desk.run("show", str(desk.plan_file), "--format", shape).out
        for shape in ("text", "markdown", "html", "json")
    }
    applied = desk.run("apply", str(desk.plan_file))
    nothing = desk.run("plan", "--only", f"repo:acme/{second}")

    assert "Plan: 0 to add, 1 to change, 0 to destroy." in planned.out
    assert shown["text"] == planned.out
    assert all(f"Only {only} was compared" in shown[shape] for shape in ("text", "html"))
    assert f"Only repo&#58;\u200bacme/{first} was compared" in shown["markdown"]
    assert json.loads(shown["json"])["only"] == [only]
    assert applied.code == 0
    assert "No changes. The graph matches Bitbucket in what was asked for." in nothing.out


def test_a_part_that_is_not_there_is_refused(desk: Desk) -> None:
    """A slip of the pen is no empty plan."""
    ended = desk.run("plan", "--only", "repo:acme/tpyo")

    assert (ended.code, ended.out) == (1, "")
    assert "--only repo:acme/tpyo names nothing in Bitbucket or in the graph (BB-ONLY)." in ended.err
