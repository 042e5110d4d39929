"""`bbsync completion`: the script that completes command lines in a shell."""

from __future__ import annotations

from typing import Any

import click

from bbsync.cli.invocation import common_options, invoked
from bbsync.cli.shells import SCRIPTS, vocabulary
from bbsync.errors import ExitCode


@click.command()
@click.argument("shell", type=click.Choice(list(SCRIPTS)))
@common_options
def command(shell: str, **common: Any) -> ExitCode:
    """Print the script that completes commands, options and their values in a shell.

    Example: bbsync completion bash > ~/.local/share/bash-completion/completions/bbsync

    \b
    Where other shells look for it:
      zsh    a file _bbsync in a directory of $fpath
      fish   ~/.config/fish/completions/bbsync.fish

    The script holds the words itself and starts nothing: print it anew after an update.
    """
    root = click.get_current_context().find_root().command
    invoked(**common).write(SCRIPTS[shell](tuple(vocabulary(root))))
    return ExitCode.OK
