"""The `bbsync` command, also as `python -m bbsync`."""

from __future__ import annotations

import gc

#: Objects made before the collector looks for cycles. Graphs are large and have none, and looking at them time and
#: again took a quarter of the time of planning a large one.
COLLECT = (100_000, 20, 50)


def main() -> None:
    """Run the command and leave with its exit code."""
    gc.set_threshold(*COLLECT)
    from bbsync.cli import main as command  # what importing makes is not searched for cycles either

    gc.freeze()  # nor at the end, which would be a tenth of the time of `--help`
    command()


if __name__ == "__main__":
    main()
