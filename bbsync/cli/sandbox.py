"""`bbsync sandbox`: the stand-ins alone, for people's own trials."""

from __future__ import annotations

import contextlib
import importlib.util
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal

import click

from bbsync.cli.invocation import common_options, invoked
from bbsync.errors import ExitCode, SettingsError
from bbsync.sandbox.server import serve

#: What the stand-ins take for credentials: made up, and printed for everybody to see.
CONSUMERS = {"sandbox-key-1": "sandbox-secret-1", "sandbox-key-2": "sandbox-secret-2"}
ACCOUNT, API_KEY = "sandbox", "sandbox-api-key"
SCOPES = ("account", "project", "pullrequest", "repository:admin")


def seconds(_context: click.Context, _option: click.Parameter, text: str) -> float:
    """A length of time such as 50ms or 1s, in seconds."""
    for unit, size in (("ms", 0.001), ("s", 1.0)):
        number = text.removesuffix(unit)
        if number != text and number.replace(".", "", 1).isdigit():
            return float(number) * size
    raise click.BadParameter(f"{text!r} is not a length of time such as 50ms or 1s")


@click.command()
@click.option("--repositories", default=20, show_default=True, type=click.IntRange(min=0))
@click.option("--members", default=12, show_default=True, type=click.IntRange(min=1))
@click.option("--projects", default=4, show_default=True, type=click.IntRange(min=1))
@click.option("--groups", default=3, show_default=True, type=click.IntRange(min=0))
@click.option(
    "--pull-requests", default=20, show_default=True, type=click.IntRange(min=0), help="Of the last 24 hours."
)
@click.option("--old-pull-requests", default=0, show_default=True, type=click.IntRange(min=0), help="Older ones.")
@click.option("--workspace", "workspaces", multiple=True, default=("acme",), show_default=True, help="May be repeated.")
@click.option("--awkward", is_flag=True, help="With the odd things of real workspaces.")
@click.option("--latency", default="0s", callback=seconds, show_default=True, help="Before each answer, as in 50ms.")
@click.option(
    "--calls-per-hour", default=1000, show_default=True, type=click.IntRange(min=1), help="For each consumer."
)
@click.option("--old-tokens", is_flag=True, help="Answer in the token dialect of before May 2026.")
@click.option("--seed", default=1, show_default=True, type=int, help="The same seed makes the same world.")
@click.option("--port", default=0, type=click.IntRange(0, 65534), help="Of Bitbucket; JupiterOne takes the next one.")
@common_options
def command(port: int, **wanted: Any) -> ExitCode:
    """Serve stand-ins for Bitbucket and JupiterOne on loopback until interrupted.

    Example: bbsync sandbox --repositories 300 --members 120 --latency 50ms

    Change the world while it runs, as in
    curl -d '{"change": "make_public", "workspace": "acme", "repository": "…"}' ORIGIN/_sandbox/changes
    """
    common = {name: wanted.pop(name) for name in ("config", "env_file", "no_color", "verbose")}
    invocation = invoked(**common)
    with stand_ins(port=port, clock_now=invocation.clock(), **wanted) as (bitbucket, jupiterone):
        invocation.write(_environment(bitbucket, jupiterone, wanted["workspaces"]))
        invocation.say("Serving until interrupted (Ctrl-C).")
        threading.Event().wait()
    return ExitCode.OK


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
def stand_ins(*, port: int, clock_now: float, **wanted: Any) -> Iterator[tuple[str, str]]:
    """Both stand-ins, served; yields their origins."""
    require_extra()
    from bbsync.sandbox.bitbucket import Bitbucket, Consumer, Sizes, make_world  # an extra, with what follows
    from bbsync.sandbox.jupiterone import ApiKey, JupiterOne

    dialect: Literal["scope", "scopes"] = "scopes" if wanted.pop("old_tokens") else "scope"
    latency, calls, seed = wanted.pop("latency"), wanted.pop("calls_per_hour"), wanted.pop("seed")
    world = make_world(seed, Sizes(**wanted), datetime.fromtimestamp(clock_now, UTC))
    consumers = [Consumer(key, secret, scopes=SCOPES, dialect=dialect) for key, secret in CONSUMERS.items()]
    bitbucket = Bitbucket(world, consumers=consumers, latency=latency, calls_per_hour=calls)
    jupiterone = JupiterOne(account=ACCOUNT, keys=(ApiKey(API_KEY),))
    with serve(bitbucket.app, port) as first, serve(jupiterone.app, port + 1 if port else 0) as second:
        yield first, second


def _environment(bitbucket: str, jupiterone: str, workspaces: tuple[str, ...]) -> str:
    """What to set in another shell, ready to be pasted."""
    variables = {
        "BITBUCKET_URL": bitbucket,
        "BITBUCKET_API_URL": bitbucket,
        "BITBUCKET_WORKSPACE": ",".join(workspaces),
        "BITBUCKET_CLIENT_KEY": ",".join(CONSUMERS),
        "BITBUCKET_CLIENT_SECRET": ",".join(CONSUMERS.values()),
    }
    graph = {
        "JUPITERONE_API_URL": jupiterone,
        "JUPITERONE_GRAPHQL_URL": f"{jupiterone}/graphql",
        "JUPITERONE_ACCOUNT": ACCOUNT,
        "JUPITERONE_API_KEY": API_KEY,
    }
    lines = [f"export {name}={text}" for name, text in variables.items()]
    lines.append("# and, to write to the JupiterOne stand-in instead of a local file:")
    lines += [f"export {name}={text}" for name, text in graph.items()]
    return "\n".join(lines) + "\n"
