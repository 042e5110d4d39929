"""A kind costs one file: a made-up one, declared here, goes through everything without an edit elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from attrs import evolve, frozen
from small_world import ACME, ORIGIN, WEB, everything_seen, small_graph

from bbsync.coverage import Gap, Listing
from bbsync.fate import Fate, judge
from bbsync.graph import Entity, Graph
from bbsync.guards import judge_guards
from bbsync.kinds import KINDS, EntityType, Kind, Kinds, Place, RelationshipType, Request, discover, known
from bbsync.observation import Proof
from bbsync.plan import Action, make_plan, resulting_graph

GRAPH = small_graph()
KEYS_OF_WEB = Listing("deploy_key", WEB)


@frozen
class DeployKey:
    """A row of `…/deploy-keys`."""

    id: int
    label: str


def key_of(found: DeployKey, place: Place) -> str:
    """Its number is unique within the repository."""
    return f"{place.parent.key}/deploy-keys/{found.id}"


DEPLOY_KEY = Kind(
    name="deploy_key",
    plural="deploy_keys",
    item=DeployKey,
    parent="repository",
    requests=(Request("/2.0/repositories/{workspace_id}/{repository_id}/deploy-keys", page_length=100),),
    entity=EntityType("bitbucket_deploy_key", ("AccessKey",)),
    key=key_of,
    properties=lambda found, _place: known({"name": found.label, "displayName": found.label}),
    label=lambda found: str(found["name"]),
    belongs=RelationshipType("bitbucket_repo", "HAS", "bitbucket_deploy_key"),
    scopes=("repository", "repository:admin"),
    rank=55,
)

WITH_DEPLOY_KEYS = Kinds.of([*KINDS, DEPLOY_KEY])


def with_keys(graph: Graph, *numbers: int) -> Graph:
    """The graph with deploy keys in one repository."""
    repository = graph.entities[WEB]
    place = Place(graph.entities[ACME], repository)
    items = [DeployKey(number, f"robot {number}") for number in numbers]
    new = [
        Entity(key_of(item, place), "bitbucket_deploy_key", ("AccessKey",), DEPLOY_KEY.properties(item, place))
        for item in items
    ]
    assert DEPLOY_KEY.belongs is not None
    ties = [DEPLOY_KEY.belongs.between(WEB, one.key) for one in new]
    return Graph.of([*graph.entities.values(), *new], [*graph.relationships.values(), *ties])


# From outside


def test_new_kind_has_its_place_in_the_order() -> None:
    """Below its parent, among its level by rank."""
    names = [kind.name for kind in WITH_DEPLOY_KEYS]

    assert names[names.index("branch_restriction") :] == [
        "branch_restriction",
        "deploy_key",
        "permission",
        "pull_request",
    ]
    assert DEPLOY_KEY in WITH_DEPLOY_KEYS.children("repository")
    assert len(WITH_DEPLOY_KEYS) == len(KINDS) + 1
    assert WITH_DEPLOY_KEYS.rank("bitbucket_deploy_key") < WITH_DEPLOY_KEYS.rank("employee")


def test_new_kind_is_created() -> None:
    """What it shows comes into the plan, by its label, tied to its parent."""
    seen = everything_seen(with_keys(GRAPH, 1), WITH_DEPLOY_KEYS)

    plan = make_plan(GRAPH, seen, ORIGIN, kinds=WITH_DEPLOY_KEYS)

    assert [(change.action, change.label) for change in plan.entities] == [(Action.CREATE, "acme/web · robot 1")]
    assert [change.element.type for change in plan.relationships] == ["bitbucket_repo_has_deploy_key"]


def test_new_kind_is_deleted_by_proof_alone() -> None:
    """The deletion policy holds for it as for any other."""
    before = with_keys(GRAPH, 1, 2)
    key = f"{WEB}/deploy-keys/2"
    seen = everything_seen(with_keys(GRAPH, 1), WITH_DEPLOY_KEYS)
    complete = evolve(seen, gone={(KEYS_OF_WEB, key): Proof(KEYS_OF_WEB, seen=1, pages=1)})

    unproven = judge(before, frozenset(), seen, WITH_DEPLOY_KEYS)
    proven = judge(before, frozenset(), complete, WITH_DEPLOY_KEYS)

    assert unproven.entities[key].fate is Fate.WITHHELD
    assert proven.entities[key].fate is Fate.ABSENT


def test_new_kind_goes_with_its_parent() -> None:
    """The cascade is derived from the declaration."""
    before = with_keys(GRAPH, 1)
    listing = Listing("repository", ACME)
    graph = Graph({key: one for key, one in GRAPH.entities.items() if not key.startswith(WEB)})
    seen = evolve(everything_seen(GRAPH), graph=graph, gone={(listing, WEB): Proof(listing, seen=1, pages=1)})

    plan = make_plan(before, seen, ORIGIN, kinds=WITH_DEPLOY_KEYS)

    causes = {change.element.key: change.cause for change in plan.entities if change.action is Action.DELETE}
    assert causes[f"{WEB}/deploy-keys/1"] == WEB


def test_new_kind_is_guarded() -> None:
    """Wiping it out is asked about, by its plural."""
    before = with_keys(GRAPH, *range(3))
    seen = everything_seen(GRAPH, WITH_DEPLOY_KEYS)
    gone = {(KEYS_OF_WEB, f"{WEB}/deploy-keys/{number}"): Proof(KEYS_OF_WEB, seen=0, pages=1) for number in range(3)}

    plan = make_plan(before, evolve(seen, gone=gone), ORIGIN, kinds=WITH_DEPLOY_KEYS)

    (tripped,) = [one for one in judge_guards(plan, kinds=WITH_DEPLOY_KEYS) if one.tripped]
    assert tripped.sentence == "The plan deletes 3 of 3 deploy keys (100.0 %) and leaves 0."


def test_without_the_kind_its_entities_are_foreign() -> None:
    """An older release meets what a newer one wrote, and leaves it alone."""
    before = with_keys(GRAPH, 1)

    plan = make_plan(before, everything_seen(GRAPH), ORIGIN)

    assert plan.is_empty
    assert [(kept.type, kept.why) for kept in plan.kept] == [("bitbucket_deploy_key", "foreign")]
    assert resulting_graph(plan, before) == before


def test_refused_listing_of_a_new_kind_withholds() -> None:
    """Its gaps explain, like everybody's."""
    gap = Gap(KEYS_OF_WEB, "BB-FETCH-403", "403")
    seen = everything_seen(GRAPH)

    plan = make_plan(
        with_keys(GRAPH, 1),
        evolve(seen, coverage=evolve(seen.coverage, gaps=(gap,))),
        ORIGIN,
        kinds=WITH_DEPLOY_KEYS,
    )

    assert [(one.type, one.gap) for one in plan.withheld] == [("bitbucket_deploy_key", gap)]


