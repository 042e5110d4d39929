"""What an installed bbsync says about itself, and what pipx and uv go by."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import Distribution, distribution
from pathlib import Path
from zipfile import ZipFile

import pytest
from markdown_it import MarkdownIt
from packaging.requirements import Requirement
from packaging.version import Version

from bbsync import __version__
from tests.cli.cli_rig import outside
from tests.install.building import build
from tests.tested_package import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.fixture(name="described", scope="module")
def _described(tmp_path_factory: pytest.TempPathFactory) -> Distribution:
    """The description in a wheel."""
    place = tmp_path_factory.mktemp("described")
    with ZipFile(build("wheel", place)) as archive:
        archive.extractall(place)
    return Distribution.at(place / f"bbsync-{__version__}.dist-info")


def test_the_version_stands_in_one_place(described: Distribution) -> None:
    """It is semantic, and that of the package."""
    found = described.metadata["Version"]

    assert found == __version__
    assert "version" not in PROJECT
    assert re.fullmatch(r"\d+\.\d+\.\d+", str(Version(found)))


def test_the_readme_is_its_description(described: Distribution) -> None:
    """As Markdown that becomes headings, and tables, on whatever page it is shown."""
    text = described.metadata.get_payload()  # type: ignore[attr-defined]  # an e-mail message is what it is

    shown = MarkdownIt("commonmark").enable("table").render(text)

    assert described.metadata["Description-Content-Type"] == "text/markdown"
    assert text.strip() == (ROOT / "README.md").read_text("utf-8").strip()
    assert "<h1>bbsync</h1>" in shown
    assert shown.count("<table>") >= 2


def test_it_says_which_python_it_was_tried_with(described: Distribution) -> None:
    """The oldest that is named is the oldest that is allowed, and no version between is left out."""
    named = [
        int(found[1])
        for line in described.metadata.get_all("Classifier", [])
        if (found := re.fullmatch(r"Programming Language :: Python :: 3\.(\d+)", line))
    ]

    assert named == list(range(named[0], named[-1] + 1))
    assert described.metadata["Requires-Python"] == f">=3.{named[0]}"


def test_no_address_is_made_up(described: Distribution) -> None:
    """bbsync has no home page, so none is named."""
    assert described.metadata.get_all("Project-URL", []) == []
    assert described.metadata.get_all("Home-page", []) == []


def test_one_command_is_installed(described: Distribution) -> None:
    """`pipx install` and `uv tool install` find it by its name."""
    commands = {one.name: one.value for one in described.entry_points.select(group="console_scripts")}

    assert commands == {"bbsync": "bbsync.__main__:main"}


def test_extras_are_those_of_the_project(described: Distribution) -> None:
    """Whoever asks for one gets what it is for; what develops bbsync comes with none that people use."""
    extras = described.metadata.get_all("Provides-Extra", [])
    always = [one for one in map(Requirement, described.requires or []) if one.marker is None]

    assert sorted(extras) == sorted(PROJECT["optional-dependencies"])
    assert {one.name.lower() for one in always} == {Requirement(one).name for one in PROJECT["dependencies"]}


def test_the_command_says_the_version(tmp_path: Path) -> None:
    """The script beside this Python, if there is one, and `python -m bbsync` are the same."""
    try:
        distribution("bbsync")
    except ModuleNotFoundError:
        pytest.skip("bbsync is not installed here")
    script = Path(sys.executable).with_name("bbsync")

    ended = outside([str(script), "--version"], cwd=tmp_path, env={})

    assert ended.out == f"bbsync, version {__version__}\n"
