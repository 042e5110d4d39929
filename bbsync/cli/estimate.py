"""`bbsync estimate`: how many calls and how much time a run takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from bbsync import steps
from bbsync.cadence import require_cadence
from bbsync.cli.invocation import F, Invocation, invoked, settings_options
from bbsync.cli.sandbox import seconds
from bbsync.errors import ExitCode
from bbsync.estimate import Calls, Estimate, Habits, Sizes, changed, estimate, even_sizes, sizes_of
from bbsync.kinds import KINDS
from bbsync.settings import Settings
from bbsync.show.words import spaced, span, times
from bbsync.state import State

#: What needs the scope repository:admin, which not everybody has.
ADMIN = frozenset(kind.name for kind in KINDS if "repository:admin" in kind.scopes)

#: No answer takes longer, in seconds: a run would not wait for it.
SLOWEST = 60.0

PULL_REQUESTS = frozenset({"pull_request"})

_BLANK = ("", "", "")


def _latency(context: click.Context, option: click.Parameter, text: str) -> float:
    given = seconds(context, option, text)
    if given > SLOWEST:
        raise click.BadParameter(f"{text!r} is more than a minute, and no run waits so long for an answer")
    return given


def _number(name: str, explained: str, *, least: int = 0, most: int = 1_000_000, **others: Any) -> Callable[[F], F]:
    """An option for a number of things."""
    return click.option(name, type=click.IntRange(least, most), metavar="N", help=explained, **others)


@click.command()
@_number("--repositories", "Estimate for so many, and do not look at the graph.", least=1)
@_number("--members", "[default, with --repositories: 100]", least=1)
@_number("--projects", "[default: 10]", least=1)
@_number("--workspaces", "All sizes are for all of them together.  [default: 1]", least=1, most=1000)
@_number("--permissions", "Of each repository.  [default: 3]", most=10_000)
@_number("--branch-restrictions", "Of each repository.  [default: 2]", most=10_000)
@_number("--pull-requests", "In the window.  [default: one for each repository]", most=10_000_000)
@_number("--approved", "How many of them somebody approves.  [default: half]", most=10_000_000)
@_number("--changed", "How many of them change between two runs.  [default: by time]", most=10_000_000)
@_number("--consumers", "OAuth consumers.  [default: as set, or 1]", least=1, most=1000)
@_number("--runs-per-day", "How often a usual run comes.", least=1, most=1440, default=24, show_default=True)
@click.option(
    "--latency", default="200ms", callback=_latency, show_default=True, metavar="TIME", help="Until an answer is there."
)
@settings_options
def command(*, no_color: bool, verbose: bool, config: Path | None, env_file: Path | None, **wanted: Any) -> ExitCode:
    """Say how many calls and how much time a run takes, for the graph as last seen or for given sizes.

    Example: bbsync estimate --repositories 300 --pull-requests 316

    Bitbucket is not asked, and with sizes the graph is not either: no credentials are needed. What [kinds],
    [pull_requests], [refresh] and [limits] say is taken into account.
    """
    invocation = invoked(no_color=no_color, verbose=verbose, config=config, env_file=env_file)
    settings = invocation.settings()
    habits = _habits(settings, wanted)
    sizes = _sizes(settings, invocation, wanted)
    _require_part("--changed", wanted["changed"], sizes)
    entities = {kind.entity.type: sizes.total(kind.name) for kind in KINDS}
    calls = habits.consumers * habits.calls_per_hour
    require_cadence(habits.refresh, entities, calls_per_hour=calls, kinds=KINDS)
    for line in _lines(estimate(sizes, habits), even=wanted["repositories"] is not None):
        invocation.write(f"{line}\n")
    return ExitCode.OK


def _habits(settings: Settings, wanted: dict[str, Any]) -> Habits:
    off = {kind.name for kind in KINDS if not settings.kinds.get(kind.plural, True)}
    return Habits(
        off=frozenset(off if settings.pull_requests.ingest else {*off, "pull_request"}),
        enriched=settings.pull_requests.enriched,
        consumers=wanted["consumers"] or len(settings.bitbucket.consumers) or 1,
        calls_per_hour=settings.limits.calls_per_hour,
        concurrency=settings.limits.concurrency,
        latency=wanted["latency"],
        runs_per_day=wanted["runs_per_day"],
        window=settings.pull_requests.window,
        refresh=steps.refresh_of(settings),
        changed=wanted["changed"],
    )


#: Options that say how much there is, beside --repositories, and what is assumed without them.
_ASSUMED = {"members": 100, "projects": 10, "workspaces": 1, "permissions": 3, "branch_restrictions": 2}


def _sizes(settings: Settings, invocation: Invocation, wanted: dict[str, Any]) -> Sizes:
    if wanted["repositories"] is not None:
        return _given_sizes(wanted)
    for name in (*_ASSUMED, "pull_requests", "approved"):
        if wanted[name] is not None:
            raise click.UsageError(f"--{name.replace('_', '-')} says nothing without --repositories")
    return _last_seen(settings, invocation)


def _given_sizes(wanted: dict[str, Any]) -> Sizes:
    given = {name: assumed if wanted[name] is None else wanted[name] for name, assumed in _ASSUMED.items()}
    repositories = wanted["repositories"]
    pull_requests = repositories if wanted["pull_requests"] is None else wanted["pull_requests"]
    totals = {
        "user": given["members"],
        "project": given["projects"],
        "repository": repositories,
        "permission": given["permissions"] * repositories,
        "branch_restriction": given["branch_restrictions"] * repositories,
        "pull_request": pull_requests,
    }
    approved = pull_requests // 2 if wanted["approved"] is None else wanted["approved"]
    sizes = even_sizes(totals, approved=approved, workspaces=given["workspaces"])
    _require_part("--approved", approved, sizes)
    return sizes


def _require_part(option: str, number: int | None, sizes: Sizes) -> None:
    """Refuse more than all pull requests."""
    listed = sizes.total("pull_request")
    if number is not None and number > listed:
        raise click.UsageError(f"{option} is {number:,}, and there are only {listed:,} pull requests in the window")


def _last_seen(settings: Settings, invocation: Invocation) -> Sizes:
    """The sizes that the graph has, with the window as it was when the graph was written."""
    around = invocation.around()
    with steps.open_target(settings, around) as target:
        graph = target.read_snapshot().graph
        applied = State(settings.state.url).applies(target.address)
    at = applied[-1].applied_at if applied else around.now()
    sizes = sizes_of(graph, since=at - settings.pull_requests.window * 1000)
    if not sizes.total("repository"):
        raise click.UsageError(
            "the graph holds no repository yet; give sizes, such as --repositories 300 --members 120"
        )
    return sizes


def _lines(made: Estimate, *, even: bool) -> Iterator[str]:
    yield from _subject(made)
    yield ""
    yield from _table(made)
    yield ""
    yield "Assumed:"
    yield from (f"  - {line}" for line in _assumptions(made, even=even))


def _subject(made: Estimate) -> Iterator[str]:
    sizes = made.sizes
    yield ", ".join(_counted(sizes, name) for name in ("workspace", "repository", "user", "project"))
    listed, window = _counted(sizes, "pull_request"), span(made.habits.window)
    yield f"{listed} in the window of {window}, {sizes.approved:,} of them approved by somebody"


def _counted(sizes: Sizes, name: str) -> str:
    count, kind = sizes.total(name), KINDS.by_name[name]
    return f"{count:,} {spaced(name if count == 1 else kind.plural)}"


def _table(made: Estimate) -> Iterator[str]:
    rows = [("calls", "first run", "usual run"), *_calls(made), _BLANK, *_means(made), _BLANK, *_elsewhere(made)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for label, first, usual in rows:
        yield f"{label.ljust(widths[0])}  {first.rjust(widths[1])}  {usual.rjust(widths[2])}".rstrip()


def _calls(made: Estimate) -> Iterator[tuple[str, str, str]]:
    yield from (_row(row.endpoint, row.calls) for row in made.rows)
    yield _row("in all", made.total())
    read = {row.kind for row in made.rows}
    for names in (PULL_REQUESTS & read, ADMIN & read):
        if names:
            yield _row(f"  without {_named(names)}", made.total(without=names))


def _means(made: Estimate) -> Iterator[tuple[str, str, str]]:
    """What the calls take: time with the consumers that there are, or as many consumers as spare the waiting."""
    consumers, calls = made.habits.consumers, made.limited
    label = f"time with {times(consumers, 'consumer', 'consumers')}, waiting for new calls included"
    yield label, span(made.habits.seconds(calls.first)), span(made.habits.seconds(calls.usual))
    yield _row("consumers that make waiting unnecessary", made.consumers_needed)


def _elsewhere(made: Estimate) -> Iterator[tuple[str, str, str]]:
    """What others need, whose runs are all alike."""
    yield _row("the existing integration, by its published formula", Calls(made.published, made.published))
    yield _row("the existing integration, as measured", Calls(made.measured, made.measured))


def _row(label: str, calls: Calls) -> tuple[str, str, str]:
    return label, f"{calls.first:,}", f"{calls.usual:,}"


def _assumptions(made: Estimate, *, even: bool) -> Iterator[str]:
    habits, read = made.habits, {row.kind for row in made.rows}
    runs, moved = times(habits.runs_per_day, "time", "times"), changed(made.sizes, habits)
    yield f"a usual run comes {runs} a day, and finds {moved:,} of the pull requests changed"
    yield from (f"{_named({name})}: {_cadence(habits.refresh.get(name, 0))}" for name in sorted(ADMIN & read))
    yield "a pull request has one page of commits, and one of activity, read only where somebody approves"
    yield "nothing was deleted and nothing fails: looking for something or asking again costs a call more"
    yield f"an answer takes {habits.latency:g} s, and {habits.concurrency:,} calls are made at once"
    yield f"each consumer has {habits.calls_per_hour:,} calls an hour, all of them left; tokens do not count"
    if even:
        yield "everything lies evenly in its workspaces and repositories"


def _cadence(refresh: int) -> str:
    return f"read again every {span(refresh)}, an equal part in each run" if refresh else "read in every run"


def _named(names: Iterable[str]) -> str:
    return " and ".join(spaced(kind.plural) for kind in KINDS if kind.name in names)
