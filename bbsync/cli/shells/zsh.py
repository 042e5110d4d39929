"""Completion for zsh, which says beside each word what it is for."""

from __future__ import annotations

from collections.abc import Iterator

from bbsync.cli.shells.vocabulary import Words

# It works from a file `_bbsync` in $fpath, of which it is the body, and when it is sourced.
_SCRIPT = """\
#compdef bbsync
# Completion of bbsync for zsh, made by: bbsync completion zsh
_bbsync() {{
  local command="" word
  local -a found
  for word in "${{(@)words[2,CURRENT-1]}}"; do
    case "$command:$word" in
      {commands}) command="${{command:+$command }}$word" ;;
    esac
  done
  case "$command:${{words[CURRENT-1]}}" in
{values}
  esac
  case "$command:$PREFIX" in
{words}
    *) _files; return ;;
  esac
  _describe bbsync found
}}
if [ "$funcstack[1]" = "_bbsync" ]; then
  _bbsync "$@"
else
  compdef _bbsync bbsync
fi
"""


def zsh(vocabulary: tuple[Words, ...]) -> str:
    """The script that zsh reads."""
    return _SCRIPT.format(
        commands="|".join(f'"{" ".join(words.path[:-1])}:{words.path[-1]}"' for words in vocabulary if words.path),
        values="\n".join(f"    {line}" for words in vocabulary for line in _values(words)),
        words="\n".join(f"    {line}" for words in vocabulary for line in _words(words)),
    )


def _values(words: Words) -> Iterator[str]:
    """What follows an option that takes a value: one of few, a file, or what nobody can guess."""
    for option in words.options:
        if option.takes_value:
            place = "|".join(f'"{words.typed}:{name}"' for name in option.names)
            if option.values:
                yield f"{place}) found=({' '.join(option.values)}); _describe value found; return ;;"
            else:
                yield f"{place}) {'_files; ' if option.takes_file else ''}return ;;"


def _words(words: Words) -> Iterator[str]:
    """The options where one was begun, and what else there is where none was."""
    options = " ".join(_described(name, option.purpose) for option in words.options for name in option.names)
    yield f'"{words.typed}:-"*) found=({options}) ;;'
    if words.answers:
        inner = dict(words.inner)
        yield f'"{words.typed}:"*) found=({" ".join(_described(one, inner.get(one, "")) for one in words.answers)}) ;;'


def _described(word: str, purpose: str) -> str:
    """A word and what it is for, in quotes."""
    text = f"{word}:{purpose}" if purpose else word
    return "'" + text.replace("'", "'\\''") + "'"
