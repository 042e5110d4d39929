"""Write a file whole or not at all, and read one that may be missing or too large."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from bbsync.errors import PlanFileError

#: No plan is larger than this many bytes.
LARGEST = 4 * 1024**3


def require_place(path: Path) -> None:
    """Refuse a place where no file can be made, before an hour is spent on what is to be written there.

    Raises:
        PlanFileError: the directory is missing or not ours to write, or something that is no file stands there.
    """
    if not path.parent.is_dir():
        why = f"There is no directory {path.parent}."
    elif not os.access(path.parent, os.W_OK | os.X_OK):
        why = f"Nothing may be written in the directory {path.parent}."
    elif path.exists() and not path.is_file():
        why = "What is there now is not a file, and is left alone."
    else:
        return
    raise _not_written(path, why)


def write_private(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let the file be written, for its owner alone: complete, or not at all.

    Raises:
        PlanFileError: it could not be written; what was there before is still there.
    """
    write_whole(path, write, 0o600)


def write_whole(path: Path, write: Callable[[BinaryIO], object], mode: int) -> None:
    """The same, for whom the mode says.

    Raises:
        PlanFileError: it could not be written; what was there before is still there.
    """
    require_place(path)
    temporary = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as stream:
            os.fchmod(stream.fileno(), mode)
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        why = f"{error.strerror or type(error).__name__}. A file that was there before is as it was."
        raise _not_written(path, why) from error
    finally:
        # After success it has its new name; otherwise it goes, whatever ended the writing.
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


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


def _not_written(path: Path, why: str) -> PlanFileError:
    return PlanFileError(
        f"{path} could not be written",
        why=why,
        next_step="Make room or name another place, and run the same command again.",
        code="BB-PLAN-WRITE",
    )