# What cannot be a set of kinds


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        (evolve(DEPLOY_KEY, name="repository"), "two kinds share a name or an entity type"),
        (evolve(DEPLOY_KEY, entity=EntityType("bitbucket_repo", ())), "two kinds share a name or an entity type"),
        (evolve(DEPLOY_KEY, parent="server"), "the kind deploy_key names server, which is not a kind"),
        (evolve(DEPLOY_KEY, needs=("webhook",)), "the kind deploy_key names webhook, which is not a kind"),
        (
            evolve(DEPLOY_KEY, link_types=(RelationshipType("bitbucket_user", "OPENED", "bitbucket_pullrequest"),)),
            "two kinds share a relationship type",
        ),
        (evolve(DEPLOY_KEY, parent="deploy_key"), "cycle"),
    ],
)
def test_impossible_kinds_are_refused(extra: Kind[DeployKey], sentence: str) -> None:
    """A mistake in a declaration is said when bbsync starts, not when something is deleted by it."""
    with pytest.raises(ValueError, match=sentence):
        Kinds.of([*KINDS, extra])


def test_order_of_declaration_does_not_matter() -> None:
    """Kinds come in the same order however they were found."""
    assert Kinds.of(reversed(list(KINDS))) == KINDS


# Found by itself

WriteModule = Callable[[str, str], None]


@pytest.fixture
def write_module(tmp_path: Path) -> Iterator[WriteModule]:
    """Writes modules of a package of kinds that can be imported while the test runs."""
    package = tmp_path / "kinds_from_outside"
    package.mkdir()
    (package / "__init__.py").touch()

    def write(name: str, text: str) -> None:
        (package / f"{name}.py").write_text(text)

    write("workspace", "from bbsync.kinds.workspace import KIND\n")
    write("repository", "from bbsync.kinds.repository import KIND\n")
    sys.path.insert(0, str(tmp_path))
    yield write
    sys.path.remove(str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] == package.name]:
        del sys.modules[name]


def found_outside(tmp_path: Path) -> Kinds:
    """The kinds that are found in the written package."""
    return discover([str(tmp_path / "kinds_from_outside")], "kinds_from_outside")


def test_new_file_is_found(write_module: WriteModule, tmp_path: Path) -> None:
    """Dropping a file beside the others is all it takes; files with a leading underscore are for sharing."""
    write_module("_shared", "raise RuntimeError('nobody imports this by itself')\n")
    write_module(
        "deploy_key",
        "from attrs import evolve\n"
        "from bbsync.kinds import EntityType, RelationshipType\n"
        "from bbsync.kinds.branch_restriction import KIND as LIKE\n"
        "KIND = evolve(\n"
        "    LIKE,\n"
        "    name='deploy_key',\n"
        "    entity=EntityType('bitbucket_deploy_key', ('AccessKey',)),\n"
        "    belongs=RelationshipType('bitbucket_repo', 'HAS', 'bitbucket_deploy_key'),\n"
        "    link_types=(),\n"
        ")\n",
    )

    kinds = found_outside(tmp_path)

    assert [kind.name for kind in kinds] == ["workspace", "repository", "deploy_key"]
    assert "bitbucket_repo_has_deploy_key" in kinds.relationships


@pytest.mark.parametrize("text", ["KINDS = ()\n", "KIND = 'deploy_key'\n", "from bbsync.kinds.project import KIND\n"])
def test_module_without_its_kind_is_refused(write_module: WriteModule, tmp_path: Path, text: str) -> None:
    """A file that declares nothing, or something else, would be a kind that nobody misses."""
    write_module("deploy_key", text)

    with pytest.raises(ValueError, match=r"kinds_from_outside\.deploy_key does not declare a KIND named 'deploy_key'"):
        found_outside(tmp_path)
