"""Completion for each shell: a script that knows all words beforehand, so that a key press starts no Python."""

from __future__ import annotations

from collections.abc import Callable

from bbsync.cli.shells.bash import bash
from bbsync.cli.shells.fish import fish
from bbsync.cli.shells.vocabulary import Words, vocabulary
from bbsync.cli.shells.zsh import zsh

#: What makes the script of each shell.
SCRIPTS: dict[str, Callable[[tuple[Words, ...]], str]] = {"bash": bash, "zsh": zsh, "fish": fish}

__all__ = ["SCRIPTS", "Words", "vocabulary"]
