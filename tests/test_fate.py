"""The deletion policy, rule by rule and in its order."""

from __future__ import annotations

import pytest
from attrs import evolve
from small_world import (
    ACME,
    ADA,
    ADA_ON_WEB,
    ADMINS,
    BEN,
    CORE,
    GLOBEX,
    NEW_PULL_REQUEST,
    NO_PUSH,
    OLD_PULL_REQUEST,
    VAULT,
    WEB,
    entity,
    everything_seen,
    gone,
    key_of,
    refused,
    small_graph,
    tie,
    unseen,
    with_globex,
)

from bbsync.belonging import listed_before, parents_of
from bbsync.coverage import Coverage, Extent, Gap, Listing, Read
from bbsync.fate import Fate, Judgement, Sentence, judge
from bbsync.graph import EMPTY, Entity, Graph, Relationship
from bbsync.kinds import KINDS
from bbsync.observation import Observation, Proof

REPOSITORIES = Listing("repository", ACME)
USERS = Listing("user", ACME)
USERS_OF_GLOBEX = Listing("user", GLOBEX)
GRAPH = small_graph()
BOTH = with_globex(GRAPH)
SEEN = everything_seen(GRAPH)
BOTH_SEEN = everything_seen(BOTH)


def judged(observation: Observation, snapshot: Graph = GRAPH, foreign: frozenset[str] = frozenset()) -> Judgement:
    """The judgement on a snapshot."""
    return judge(snapshot, foreign, observation, KINDS)


def with_gap(observation: Observation, gap: Gap) -> Observation:
    """The observation with one more gap."""
    coverage = observation.coverage
    return evolve(observation, coverage=evolve(coverage, gaps=(*coverage.gaps, gap)))


def test_what_is_seen_is_compared() -> None:
    """Whatever Bitbucket shows is neither deleted nor kept: it is looked at."""
    judgement = judged(SEEN)

    assert {sentence.fate for sentence in judgement.entities.values()} == {Fate.SEEN}
    assert {sentence.fate for sentence in judgement.relationships.values()} == {Fate.SEEN}


@pytest.mark.parametrize(
    ("observation", "key", "fate"),
    [
        pytest.param(gone(SEEN, REPOSITORIES, WEB), WEB, Fate.ABSENT, id="a repository, listed no more and 404"),
        pytest.param(gone(SEEN, Listing("project", ACME), CORE, 410), CORE, Fate.ABSENT, id="a project, 410"),
        pytest.param(gone(SEEN, USERS, BEN), BEN, Fate.ABSENT, id="a user, no longer a member"),
        pytest.param(gone(SEEN, Listing("group", ACME), ADMINS, None), ADMINS, Fate.ABSENT, id="a group, read twice"),
        pytest.param(
            gone(SEEN, Listing("permission", WEB), ADA_ON_WEB, None), ADA_ON_WEB, Fate.ABSENT, id="a revoked permission"
        ),
        pytest.param(gone(SEEN, Listing("workspace"), ACME), ACME, Fate.ABSENT, id="a workspace, 404"),
        pytest.param(unseen(SEEN, WEB), WEB, Fate.WITHHELD, id="a repository that is not listed, without proof"),
        pytest.param(unseen(SEEN, ADMINS), ADMINS, Fate.WITHHELD, id="a group that the second reading still showed"),
        pytest.param(refused(SEEN, REPOSITORIES), VAULT, Fate.WITHHELD, id="a repository, the list refused"),
        pytest.param(refused(SEEN, Listing("permission", WEB)), ADA_ON_WEB, Fate.WITHHELD, id="permissions refused"),
        pytest.param(unseen(SEEN, OLD_PULL_REQUEST), OLD_PULL_REQUEST, Fate.HISTORY, id="an old pull request"),
        pytest.param(
            refused(SEEN, Listing("pull_request", WEB)), OLD_PULL_REQUEST, Fate.HISTORY, id="pull requests refused"
        ),
        pytest.param(
            evolve(unseen(SEEN, NO_PUSH), out_of_scope=frozenset({"branch_restriction"})),
            NO_PUSH,
            Fate.OUT_OF_SCOPE,
            id="a kind that is switched off",
        ),
        pytest.param(
            evolve(unseen(SEEN, *GRAPH.entities), workspaces=frozenset()),
            ACME,
            Fate.OUT_OF_SCOPE,
            id="a workspace that the run does not look at",
        ),
        pytest.param(
            evolve(unseen(SEEN, *GRAPH.entities), workspaces=frozenset()),
            WEB,
            Fate.OUT_OF_SCOPE,
            id="a repository of such a workspace",
        ),
        pytest.param(
            evolve(unseen(SEEN, *GRAPH.entities), workspaces=frozenset()),
            NO_PUSH,
            Fate.OUT_OF_SCOPE,
            id="a restriction two levels below it",
        ),
    ],
)
def test_fate_of_what_was_not_seen(observation: Observation, key: str, fate: Fate) -> None:
    """Silence is not absence: only proof deletes."""
    judgement = judged(observation)

    assert judgement.entities[key].fate is fate


