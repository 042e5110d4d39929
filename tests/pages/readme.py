"""The README: written by hand, but for its table of commands."""

from __future__ import annotations

import re
from pathlib import Path

from bbsync.cli.main import COMMANDS
from tests.pages.markup import code, table

README = Path(__file__).parents[2] / "README.md"

_COMMANDS = re.compile(r"(?<=<!-- made of bbsync/cli/main.py: -->\n\n).*?(?=\n\n)", re.DOTALL)


def readme() -> str:
    """All of it, with the commands that there are."""
    rows = table(["command", "what it does"], ([code(f"bbsync {name}"), does] for name, does in COMMANDS.items()))
    return _COMMANDS.sub(lambda _: rows.rstrip("\n"), README.read_text("utf-8"))
