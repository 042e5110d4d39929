"""The shape of the program: which module may know which, and that every kind is found."""

from __future__ import annotations

import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import bbsync.kinds
from bbsync.kinds import KINDS

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]

LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"

#: Every contract by its identifier: without one of them the direction of imports would be a matter of taste.
CONTRACTS = {"layers", "pure", "kinds", "sandbox"}


@pytest.fixture(scope="module")
def linted() -> subprocess.CompletedProcess[str]:
    """What import-linter says of the package."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "200"}
    command = [sys.executable, "-c", LINT]
    return subprocess.run(  # noqa: S603  # our own interpreter and nothing from outside
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )


def test_all_four_contracts_are_there() -> None:
    """Layers, purity, independence of kinds, and a sandbox that shares none of our assumptions."""
    assert {contract["id"] for contract in SETTINGS["contracts"]} == CONTRACTS


@pytest.mark.parametrize("name", [contract["name"] for contract in SETTINGS["contracts"]])
def test_contract_is_kept(linted: subprocess.CompletedProcess[str], name: str) -> None:
    """Imports go one way."""
    assert f"{name} KEPT" in linted.stdout, linted.stdout


def test_no_contract_is_broken(linted: subprocess.CompletedProcess[str]) -> None:
    """import-linter says so itself."""
    assert re.search(rf"Contracts: {len(CONTRACTS)} kept, 0 broken", linted.stdout), linted.stdout
    assert linted.returncode == 0


def test_every_module_of_kinds_is_a_kind() -> None:
    """A file that was forgotten would be a kind whose entities nobody cleans up."""
    modules = {module.name for module in pkgutil.iter_modules(bbsync.kinds.__path__) if module.name[0] != "_"}

    assert modules == {kind.name for kind in KINDS}


def test_the_eight_kinds() -> None:
    """What is synchronised today, parents before children."""
    assert [kind.name for kind in KINDS] == [
        "workspace",
        "project",
        "group",
        "user",
        "repository",
        "branch_restriction",
        "permission",
        "pull_request",
    ]
