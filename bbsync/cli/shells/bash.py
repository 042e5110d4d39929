"""Completion for bash, also the old one of macOS."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from bbsync.cli.shells.vocabulary import Words

# Where nothing is answered, bash offers files, as `-o default` says.
_SCRIPT = """\
# Completion of bbsync for bash, made by: bbsync completion bash
_bbsync() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}" command="" words="" word
  if [ "$current" = "=" ]; then
    current=""
  elif [ "$previous" = "=" ]; then
    previous="${{COMP_WORDS[COMP_CWORD-2]}}"
  fi
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$command:$word" in
      {commands}) command="${{command:+$command }}$word" ;;
    esac
  done
  COMPREPLY=()
  case "$command:$previous" in
{values}
  esac
  if [ -z "$words" ]; then
    case "$command:$current" in
{words}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o bashdefault -o default -F _bbsync bbsync
"""


def bash(vocabulary: tuple[Words, ...]) -> str:
    """The script that bash reads."""
    return _SCRIPT.format(
        commands="|".join(f'"{" ".join(words.path[:-1])}:{words.path[-1]}"' for words in vocabulary if words.path),
        values="\n".join(f"    {line}" for words in vocabulary for line in _values(words)),
        words="\n".join(f"      {line}" for words in vocabulary for line in _words(words)),
    )


def _values(words: Words) -> Iterator[str]:
    """What follows an option that takes a value: one of few, or anything, for which files are offered."""
    for option in words.options:
        if option.takes_value:
            place = "|".join(f'"{words.typed}:{name}"' for name in option.names)
            yield (
                f"{place}) words={shlex.quote(' '.join(option.values))} ;;" if option.values else f"{place}) return ;;"
            )


def _words(words: Words) -> Iterator[str]:
    """The options where one was begun, and what else there is where none was."""
    options = " ".join(name for option in words.options for name in option.names)
    yield f'"{words.typed}:-"*) words={shlex.quote(options)} ;;'
    if words.answers:
        yield f'"{words.typed}:"*) words={shlex.quote(" ".join(words.answers))} ;;'
