"""The exit codes of a command, as the end of its help."""

from __future__ import annotations

from bbsync.errors import MEANINGS, ExitCode

#: What every command may answer.
ALWAYS = {ExitCode.OK, ExitCode.ERROR, ExitCode.USAGE, ExitCode.INTERRUPTED, ExitCode.TERMINATED}


def exits(*codes: ExitCode) -> str:
    """These codes and those that every command may answer, for click's `epilog`; where it has no others, in a line."""
    named = [code for code in ExitCode if code in ALWAYS or code in codes]
    if not codes:
        return "Exit codes: " + ", ".join(f"{code} {MEANINGS[code].partition(':')[0]}" for code in named)
    return "\b\nExit codes:\n" + "".join(f"  {code:<4} {MEANINGS[code]}\n" for code in named)