def test_proof_counts_only_with_a_complete_listing() -> None:
    """A proof of something that was not listed, in a listing that was not read to its end, is none."""
    observation = gone(SEEN, REPOSITORIES, WEB)
    half_read = evolve(observation, coverage=Coverage())

    judgement = judged(half_read)

    assert judgement.entities[WEB].fate is Fate.WITHHELD


def test_nothing_goes_by_a_listing_that_was_read_in_an_earlier_run() -> None:
    """Whatever a run believes to know of a listing that it did not read: what was in it is kept, and no gap is told."""
    observation = gone(SEEN, REPOSITORIES, WEB)
    not_due = evolve(observation, coverage=Coverage({REPOSITORIES: Read(Extent.EARLIER, watermark=1)}))

    judgement = judged(not_due)

    assert judgement.entities[WEB] == Sentence(Fate.EARLIER)


def test_old_pull_request_goes_with_its_repository() -> None:
    """The cascade comes before the window: nothing is left of a repository that is gone."""
    judgement = judged(unseen(gone(SEEN, REPOSITORIES, WEB), OLD_PULL_REQUEST, NEW_PULL_REQUEST, NO_PUSH, ADA_ON_WEB))

    below = [OLD_PULL_REQUEST, NEW_PULL_REQUEST, NO_PUSH, ADA_ON_WEB]
    assert [judgement.entities[key].fate for key in below] == [Fate.CASCADE] * 4
    assert {judgement.entities[key].root for key in below} == {WEB}


def test_cascade_starts_at_the_top() -> None:
    """Everything under a workspace that is gone names the workspace as its cause, however deep it lies."""
    judgement = judged(unseen(gone(SEEN, Listing("workspace"), ACME), *GRAPH.entities))

    causes = {key: sentence.root for key, sentence in judgement.entities.items() if key != ACME}
    assert set(causes.values()) == {ACME}
    assert judgement.entities[ACME].proof == Proof(Listing("workspace"), seen=2, pages=1, status=404)


def test_cascade_comes_before_a_kind_that_is_switched_off() -> None:
    """A restriction of a repository that is gone goes, although nobody looks at restrictions."""
    observation = unseen(gone(SEEN, REPOSITORIES, WEB), NO_PUSH)

    judgement = judged(evolve(observation, out_of_scope=frozenset({"branch_restriction"})))

    assert judgement.entities[NO_PUSH].fate is Fate.CASCADE


def test_history_comes_before_a_kind_that_is_switched_off() -> None:
    """A pull request outside the window is kept for that reason, whether pull requests are read or not."""
    observation = evolve(unseen(SEEN, OLD_PULL_REQUEST), out_of_scope=frozenset({"pull_request"}))

    judgement = judged(observation)

    assert judgement.entities[OLD_PULL_REQUEST].fate is Fate.HISTORY


def test_out_of_scope_comes_before_proof() -> None:
    """What configuration excludes is kept, even where a proof of its absence lies about."""
    observation = gone(SEEN, Listing("permission", WEB), ADA_ON_WEB, None)

    judgement = judged(evolve(observation, out_of_scope=frozenset({"permission"})))

    assert judgement.entities[ADA_ON_WEB].fate is Fate.OUT_OF_SCOPE


