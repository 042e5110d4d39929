"""`bbsync sandbox`: the stand-ins alone, for people's own trials."""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import shlex
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Literal

import click
from attrs import frozen

from bbsync.cli.invocation import F, Invocation, common_options, invoked
from bbsync.cli.signals import Stopped
from bbsync.errors import ExitCode, SettingsError
from bbsync.sandbox.server import serve
from bbsync.settings.values import check_workspaces

#: What the stand-ins take for credentials: made up, and printed for everybody to see.
CONSUMERS = {"sandbox-key-1": "sandbox-secret-1", "sandbox-key-2": "sandbox-secret-2"}
ACCOUNT, API_KEY = "sandbox", "sandbox-api-key"
SCOPES = ("account", "project", "pullrequest", "repository:admin")

#: The longest sleep; it ends earlier only by a signal.
_LONG = 3600.0


@frozen
class StandIns:
    """Where both stand-ins are served, and a repository to try changes on, if there is one."""

    bitbucket: str
    jupiterone: str
    repository: str


def seconds(_context: click.Context, _option: click.Parameter, text: str) -> float:
    """A length of time such as 50ms or 1s, in seconds."""
    for unit, size in (("ms", 0.001), ("s", 1.0)):
        number = text.removesuffix(unit)
        if number != text and number.isascii() and number.replace(".", "", 1).isdigit():
            return float(number) * size
    raise click.BadParameter(f"{text!r} is not a length of time such as 50ms or 1s")


def _size(name: str, default: int, least: int, explained: str = "") -> Callable[[F], F]:
    """An option for a number of things."""
    return click.option(
        name, default=default, show_default=True, type=click.IntRange(min=least), metavar="N", help=explained
    )


@click.command()
@_size("--repositories", 20, 0, "In each workspace, like the other sizes.")
@_size("--members", 12, 1)
@_size("--projects", 4, 1)
@_size("--groups", 3, 0)
@_size("--pull-requests", 20, 0, "Of the last 24 hours.")
@_size("--old-pull-requests", 0, 0, "Older ones.")
@click.option(
    "--workspace",
    "workspaces",
    multiple=True,
    default=("acme",),
    show_default=True,
    metavar="SLUG",
    help="May be repeated.",
)
@click.option("--awkward", is_flag=True, help="With the odd things of real workspaces.")
@click.option(
    "--latency", default="0s", callback=seconds, show_default=True, metavar="TIME", help="Before each answer: 50ms."
)
@_size("--calls-per-hour", 1000, 1, "For each consumer.")
@_size("--queries-per-2-minutes", 120, 1, "Of JupiterOne.")
@click.option("--old-tokens", is_flag=True, help="Tokens as they were worded before May 2026.")
@click.option("--seed", default=1, show_default=True, type=int, metavar="N", help="The same seed makes the same world.")
@click.option(
    "--port",
    default=0,
    type=click.IntRange(0, 65534),
    metavar="N",
    help="Of Bitbucket; JupiterOne takes the next one.  [default: any]",
)
@common_options
def command(port: int, *, no_color: bool, verbose: bool, **wanted: Any) -> ExitCode:
    """Serve stand-ins for Bitbucket and JupiterOne on loopback until interrupted.

    Example: bbsync sandbox --repositories 300 --members 120 --latency 50ms

    It prints the variables to set in another shell. The world can be changed while it is served: GET
    /_sandbox/changes says how, POST does it.
    """
    invocation = invoked(no_color=no_color, verbose=verbose)
    check_workspaces(wanted["workspaces"])
    with _served(port, invocation, wanted) as stand_ins:
        try:
            invocation.write(_environment(stand_ins, wanted["workspaces"]))
            invocation.say(_invitation(stand_ins, wanted["workspaces"][0]))
            while True:
                invocation.sleep(_LONG)
        except Stopped as stopped:
            invocation.say("Stopped.")
            return stopped.code


