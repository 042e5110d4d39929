"""Starts `bbsync` in processes of its own, quickly: what it needs is imported once, and every process is a fork.

One order a line on stdin, as JSON; on stdout the process id at once, and the exit code when it has ended (negative: the
signal). `signals` are sent to the process by itself when it comes to the statement or commit in any database whose
number is `at`, counted from 1; what only reads leaves nothing behind and is not counted.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from bbsync.cli.main import main

for _module in ("bbsync.cli.apply", "bbsync.cli.progress", "bbsync.settings", "sqlalchemy.dialects.sqlite.pysqlite"):
    importlib.import_module(_module)


def serve_orders() -> None:
    """Carry out orders until there are no more."""
    orders = os.fdopen(os.dup(0))  # sys.stdin stays as it is, for those who begin with it
    for line in orders:
        pid = os.fork()
        if pid == 0:
            obey(json.loads(line))
        tell(pid)
        tell(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def tell(number: int) -> None:
    """Write a number for who gives the orders."""
    os.write(1, b"%d\n" % number)


def obey(order: dict[str, Any]) -> None:
    """Become that command."""
    os.chdir(order["directory"])
    os.environ.clear()
    os.environ.update(order["environ"])
    nowhere = os.open(os.devnull, os.O_RDONLY)
    told = os.open(Path("told.txt"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(nowhere, 0)
    os.dup2(told, 1)
    os.dup2(told, 2)
    strike_at(order["at"], order["signals"])
    if order["room"] is not None:  # no file grows beyond it, as on a full disk
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["room"], order["room"]))
    main(order["arguments"])


def strike_at(moment: int, signals: list[int]) -> None:
    """Have these signals sent to this process when it comes to its so-manieth statement or commit."""
    moments = count(1)

    def strike(*_of: object) -> None:
        if next(moments) == moment:
            for number in signals:
                os.kill(os.getpid(), number)

    def write(_connection: object, _cursor: object, statement: str, *_of: object) -> None:
        if not statement.startswith(("SELECT", "PRAGMA")):
            strike()

    event.listen(Engine, "before_cursor_execute", write)
    event.listen(Engine, "commit", strike)


if __name__ == "__main__":
    serve_orders()
