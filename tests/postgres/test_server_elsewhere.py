"""A server on another machine: reached by TCP with a password, over TLS, and known by its certificate."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from bbsync import postgres
from bbsync.cli.invocation import Invocation
from bbsync.cli.main import run
from bbsync.errors import ExitCode
from bbsync.sandbox.bitbucket import Sizes
from tests.postgres.server_rig import PASSWORD, Server
from tests.run_rig import CONSUMER, Rig, rig_at

TINY = Sizes(repositories=1, members=1, projects=1, groups=1, pull_requests=1)
WRONG = "wrong-horse-battery"

#: By what is wrong: what stands in the address, the password, and the code.
REFUSED = {
    "wrong password": ("&sslmode=verify-full&sslrootcert={ours}", WRONG, "BB-POSTGRES-LOGIN"),
    "certificate of another authority": ("&sslmode=verify-full&sslrootcert={other}", PASSWORD, "BB-POSTGRES-TLS"),
    "no certificate to compare with": ("&sslmode=verify-full&sslrootcert={none}", PASSWORD, "BB-POSTGRES-TLS"),
    "not encrypted": ("&sslmode=disable", PASSWORD, "BB-POSTGRES-LOGIN"),
}


@pytest.fixture(name="remote")
def _remote(server: Server) -> Server:
    if not server.address:
        pytest.skip("no TLS can be had: there is no openssl, or no address to listen on")
    return server


@pytest.fixture(name="rig")
def _rig(tmp_path: Path) -> Iterator[Rig]:
    with rig_at(tmp_path, TINY) as rig:
        yield rig


def environ(rig: Rig, url: str, password: str) -> dict[str, str]:
    """Both on the server."""
    bitbucket, _ = rig.origins
    return {
        "BITBUCKET_URL": bitbucket,
        "BITBUCKET_API_URL": bitbucket,
        "BITBUCKET_WORKSPACE": rig.bitbucket.world.workspaces[0].slug,
        "BITBUCKET_CLIENT_KEY": CONSUMER.key,
        "BITBUCKET_CLIENT_SECRET": CONSUMER.secret,
        "BBSYNC_STATE_URL": url,
        "BBSYNC_STATE_PASSWORD": password,
        "BBSYNC_TARGET_URL": url,
        "BBSYNC_TARGET_PASSWORD": password,
    }


def said(arguments: list[str], environ: dict[str, str]) -> tuple[ExitCode, str]:
    """The exit code, and all that is said."""
    out = io.StringIO()
    return run(arguments, Invocation(io.StringIO(), out, out, environ)), out.getvalue()


@pytest.mark.parametrize("mode", ["", "&sslmode=verify-full&sslrootcert={ours}"])
def test_a_run_goes_over_tls_with_a_password(rig: Rig, remote: Server, schema: str, mode: str) -> None:
    """Records and graph are there; the server lets nobody in who is not encrypted, and no password is told."""
    remote.schema_url(schema)
    remote.execute(sql.SQL("GRANT ALL ON SCHEMA {} TO guarded").format(sql.Identifier(schema)))
    url = remote.remote_url(options=mode.format(ours=remote.certificate) + f"&options=-csearch_path%3D{schema}")

    applied = said(["apply", "--auto-approve", "-vv"], environ(rig, url, PASSWORD))
    again = said(["plan", "--detailed-exitcode"], environ(rig, url, PASSWORD))

    assert (applied[0], again[0]) == (ExitCode.OK, ExitCode.OK), applied[1]
    assert remote.execute("SELECT count(*) FROM bbsync_applies", schema) == [(1,)]
    assert PASSWORD not in applied[1] + again[1]


@pytest.mark.parametrize("wrong", REFUSED)
def test_who_is_not_let_in_or_not_sure_is_told_why(rig: Rig, remote: Server, wrong: str) -> None:
    """One sentence with a code, exit code 1, and no password in it."""
    options, password, code = REFUSED[wrong]
    certificates = {"ours": remote.certificate, "other": remote.place / "other.crt", "none": remote.place / "nothing"}

    ended, words = said(
        ["plan", "-vv"], environ(rig, remote.remote_url(options=options.format(**certificates)), password)
    )

    assert ended == ExitCode.ERROR
    assert f"({code})" in words
    assert not [word for word in (PASSWORD, WRONG) if word in words]


def test_a_server_of_another_name_is_not_believed(rig: Rig, remote: Server) -> None:
    """Whoever stands in between may have a certificate, though not for that name."""
    options = f"&sslmode=verify-full&sslrootcert={remote.certificate}"
    url = remote.remote_url(name="elsewhere.example.test", options=options)

    ended, words = said(["plan"], environ(rig, url, PASSWORD))

    assert ended == ExitCode.ERROR
    assert "(BB-POSTGRES-TLS)" in words
    assert PASSWORD not in words


@pytest.mark.parametrize(
    ("address", "mode"),
    [
        ("postgresql://ada@db.example.test/records", "require"),
        ("postgresql://ada@/records?host=db.example.test", "require"),
        ("postgresql://ada@/records?host=/run/postgresql,db.example.test", "require"),
        ("postgresql://ada@db.example.test/records?sslmode=verify-full", "verify-full"),
        ("postgresql://ada@db.example.test/records?sslmode=disable", "disable"),
        ("postgresql://ada@localhost/records", None),
        ("postgresql://ada@127.0.0.1/records", None),
        ("postgresql:///records?host=/run/postgresql", None),
        ("postgresql:///records", None),
    ],
)
def test_what_leaves_this_machine_is_encrypted(address: str, mode: str | None) -> None:
    """Unless the address says otherwise; however it names the server."""
    made = postgres.engine(make_url(address))

    assert made.url.query.get("sslmode") == mode
