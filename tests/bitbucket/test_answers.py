"""Answers become JSON, or the reason why they are none."""

from __future__ import annotations

import httpx
import pytest

from bbsync.bitbucket.answers import Unreadable, content_of, read_json, refusal, server_time

LACKING = {"granted": [], "required": ["account"]}


ASKED = httpx.Request("GET", "https://api.bitbucket.org/2.0/x", headers={"authorization": "Bearer tok-123-en"})


def test_a_successful_answer_gives_its_json() -> None:
    """Nothing is added and nothing is lost."""
    response = httpx.Response(200, content=b'{"values": [1, 2.5, null, true, "\\u00e9"]}', request=ASKED)

    assert content_of(response) == {"values": [1, 2.5, None, True, "é"]}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Log in</html>",
        b'{"values": [',
        b'{"size": NaN}',
        b'{"size": 1e999}',
        b'"\xff"',
        b'{"values": []} trailing',
        b"[" * 100_000,
    ],
)
def test_what_is_not_json_says_so(body: bytes) -> None:
    """A login page, half a body, numbers that are none, endless brackets: a reason and no crash."""
    response = httpx.Response(200, content=body, headers={"content-type": "text/html; charset=utf-8"}, request=ASKED)

    with pytest.raises(Unreadable, match=r"the answer is not JSON \(text/html\)") as caught:
        content_of(response)

    assert caught.value.code == "BB-FETCH-JSON"


def test_half_of_a_surrogate_pair_becomes_the_replacement_character() -> None:
    """A title cut in the middle of an emoji costs its last character, not the listing."""
    assert read_json(b'{"title": "\\ud83d and \\ud83d\\ude00"}') == {"title": "\ufffd and \U0001f600"}


@pytest.mark.parametrize(
    ("status", "body", "code", "detail"),
    [
        (403, {"error": {"message": "No access."}}, "BB-FETCH-403", "403: No access"),
        (403, {"error": {"message": "x", "detail": LACKING}}, "BB-FETCH-403", "403: the token lacks account"),
        (404, {"error": {"message": "Gone", "detail": "a string"}}, "BB-FETCH-404", "404: Gone"),
        (404, "Not Found", "BB-FETCH-404", "404: Not Found"),
        (500, None, "BB-FETCH-500", "500: Internal Server Error"),
        (302, {}, "BB-FETCH-REDIRECT", "302: it points somewhere else"),
        (418, {"error": "short and stout"}, "BB-FETCH-418", "418: I'm a teapot"),
    ],
)
def test_a_refusal_tells_its_status_and_what_bitbucket_says(status: int, body: object, code: str, detail: str) -> None:
    """In Bitbucket's words where its error envelope is there; it often is not."""
    found = refusal(httpx.Response(status, json=body, request=ASKED))

    assert (found.code, found.detail, found.status) == (code, detail, status)


def test_a_long_message_is_cut() -> None:
    """A page of text is no clause."""
    found = refusal(httpx.Response(400, json={"error": {"message": "x" * 9000}}, request=ASKED))

    assert len(found.detail) < 250


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Sat, 14 Mar 2026 12:00:00 GMT", 1_773_489_600_000),
        ("Sat, 14 Mar 2026 12:00:00 -0000", 1_773_489_600_000),
        ("Sat, 14 Mar 2026 13:00:00 +0100", 1_773_489_600_000),
        ("yesterday", None),
        ("", None),
    ],
)
def test_the_servers_clock_is_read_from_the_date_header(date: str, expected: int | None) -> None:
    """Whatever zone this machine is in; nonsense is not a time."""
    assert server_time(httpx.Response(200, headers={"date": date})) == expected


def test_an_answer_without_a_date_has_no_time() -> None:
    """Then there is no watermark, and the next window opens early enough."""
    assert server_time(httpx.Response(200)) is None


def test_a_message_that_repeats_the_token_does_not() -> None:
    """What Bitbucket was asked with is not in what is said about its answer, nor a part of it after the cut."""
    body = {"error": {"message": "x" * 190 + " you sent tok-123-en"}}

    found = refusal(httpx.Response(400, json=body, request=ASKED))

    assert "tok-" not in found.detail
