"""What is published: the wheel and the sdist, what is in them, and that they come out the same everywhere."""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
import time
from pathlib import Path
from zipfile import ZipFile

import pytest

from bbsync import __version__
from tests.cli.cli_rig import outside
from tests.install.building import build
from tests.tested_package import ROOT, SOURCE, files_of

EPOCH = 1_700_000_000

#: What a clone has and nobody needs who builds or tests.
NOT_SHIPPED = {".gitignore"}


@pytest.fixture(name="sdist", scope="module")
def _sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(name="wheel", scope="module")
def _wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(name="unpacked")
def _unpacked(sdist: Path, tmp_path: Path) -> Path:
    """A directory into which the sdist was unpacked, whose files are from now."""
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    unpacked = tmp_path / f"bbsync-{__version__}"
    for path in unpacked.rglob("*"):
        os.utime(path, (time.time(), time.time()))
    return unpacked


def test_the_wheel_is_the_package(wheel: Path) -> None:
    """Every file of the package is in it, templates, style and grammars too, and nothing else but what describes it."""
    with ZipFile(wheel) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}

    package = {name.removeprefix("bbsync/"): held.pop(name) for name in list(held) if name.startswith("bbsync/")}
    assert package == files_of(SOURCE)
    assert "py.typed" in package
    assert {name.partition(".dist-info/")[2] for name in held} == {
        *("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")
    }


def test_the_wheel_is_for_every_machine(wheel: Path) -> None:
    """Pure Python, whose name says the version."""
    assert wheel.name == f"bbsync-{__version__}-py3-none-any.whl"


def test_the_wheel_is_small(wheel: Path) -> None:
    """No test, fixture or page is in it."""
    assert wheel.stat().st_size < 1_000_000


def test_the_sdist_makes_the_same_wheel(wheel: Path, unpacked: Path, tmp_path: Path) -> None:
    """Byte for byte, elsewhere, later, and by somebody whose files others may write."""
    before = os.umask(0o002)

    again = build("wheel", tmp_path / "again", unpacked, TZ="Asia/Kathmandu", PYTHONHASHSEED="7")

    os.umask(before)
    assert again.read_bytes() == wheel.read_bytes()


def test_the_sdist_makes_the_same_sdist(sdist: Path, unpacked: Path, tmp_path: Path) -> None:
    """Byte for byte."""
    again = build("sdist", tmp_path / "again", unpacked)

    assert again.read_bytes() == sdist.read_bytes()


def test_the_time_of_the_release_may_be_given(tmp_path: Path) -> None:
    """SOURCE_DATE_EPOCH is when everything in the wheel was written."""
    wheel = build("wheel", tmp_path, SOURCE_DATE_EPOCH=f"{EPOCH}")

    with ZipFile(wheel) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {time.gmtime(EPOCH)[:6]}


@pytest.mark.skipif(not (ROOT / ".git").exists() or not shutil.which("git"), reason="this is no clone, or without git")
def test_the_sdist_is_the_clone(unpacked: Path) -> None:
    """Whatever is under version control is in it."""
    listed = outside(["git", "-c", f"safe.directory={ROOT}", "ls-files"], cwd=ROOT)
    tracked = {name for name in listed.out.splitlines() if (ROOT / name).exists()}

    assert {name for name in tracked if not (unpacked / name).is_file()} <= NOT_SHIPPED


def test_the_sdist_can_be_tested(unpacked: Path) -> None:
    """Tests that read the settings of the project, the pins and the fixtures find them there."""
    tests = ["tests/security/test_pins.py", "tests/kinds/test_kind_items.py"]
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(unpacked)}

    ended = outside([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests], cwd=unpacked, env=environ)

    assert ended.code == 0, ended.out
