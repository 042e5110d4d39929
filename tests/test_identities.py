"""Who is who: what the identity map says of users, and what of it is written."""

from __future__ import annotations

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from small_world import ADA, BEN, everything_seen, small_graph
from strategies import TIES

from bbsync.graph import Entity, Graph
from bbsync.identities import Identities, Identity, Row, identify
from bbsync.kinds.user import person
from bbsync.mapped import with_mapped

EMAIL = "ada@acme.example"


def user(key: str = ADA, **properties: object) -> Entity:
    """A user with a nickname and an account id."""
    held = {"displayName": "Ada", "name": "Ada", "nickname": "ada", "accountId": "5b:1", "email": None, **properties}
    return Entity(key, "bitbucket_user", ("User",), held)  # type: ignore[arg-type]  # properties are given by name


def row(by: str, account: str, email: str = EMAIL, line: int = 2) -> Row:
    """A row of the map."""
    return Row(line, by, account, email)


def test_row_is_about_the_account_that_it_names() -> None:
    """By account id, by uuid, or by nickname."""
    rows = [row("account_id", "5b:1"), row("uuid", ADA), row("nickname", "ada")]

    found = [Identities((one,), "map.csv").of([user(), user(BEN, nickname="ben", accountId="5b:2")]) for one in rows]

    assert found == [{ADA: Identity(EMAIL, (one,))} for one in rows]


def test_rows_that_agree_are_one() -> None:
    """An account that is named twice with one address has that address."""
    rows = (row("account_id", "5b:1"), row("nickname", "ada", line=3))

    assert Identities(rows, "map.csv").of([user()])[ADA].email == EMAIL


def test_rows_that_disagree_give_nothing() -> None:
    """Of two addresses nobody can say which is right, so neither is written."""
    rows = (row("account_id", "5b:1"), row("nickname", "ada", "other@acme.example", line=7))

    found = Identities(rows, "map.csv").of([user()])[ADA]

    assert found == Identity(None, rows, "lines 2 and 7 of the map give different addresses")


def test_nickname_that_two_have_gives_nothing() -> None:
    """Nobody is kept from taking another's nickname, and with it another's identity."""
    rows = (row("nickname", "ada"),)

    found = Identities(rows, "map.csv").of([user(), user(BEN, accountId="5b:2")])

    problem = "line 2 of the map names a nickname that several accounts have"
    assert found == {key: Identity(None, rows, problem) for key in (ADA, BEN)}


def test_address_is_written_and_sought() -> None:
    """The address of the map becomes the user's, and the Person is looked for by it, too."""
    seen = everything_seen(Graph.of([user()]))

    found = with_mapped(identify(seen, Identities((row("uuid", ADA),), "map.csv"))).graph

    assert found.entities[ADA].properties["email"] == (EMAIL,)
    (tie,) = found.relationships.values()
    assert tie.properties == {"displayName": "IS", "bitbucketNickname": "ada", "email": EMAIL}
    assert (tie.key, tie.source, tie.target) == (f"{ADA}|is|{ADA}", ADA, ADA)


def test_user_of_whom_nothing_is_known_is_tied_to_nobody() -> None:
    """Without a nickname and without an address there is nothing to look for; an app is no person."""
    strangers = [user(nickname=None), user(BEN, isPerson=False)]

    assert not with_mapped(everything_seen(Graph.of(strangers))).graph.relationships


def test_without_a_map_everything_is_as_bitbucket_shows_it() -> None:
    """Nothing is changed where nothing is set."""
    seen = everything_seen(small_graph())

    assert identify(seen, Identities()) is seen


@given(
    name=st.text(),
    nickname=st.none() | st.text(),
    email=st.none() | st.just((EMAIL,)),
    switched=st.sampled_from([None, False, "true", 1]),
)
def test_name_never_tells_unless_switched_on(
    name: str, nickname: str | None, email: tuple[str, ...] | None, switched: object
) -> None:
    """Two people may share a name, whatever else is known of them."""
    properties = user(name=name, displayName=name, nickname=nickname, email=email).properties

    assert "name" not in person({**properties, "matchedByName": switched})  # type: ignore[dict-item]  # somebody's


def test_name_tells_where_that_is_switched_on() -> None:
    """The user says so in the graph, so that anybody can see how the Person was found."""
    found = with_mapped(identify(everything_seen(Graph.of([user()])), Identities(by_name=True))).graph

    assert found.entities[ADA].properties["matchedByName"] is True
    assert found.relationships[f"{ADA}|is|{ADA}"].properties["name"] == "Ada"


@given(st.permutations([row("uuid", ADA), row("nickname", "ben", "b@acme.example", 3), row("account_id", "5b:3")]))
def test_order_of_the_rows_does_not_matter(rows: list[Row]) -> None:
    """The same users get the same addresses."""
    users = [user(), user(BEN, nickname="ben", accountId="5b:2")]

    found = Identities(tuple(rows), "map.csv").of(users)

    assert {key: identity.email for key, identity in found.items()} == {ADA: EMAIL, BEN: "b@acme.example"}


def test_mapped_type_is_spelled_like_the_others() -> None:
    """What is kept is what JupiterOne's data model calls it."""
    declared = TIES["bitbucket_user", "IS", "person"]

    assert declared.type == "bitbucket_user_is_person"
    assert evolve(declared, verb="HAS").type == "bitbucket_user_has_person"
