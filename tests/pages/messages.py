"""The page of every message code, found by reading the source: its exit code, sentence and next step."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from attrs import fields, frozen

import bbsync
from bbsync.errors import BbsyncError, ExitCode
from bbsync.postgres import Refusal
from tests.pages.markup import GENERATED, code, table

PACKAGE = Path(inspect.getfile(bbsync)).parent

#: What makes a gap in a plan, with the positions of its code and its reason.
GAPS = {"Gap": (1, 2), "Unreadable": (0, 1)}

_ERRORS = """\
The command ends with the exit code and one message on stderr: what, why, what to do next. {words} in braces stand for
names and numbers, … for what depends on the case.
"""
_GAPS = """\
What could not be read stays in the graph. A plan lists it with one of these codes and is incomplete (exit code 3),
unless the gap was known beforehand.
"""


@frozen(order=True)
class Message:
    """A sentence that bbsync may say; `exit_code` is None for gaps, which a plan can hold many of."""

    code: str
    exit_code: int | None
    sentence: str
    next_step: str = ""


def messages_page() -> str:
    """The whole page."""
    found = sorted(set(messages()), key=lambda one: (one.code, one.sentence, one.next_step))
    errors = ([code(one.code), str(one.exit_code), one.sentence, one.next_step] for one in found if one.exit_code)
    gaps = ([code(one.code), one.sentence] for one in found if one.exit_code is None)
    listed = table(["code", "exit code", "says", "next step"], errors)
    parts = ("# Message codes\n", GENERATED, "## Errors\n", _ERRORS, listed, "## Gaps\n", _GAPS)
    return "\n".join([*parts, table(["code", "says"], gaps)])


def messages() -> Iterator[Message]:
    """Every message in the source, in the order of files and lines."""
    for path in sources():
        module = _module(path)
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield from _of_gap(node, node.func.id, module)
                yield from _of_refusal(node, node.func.id, module)
                yield from _of_error(node, _error_class(node.func.id, module), module)
            elif isinstance(node, ast.ClassDef):
                yield from _of_own(node, _error_class(node.name, module), module)
            elif isinstance(node, ast.FunctionDef):
                yield from _reported(node, module)


def sources() -> list[Path]:
    """The files of the package but for the stand-ins, which say what the services would."""
    return sorted(path for path in PACKAGE.rglob("*.py") if PACKAGE / "sandbox" not in path.parents)


def _of_gap(call: ast.Call, name: str, module: ModuleType) -> Iterator[Message]:
    if name in GAPS and len(call.args) > GAPS[name][1]:
        held, why = (text(call.args[place], module) for place in GAPS[name])
        if held.startswith("BB-"):
            yield Message(held, None, _sentence(why))


def _of_refusal(call: ast.Call, name: str, module: ModuleType) -> Iterator[Message]:
    """What a server says no to; whichever error is raised for it, it is one that leaves everything as it was."""
    if name == "Refusal" and len(call.args) == len(fields(Refusal)):
        held, said, next_step = (text(argument, module) for argument in call.args)
        yield Message(held, ExitCode.ERROR, _sentence(said), next_step)


def _of_error(call: ast.Call, error: type[BbsyncError] | None, module: ModuleType) -> Iterator[Message]:
    given = {keyword.arg: text(keyword.value, module) for keyword in call.keywords}
    if error is None or not call.args or "next_step" not in given:
        return  # no error, or one that words itself
    held, said = given.get("code", error.default_code), text(call.args[0], module)
    if held.startswith("BB-"):  # else it is the code of what failed below
        general = inspect.cleandoc(error.__doc__ or "").splitlines()[0]
        yield Message(held, error.exit_code, _sentence(general if said == UNKNOWN else said), given["next_step"])


def _of_own(defined: ast.ClassDef, error: type[BbsyncError] | None, module: ModuleType) -> Iterator[Message]:
    """What a class of errors says by itself."""
    for call in ast.walk(defined):
        match call:
            case ast.Call(
                func=ast.Attribute(attr="__init__"), args=[ast.Constant() | ast.JoinedStr() | ast.IfExp(), *_]
            ):
                yield from _of_error(call, error, module)


def _reported(function: ast.FunctionDef, module: ModuleType) -> Iterator[Message]:
    """Messages of the command itself, which are no errors of ours; the function returns the exit code."""
    attributes = [node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)]
    codes = [name for name in attributes if name in ExitCode.__members__]
    for call in ast.walk(function):
        match call:
            case ast.Call(func=ast.Attribute(attr="failed"), args=[ast.Constant(value=str(held)), what, *others]):
                last = [one.value for one in call.keywords if one.arg == "next_step"] or others[-1:]
                yield Message(
                    held, ExitCode[codes[0]], _sentence(text(what, module)), *(text(one, module) for one in last)
                )


def _error_class(name: str, module: ModuleType) -> type[BbsyncError] | None:
    found = getattr(module, name, None)
    return found if isinstance(found, type) and issubclass(found, BbsyncError) else None


def _module(path: Path) -> ModuleType:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return importlib.import_module(".".join(parts).removesuffix(".__init__").removesuffix(".__main__"))


UNKNOWN = "…"


def text(node: ast.expr, module: ModuleType) -> str:
    """What the expression says, with the names in it in braces."""
    match node:
        case ast.Constant(value=str(said)):
            return said
        case ast.JoinedStr(values=parts):
            return re.sub(f"{UNKNOWN}+", UNKNOWN, "".join(text(part, module) for part in parts))
        case ast.FormattedValue(value=ast.Name(id=name) | ast.Attribute(attr=name)):
            return _constant(name, module) or f"{{{name.strip('_').replace('_', ' ')}}}"
        case ast.Name(id=name):
            return _constant(name, module) or UNKNOWN
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return text(left, module) + text(right, module)
        case ast.IfExp(body=one, orelse=other):
            return f"{text(one, module)} / {text(other, module)}"
        case _:
            return UNKNOWN


def _constant(name: str, module: ModuleType) -> str:
    held = getattr(module, name, None)
    return held if isinstance(held, str) and not name.startswith("__") else ""


def _sentence(clause: str) -> str:
    first = clause if clause.startswith(("bbsync", "-", "{", UNKNOWN)) else clause[:1].upper() + clause[1:]
    return first.rstrip(".") if first.rstrip(".").endswith(UNKNOWN) else f"{first.rstrip('.')}."