def require_extra() -> None:
    """Refuse, in a sentence, to serve stand-ins without what they need."""
    for needed in ("lark", "graphql"):
        if importlib.util.find_spec(needed) is None:
            raise SettingsError(
                f"the stand-ins need {needed}, which is not installed",
                next_step='Install it with: pip install "bbsync[sandbox]"',
                code="BB-EXTRA",
            )


@contextlib.contextmanager
def _served(port: int, invocation: Invocation, wanted: dict[str, Any]) -> Iterator[StandIns]:
    """Both stand-ins, once their ports are found to be free."""
    with contextlib.ExitStack() as served:
        try:
            stand_ins = served.enter_context(_stand_ins(port, invocation.clock(), **wanted))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            raise SettingsError(
                f"the ports {port} and {port + 1} cannot be had",
                why=f"{error.strerror}.",
                next_step="Name another one with --port, or none to take any that is free.",
                code="BB-SANDBOX-PORT",
            ) from error
        yield stand_ins


@contextlib.contextmanager
def _stand_ins(port: int, now: float, **wanted: Any) -> Iterator[StandIns]:
    require_extra()
    from bbsync.sandbox.bitbucket import Bitbucket, Consumer, Sizes, make_world  # an extra, with what follows
    from bbsync.sandbox.jupiterone import ApiKey, JupiterOne

    dialect: Literal["scope", "scopes"] = "scopes" if wanted.pop("old_tokens") else "scope"
    latency, calls, seed = wanted.pop("latency"), wanted.pop("calls_per_hour"), wanted.pop("seed")
    queries = wanted.pop("queries_per_2_minutes")
    world = make_world(seed, Sizes(**wanted), datetime.fromtimestamp(now, UTC))
    consumers = [Consumer(key, secret, scopes=SCOPES, dialect=dialect) for key, secret in CONSUMERS.items()]
    bitbucket = Bitbucket(world, consumers=consumers, latency=latency, calls_per_hour=calls)
    jupiterone = JupiterOne(account=ACCOUNT, keys=(ApiKey(API_KEY),), queries_per_2_minutes=queries)
    first = next((home.slug for home in world.workspaces[0].repositories.values()), "")
    with serve(bitbucket.app, port) as one, serve(jupiterone.app, port + 1 if port else 0) as other:
        yield StandIns(one, other, first)


def _environment(stand_ins: StandIns, workspaces: tuple[str, ...]) -> str:
    """What to set in another shell, ready to be pasted."""
    variables = {
        "BITBUCKET_URL": stand_ins.bitbucket,
        "BITBUCKET_API_URL": stand_ins.bitbucket,
        "BITBUCKET_WORKSPACE": ",".join(workspaces),
        "BITBUCKET_CLIENT_KEY": ",".join(CONSUMERS),
        "BITBUCKET_CLIENT_SECRET": ",".join(CONSUMERS.values()),
    }
    graph = {
        "JUPITERONE_API_URL": stand_ins.jupiterone,
        "JUPITERONE_GRAPHQL_URL": f"{stand_ins.jupiterone}/graphql",
        "JUPITERONE_ACCOUNT": ACCOUNT,
        "JUPITERONE_API_KEY": API_KEY,
    }
    lines = [f"export {name}={shlex.quote(text)}" for name, text in variables.items()]
    lines.append("# and, to write to the JupiterOne stand-in instead of a local file:")
    lines += [f"export {name}={shlex.quote(text)}" for name, text in graph.items()]
    return "\n".join(lines) + "\n"


def _invitation(stand_ins: StandIns, workspace: str) -> str:
    """What to do next; on stderr, so that stdout can go to a file."""
    change = f'{{"change": "make_public", "workspace": "{workspace}", "repository": "{stand_ins.repository}"}}'
    tries = [
        f"Change something:  curl -d '{change}' \\",
        f"                     {stand_ins.bitbucket}/_sandbox/changes",
    ]
    lines = ["", "Paste these into another shell, and there:  bbsync plan --out plan.json"]
    return "\n".join([*lines, *(tries if stand_ins.repository else []), "Serving until interrupted (Ctrl-C)."])
