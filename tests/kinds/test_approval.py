"""Stories of approval: which commits did somebody other than their author approve?"""

from __future__ import annotations

import pytest
from attrs import frozen

from bbsync.kinds._approval import Approved, Commit, SourceMoved, Verdict, judge

ADA, BEN, CAI = "{ada}", "{ben}", "{cai}"
MEMBERS = frozenset({ADA, BEN, CAI})

A, B, C, D = "a" * 40, "b" * 40, "c" * 40, "d" * 40


def at(minute: int) -> str:
    """A time as Bitbucket writes it."""
    return f"2026-03-01T10:{minute:02}:00.000000+00:00"


@frozen
class Story:
    """What happened, and what of it is approved. Commits are newest first, as Bitbucket lists them."""

    commits: tuple[Commit, ...]
    moves: tuple[SourceMoved, ...]
    approvals: tuple[Approved, ...]
    approved: tuple[str, ...]
    removed: bool = False
    unknown: tuple[str, ...] = ()
    members: frozenset[str] | None = MEMBERS


ONE = (Commit(A, ADA),)
TWO = (Commit(B, ADA, (A,)), Commit(A, ADA, (D,)))
OPENED_AT_A = SourceMoved(at(0), A)
PUSHED_B = SourceMoved(at(10), B)

STORIES = {
    "somebody else approves": Story(ONE, (OPENED_AT_A,), (Approved(at(1), BEN),), (A,)),
    "nobody approves": Story(ONE, (OPENED_AT_A,), (), ()),
    "the author approves their own commit": Story(ONE, (OPENED_AT_A,), (Approved(at(1), ADA),), ()),
    "the author and somebody else approve": Story(
        ONE, (OPENED_AT_A,), (Approved(at(1), ADA), Approved(at(2), BEN)), (A,)
    ),
    "a push follows the approval": Story(TWO, (OPENED_AT_A, PUSHED_B), (Approved(at(5), BEN),), (A,)),
    "the same user approves again after the push": Story(
        TWO, (OPENED_AT_A, PUSHED_B), (Approved(at(5), BEN), Approved(at(15), BEN)), (B, A)
    ),
    "another user approves after the push": Story(
        TWO, (OPENED_AT_A, PUSHED_B), (Approved(at(5), BEN), Approved(at(15), CAI)), (B, A)
    ),
    "only the later approval counts for both": Story(TWO, (OPENED_AT_A, PUSHED_B), (Approved(at(15), CAI),), (B, A)),
    "two authors approve each other": Story(
        (Commit(B, BEN, (A,)), Commit(A, ADA, (D,))),
        (OPENED_AT_A, PUSHED_B),
        (Approved(at(15), ADA), Approved(at(16), BEN)),
        (B, A),
    ),
    "one of two authors approves": Story(
        (Commit(B, BEN, (A,)), Commit(A, ADA, (D,))), (OPENED_AT_A, PUSHED_B), (Approved(at(15), BEN),), (A,)
    ),
    "the approver is not a member": Story(
        ONE, (OPENED_AT_A,), (Approved(at(1), CAI),), (), members=frozenset({ADA, BEN})
    ),
    "members are not read": Story(ONE, (OPENED_AT_A,), (Approved(at(1), CAI),), (A,), members=None),
    "the author's account is unknown": Story(
        (Commit(A, None),), (OPENED_AT_A,), (Approved(at(1), BEN),), (A,), unknown=(A,)
    ),
    "the author is not a member": Story(
        ONE, (OPENED_AT_A,), (Approved(at(1), BEN),), (A,), unknown=(A,), members=frozenset({BEN})
    ),
    "members are not read, and the author has no account": Story(
        (Commit(A, None),), (OPENED_AT_A,), (), (), unknown=(A,), members=None
    ),
    "a force push after the approval": Story(
        (Commit(C, ADA, (D,)),), (OPENED_AT_A, SourceMoved(at(10), C)), (Approved(at(5), BEN),), (), removed=True
    ),
    "a force push, then approved again": Story(
        (Commit(C, ADA, (D,)),),
        (OPENED_AT_A, SourceMoved(at(10), C)),
        (Approved(at(5), BEN), Approved(at(15), BEN)),
        (C,),
        removed=True,
    ),
    "a force push that drops only the newest commit": Story(
        (Commit(A, ADA, (D,)),),
        (OPENED_AT_A, PUSHED_B, SourceMoved(at(20), A)),
        (Approved(at(15), BEN),),
        (),
        removed=True,
    ),
    "no commits": Story((), (OPENED_AT_A,), (Approved(at(1), BEN),), ()),
    "merged, then approved": Story(ONE, (OPENED_AT_A, SourceMoved(at(8), A[:12])), (Approved(at(9), BEN),), (A,)),
    "the feed holds only the merge": Story(ONE, (SourceMoved(at(8), A),), (Approved(at(1), BEN),), ()),
    "the feed holds nothing": Story(ONE, (), (Approved(at(1), BEN),), ()),
    "hashes of 12 in the feed and of 40 in the list": Story(
        TWO, (SourceMoved(at(0), A[:12]), SourceMoved(at(10), B[:12])), (Approved(at(5), BEN),), (A,)
    ),
    "hashes of 40 in the feed and of 12 in the list": Story(
        (Commit(B[:12], ADA, (A[:12],)), Commit(A[:12], ADA)),
        (SourceMoved(at(0), A), SourceMoved(at(10), B)),
        (Approved(at(5), BEN),),
        (A[:12],),
    ),
    "parents of 12 in a list of 40": Story(
        (Commit(B, ADA, (A[:12],)), Commit(A, ADA, (D[:12],))), (PUSHED_B,), (Approved(at(15), BEN),), (B, A)
    ),
    "a list without parents is taken as a line": Story(
        (Commit(B, ADA), Commit(A, ADA)), (OPENED_AT_A, PUSHED_B), (Approved(at(5), BEN),), (A,)
    ),
    "the destination is merged into the source": Story(
        (Commit(C, ADA, (B, D)), Commit(B, ADA, (A,)), Commit(A, ADA, (D,))),
        (SourceMoved(at(0), C),),
        (Approved(at(5), BEN),),
        (C, B, A),
    ),
    "two lines joined; only one was there when it was approved": Story(
        (Commit(C, ADA, (A, B)), Commit(B, ADA, (D,)), Commit(A, ADA, (D,))),
        (OPENED_AT_A, SourceMoved(at(10), C)),
        (Approved(at(5), BEN),),
        (A,),
    ),
    "approved in the instant of the push": Story(TWO, (OPENED_AT_A, PUSHED_B), (Approved(at(10), BEN),), (B, A)),
    "times with and without a fraction": Story(
        TWO,
        (SourceMoved("2026-03-01T10:00:00Z", A), SourceMoved("2026-03-01T10:00:00.900Z", B)),
        (Approved("2026-03-01T10:00:00.5Z", BEN),),
        (A,),
    ),
}


