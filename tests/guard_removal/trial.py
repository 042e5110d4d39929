"""Run tests against a copy of the project in which one guard is missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from attrs import define, field, frozen

from tests.guard_removal.removals import Removal

ROOT = Path(__file__).parents[2]

#: What the tests need.
COPIED = ("bbsync", "tests", "fixtures", "specs", "pyproject.toml", "README.md", "SECURITY.md", "Makefile")

#: Seconds after which a removal counts as having made something endless.
PATIENCE = 300

#: How pytest says that tests ran, and that some failed; it answers otherwise when it could not run them.
RAN, SOME_FAILED = 0, 1

_FAILED = re.compile(r"^FAILED (\S+)", re.MULTILINE)


@frozen
class Ended:
    """What pytest said: which tests failed, and whether it could run them at all."""

    failed: tuple[str, ...]
    ran: bool
    said: str


def without(removal: Removal, source: str) -> str:
    """The source without the guard.

    Raises:
        ValueError: the text is not there exactly once: the guard has moved, and so must its removal.
    """
    found = source.count(removal.text)
    if found != 1:
        raise ValueError(f"{removal.file} has {removal.text!r} {found} times, and not once")
    return source.replace(removal.text, removal.instead)


@define
class Copy:
    """A copy of the project, whose source may be changed."""

    place: Path
    _moment: Iterator[int] = field(factory=lambda: count(1_000_000_000))

    @classmethod
    def of_project(cls, place: Path) -> Copy:
        """A new one in this directory."""
        for name in COPIED:
            original = ROOT / name
            if original.is_dir():
                shutil.copytree(original, place / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(original, place / name)
        return cls(place)

    @contextmanager
    def lacking(self, removal: Removal) -> Iterator[None]:
        """Take the guard out for as long as the block lasts."""
        path = self.place / "bbsync" / removal.file
        whole = path.read_text(encoding="utf-8")
        self._write(path, without(removal, whole))
        try:
            yield
        finally:
            self._write(path, whole)

    def test(self, tests: Sequence[str]) -> Ended:
        """Run these tests on the copy, up to the first that fails."""
        options = ["-x", "-q", "-p", "no:cacheprovider", "--tb=no", "-rf"]
        environ = {**os.environ, "PYTHONPATH": str(self.place), "HYPOTHESIS_STORAGE_DIRECTORY": str(self.place / "h")}
        ended = subprocess.run(  # noqa: S603 - our own words
            [sys.executable, "-m", "pytest", *options, *tests],
            cwd=self.place,
            env=environ,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )
        failed = tuple(dict.fromkeys(_FAILED.findall(ended.stdout)))
        return Ended(failed, ended.returncode in (RAN, SOME_FAILED), ended.stdout + ended.stderr)

    def _write(self, path: Path, source: str) -> None:
        """Write it with a time of its own, or Python takes what it compiled before for it."""
        path.write_text(source, encoding="utf-8")
        moment = next(self._moment)
        os.utime(path, (moment, moment))
