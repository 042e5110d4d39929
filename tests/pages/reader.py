"""A reader who types what a page says, line by line, at a desk with both services on loopback.

Commands run in this process, which is quick. What a line may hold is little: a command, its arguments, and where its
output goes; so it is what a person can type, too.
"""

from __future__ import annotations

import shlex
import shutil
import sqlite3
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

from attrs import define, field

from bbsync.settings.environment import VARIABLES
from tests.cli.cli_rig import Desk, Ended, outside, run_here
from tests.tested_package import ROOT

#: These go on until they are stopped, so that a page which names them says who runs them.
ENDLESS = frozenset({"sandbox", "watch"})

#: Codes that a reader meets without having done anything wrong: changes, and what could not be read.
FINE = frozenset({0, 2, 3})

HINT = "; put <!-- run by: FILE --> or <!-- not run: WHY --> above the block, or write it more simply"


@define(eq=False)
class Reader:
    """Somebody with a page, and no settings yet but the addresses of the services.

    Attributes:
        desk: where everything is served.
        target: what makes the stand-in for JupiterOne the target, once its account is exported.
        environ: what was exported so far.
    """

    desk: Desk
    target: Mapping[str, str]
    environ: dict[str, str] = field(factory=dict)

    def type(self, lines: str) -> None:
        """Type the lines; each has to end well."""
        for line in commands(lines):
            ended = self._run(line)
            assert ended.code in FINE, f"{line}: {ended.code}\n{ended.err}"

    def export_bitbucket(self) -> None:
        """Have the consumers set, as after the first steps of the README."""
        self.environ.update({name: text for name, text in self.desk.environ.items() if name.startswith("BITBUCKET_")})

    def _run(self, line: str) -> Ended:
        words, file = _redirected(_words(line))
        tools: Mapping[str, Callable[[list[str]], Ended]] = {
            "bbsync": self._bbsync,
            "export": self._export,
            "make": _make,
            "pip": _pip,
            "sqlite3": _sqlite3,
        }
        assert words[0] in tools, f"{line}: nobody here has {words[0]}{HINT}"
        ended = tools[words[0]](words[1:])
        if file:
            Path(file).write_text(ended.out, encoding="utf-8")
        return ended

    def _bbsync(self, arguments: list[str]) -> Ended:
        assert arguments[0] not in ENDLESS, f"bbsync {arguments[0]} does not end{HINT}"
        return run_here(arguments, self.environ)

    def _export(self, assignments: list[str]) -> Ended:
        """Set what the stand-ins know instead of what the page says, which is made up."""
        for assignment in assignments:
            name = assignment.partition("=")[0]
            assert name in VARIABLES, f"nobody reads {name}"
            self.environ |= {**self.desk.environ, **self.target} if name.startswith("JUPITERONE") else self.desk.environ
        return Ended(0, "", "")


def commands(lines: str) -> Iterator[str]:
    """The command lines, those that go on after a backslash as one."""
    for line in lines.replace("\\\n", " ").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            yield line


def _words(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    return list(lexer)


def _redirected(words: list[str]) -> tuple[list[str], str]:
    """The words of the command, and the file that its output goes to."""
    file = words[-1] if len(words) > 2 and words[-2] == ">" else ""
    rest = words[:-2] if file else words
    assert not any(set(word) <= set("<>|&;()") for word in rest), f"{' '.join(words)}: too much for one line{HINT}"
    return rest, file


def _make(targets: list[str]) -> Ended:
    """See whether there is such a target; making it is what runs this."""
    return outside([str(shutil.which("make")), "--dry-run", "--always-make", *targets], cwd=ROOT)


def _pip(arguments: list[str]) -> Ended:
    """What is installed already; nothing but this package is wanted, with extras that there are."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert arguments[0] == "install"
    assert set(arguments[1:]) <= {".", *(f"{name}[{extra}]" for name in (".", "bbsync") for extra in extras)}
    return Ended(0, "", "")


def _sqlite3(arguments: list[str]) -> Ended:
    path, query = arguments
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as graph:
        rows = graph.execute(query).fetchall()
    return Ended(0 if rows else 1, "".join(f"{row}\n" for row in rows), "")
