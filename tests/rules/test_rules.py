"""What each rule points to, and what it does not."""

from __future__ import annotations

import pkgutil

import pytest
from attrs import evolve

import bbsync.rules
from bbsync.coverage import Listing
from bbsync.graph import Entity, Properties
from bbsync.kinds import KINDS
from bbsync.observation import Proof
from bbsync.plan import Change, Origin, Plan, Reason
from bbsync.rules import RULES, worth_a_look
from tests.show.worked_example import added, changed, entity, tied

RESTRICTION = "{web-repository}/branch-restrictions/1"


def found(*changes: Change[Entity], off: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Rule and note of everything that is worth a look in a plan of these changes of entities."""
    plan = Plan(Origin(rules_off=off), entities=changes)
    return [(finding.rule.name, finding.note) for finding in worth_a_look(plan)]


def of(kind: str, before: Properties | None, after: Properties) -> Change[Entity]:
    """A create or an update of an entity of that kind."""
    key = "{one-made-up-key}"
    return added(kind, key, "it", after) if before is None else changed(kind, key, "it", before, after)


def test_member_outside_the_identity_map() -> None:
    """Of new members, and of those who fall out of it; an app needs no address."""
    plan = Plan(
        Origin(settings={"identities.map": "sha256:0"}),
        entities=(
            of("user", None, {"email": None}),
            of("user", None, {"email": ("ada@acme.example",)}),
            of("user", {"email": ("ada@acme.example",)}, {"email": None}),
            of("user", {"email": None}, {"email": None, "nickname": "ada"}),
            of("user", None, {"email": None, "isPerson": False}),
        ),
    )

    notes = [finding.note for finding in worth_a_look(plan) if finding.rule.name == "outside_identity_map"]

    assert notes == ["new", "was in it"]


def test_without_an_identity_map_nobody_is_outside_of_it() -> None:
    """Everybody would be."""
    assert found(of("user", None, {"email": None})) == []


UNAPPROVED: Properties = {"merged": True, "approved": False, "commits": ("a", "b"), "commitsNotApproved": ("b",)}
PUSH: Properties = {"name": "push", "pattern": "main"}


@pytest.mark.parametrize(
    ("kind", "before", "after", "expected"),
    [
        ("repository", None, {"public": True}, ("made_public", "new, and public")),
        ("repository", {"public": False}, {"public": True}, ("made_public", "was private")),
        ("repository", {"public": True}, {"public": True, "language": "elm"}, None),
        ("repository", {"public": True}, {"public": False}, None),
        ("repository", None, {"public": False}, None),
        ("permission", None, {"permission": "admin"}, ("admin_granted", "new")),
        ("permission", {"permission": "write"}, {"permission": "admin"}, ("admin_granted", "was write")),
        ("permission", {"permission": "admin"}, {"permission": "write"}, None),
        ("permission", None, {"permission": "read"}, None),
        (
            "user",
            {"workspaceRole": "member"},
            {"workspaceRole": "owner"},
            ("admin_granted", "owner of the workspace; was member"),
        ),
        ("user", {}, {"workspaceRole": "owner"}, ("admin_granted", "owner of the workspace; was unknown")),
        ("user", {"workspaceRole": "owner"}, {"workspaceRole": "member"}, None),
        (
            "branch_restriction",
            {**PUSH, "value": 2},
            {**PUSH, "value": 1},
            ("restriction_loosened", "asks for 1 instead of 2"),
        ),
        (
            "branch_restriction",
            {**PUSH, "value": 2},
            PUSH,
            ("restriction_loosened", "asks for none instead of 2"),
        ),
        ("branch_restriction", {**PUSH, "value": 1}, {**PUSH, "value": 2}, None),
        (
            "branch_restriction",
            PUSH,
            {**PUSH, "pattern": "release/*"},
            ("restriction_loosened", "covers other branches: was main"),
        ),
        ("branch_restriction", PUSH, {**PUSH, "name": "force"}, ("restriction_loosened", "was push")),
        ("branch_restriction", None, PUSH, None),
        (
            "branch_restriction",
            None,
            {"name": "allow_auto_merge_when_builds_pass"},
            ("restriction_loosened", "new, and allows what was not allowed"),
        ),
        ("pull_request", None, UNAPPROVED, ("merged_unapproved", "1 of 2 commits unapproved")),
        (
            "pull_request",
            {"merged": False},
            {**UNAPPROVED, "author": "Ada"},
            ("merged_unapproved", "by Ada; 1 of 2 commits unapproved"),
        ),
        ("pull_request", None, {"merged": True}, ("merged_unapproved", "nobody can say what was approved")),
        (
            "pull_request",
            {"merged": True, "approved": True},
            {**UNAPPROVED, "commits": (), "commitsNotApproved": ()},
            ("merged_unapproved", "no commits are listed"),
        ),
        ("pull_request", UNAPPROVED, {**UNAPPROVED, "title": "Now with a title"}, None),
        ("pull_request", None, {"merged": True, "approved": True}, None),
        ("pull_request", None, {"open": True, "approved": False}, None),
        (
            "pull_request",
            {"approvedCommitsRemoved": False},
            {"approvedCommitsRemoved": True, "state": "OPEN"},
            ("approved_commits_removed", "open; pushed over after the approval"),
        ),
        ("pull_request", {"approvedCommitsRemoved": True}, {"approvedCommitsRemoved": True, "state": "OPEN"}, None),
        ("project", None, {"public": True}, None),
    ],
)
def test_what_a_change_is_worth(
    kind: str, before: Properties | None, after: Properties, expected: tuple[str, str] | None
) -> None:
    """A rule points to what was not so before, says what about it, and to nothing else."""
    pointed = found(of(kind, before, after))

    assert pointed == ([expected] if expected else [])


def removed(key: str, reason: Reason, properties: Properties) -> Change[Entity]:
    """A restriction that goes."""
    proof = Proof(Listing("branch_restriction", "{web-repository}"), 3, 1) if reason is Reason.ABSENT else None
    before = entity("branch_restriction", key, properties)
    return Change(before, None, "acme/web · push on main", reason, proof=proof)


def test_a_restriction_that_is_removed_is_worth_a_look() -> None:
    """The branch is open now."""
    assert found(removed(RESTRICTION, Reason.ABSENT, PUSH)) == [("restriction_loosened", "removed")]


def test_a_restriction_that_goes_with_its_repository_is_not() -> None:
    """There is no branch left to guard."""
    assert found(removed(RESTRICTION, Reason.CASCADE, PUSH)) == []


def test_what_allowed_something_may_go() -> None:
    """To take away what allows automatic merges makes nothing looser."""
    assert found(removed(RESTRICTION, Reason.ABSENT, {"name": "allow_auto_merge_when_builds_pass"})) == []


def test_a_restriction_that_was_made_anew_says_so() -> None:
    """Whoever removed it and made the same again did something else than who only removed it."""
    anew = added("branch_restriction", f"{RESTRICTION}0", "acme/web · push on main", PUSH)

    pointed = found(anew, removed(RESTRICTION, Reason.ABSENT, PUSH))

    assert pointed == [("restriction_loosened", "removed, and one of the same name added")]


@pytest.mark.parametrize("who", ["user", "group"])
def test_one_more_exemption_is_worth_a_look(who: str) -> None:
    """Unless the restriction itself is new, and its exemptions with it."""
    tie = tied(f"bitbucket_branch_restriction_allows_{who}", RESTRICTION, "{somebody-or-some}")
    plan = Plan(Origin(), relationships=(Change(None, tie, "acme/web · push on main ALLOWS Ada", Reason.NEW),))
    new = evolve(plan, entities=(added("branch_restriction", RESTRICTION, "acme/web · push on main", PUSH),))

    pointed = [(finding.rule.name, finding.label, finding.note) for finding in worth_a_look(plan)]

    assert pointed == [("restriction_loosened", "acme/web · push on main ALLOWS Ada", "one more is exempt")]
    assert worth_a_look(new) == ()


def test_an_exemption_that_goes_is_not() -> None:
    """One less may push."""
    tie = tied("bitbucket_branch_restriction_allows_user", RESTRICTION, "{somebody-or-some}")

    plan = Plan(Origin(), relationships=(Change(tie, None, "acme/web · push on main ALLOWS Ada", Reason.ABSENT),))

    assert worth_a_look(plan) == ()


def test_findings_stand_rule_by_rule() -> None:
    """In the order of the rules, and then of the plan."""
    exposed = of("repository", None, {"public": True})
    granted = of("permission", None, {"permission": "admin"})

    pointed = found(granted, exposed, granted, exposed)

    assert [name for name, _ in pointed] == ["made_public", "made_public", "admin_granted", "admin_granted"]


def test_a_rule_that_is_switched_off_points_to_nothing() -> None:
    """The plan names it, so whoever shows the plan later sees the same."""
    exposed = of("repository", None, {"public": True})

    assert found(exposed, off=("made_public", "a rule of a later version")) == []
    assert found(exposed, off=("admin_granted",)) == [("made_public", "new, and public")]


def test_every_module_declares_a_rule_that_is_listed() -> None:
    """A file that was forgotten would be a rule that nobody asks."""
    modules = {module.name for module in pkgutil.iter_modules(bbsync.rules.__path__) if module.name[0] != "_"}

    assert {rule.name for rule in RULES} == modules


def test_rules_look_at_types_that_there_are() -> None:
    """A misspelt type would never be found."""
    declared = {*KINDS.by_type, *KINDS.relationships}

    assert {name for rule in RULES for name in rule.looks} <= declared


def test_titles_and_sentences_tell_rules_apart() -> None:
    """Reports show the title, and lists the sentence."""
    assert len({rule.title for rule in RULES}) == len(RULES)
    assert all(rule.sentence.endswith(".") for rule in RULES)
