"""The last snapshot: the graph as the last apply left it, kept beside the records to be compared with later.

It is a graph like the local target's, with one scope for each target: only what differs is written. The records
note which apply it is of. It counts only where that is the last apply there was, and the file holds just what was
noted: otherwise nobody knows what the graph should be, and it is better to say so.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from bbsync.errors import Locked, StalePlan, StateError, TargetError
from bbsync.graph import EMPTY, Graph
from bbsync.local.graph_file import GraphFile
from bbsync.local.kept_graph import KeptGraph
from bbsync.plan import Origin
from bbsync.settings import Settings
from bbsync.state import Applied, KeptSnapshot, KeptSnapshots, State
from bbsync.target import Snapshot

#: The name of the file, in the directory of the records; where those are on a server, it is in tables beside them.
FILE = "snapshots.db"

NOT_KEPT = "the snapshot of this apply could not be kept, so drift will know less"


@frozen
class LastSnapshot:
    """The graph that the last apply left, and which apply that was; `missing` says why there is none."""

    graph: Graph = EMPTY
    plan_id: str = ""
    applied_at: int = 0
    missing: str = ""


def keep(settings: Settings, line: Applied, origin: Origin, graph: Graph, say: Callable[[str], None]) -> None:
    """Keep the graph that this apply left. What is in the graph is in the graph, whether it can be kept or not."""
    try:
        _keep(settings, line, origin, graph)
    except (TargetError, StateError, StalePlan, Locked) as error:
        say(f"{NOT_KEPT}: {error.what}. {error.why}".strip())
    except UnicodeEncodeError:
        say(f"{NOT_KEPT}: somebody else's element in the graph holds a text that cannot be written.")


def _keep(settings: Settings, line: Applied, origin: Origin, graph: Graph) -> None:
    records = KeptSnapshots(settings.state.url)
    store = _store(settings, records, line.scope)
    before = store.read_standing()
    store.replace(before, graph, lambda _line: None)
    now = store.read_standing()
    records.note(
        KeptSnapshot(
            scope=line.scope,
            plan_id=line.plan_id,
            applied_at=line.applied_at,
            lineage=now.lineage,
            serial=now.serial,
            target_lineage=origin.lineage,
            target_serial=origin.serial,
        )
    )


def recall(settings: Settings, scope: str) -> LastSnapshot:
    """The snapshot that the last apply to that scope left, or why there is none.

    Raises:
        StateError: the records cannot be read.
    """
    records = KeptSnapshots(settings.state.url)
    kept, applies = records.of(scope), State(settings.state.url).applies(scope)
    if not applies:
        return LastSnapshot(missing="the records here know of no apply to this graph")
    last = applies[-1]
    if kept is None or (kept.plan_id, kept.applied_at) != (last.plan_id, last.applied_at):
        return LastSnapshot(missing=f"the last apply, of plan {last.plan_id}, could not keep it")
    try:
        found = _store(settings, records, scope).read_snapshot()
    except (TargetError, Locked) as error:
        return LastSnapshot(missing=error.what)
    if not _is_what_was_noted(found, kept):
        return LastSnapshot(missing=f"{_name(records)} does not hold what plan {kept.plan_id} left")
    return LastSnapshot(found.graph, kept.plan_id, kept.applied_at)


def _is_what_was_noted(found: Snapshot, kept: KeptSnapshot) -> bool:
    return (found.lineage, found.serial) == (kept.lineage, kept.serial)


def _store(settings: Settings, records: KeptSnapshots, scope: str) -> KeptGraph:
    if records.directory is None:
        from bbsync.local.graph_on_server import SNAPSHOTS, GraphOnServer  # as in steps: most records are files

        return GraphOnServer(settings.state.url, scope, shelves=SNAPSHOTS)
    return GraphFile(records.directory / FILE, scope)


def _name(records: KeptSnapshots) -> str:
    return FILE if records.directory else "the server of the records"
