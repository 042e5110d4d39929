"""A secret is found in whatever spelling somebody repeats it."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bbsync.bitbucket.answers import Unreadable, content_of
from bbsync.jupiterone.client import JupiterOneClient
from bbsync.jupiterone.refusals import RequestFailed
from bbsync.network.whole import credentials, errors_without_credentials, repeats_credentials
from bbsync.secret import SHORTEST, Secret, hide, holds

SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "json": lambda text: json.dumps(text)[1:-1],
    "address": lambda text: quote(text, safe=""),
    "form": quote_plus,
    "html": html.escape,
    "python": lambda text: repr(text)[1:-1],
    "bytes": lambda text: repr(text.encode())[2:-1],
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
}

#: Of any characters that a variable may hold; what steers regular expressions, JSON or a shell is likelier.
secrets = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=SHORTEST, max_size=40),
    st.text(".*+?()[]{}|\\^$'\"<>&%/ \n-", min_size=SHORTEST, max_size=20),
)

around = st.text(max_size=20)


@given(secrets, around, around, st.sampled_from(sorted(SPELLINGS)))
@example(".*.*.*.*", "a", "b", "as it is")
@example(r"\1\g<0>\\x", "a", "b", "json")
@example("correct horse", "", "", "form")
def test_no_spelling_of_a_secret_is_left(text: str, before: str, after: str, spelling: str) -> None:
    """However it is repeated, and among whatever words, it is gone afterwards."""
    spelled = SPELLINGS[spelling](text)

    shown = hide(f"{before}{spelled}{after}", [Secret(text)])

    assert "…" in shown
    assert spelled not in shown.replace("…", "\0")


@given(secrets, st.text("\N{GREEK SMALL LETTER ALPHA}", max_size=30))
def test_words_that_hold_no_secret_stay(text: str, words: str) -> None:
    """Nothing else is taken for one."""
    if words and words in text:
        return

    assert hide(words, [Secret(text), Secret()]) == words


def test_case_does_not_save_a_secret() -> None:
    """Names of hosts come in small letters."""
    assert hide("at correcthorse.example", [Secret("CorrectHorse")]) == "at ….example"


@given(secrets, st.sampled_from(sorted(SPELLINGS)))
@example('it is "quoted"', "json")
def test_content_that_repeats_a_secret_is_recognised(text: str, spelling: str) -> None:
    """In the same spellings, by themselves and in a document."""
    spelled = SPELLINGS[spelling](text)

    for content in (f"x{spelled}x", json.dumps({"name": spelled})):
        assert holds(content.encode(), [Secret("another-one"), Secret(text)])


@pytest.mark.parametrize("text", ["", "id", "values", "1234567"])
def test_a_short_secret_is_not_looked_for_in_content(text: str) -> None:
    """It may be any word of any answer; none that is set is so short."""
    assert not holds(b'{"id": 1234567, "values": []}', [Secret(text)])


def _request(authorization: str) -> httpx.Request:
    return httpx.Request("GET", "https://api.bitbucket.org/2.0/x", headers={"authorization": authorization})


def test_credentials_are_those_of_the_request() -> None:
    """A token; or the secret of a consumer, also behind its key and packed as HTTP packs it."""
    basic = httpx.BasicAuth("consumer-key", "consumer-secret")
    packed = next(basic.auth_flow(_request("none"))).headers["authorization"]

    assert [each.reveal() for each in credentials(_request("Bearer token-0123456789"))] == ["token-0123456789"]
    assert {each.reveal() for each in credentials(_request(packed))} == {
        "consumer-key:consumer-secret",
        "consumer-secret",
        packed.removeprefix("Basic "),
    }


@pytest.mark.parametrize("authorization", ["", "Basic", "Basic ####", "Basic /w==", "Bearer", "nonsense"])
def test_strange_credentials_are_no_obstacle(authorization: str) -> None:
    """What cannot be read is looked for as it stands."""
    response = httpx.Response(200, content=b"{}", request=_request(authorization))

    assert not repeats_credentials(response)


@pytest.mark.parametrize("kind", [httpx.RemoteProtocolError, httpx.ReadError, httpx.DecodingError])
def test_an_exception_that_quotes_a_token_is_replaced(kind: type[httpx.RequestError]) -> None:
    """With everything that led to it, as a traceback would show that."""
    request = _request("Bearer token-0123456789")

    with pytest.raises(kind) as caught, errors_without_credentials(request):
        raise kind("illegal header line: bytearray(b'you sent token-0123456789')") from ValueError("token-0123456789")

    assert "token-0123456789" not in f"{caught.value!r} {caught.value}"
    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)


def test_an_exception_without_a_token_stays() -> None:
    """And so does what led to it."""
    failure = httpx.ReadError("reset")

    with pytest.raises(httpx.ReadError) as caught, errors_without_credentials(_request("Bearer token-0123456789")):
        raise failure

    assert caught.value is failure


def test_an_answer_of_bitbucket_that_repeats_the_token_is_not_used() -> None:
    """Whatever else stands in it would be in the plan beside the token."""
    response = httpx.Response(
        200, json={"values": [{"name": "token-0123456789"}]}, request=_request("Bearer token-0123456789")
    )

    with pytest.raises(Unreadable) as caught:
        content_of(response)

    assert caught.value.code == "BB-FETCH-SECRET"


def test_an_answer_of_jupiterone_that_repeats_a_key_is_not_used() -> None:
    """Nor is one of whoever holds its results, who was asked without."""
    key = Secret("read-key-0123456789")
    client = JupiterOneClient(
        account="acme",
        read_key=key,
        sync_key=key,
        api_url="https://api.example.test",
        graphql_url="https://graphql.example.test/",
        transport=httpx.MockTransport(lambda _request: httpx.Response(200, json={"data": {"name": key.reveal()}})),
    )

    with client, pytest.raises(RequestFailed, match="It repeats the key"):
        client.graphql("{x}", {}, doing="asking")
