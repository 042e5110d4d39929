"""The part of J1QL that the stand-in understands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupiterone_client import Client, entity, tie

from bbsync.sandbox.jupiterone.j1ql import parse
from bbsync.sandbox.jupiterone.queries import Comparison, Literal, QueryRefused

WEB = entity(1, name="web", public=True, stars=10, languages=["python", "go"], **{"tag.Team": "blue"})
API = entity(2, name="api", public=False, stars=2)
USER = {"_key": "user-number-1", "_type": "bitbucket_user", "_class": ["User"], "name": "ada", "stars": 2}


@pytest.fixture(scope="module")
def client() -> Client:
    """Two repositories, a user who opened one and owns the other, and somebody else's entity."""
    client = Client(polls_in_progress=0)
    opened = {"_key": "opened-1", "_type": "bitbucket_user_opened_repo", "_class": "OPENED", "level": "high"}
    owns = {"_key": "owns-number-2", "_type": "bitbucket_user_owns_repo", "_class": "OWNS"}
    ends = {"_fromEntityKey": "user-number-1"}
    ties = [
        opened | ends | {"_toEntityKey": "repository-1"},
        owns | ends | {"_toEntityKey": "repository-2"},
        tie(1, 2),
    ]
    client.synchronize(WEB, API, USER, ties=ties)
    client.account.put([entity(9, name="foreign", stars="many")], scope="elsewhere")
    return client


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("FIND bitbucket_repo", [1, 2, 9]),
        ("find CodeRepo", [1, 2, 9]),
        ("FIND coderepo", []),
        ("FIND (User|Nobody|bitbucket_repo) WITH _scope='bbsync' AND name != 'ada'", [1, 2]),
        ("FIND * WITH _scope = 'bbsync' AND _type = 'bitbucket_repo'", [1, 2]),
        ('FIND * WITH _source = "api" AND _scope = "elsewhere"', [9]),
        ("FIND * WITH _class = 'CodeRepo' AND _key = 'repository-2'", [2]),
        ("FIND CodeRepo WITH name = 'web'", [1]),
        ("FIND CodeRepo WITH name != 'web'", [2, 9]),
        ("FIND CodeRepo WITH public = true", [1]),
        ("FIND CodeRepo WITH public = 1", []),
        ("FIND CodeRepo WITH public != true", [2, 9]),
        ("FIND CodeRepo WITH public = undefined", [9]),
        ("FIND CodeRepo WITH public != undefined", [1, 2]),
        ("FIND CodeRepo WITH public = null", [9]),
        ("FIND CodeRepo WITH stars > 2", [1]),
        ("FIND CodeRepo WITH stars >= 2", [1, 2]),
        ("FIND CodeRepo WITH stars < 10.5", [1, 2]),
        ("FIND CodeRepo WITH stars <= -1", []),
        ("FIND CodeRepo WITH stars > 'a'", [9]),
        ("FIND CodeRepo WITH name ~= 'e'", [1, 9]),
        ("FIND CodeRepo WITH name ^= 'w'", [1]),
        ("FIND CodeRepo WITH name $= 'i'", [2]),
        ("FIND CodeRepo WITH name !~= 'e'", [2]),
        ("FIND CodeRepo WITH name !^= 'w'", [2, 9]),
        ("FIND CodeRepo WITH name !$= 'i'", [1, 9]),
        ("FIND CodeRepo WITH languages = 'go'", [1]),
        ("FIND CodeRepo WITH languages ~= 'pyth'", [1]),
        ("FIND CodeRepo WITH languages > 'h'", [1]),
        ("FIND CodeRepo WITH name = ('web' OR 'api')", [1, 2]),
        ("FIND CodeRepo WITH name != ('web' AND 'api')", [9]),
        ("FIND CodeRepo WITH tag.Team = 'blue'", [1]),
        ("FIND CodeRepo WITH [tag.Team] = 'blue'", [1]),
        ("FIND CodeRepo WITH name = 'web' OR name = 'api' AND public = true", [1]),
        ("FIND CodeRepo WITH (name = 'web' OR name = 'api') AND public = false", [2]),
        ("FIND CodeRepo THAT OPENED User", [1]),
        ("FIND CodeRepo THAT !HAS CodeRepo THAT OWNS User", []),
        ("FIND CodeRepo AS a THAT !OPENED User THAT OWNS User AS u WHERE a.stars = u.stars", [2]),
        ("FIND CodeRepo THAT RELATES TO User", [1, 2]),
        ("FIND CodeRepo THAT RELATES TO << User", [1, 2]),
        ("FIND CodeRepo THAT RELATES TO >> User", []),
        ("FIND CodeRepo THAT (OPENED|OWNS) User WITH stars = 2", [1, 2]),
        ("FIND CodeRepo THAT HAS >> CodeRepo", [1]),
        ("FIND CodeRepo THAT HAS CodeRepo", [1, 2]),
        ("FIND CodeRepo THAT !OWNS User", [1, 9]),
        ("FIND CodeRepo AS a THAT RELATES TO User AS u WHERE a.stars = u.stars", [2]),
        ("FIND CodeRepo AS a THAT RELATES TO AS r User WHERE r.level = 'high'", [1]),
        ("FIND CodeRepo THAT RELATES TO AS r << User WHERE r._class = 'OWNS' OR r.level = 'high'", [1, 2]),
        ("FIND CodeRepo AS a THAT HAS CodeRepo THAT OWNS User RETURN a", [1]),
        ("FIND CodeRepo THAT OWNS User THAT OPENED CodeRepo AS b RETURN b", [1]),
        ("FIND CodeRepo AS a ORDER BY a.name LIMIT 1", [2]),
        ("FIND CodeRepo AS a ORDER BY a.name DESC LIMIT 1", [1]),
        ("FIND CodeRepo AS a ORDER BY a.public LIMIT 1", [2]),
        ("FIND CodeRepo AS a ORDER BY a.public DESC LIMIT 1", [9]),
    ],
)
def test_queries_find_what_they_ask_for(client: Client, query: str, numbers: list[int]) -> None:
    """Classes, types, conditions, traversals and orders mean what is documented."""
    found = client.keys(query)

    assert found == [f"repository-{number}" for number in numbers]