def test_foreign_comes_before_everything() -> None:
    """What carries somebody else's marker stays, even below a repository that is gone, or seen by us."""
    observation = unseen(gone(SEEN, REPOSITORIES, WEB), OLD_PULL_REQUEST)

    judgement = judged(observation, foreign=frozenset({OLD_PULL_REQUEST, ADA}))

    assert judgement.entities[OLD_PULL_REQUEST].fate is Fate.FOREIGN
    assert judgement.entities[ADA].fate is Fate.FOREIGN


def test_types_of_others_are_foreign() -> None:
    """An entity of a type that no kind declares is not ours to judge."""
    person = Entity("{a-person}", "employee", ("Person",), {})
    employs = Relationship("x", "acme_employs", "EMPLOYS", ACME, person.key)
    snapshot = Graph({**GRAPH.entities, person.key: person}, {**GRAPH.relationships, "x": employs})

    judgement = judged(SEEN, snapshot)

    assert judgement.entities[person.key].fate is Fate.FOREIGN
    assert judgement.relationships["x"].fate is Fate.FOREIGN


def test_pull_request_whose_detail_failed_is_withheld_whole() -> None:
    """A failed commits call must not overwrite what is known, nor pass the pull request off as merely old."""
    gap = Gap(Listing("pull_request", WEB), "BB-FETCH-429", "429: its commits", item=NEW_PULL_REQUEST)

    judgement = judged(with_gap(unseen(SEEN, NEW_PULL_REQUEST), gap))

    assert judgement.entities[NEW_PULL_REQUEST].fate is Fate.WITHHELD
    assert judgement.entities[NEW_PULL_REQUEST].gap == gap
    assert judgement.relationships[key_of(BEN, "approved", NEW_PULL_REQUEST)].fate is Fate.WITHHELD


# Two workspaces


def test_leaving_one_of_two_workspaces_drops_only_that_membership() -> None:
    """A user who is still a member elsewhere stays, with everything else that ties them."""
    left = key_of(ACME, "has", ADA)
    graph = Graph(BOTH.entities, {key: one for key, one in BOTH.relationships.items() if key != left})
    proof = Proof(USERS, seen=1, pages=1, status=404)

    judgement = judged(evolve(BOTH_SEEN, graph=graph, gone={(USERS, ADA): proof}), BOTH)

    assert judgement.entities[ADA].fate is Fate.SEEN
    assert judgement.relationships[left].fate is Fate.ABSENT
    assert judgement.relationships[key_of(GLOBEX, "has", ADA)].fate is Fate.SEEN


def test_membership_without_proof_is_withheld() -> None:
    """The user was seen in one workspace; the members of the other could not be read."""
    observation = refused(BOTH_SEEN, USERS_OF_GLOBEX)
    seen_in_acme = evolve(observation, graph=GRAPH)

    judgement = judged(seen_in_acme, BOTH)

    membership = judgement.relationships[key_of(GLOBEX, "has", ADA)]
    assert membership.fate is Fate.WITHHELD
    assert membership.gap == Gap(USERS_OF_GLOBEX, "BB-FETCH-403", "user was refused")


def test_user_goes_when_every_workspace_proves_it() -> None:
    """A user of two workspaces is gone once gone from both."""
    observation = gone(gone(BOTH_SEEN, USERS, ADA), USERS_OF_GLOBEX, ADA)

    judgement = judged(observation, BOTH)

    assert judgement.entities[ADA].fate is Fate.ABSENT


def test_user_stays_while_one_workspace_proves_nothing() -> None:
    """Gone from one workspace, and the other could not be read."""
    observation = gone(refused(BOTH_SEEN, USERS_OF_GLOBEX), USERS, ADA)

    judgement = judged(observation, BOTH)

    assert judgement.entities[ADA].fate is Fate.WITHHELD
    assert judgement.relationships[key_of(ACME, "has", ADA)].fate is Fate.ABSENT


