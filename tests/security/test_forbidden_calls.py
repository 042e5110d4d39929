"""What is never called, because whatever comes in could then be carried out."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "bbsync"

#: Modules that make code or commands of what they are given, and those that reach around Python.
MODULES = {
    "pickle", "cPickle", "dill", "marshal", "shelve", "dbm", "copyreg", "subprocess", "pty", "commands", "popen2",
    "ctypes", "cffi", "code", "codeop", "yaml", "xml", "multiprocessing", "runpy", "imp", "zipimport", "telnetlib",
}  # fmt: skip

BUILT_IN = {"eval", "exec", "compile", "__import__", "breakpoint", "input"}

#: Functions of modules that are otherwise harmless.
FUNCTIONS = {
    ("os", name) for name in (
        "system", "popen", "fork", "forkpty", "execl", "execle", "execlp", "execlpe", "execv", "execve", "execvp",
        "execvpe", "spawnl", "spawnle", "spawnlp", "spawnlpe", "spawnv", "spawnve", "spawnvp", "spawnvpe",
        "posix_spawn", "posix_spawnp", "startfile",
    )
} | {("tempfile", "mktemp"), ("ssl", "_create_unverified_context")}  # fmt: skip

FILES = sorted(PACKAGE.rglob("*.py"))


def _found(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names if name.name.partition(".")[0] in MODULES)
            case ast.ImportFrom(module=str(module), names=names):
                if module.partition(".")[0] in MODULES:
                    yield module
                yield from (f"{module}.{name.name}" for name in names if (module, name.name) in FUNCTIONS)
            case ast.Call(func=ast.Name(id=name)) if name in BUILT_IN:
                yield name
            case ast.Attribute(value=ast.Name(id=module), attr=name) if (module, name) in FUNCTIONS:
                yield f"{module}.{name}"
            case ast.keyword(arg="shell" | "verify", value=value) if _is_bad(node.arg, value):
                yield f"{node.arg}={ast.unparse(value)}"


def _is_bad(argument: str | None, value: ast.expr) -> bool:
    """`shell` at all, or `verify` switched off."""
    return argument == "shell" or (isinstance(value, ast.Constant) and value.value is False)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_that_came_in_is_carried_out(path: Path) -> None:
    """No pickle, no eval, no shell, no other program, and no TLS without a check."""
    assert list(_found(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from marshal import loads",
        "import subprocess as quiet",
        "eval(x)",
        "__import__(x)",
        "import os\nos.system(x)",
        "from os import popen",
        "run(x, shell=True)",
        "Client(verify=False)",
    ],
)
def test_the_search_finds_what_it_looks_for(source: str) -> None:
    """A search that finds nothing anywhere would keep the other test green."""
    assert list(_found(ast.parse(source))) != []


def test_modules_are_imported_by_names_of_ours() -> None:
    """What is imported by name at run time lies in this package: a command, or a kind that lies beside the others."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "importlib.import_module":
                assert ast.unparse(node.args[0]).startswith(("'bbsync.", "f'bbsync.", "f'{package}.")), path
