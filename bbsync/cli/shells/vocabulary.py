"""What can be typed after each command: its sub-commands, its options and their values."""

from __future__ import annotations

from collections.abc import Iterator

import click
from attrs import frozen


@frozen
class Option:
    """An option.

    Attributes:
        names: how it is typed: `-v`, `--verbose`.
        purpose: what it is for, on one line.
        takes_value: whether a value follows.
        values: all that may follow, if they are few.
        takes_file: whether it is a file that follows.
    """

    names: tuple[str, ...]
    purpose: str
    takes_value: bool = False
    values: tuple[str, ...] = ()
    takes_file: bool = False


@frozen
class Words:
    """What can follow a command.

    Attributes:
        path: the command as it is typed: ("state", "restore"); of `bbsync` itself nothing.
        inner: its sub-commands, each with its purpose.
        options: in the order of its help.
        values: all that an argument may be, if they are few.
        takes_file: whether an argument is a file.
    """

    path: tuple[str, ...]
    inner: tuple[tuple[str, str], ...]
    options: tuple[Option, ...]
    values: tuple[str, ...] = ()
    takes_file: bool = False

    @property
    def typed(self) -> str:
        """The command as it is typed."""
        return " ".join(self.path)

    @property
    def answers(self) -> tuple[str, ...]:
        """What can stand here that is no option."""
        return (*(name for name, _ in self.inner), *self.values)


def vocabulary(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[Words]:
    """The words of a command, and of all that are below it."""
    context = click.Context(command)
    inner = tuple(_inner(command, context))
    parameters = [one for one in command.get_params(context) if not getattr(one, "hidden", False)]
    arguments = [one for one in parameters if isinstance(one, click.Argument)]
    yield Words(
        path,
        tuple((name, found.get_short_help_str(100)) for name, found in inner),
        tuple(_option(one) for one in parameters if isinstance(one, click.Option)),
        tuple(value for one in arguments for value in _values(one)),
        any(_is_file(one) for one in arguments),
    )
    for name, found in inner:
        yield from vocabulary(found, (*path, name))


def _inner(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None and not found.hidden:
                yield name, found


def _option(option: click.Option) -> Option:
    return Option(
        (*option.opts, *option.secondary_opts),
        " ".join((option.help or "").partition("  [")[0].split()),
        not (option.is_flag or option.count),
        _values(option),
        _is_file(option),
    )


def _values(parameter: click.Parameter) -> tuple[str, ...]:
    return tuple(map(str, parameter.type.choices)) if isinstance(parameter.type, click.Choice) else ()


def _is_file(parameter: click.Parameter) -> bool:
    return isinstance(parameter.type, (click.Path, click.File))