def verdict(story: Story) -> Verdict:
    """What is made of a story."""
    return judge(story.commits, story.moves, story.approvals, members=story.members)


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_story(story: Story) -> None:
    """Every commit is approved or not, and what is not known is not counted."""
    found = verdict(story)

    hashes = tuple(commit.hash for commit in story.commits)
    assert found.approved == story.approved
    assert found.not_approved == tuple(one for one in hashes if one not in story.approved)
    assert found.by_unknown_author == story.unknown
    assert found.removed is story.removed


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_order_of_the_feed_does_not_matter(story: Story) -> None:
    """Bitbucket lists newest first; nothing relies on it."""
    turned = judge(story.commits, reversed(story.moves), reversed(story.approvals), members=story.members)

    assert turned == verdict(story)


def test_all_approved_needs_a_commit() -> None:
    """A pull request without commits proves no review."""
    assert not verdict(STORIES["no commits"]).all_approved
    assert verdict(STORIES["no commits"]).validated


def test_all_approved_needs_every_commit() -> None:
    """One commit that nobody else saw is enough to lose it."""
    assert verdict(STORIES["the same user approves again after the push"]).all_approved
    assert not verdict(STORIES["a push follows the approval"]).all_approved


def test_validated_needs_known_authors() -> None:
    """A commit by an unknown author may be anybody's, the approver's included."""
    found = verdict(STORIES["the author's account is unknown"])

    assert found.all_approved
    assert not found.validated
