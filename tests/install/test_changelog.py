"""The changelog by fragments: every one is found, and lands in its section."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest

from tests.cli.cli_rig import outside
from tests.tested_package import ROOT

FRAGMENTS = sorted(path for path in (ROOT / "changelog.d").iterdir() if path.name != ".gitkeep")
TYPES = [one["directory"] for one in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["towncrier"]["type"]]


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=lambda path: path.name)
def test_fragments_are_named_and_written_for_users(fragment: Path) -> None:
    """+WORDS.TYPE.md, which is how it is found; whole sentences, and no heading of their own."""
    text = fragment.read_text("utf-8")

    assert re.fullmatch(rf"\+[a-z0-9-]+\.({'|'.join(TYPES)})\.md", fragment.name)
    assert text.endswith(".\n")
    assert not re.search(r"^[#*-] ", text, re.MULTILINE)


def test_the_next_version_can_be_written() -> None:
    """Every fragment is in what towncrier would write."""
    towncrier = Path(sys.executable).with_name("towncrier")
    if not towncrier.exists():
        pytest.skip("towncrier is not installed here: it comes with the extra dev")

    ended = outside([str(towncrier), "build", "--draft", "--version", "9.9.9", "--date", "2030-01-02"], cwd=ROOT)

    assert ended.code == 0, ended.err
    assert "## 9.9.9 (2030-01-02)" in ended.out
    drafted = " ".join(ended.out.split())
    assert [path.name for path in FRAGMENTS if " ".join(path.read_text("utf-8").split()) not in drafted] == []
