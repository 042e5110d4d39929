"""`bbsync kinds`: the table of what is synchronised."""

from __future__ import annotations

from cli_rig import run_here

from bbsync.kinds import KINDS
from bbsync.rules import RULES


def test_the_table_names_everything_in_80_columns() -> None:
    """Every kind with its type, classes and scopes, and every relationship, on lines that fit a terminal."""
    ended = run_here(["kinds"], {})

    lines = ended.out.splitlines()
    assert ended.code == 0
    assert max(map(len, lines)) <= 80
    for kind in KINDS:
        row = next(line for line in lines if line.startswith(f"{kind.plural} "))
        assert kind.entity.type in row
        assert all(scope in row for scope in kind.scopes)
        assert all(f"  {tie.type}" in lines for tie in kind.relationship_types)


def test_every_rule_is_listed() -> None:
    """With what it looks for, and how to switch one off."""
    ended = run_here(["kinds", "--rules"], {})

    lines = ended.out.splitlines()
    assert ended.code == 0
    assert max(map(len, lines)) <= 80
    assert [line for line in lines if line in {rule.name for rule in RULES}] == [rule.name for rule in RULES]
    assert lines[-2:] == ["  [rules]", "  made_public = false"]
