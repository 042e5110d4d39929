"""A PostgreSQL server: how it is reached, whose turn it is to write, and what it means when it refuses.

Many runners on many machines may use one server. Who writes takes a turn, which ends with the transaction, whatever
becomes of the runner; and what time it is, the server says, because the machines may disagree.
"""

from __future__ import annotations

import re
import zlib

from attrs import frozen
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

#: How addresses of such servers begin.
SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")

#: What this machine is called; sockets are called by their directory.
_HERE = ("", "localhost", "127.0.0.1", "::1")

#: Seconds that somebody waits for a turn.
PATIENCE = 30

#: Seconds that a runner may be silent in the middle of a transaction: one that is frozen, or whose machine is gone,
#: must not keep the others waiting for ever.
SILENCE = 60

#: A connection says who it is, and notices within a minute that the other side is gone.
_MANNERS = {
    "application_name": "bbsync",
    "client_encoding": "utf8",
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}

# The time is looked at when the turn has come; OFFSET keeps the server from looking earlier.
_TURN = text(
    "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"
    " FROM (SELECT pg_advisory_xact_lock(:queue) OFFSET 0) AS turn"
)
_TIME = text("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")


@frozen
class Refusal:
    """Why a server refuses, in the stable code, and what to do about it."""

    code: str
    what: str
    next_step: str


DOWN = Refusal(
    "BB-POSTGRES-DOWN",
    "the PostgreSQL server cannot be reached, or has gone away",
    "See that it runs and can be reached from here, and run the same command again.",
)
LOGIN = Refusal(
    "BB-POSTGRES-LOGIN",
    "the PostgreSQL server does not let this user in",
    "Correct the user in the url, and the password in BBSYNC_STATE_PASSWORD or BBSYNC_TARGET_PASSWORD.",
)
DISTRUSTED = Refusal(
    "BB-POSTGRES-TLS",
    "the connection to the PostgreSQL server cannot be encrypted, or it is not known to be that server",
    "Have the server use TLS, and correct sslmode and sslrootcert in the url.",
)
MISSING = Refusal(
    "BB-POSTGRES-MISSING",
    "the PostgreSQL server has no such database",
    "Have it made with CREATE DATABASE, or correct its name in the url.",
)
DENIED = Refusal(
    "BB-POSTGRES-DENIED",
    "the PostgreSQL server does not allow this user to do that",
    "Have the user granted CONNECT on the database, and CREATE and USAGE on its schema.",
)
BUSY = Refusal(
    "BB-POSTGRES-BUSY",
    "somebody else keeps the PostgreSQL server busy",
    "Wait until they are done, and run the same command again.",
)
FULL = Refusal(
    "BB-POSTGRES-FULL",
    "the PostgreSQL server has no room, or no connection left",
    "Make room, or raise max_connections, and run the same command again.",
)

#: By the beginning of SQLSTATE, the longer one first.
_BY_STATE = {
    "3D000": MISSING,
    "42501": DENIED,
    "55P03": BUSY,
    "40": BUSY,
    "25P03": BUSY,
    "57": DOWN,
    "53": FULL,
    "28": LOGIN,
    "08": DOWN,
}

#: Who is refused when connecting gets words alone, and no SQLSTATE.
_BY_WORDS = {
    "SSL error": DISTRUSTED,
    "SSL was required": DISTRUSTED,
    "root certificate": DISTRUSTED,
    "server certificate for": DISTRUSTED,
    "permission denied": DENIED,
    "too many connections": FULL,
    "too many clients": FULL,
    "connection slots are reserved": FULL,
    "authentication failed": LOGIN,
    "no password supplied": LOGIN,
    "no pg_hba.conf entry": LOGIN,
    "is not permitted to log in": LOGIN,
    'FATAL:  role "': LOGIN,
    'FATAL:  database "': MISSING,
}

NOT_INSTALLED = "PostgreSQL needs psycopg, which is not installed"
INSTALL = 'Install it with bbsync: pip install "bbsync[postgres]".'


def is_server(url: str) -> bool:
    """Whether the address is one of a PostgreSQL server."""
    return url.partition(":")[0].lower() in SCHEMES


def engine(url: URL, silence: int = SILENCE) -> Engine:
    """An engine that opens a connection whenever one is asked for.

    Raises:
        ImportError: psycopg is not installed.
    """
    limits = f"-c lock_timeout={PATIENCE}s -c idle_in_transaction_session_timeout={silence}s"
    options = {"options": f"{limits} {url.query.get('options', '')}".strip()}
    wanted = url.set(drivername="postgresql+psycopg", query={**_MANNERS, **_privacy(url), **url.query, **options})
    made = create_engine(wanted, poolclass=NullPool)
    from bbsync.postgres.texts import spell_texts  # it needs the driver, which is missed now at the latest

    event.listen(made, "connect", spell_texts)
    return made


def _privacy(url: URL) -> dict[str, str]:
    """Passwords and records do not go to another machine in plain text, unless the address says so."""
    asked = url.query.get("host") or url.host or ""
    hosts = (asked if isinstance(asked, str) else ",".join(asked)).split(",")
    return {} if all(host in _HERE or host.startswith("/") for host in hosts) else {"sslmode": "require"}


def take_turn(connection: Connection, queue: str) -> int:
    """Wait until nobody else is in the middle of a turn of that queue; the server's time then, in epoch milliseconds.

    The turn ends with the transaction.
    """
    return int(connection.execute(_TURN, {"queue": zlib.crc32(queue.encode())}).scalar_one())


def time(connection: Connection) -> int:
    """The server's time, in epoch milliseconds."""
    return int(connection.execute(_TIME).scalar_one())


def refusal(error: SQLAlchemyError) -> Refusal | None:
    """What it means; None where nothing is known of it but the server's own words."""
    orig = getattr(error, "orig", None)
    state = getattr(orig, "sqlstate", None)
    if state:
        return next((found for begin, found in _BY_STATE.items() if str(state).startswith(begin)), None)
    known = next((found for words, found in _BY_WORDS.items() if words in str(orig)), None)
    if known is None and type(orig).__name__ == "OperationalError":
        return DOWN  # it never came to an answer
    return known


def words(error: SQLAlchemyError) -> str:
    """What the server said, in one line; what stands in the statement is not repeated."""
    orig = getattr(error, "orig", None)
    said = getattr(getattr(orig, "diag", None), "message_primary", None) or str(orig or type(error).__name__)
    return " ".join(said.split()).rstrip(".")


def place(url: URL) -> str:
    """The database and the schema, without user, password and options: the same for every runner."""
    host = url.host or url.query.get("host") or "localhost"
    port = f":{url.port}" if url.port not in (None, 5432) else ""
    found = re.search(r"search_path=([^ ,]+)", str(url.query.get("options", "")))
    schema = f", schema {found[1]}" if found else ""
    return f"postgresql://{host if isinstance(host, str) else ','.join(host)}{port}/{url.database or ''}{schema}"
