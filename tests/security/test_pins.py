"""What is installed is pinned: every dependency, with hashes, and no word about where it comes from."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]

#: Which extras each file has to hold, beside what bbsync always needs.
FILES = {"dev.txt": ("sandbox", "test", "dev"), "demo.txt": ("sandbox",), "run.txt": ("postgres",)}

#: Those by which the package is built, too.
BUILD = {"dev.txt", "demo.txt"}

_PIN = re.compile(
    r"^([a-z0-9-]+)==[\w.]+(?: ; [^\\\n]+?)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE
)


def _text(name: str) -> str:
    return (ROOT / "requirements" / name).read_text(encoding="utf-8")


def _named(requirements: list[str]) -> Iterator[str]:
    for requirement in requirements:
        name = re.split(r"[^\w-]", requirement, maxsplit=1)[0].lower().replace("_", "-")
        if name != "bbsync":
            yield name


def _wanted(file: str) -> set[str]:
    always = [*PROJECT["project"]["dependencies"], *(PROJECT["build-system"]["requires"] if file in BUILD else [])]
    return {*_named(always), *(name for extra in FILES[file] for name in _named(EXTRAS[extra]))}


@pytest.mark.parametrize("name", FILES)
def test_every_dependency_is_pinned_with_hashes(name: str) -> None:
    """What pyproject.toml asks for, and what builds the package, stands there with one version and its hashes."""
    pinned = {found[1] for found in _PIN.finditer(_text(name))}

    assert _wanted(name) - pinned == set()


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_there_without_a_hash(name: str) -> None:
    """Every line is a pin, one of its hashes, or says who asked for it."""
    rest = [
        line for line in _PIN.sub("", _text(name)).splitlines() if not re.fullmatch(r"\s*#[^/]*(/[\w.]+ .*)?", line)
    ]

    assert [line for line in rest if not line.startswith("    # ")] == []


@pytest.mark.parametrize("name", FILES)
def test_no_host_is_named(name: str) -> None:
    """Where packages come from is the machine's affair, and nobody else's to know."""
    assert re.findall(r"://|--(?:extra-)?index-url|--find-links|--trusted-host|@ ", _text(name)) == []


@pytest.mark.parametrize("name", FILES)
def test_all_files_agree(name: str) -> None:
    """What people run is what was tested, to the version."""
    tested, found = ({found[1]: found[2] for found in _PIN.finditer(_text(file))} for file in ("dev.txt", name))

    assert {package: hashes for package, hashes in found.items() if tested.get(package) != hashes} == {}


def test_what_builds_is_not_what_runs() -> None:
    """An image that bbsync is installed in has nothing more than it needs."""
    held = {found[1] for found in _PIN.finditer(_text("run.txt"))}

    assert held & {"hatchling", "pytest", "lark", "graphql-core"} == set()


def test_installing_asks_for_the_hashes() -> None:
    """The Makefile, which continuous integration runs, installs nothing else."""
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    installs = [line.strip() for line in lines if line.startswith("\t$(INSTALL)")]

    assert len(installs) == 5
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs)
    assert all("--no-build-isolation" in line or ".whl" in line for line in installs if "--no-deps" in line)
    assert [line for line in lines if "pyproject-build" in line and "--no-isolation" not in line] == []
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
