"""Which bbsync is tested: with `make test` the one that people install."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.cli.cli_rig import desk_in, outside
from tests.tested_package import PACKAGE, SOURCE, differing


@pytest.mark.skipif(os.environ.get("BBSYNC_TESTED") != "installed", reason="only `make test` tests what is installed")
def test_what_is_tested_was_installed() -> None:
    """The package that is imported lies among the installed ones, and not in this directory."""
    assert PACKAGE != SOURCE
    assert PACKAGE.parent.name == "site-packages"


def test_processes_are_of_the_same_package(tmp_path: Path) -> None:
    """What tests start imports what the tests import."""
    with desk_in(tmp_path) as desk:
        environ = desk.variables({})

    ended = outside([sys.executable, "-c", "import bbsync; print(bbsync.__file__)"], cwd=tmp_path, env=environ)

    assert ended.out.strip() == str(PACKAGE / "__init__.py")


def test_no_older_package_is_taken_for_this_one(tmp_path: Path) -> None:
    """Every file that differs, is missing or is left over is found; what Python compiled says nothing."""
    source, package = tmp_path / "source", tmp_path / "package"
    for place, names in ((source, "same.py changed.py new.css"), (package, "same.py changed.py old.jinja")):
        (place / "below" / "__pycache__").mkdir(parents=True)
        for name in names.split():
            (place / "below" / name).write_text(name if name != "changed.py" else place.name)
    (package / "below" / "__pycache__" / "same.pyc").write_text("compiled")

    found = list(differing(package, source))

    assert found == ["below/changed.py", "below/new.css", "below/old.jinja"]
    assert list(differing(source, source)) == []
