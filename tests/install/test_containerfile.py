"""The Containerfile: linted, and where there is an engine built and run."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from bbsync import __version__
from tests.cli.cli_rig import outside
from tests.tested_package import ROOT

FILE = ROOT / "Containerfile"

#: Every instruction, its lines joined.
INSTRUCTIONS = [
    tuple(line.split(None, 1))
    for line in FILE.read_text("utf-8").replace("\\\n", " ").splitlines()
    if line and not line.startswith("#")
]

#: The last stage is what people run.
LAST = INSTRUCTIONS[max(number for number, (word, _) in enumerate(INSTRUCTIONS) if word == "FROM") :]

#: Seconds for an image to be fetched and built.
LONG = 600


def _said(word: str) -> list[str]:
    return [rest for found, rest in INSTRUCTIONS if found == word]


def _engine() -> str:
    """An engine that can be used here, and has the base image or can fetch it."""
    base = _said("ARG")[0].removeprefix("BASE=")
    for engine in ("podman", "docker"):
        if shutil.which(engine) and _ends_well(engine, "info", patience=20) and _ends_well(engine, "pull", base):
            return engine
    pytest.skip("no container engine can be used here, or it cannot fetch the base image")


def _ends_well(*command: str, patience: int = LONG) -> bool:
    try:
        return not subprocess.run(command, capture_output=True, timeout=patience, check=False).returncode  # noqa: S603 - our own words
    except subprocess.TimeoutExpired:
        return False


def test_it_has_no_fault_that_a_linter_knows() -> None:
    """hadolint has nothing to say."""
    linter = Path(sys.executable).with_name("hadolint")
    if not linter.exists():
        pytest.skip("there is no hadolint for this system")

    ended = outside([str(linter), "--no-color", str(FILE)])

    assert (ended.code, ended.out) == (0, "")


def test_it_runs_as_nobody() -> None:
    """A number, so that a cluster can tell that it is not root."""
    users = [rest for word, rest in LAST if word == "USER"]

    assert users == ["10001:10001"]


def test_its_base_is_named() -> None:
    """One base for every stage, with a version of Python and of the distribution, from a registry that is said."""
    base = _said("ARG")[0].removeprefix("BASE=")

    assert re.fullmatch(r"docker\.io/library/python:3\.\d+-slim-[a-z]+", base)
    assert {rest.partition(" AS ")[0] for rest in _said("FROM")} == {"${BASE}"}


def test_everything_is_installed_with_its_hash() -> None:
    """What is not ours has one; ours is the wheel that was built here. Nothing else is fetched."""
    installs = [part for rest in _said("RUN") for part in rest.split("&&") if " install " in part and "pip" in part]

    assert len(installs) == 3
    assert all("--require-hashes" in part or "--no-deps" in part for part in installs)
    assert "ADD" not in {word for word, _ in INSTRUCTIONS}
    assert not re.search(r"curl|wget|apt-get|https?:", " ".join(_said("RUN")))


def test_the_last_stage_holds_what_runs_alone() -> None:
    """One copied directory; no source, no build tool, no variable that might be a secret."""
    copied = [rest for word, rest in LAST if word == "COPY"]

    assert copied == ["--from=installed /opt/bbsync /opt/bbsync"]
    assert "ENV" not in {word for word, _ in INSTRUCTIONS}
    assert len(_said("ARG")) == 1


def _sent() -> Iterator[str]:
    """The names at the top of the directory that .dockerignore lets an engine see."""
    rules = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    wanted = [rule[1:] for rule in rules if rule.startswith("!")]
    assert "*" in rules
    yield from (path.name for path in ROOT.iterdir() if any(fnmatch(path.name, rule) for rule in wanted))


def test_what_is_copied_is_sent_and_nothing_else() -> None:
    """No settings, graph, history or environment of whoever builds gets into an image."""
    copied = {
        name.partition("/")[0].rstrip("/")
        for rest in _said("COPY")
        if not rest.startswith("--from")
        for name in rest.split()[:-1]
    }

    assert set(_sent()) == copied


def test_it_can_be_built_and_run() -> None:
    """The image says the version, as nobody."""
    engine = _engine()
    tag = f"localhost/bbsync-test:{__version__}"

    built = subprocess.run(  # noqa: S603 - our own words
        [engine, "build", "--quiet", "--file", str(FILE), "--tag", tag, str(ROOT)],
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    said = outside([engine, "run", "--rm", tag, "--version"])
    user = outside([engine, "run", "--rm", "--entrypoint", "id", tag, "-u"])

    assert built.returncode == 0, built.stderr
    assert said.out == f"bbsync, version {__version__}\n"
    assert user.out == "10001\n"
