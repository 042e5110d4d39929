"""Write a file whole or not at all, and read one that may be missing or too large."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from bbsync.errors import PlanFileError

#: No plan is larger than this many bytes.
LARGEST = 4 * 1024**3


def write_private(path: Path, content: bytes) -> None:
    """Write the file for its owner alone: complete, or not at all.

    Raises:
        PlanFileError: it could not be written; what was there before is still there.
    """
    temporary = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):  # the disk that was full may be gone altogether
                temporary.unlink(missing_ok=True)
        raise PlanFileError(
            f"{path} could not be written",
            why=f"{error.strerror or type(error).__name__}. A file that was there before is as it was.",
            next_step="Make room or name another place, and run the same command again.",
            code="BB-PLAN-WRITE",
        ) from error


def read_plan_file(path: Path) -> bytes:
    """The content of a plan file.

    Raises:
        PlanFileError: it is missing, cannot be read, or is too large to be a plan.
    """
    try:
        if path.stat().st_size > LARGEST:
            why = "It is too large to be a plan."
        else:
            return path.read_bytes()
    except OSError as error:
        why = f"{error.strerror or type(error).__name__}."
    raise PlanFileError(
        f"{path} cannot be read", why=why, next_step="Name the file that `bbsync plan --out FILE` wrote."
    )
