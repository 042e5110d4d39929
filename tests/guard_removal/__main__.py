"""Take each guard out in turn, and see a test fail: `python -m tests.guard_removal [WORD]...`.

Words choose the removals whose guard or consequence holds one of them. A guard whose removal nobody notices does not
exist: that ends with 1.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.guard_removal.removals import REMOVALS, Removal
from tests.guard_removal.trial import Copy


def main(words: list[str]) -> int:
    """Try all removals, or those that are meant by the words."""
    chosen = [removal for removal in REMOVALS if not words or any(word in _line(removal) for word in words)]
    with tempfile.TemporaryDirectory(prefix="guard-removal-") as place:
        copy = Copy.of_project(Path(place))
        whole = copy.test(sorted({test for removal in chosen for test in removal.tests}))
        if whole.failed or not whole.ran:
            sys.stderr.write(f"The tests fail with every guard in its place:\n{whole.said}")
            return 1
        unnoticed = [removal for removal in chosen if not _is_noticed(removal, copy)]
    sys.stdout.write(f"{len(chosen)} removals, {len(unnoticed)} of them unnoticed.\n")
    return int(bool(unnoticed))


def _is_noticed(removal: Removal, copy: Copy) -> bool:
    with copy.lacking(removal):
        ended = copy.test(removal.tests)
    noticed = ended.ran and bool(ended.failed)
    by = ended.failed[0] if noticed else "nobody" if ended.ran else "pytest could not run it"
    sys.stdout.write(f"{_line(removal)}\n    noticed by {by}\n")
    sys.stdout.flush()
    return noticed


def _line(removal: Removal) -> str:
    return f"{removal.guard}: {removal.without}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
