"""Read a small text file; one that never ends is not read for ever."""

from __future__ import annotations

import errno
import os
from pathlib import Path

#: Settings, variables and secrets take no more bytes than this.
LARGEST = 1024 * 1024


def read_text(path: Path, largest: int = LARGEST) -> str:
    """What the file holds.

    Raises:
        OSError: it cannot be read, or is larger than any that is meant.
        UnicodeDecodeError: it is not UTF-8.
    """
    with path.open("rb") as stream:
        content = stream.read(largest + 1)
    if len(content) > largest:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return content.decode("utf-8")