def test_user_gone_from_here_stays_in_a_workspace_that_nobody_looks_at() -> None:
    """The run reads one workspace of two: that the user left it says nothing of the other, and is no gap."""
    observation = gone(evolve(unseen(BOTH_SEEN, GLOBEX), workspaces=frozenset({ACME})), USERS, ADA)

    judgement = judged(observation, BOTH)

    assert judgement.entities[ADA].fate is Fate.OUT_OF_SCOPE
    assert judgement.relationships[key_of(ACME, "has", ADA)].fate is Fate.ABSENT
    assert judgement.relationships[key_of(GLOBEX, "has", ADA)].fate is Fate.OUT_OF_SCOPE


def test_user_of_a_workspace_that_goes_stays_in_the_other() -> None:
    """A shared user goes only with the last of its workspaces."""
    observation = gone(BOTH_SEEN, Listing("workspace"), GLOBEX)
    still_in_acme = evolve(observation, graph=GRAPH)

    judgement = judged(still_in_acme, BOTH)

    assert judgement.entities[ADA].fate is Fate.SEEN
    assert judgement.relationships[key_of(GLOBEX, "has", ADA)].fate is Fate.CASCADE


def test_unseen_user_of_a_workspace_that_goes_waits_for_the_other() -> None:
    """One workspace is gone, the other was not read: the user may still be there."""
    observation = gone(refused(BOTH_SEEN, USERS), Listing("workspace"), GLOBEX)

    judgement = judged(observation, BOTH)

    assert judgement.entities[ADA].fate is Fate.WITHHELD


def test_user_without_any_membership_may_belong_to_every_workspace() -> None:
    """Nothing ties the user: only a proof from each workspace deletes it."""
    memberships = {key_of(ACME, "has", ADA), key_of(GLOBEX, "has", ADA)}
    snapshot = Graph(BOTH.entities, {key: one for key, one in BOTH.relationships.items() if key not in memberships})
    once = gone(BOTH_SEEN, USERS, ADA)
    twice = gone(once, USERS_OF_GLOBEX, ADA)

    assert judged(once, snapshot).entities[ADA].fate is Fate.WITHHELD
    assert judged(twice, snapshot).entities[ADA].fate is Fate.ABSENT


def test_repository_moved_to_another_workspace_is_not_gone() -> None:
    """It is seen elsewhere: only the tie to its old workspace goes, its pull requests stay."""
    web, globex = BOTH.entities[WEB], BOTH.entities[GLOBEX]
    old = key_of(ACME, "owns", WEB)
    moved = tie(globex, "OWNS", web)
    ties = {key: one for key, one in BOTH.relationships.items() if key != old}
    observation = evolve(BOTH_SEEN, graph=Graph(BOTH.entities, {**ties, moved.key: moved}))

    judgement = judged(unseen(observation, OLD_PULL_REQUEST), BOTH)

    assert judgement.entities[WEB].fate is Fate.SEEN
    assert judgement.relationships[old].fate is Fate.ABSENT
    assert judgement.entities[OLD_PULL_REQUEST].fate is Fate.HISTORY


# The gap that explains


def test_its_own_gap_explains_best() -> None:
    """What went wrong with the item itself says more than what went wrong around it."""
    own = Gap(REPOSITORIES, "BB-FETCH-500", "500: asked for by itself", item=WEB)
    observation = with_gap(refused(SEEN, REPOSITORIES), own)

    judgement = judged(observation)

    assert judgement.entities[WEB].gap == own
    assert judgement.entities[VAULT].gap == Gap(REPOSITORIES, "BB-FETCH-403", "repository was refused")


def test_a_gap_of_the_whole_kind_explains_next() -> None:
    """Without the admin scope no listing of permissions is read, which is said once."""
    known = Gap(Listing("permission"), "BB-SCOPE", "no repository:admin", known=True)
    observation = evolve(unseen(SEEN, ADA_ON_WEB), coverage=Coverage({}, (known,)))

    judgement = judged(observation)

    assert judgement.entities[ADA_ON_WEB].gap == known


def test_a_gap_further_up_explains_what_lies_below() -> None:
    """Where the list of repositories was refused, nobody asked for their permissions."""
    observation = unseen(refused(SEEN, REPOSITORIES), ADA_ON_WEB, NO_PUSH)

    judgement = judged(observation)

    assert judgement.entities[ADA_ON_WEB].gap == Gap(REPOSITORIES, "BB-FETCH-403", "repository was refused")


