"""Write to a stream whose reader may leave and whose disk may be full."""

from __future__ import annotations

import contextlib
import os
from typing import IO, ClassVar

from bbsync.errors import BbsyncError


class OutputError(BbsyncError):
    """The result could not be written where it was to go."""

    default_code: ClassVar[str] = "BB-OUTPUT"


def put(stream: IO[str], content: str | bytes) -> None:
    """Write this now; bytes are written as they are.

    A reader that has left (`| head -1`) is no error: whatever comes after is written to nobody.

    Raises:
        OutputError: the stream cannot be written, as on a full disk.
    """
    try:
        if isinstance(content, bytes):
            stream.flush()
            stream.buffer.write(content)  # type: ignore[attr-defined]  # only streams that have one are given bytes
        else:
            stream.write(content)
        stream.flush()
    except BrokenPipeError:
        silence(stream)
    except OSError as error:
        silence(stream)
        raise OutputError(
            "the result could not be written to stdout",
            why=f"{error.strerror or type(error).__name__}.",
            next_step="Make room or redirect it to another place, and run the same command again.",
        ) from error


def tell(stream: IO[str], text: str) -> None:
    """Write this if it can be written: nobody is left to hear that it cannot."""
    with contextlib.suppress(OutputError):
        put(stream, text)


def silence(stream: IO[str]) -> None:
    """Lead the stream nowhere, so that what it still holds does no harm when the process ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def usable(stream: IO[str] | None, mode: str) -> IO[str]:
    """The stream, which escapes what its encoding lacks; one that leads nowhere if it was closed beforehand."""
    if stream is None:
        return open(os.devnull, mode, encoding="utf-8")  # noqa: PTH123 - it lasts as long as the process
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
    return stream
