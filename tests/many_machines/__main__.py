"""Show how many machines share consumers and graphs: `python -m tests.many_machines [--runners N] [--workspaces N]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.many_machines.show import Seen, Shape, show
from tests.postgres.server_rig import running


def main() -> int:
    """Show it, and say what was seen; 1 if a promise was broken."""
    default = Shape()
    parser = argparse.ArgumentParser(prog="python -m tests.many_machines")
    for name in ("runners", "workspaces", "consumers", "times", "calls_per_hour"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=getattr(default, name))
    shape = Shape(**vars(parser.parse_args()))
    with running() as server, tempfile.TemporaryDirectory() as place:
        seen = show(Path(place), server.schema_url("shared"), shape)
    _tell(seen, shape)
    return int(
        bool(seen.refused or seen.overlaps or not seen.takeovers or max(seen.calls.values()) > shape.calls_per_hour)
    )


def _tell(seen: Seen, shape: Shape) -> None:
    calls = ", ".join(map(str, seen.calls.values()))
    lines = [
        f"{shape.runners} runners, {shape.workspaces} workspaces {shape.times} times, {shape.consumers} consumers",
        f"calls by consumer, of {shape.calls_per_hour}: {calls}; refused for the limit: {seen.refused}",
        f"runs: {', '.join(f'{count} {outcome}' for outcome, count in seen.outcomes.items())}",
        f"workspaces in the graph: {len(seen.finished)}; two at once: {len(seen.overlaps)}",
        *seen.takeovers,
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