def test_without_any_gap_the_missing_proof_is_the_reason() -> None:
    """The listing was read, the item is not in it, and the second look did not agree."""
    judgement = judged(unseen(SEEN, VAULT))

    gap = judgement.entities[VAULT].gap
    assert gap is not None
    assert (gap.code, gap.listing) == ("BB-UNPROVEN", REPOSITORIES)


def test_order_of_gaps_does_not_matter() -> None:
    """Answers arrive in any order; the same gap explains."""
    gaps = [Gap(REPOSITORIES, code, code) for code in ("BB-FETCH-500", "BB-FETCH-403", "BB-FETCH-TIMEOUT")]
    gaps += [Gap(REPOSITORIES, code, code, item=WEB) for code in ("BB-FETCH-502", "BB-FETCH-410")]
    observation = unseen(SEEN, WEB, VAULT)

    forwards = judged(evolve(observation, coverage=Coverage({}, tuple(gaps))))
    backwards = judged(evolve(observation, coverage=Coverage({}, tuple(reversed(gaps)))))

    assert forwards == backwards


# Relationships


def without_tie(observation: Observation, key: str) -> Observation:
    """The observation without one relationship."""
    graph = observation.graph
    ties = {found: one for found, one in graph.relationships.items() if found != key}
    return evolve(observation, graph=Graph(graph.entities, ties))


@pytest.mark.parametrize(
    ("source", "verb", "target"),
    [
        (CORE, "has", WEB),
        (ADMINS, "has", ADA),
        (NO_PUSH, "allows", BEN),
        (BEN, "approved", NEW_PULL_REQUEST),
        (ADA, "has", ADA_ON_WEB),
    ],
)
def test_relationship_goes_when_its_subject_is_seen_without_it(source: str, verb: str, target: str) -> None:
    """A withdrawn approval, a lifted exemption, a member who left: the end that declares it was read."""
    key = key_of(source, verb, target)

    judgement = judged(without_tie(SEEN, key))

    assert judgement.relationships[key].fate is Fate.ABSENT


@pytest.mark.parametrize(
    ("hidden", "source", "verb", "target", "fate"),
    [
        (OLD_PULL_REQUEST, BEN, "reviewed", OLD_PULL_REQUEST, Fate.HISTORY),
        (OLD_PULL_REQUEST, WEB, "has", OLD_PULL_REQUEST, Fate.HISTORY),
        (NO_PUSH, NO_PUSH, "allows", BEN, Fate.WITHHELD),
        (ADMINS, ADMINS, "has", ADA, Fate.WITHHELD),
        (WEB, CORE, "has", WEB, Fate.WITHHELD),
    ],
)
def test_relationship_shares_the_fate_of_a_subject_that_was_not_seen(
    hidden: str, source: str, verb: str, target: str, fate: Fate
) -> None:
    """Nobody looked at the end that declares it, so nobody knows."""
    judgement = judged(unseen(SEEN, hidden))

    assert judgement.relationships[key_of(source, verb, target)].fate is fate


def test_relationship_goes_with_either_end() -> None:
    """Nothing dangles."""
    judgement = judged(gone(SEEN, USERS, BEN))

    approved = judgement.relationships[key_of(BEN, "approved", NEW_PULL_REQUEST)]
    exempt = judgement.relationships[key_of(NO_PUSH, "allows", BEN)]
    assert (approved.fate, approved.root) == (Fate.CASCADE, BEN)
    assert (exempt.fate, exempt.root) == (Fate.CASCADE, BEN)


def test_relationship_with_an_end_that_nobody_knows_goes() -> None:
    """A relationship that dangles in the snapshot is cleaned up."""
    entities = {key: one for key, one in GRAPH.entities.items() if key != CORE}

    judgement = judged(unseen(SEEN, CORE), Graph(entities, GRAPH.relationships))

    dangling = judgement.relationships[key_of(CORE, "has", WEB)]
    assert (dangling.fate, dangling.root) == (Fate.CASCADE, CORE)


