"""A PostgreSQL server of the tests' own: made in a directory for the time being, reached through a socket in it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from attrs import frozen
from psycopg import sql

#: Where Debian keeps the programs of each version; elsewhere they are on the PATH.
_DEBIAN = Path("/usr/lib/postgresql")

#: Whoever is not `guarded` is let in without a password: nobody else reaches the socket.
_WHO = "local all guarded scram-sha-256\nlocal all all trust\n"

#: Nothing has to outlive the tests.
_SETTINGS = (
    "listen_addresses=''",
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "shared_buffers=16MB",
    "max_connections=100",
)


class NoServer(Exception):
    """There is no PostgreSQL here, or it does not start."""


@frozen
class Server:
    """A server that runs, with a database `records`, and who may use it."""

    place: Path

    def url(self, *, user: str = "bbsync", database: str = "records", options: str = "") -> str:
        """The address of a database."""
        more = f"&options={options}" if options else ""
        return f"postgresql://{user}@/{database}?host={self.place}{more}"

    def schema_url(self, name: str) -> str:
        """The address of a schema of its own, in which nothing is yet."""
        self.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        return self.url(options=f"-csearch_path%3D{name}")

    def execute(self, statement: sql.Composable | str, schema: str = "public") -> list[tuple[object, ...]]:
        """What the owner of the database does by hand."""
        wanted = sql.SQL(statement) if isinstance(statement, str) else statement  # type: ignore[arg-type]  # our own
        with psycopg.connect(self.url(options=f"-csearch_path%3D{schema}"), autocommit=True) as connection:
            found = connection.execute(wanted)
            return found.fetchall() if found.description else []


@contextmanager
def running() -> Iterator[Server]:
    """A server, which is gone with its files when the block ends.

    Raises:
        NoServer: none can be had here.
    """
    programs = _programs()
    place = Path(tempfile.mkdtemp(prefix="bbsync-pg-", dir="/tmp"))
    try:
        _give_away(place)
        cluster = str(place / "cluster")
        make = ["--username=bbsync", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        _run(programs / "initdb", "--pgdata", cluster, *make)
        (place / "cluster" / "pg_hba.conf").write_text(_WHO)
        settings = " ".join(f"-c {setting}" for setting in (*_SETTINGS, f"unix_socket_directories={place}"))
        _run(programs / "pg_ctl", "start", "--pgdata", cluster, "--wait", "--log", str(place / "log"), "-o", settings)
        try:
            server = Server(place)
            with psycopg.connect(server.url(database="postgres"), autocommit=True) as connection:
                connection.execute("CREATE DATABASE records")
                connection.execute("CREATE ROLE guarded LOGIN PASSWORD 'correct-horse-battery'")
            yield server
        finally:
            _run(programs / "pg_ctl", "stop", "--pgdata", cluster, "--mode", "immediate")
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _programs() -> Path:
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    newest = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not newest:
        raise NoServer("PostgreSQL is not installed")
    return newest[-1].parent


def _give_away(place: Path) -> None:
    """The server refuses to run for root, so that its files must be somebody else's."""
    if os.geteuid() == 0:
        try:
            user = pwd.getpwnam("postgres")
        except KeyError:
            raise NoServer("root cannot run PostgreSQL, and there is no user postgres") from None
        os.chown(place, user.pw_uid, user.pw_gid)


def _run(program: Path, *arguments: str) -> None:
    ours = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    try:
        subprocess.run(  # noqa: S603 - the programs of PostgreSQL, and nothing from outside
            [*ours, str(program), *arguments], cwd="/", check=True, capture_output=True, text=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NoServer(f"{program.name}: {getattr(error, 'stderr', None) or error}") from error
