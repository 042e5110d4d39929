"""How a plan that moves something in must look, and the files that say so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from attrs import evolve, frozen

from bbsync.adoption import adopt
from bbsync.graph import Graph
from bbsync.plan import Plan, make_plan
from bbsync.show.markdown import markdown
from bbsync.show.text import text
from tests.adoption.old_small_world import old_small_graph
from tests.small_world import OLD_PULL_REQUEST, ORIGIN, everything_seen, small_graph, unseen

FOLDER = Path(__file__).parents[2] / "fixtures" / "golden" / "moving"


@frozen
class MovingGolden:
    """A plan, shown in one way, and the file that says how it must look. A width of None: as Markdown."""

    plan: Plan
    name: str
    width: int | None
    unicode: bool = True
    full: bool = False

    @property
    def path(self) -> Path:
        """The file."""
        if self.width is None:
            return FOLDER / f"{self.name}.md"
        parts = [self.name, str(self.width), "utf8" if self.unicode else "ascii", *(["full"] if self.full else [])]
        return FOLDER / f"{'-'.join(parts)}.txt"

    def text(self) -> str:
        """How it looks now."""
        if self.width is None:
            return markdown(self.plan, (), "3f9a1c02")
        return text(self.plan, width=self.width, colour=False, unicode=self.unicode, full=self.full)


def moving_goldens() -> Iterator[MovingGolden]:
    """Every golden of moving in that there is."""
    in_place, elsewhere = _plan(old_small_graph()), _plan(Graph(), old_small_graph())
    for width in (80, 120):
        for unicode in (False, True):
            yield MovingGolden(in_place, "in-place", width, unicode=unicode)
    yield MovingGolden(in_place, "in-place", 100, full=True)
    yield MovingGolden(in_place, "in-place", None)
    yield MovingGolden(elsewhere, "elsewhere", 100)
    yield MovingGolden(elsewhere, "elsewhere", None)


def _plan(held: Graph, elsewhere: Graph | None = None) -> Plan:
    adopted = adopt(held, elsewhere)
    seen = unseen(everything_seen(_now()), OLD_PULL_REQUEST)
    return make_plan(held, evolve(seen, coverage=evolve(seen.coverage, gaps=adopted.left)), ORIGIN, adopted=adopted)


def _now() -> Graph:
    """What Bitbucket shows: what the small graph holds, as far as the old graph tells of it."""
    told, wanted = adopt(old_small_graph()).graph, small_graph()
    return Graph(
        {key: told.entities[key] for key in wanted.entities},
        {key: told.relationships[key] for key in wanted.relationships},
    )


def write_moving_goldens() -> None:
    """Write every one of them anew, and take away what there is no golden for."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = {golden.path: golden for golden in moving_goldens()}
    for path in FOLDER.iterdir():
        if path not in wanted:
            path.unlink()
    for path, golden in wanted.items():
        path.write_text(golden.text(), "utf-8", newline="\n")