def test_foreign_relationship_to_something_outside_the_scope_stays() -> None:
    """Somebody else tied a user to a person that our snapshot does not hold; that is not for us to cut."""
    mapped = Relationship("m", "bitbucket_user_is_person", "IS", ADA, "{a-person}")
    marked = tie(GRAPH.entities[CORE], "HAS", entity("repository", "{elsewhere}"))
    snapshot = Graph(GRAPH.entities, {**GRAPH.relationships, "m": mapped, marked.key: marked})

    judgement = judged(SEEN, snapshot, foreign=frozenset({marked.key}))

    assert judgement.relationships["m"].fate is Fate.FOREIGN
    assert judgement.relationships[marked.key].fate is Fate.FOREIGN


def test_foreign_relationship_goes_with_our_end() -> None:
    """JupiterOne drops it together with the entity, so the plan says so."""
    mapped = Relationship("m", "bitbucket_user_is_person", "IS", BEN, "{a-person}")
    snapshot = Graph(GRAPH.entities, {**GRAPH.relationships, "m": mapped})

    judgement = judged(gone(SEEN, USERS, BEN), snapshot)

    assert judgement.relationships["m"].fate is Fate.CASCADE


def test_relationship_types_that_were_not_looked_at_are_kept() -> None:
    """Where reviewers are not read, who reviewed stays as it is known."""
    key = key_of(BEN, "reviewed", OLD_PULL_REQUEST)
    unknown = {OLD_PULL_REQUEST: frozenset({"bitbucket_user_reviewed_pullrequest"})}

    judgement = judged(evolve(without_tie(SEEN, key), unknown=unknown))

    assert judgement.relationships[key].fate is Fate.OUT_OF_SCOPE


def test_memberships_stay_when_users_are_switched_off() -> None:
    """Nobody reads members, so nobody left."""
    observation = evolve(unseen(SEEN, ADA, BEN), out_of_scope=frozenset({"user"}))

    judgement = judged(observation)

    assert judgement.entities[ADA].fate is Fate.OUT_OF_SCOPE
    assert judgement.relationships[key_of(ACME, "has", ADA)].fate is Fate.OUT_OF_SCOPE


# Parents


def test_parents_come_from_relationships() -> None:
    """The tie that a kind declares as belonging names the parent; other ties do not."""
    parents = parents_of(BOTH, KINDS)

    assert parents[WEB] == (ACME,)
    assert parents[ADA] == (ACME, GLOBEX)
    assert parents[OLD_PULL_REQUEST] == (WEB,)
    assert ACME not in parents


def test_without_a_relationship_the_key_names_the_parent() -> None:
    """Keys of what lies in a repository begin with the repository's."""
    orphan = entity("pull_request", f"{WEB}/pull-requests/9")
    stray = entity("pull_request", "{nowhere-repository}/pull-requests/9")
    alone = entity("project", "{untied-project}")
    graph = Graph.of([GRAPH.entities[WEB], orphan, stray, alone])

    parents = parents_of(graph, KINDS)

    assert parents[orphan.key] == (WEB,)
    assert parents[stray.key] == ()
    assert parents[alone.key] == ()


def test_untied_child_goes_with_the_parent_that_its_key_names() -> None:
    """A pull request that lost its tie still goes with its repository."""
    tied = key_of(WEB, "has", OLD_PULL_REQUEST)
    snapshot = Graph(GRAPH.entities, {key: one for key, one in GRAPH.relationships.items() if key != tied})

    judgement = judged(unseen(gone(SEEN, REPOSITORIES, WEB), OLD_PULL_REQUEST), snapshot)

    assert judgement.entities[OLD_PULL_REQUEST].fate is Fate.CASCADE


def test_untied_project_is_withheld() -> None:
    """Nothing says where it belongs, so no listing proves it gone."""
    snapshot = Graph({**GRAPH.entities, "{stray}": entity("project", "{stray}")}, GRAPH.relationships)

    judgement = judged(SEEN, snapshot)

    assert judgement.entities["{stray}"].fate is Fate.WITHHELD


def test_nothing_is_judged_where_nothing_is() -> None:
    """An empty snapshot has no fates."""
    judgement = judged(SEEN, EMPTY)

    assert judgement.entities == {}
    assert judgement.relationships == {}