def test_variables_are_put_in() -> None:
    """`${name}` stands for a variable of any kind."""
    client = Client()
    client.synchronize(WEB, API)

    found = client.keys("FIND CodeRepo WITH public = ${public}", variables={"public": False})

    assert found == ["repository-2"]


@given(st.text())
def test_any_text_can_be_quoted(text: str) -> None:
    """With backslashes before quotes and backslashes, every text is a value."""
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")

    query = parse(f"FIND * WITH _scope = '{quoted}'")

    assert query.start.condition == Comparison(("_scope",), "=", (Literal(text),))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "Unable to parse query"),
        ("FIND", "Unable to parse query"),
        ("SELECT * FROM x", "Unable to parse query at line 1, column 1"),
        ("FIND x WITH", "Unable to parse query"),
        ("FIND x WITH a = 'open", "Unable to parse query"),
        ("FIND x AS a WITH b = 1", "Unable to parse query"),
        ("FIND x LIMIT 0", '"limit" must be a value between 1 and 250 (inclusive). Received: 0'),
        ("FIND x LIMIT 251", '"limit" must be a value between 1 and 250 (inclusive). Received: 251'),
        ("FIND x SKIP 10 LIMIT 5", "SKIP is no longer supported"),
        ("FIND x SKIP 10", "SKIP is no longer supported"),
        ("FIND x WITH a = ${missing}", "Variable 'missing' has no value"),
        ("FIND x WHERE y.a = 1", "Unknown selector 'y.a'"),
        ("FIND x RETURN y", "Unknown selector 'y'"),
        ("FIND x AS a RETURN x.name", "Unknown selector 'x.name'"),
        ("FIND x RETURN count(y)", "Unknown selector 'y'"),
    ],
)
def test_what_is_not_understood_is_a_syntax_error(client: Client, query: str, said: str) -> None:
    """A refused query answers HTTP 200 with a message and the code in it."""
    message = client.refused(query)

    assert message.startswith(said)
    assert message.endswith("(code=SYNTAX_ERROR)")


@given(st.text(alphabet="FINDWTHRELASO *()|'\"=!<>~^$.[]{}ax1,_-\\"))
def test_any_text_is_a_query_or_refused(text: str) -> None:
    """No text breaks the parser in another way."""
    try:
        found: Any = parse(text)
    except QueryRefused as refused:
        found = str(refused)

    assert found
