"""Completion for fish, which says beside each word what it is for."""

from __future__ import annotations

from collections.abc import Iterator

from bbsync.cli.shells.vocabulary import Option, Words

_HEAD = """\
# Completion of bbsync for fish, made by: bbsync completion fish
function __bbsync_at --description 'Whether this is the command so far'
    set --local command ''
    for word in (commandline --tokenize --cut-at-cursor --current-process)[2..]
        if contains -- (string trim -- "$command $word") {commands}
            set command (string trim -- "$command $word")
        end
    end
    test "$command" = "$argv"
end
complete --command bbsync --no-files
"""


def fish(vocabulary: tuple[Words, ...]) -> str:
    """The script that fish reads."""
    head = _HEAD.format(commands=" ".join(_quoted(words.typed) for words in vocabulary if words.path))
    return head + "".join(f"{line}\n" for words in vocabulary for line in _lines(words))


def _lines(words: Words) -> Iterator[str]:
    here = f"complete --command bbsync --condition {_quoted(f'__bbsync_at {words.typed}'.strip())}"
    for name, purpose in words.inner:
        yield f"{here} --arguments {name} --description {_quoted(purpose)}"
    if words.values:
        yield f"{here} --arguments {_quoted(' '.join(words.values))}"
    if words.takes_file:
        yield f"{here} --force-files"
    for option in words.options:
        yield f"{here} {_option(option)}"


def _option(option: Option) -> str:
    names = [
        f"--long-option {name[2:]}" if name.startswith("--") else f"--short-option {name[1:]}" for name in option.names
    ]
    if option.values:
        value = [f"--exclusive --arguments {_quoted(' '.join(option.values))}"]
    else:
        value = ["--require-parameter --force-files" if option.takes_file else "--exclusive"] * option.takes_value
    return " ".join((*names, *value, "--description", _quoted(option.purpose)))


def _quoted(text: str) -> str:
    """The text as one word of fish, in which only these two mean something between single quotes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