# What may have turned up elsewhere


def test_user_who_may_have_joined_a_workspace_that_was_not_read_is_withheld() -> None:
    """Ben left one workspace; nobody could read the members of the other, to which nothing ties him yet."""
    observation = gone(refused(BOTH_SEEN, USERS_OF_GLOBEX), USERS, BEN)

    judgement = judged(observation, BOTH)

    assert judgement.entities[BEN].fate is Fate.WITHHELD
    assert judgement.entities[BEN].gap == Gap(USERS_OF_GLOBEX, "BB-FETCH-403", "user was refused")
    assert judgement.relationships[key_of(ACME, "has", BEN)].fate is Fate.ABSENT


def test_user_of_a_workspace_that_goes_may_have_joined_another() -> None:
    """Their workspace is gone, and the members of the other could not be read."""
    observation = gone(refused(BOTH_SEEN, USERS_OF_GLOBEX), Listing("workspace"), ACME)

    judgement = judged(unseen(observation, BEN, WEB), BOTH)

    assert judgement.entities[BEN].fate is Fate.WITHHELD
    assert judgement.entities[WEB].fate is Fate.CASCADE


def test_user_is_kept_where_nobody_looks_at_users() -> None:
    """Users are switched off: whether they are members of the workspace that stays is not asked."""
    observation = refused(gone(BOTH_SEEN, Listing("workspace"), ACME), USERS_OF_GLOBEX)

    judgement = judged(evolve(unseen(observation, BEN), out_of_scope=frozenset({"user"})), BOTH)

    assert judgement.entities[BEN].fate is Fate.OUT_OF_SCOPE


def test_repository_that_may_have_been_transferred_is_withheld() -> None:
    """It is not in its workspace any more, and the list of the other workspace's repositories was refused."""
    observation = gone(refused(BOTH_SEEN, Listing("repository", GLOBEX)), REPOSITORIES, VAULT)

    judgement = judged(observation, BOTH)

    assert judgement.entities[VAULT].fate is Fate.WITHHELD


def test_nothing_is_proven_while_a_workspace_of_the_run_cannot_be_found() -> None:
    """A new workspace did not answer: nobody knows its key, and anything may have moved there."""
    unfound = Gap(Listing("workspace"), "BB-FETCH-500", "workspace globex: 500")

    judgement = judged(with_gap(gone(SEEN, REPOSITORIES, VAULT), unfound))

    assert judgement.entities[VAULT].fate is Fate.WITHHELD
    assert judgement.entities[VAULT].gap == unfound


def test_group_cannot_turn_up_elsewhere() -> None:
    """Its key has the workspace in it: what other workspaces show does not matter."""
    groups = Listing("group", ACME)
    observation = gone(refused(BOTH_SEEN, Listing("group", GLOBEX)), groups, ADMINS, None)

    judgement = judged(observation, BOTH)

    assert judgement.entities[ADMINS].fate is Fate.ABSENT


def test_user_listed_elsewhere_but_unreadable_is_withheld() -> None:
    """Ben left one workspace and is in the other's list, in a form that cannot be read."""
    unreadable = Gap(USERS_OF_GLOBEX, "BB-FETCH-SCHEMA", "a value is not as documented", item=BEN)

    judgement = judged(with_gap(gone(BOTH_SEEN, USERS, BEN), unreadable), BOTH)

    assert judgement.entities[BEN].fate is Fate.WITHHELD
    assert judgement.entities[BEN].gap == unreadable


def test_untied_user_is_asked_for_in_every_workspace() -> None:
    """What nothing ties would otherwise never be proven gone."""
    untied = Graph({**BOTH.entities, "{loose-account}": entity("user", "{loose-account}")}, BOTH.relationships)

    listed = listed_before(untied, KINDS)

    assert "{loose-account}" in [one.key for one in listed[USERS]]
    assert "{loose-account}" in [one.key for one in listed[USERS_OF_GLOBEX]]
    assert [one.key for one in listed[Listing("pull_request", WEB)]] == [OLD_PULL_REQUEST, NEW_PULL_REQUEST]
    assert [one.key for one in listed[Listing("workspace")]] == [ACME, GLOBEX]
