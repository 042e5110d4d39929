"""A PostgreSQL server of the tests' own: made in a directory for the time being, reached through a socket in it.

Where there is `openssl` it is reached by TCP, too, as one elsewhere is: with TLS and a password.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from attrs import evolve, frozen
from psycopg import sql

#: Where Debian keeps the programs of each version; elsewhere they are on the PATH.
_DEBIAN = Path("/usr/lib/postgresql")

#: Whoever is not `guarded` is let in without a password: nobody else reaches the socket.
_WHO = "local all guarded scram-sha-256\nlocal all all trust\nhostssl all guarded all scram-sha-256\n"

#: What the server is called in its certificate.
NAME = "records.example.test"
PASSWORD = "correct-horse-battery"

#: Nothing has to outlive the tests.
_SETTINGS = (
    "password_encryption=scram-sha-256",
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
    """A server that runs, with a database `records`, and who may use it.

    `address` and `port` are of TCP; there is no address where that cannot be had.
    """

    place: Path
    address: str = ""
    port: int = 0

    def url(self, *, user: str = "bbsync", database: str = "records", options: str = "") -> str:
        """The address of a database."""
        more = f"&options={options}" if options else ""
        return f"postgresql://{user}@/{database}?host={self.place}&port={self.port or 5432}{more}"

    def remote_url(self, *, name: str = NAME, options: str = "") -> str:
        """The address of the database for whoever comes by TCP: no password stands in it, and no way to be sure."""
        return f"postgresql://guarded@{name}:{self.port}/records?hostaddr={self.address}{options}"

    @property
    def certificate(self) -> Path:
        """What a connection by TCP is made sure with."""
        return self.place / "server.crt"

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
        server = _with_tls(Server(place))
        settings = " ".join(f"-c {setting}" for setting in (*_SETTINGS, *_where(server)))
        _run(programs / "pg_ctl", "start", "--pgdata", cluster, "--wait", "--log", str(place / "log"), "-o", settings)
        try:
            with psycopg.connect(server.url(database="postgres"), autocommit=True) as connection:
                connection.execute("CREATE DATABASE records")
                connection.execute(f"CREATE ROLE guarded LOGIN PASSWORD '{PASSWORD}'")
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


def _make_certificate(place: Path, file: str, name: str) -> None:
    """One that vouches for itself, and its key."""
    request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    files = ["-keyout", str(place / f"{file}.key"), "-out", str(place / f"{file}.crt")]
    _run(Path("openssl"), *request, *files, "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}")


def _with_tls(server: Server) -> Server:
    """With an address of this process's own, where TCP and TLS can be had."""
    number = os.getpid()
    address = f"127.{1 + (number >> 16) % 250}.{(number >> 8) % 256}.{number % 256}"
    try:
        _make_certificate(server.place, "server", NAME)
        _make_certificate(server.place, "other", "other.example.test")
        with socket.create_server((address, 0)) as free:
            return evolve(server, address=address, port=free.getsockname()[1])
    except (NoServer, OSError):  # no openssl, or a system that has but one such address
        return server


def _where(server: Server) -> list[str]:
    """Where the server listens."""
    files = [f"ssl_cert_file={server.certificate}", f"ssl_key_file={server.place / 'server.key'}"]
    tcp = [f"listen_addresses={server.address}", f"port={server.port}", "ssl=on", *files]
    return [f"unix_socket_directories={server.place}", *(tcp if server.address else ["listen_addresses=''"])]


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
