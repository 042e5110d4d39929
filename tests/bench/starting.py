"""How long `bbsync --help` takes against a Python that does nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from statistics import median

from bbsync.cli.main import COMMANDS
from tests.bench.child import run
from tests.bench.figures import Figure

RUNS = 15

_NOTHING = ("-c", "pass")
_CALLS = {
    "python -m bbsync --help": ("-m", "bbsync", "--help"),
    "bbsync --help": (
        "-c",
        "import sys; from bbsync.__main__ import main; sys.argv[1:] = ['--help']; sys.exit(main())",
    ),
    **{f"bbsync {name} --help": ("-m", "bbsync", name, "--help") for name in COMMANDS},
}

_LIMITS = {"python -m bbsync --help": 4, "bbsync --help": 4}
#: The help of a command imports what the command runs on. It is measured to be known, and bounded against accidents.
_OF_A_COMMAND = 45


def starting() -> Iterator[Figure]:
    """Medians of several, taken in turns, with modules compiled beforehand as they are once installed."""
    with tempfile.TemporaryDirectory() as compiled:
        environ = {"PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""}
        rounds = [_round(environ) for _ in range(RUNS + 1)][1:]
    nothing = median(took["nothing"] for took in rounds)
    for name in _CALLS:
        ratio = median(took[name] for took in rounds) / nothing
        yield Figure(f"{name} against python -c pass", ratio, _LIMITS.get(name, _OF_A_COMMAND))


def _round(environ: dict[str, str]) -> dict[str, float]:
    """Seconds that each took, once."""
    return {name: run(*call, environ=environ).wall for name, call in {"nothing": _NOTHING, **_CALLS}.items()}
