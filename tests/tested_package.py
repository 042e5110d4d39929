"""Which bbsync is tested: the one that is installed, or the one in this directory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import bbsync

ROOT = Path(__file__).parents[1]

#: The package as it was imported, and the source that it is to equal.
PACKAGE = Path(bbsync.__file__).parent
SOURCE = ROOT / "bbsync"

#: For `PYTHONPATH`: where processes that are started by tests find the same one.
HOME = PACKAGE.parent


def files_of(package: Path) -> dict[str, bytes]:
    """What is in a package, without what Python compiles beside it."""
    found = (path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(package).as_posix(): path.read_bytes() for path in found}


def differing(package: Path = PACKAGE, source: Path = SOURCE) -> Iterator[str]:
    """The files in which the package is another than the source; there is no difference where it is the source."""
    if package != source:
        imported, written = files_of(package), files_of(source)
        yield from sorted(name for name in imported.keys() | written if imported.get(name) != written.get(name))
