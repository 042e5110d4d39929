"""What Bitbucket answers, turned into JSON or into the reason why it is none."""

from __future__ import annotations

import json
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import msgspec

from bbsync.network.whole import repeats_credentials, without_credentials

#: Statuses that say: this is not here (or not for you). On a listing they are no proof of anything.
MISSING = (404, 410)


#: Bitbucket's own words take no more of a report than this many characters.
LONGEST_MESSAGE = 200


class Unreadable(Exception):
    """An answer that cannot be used; it never leaves this folder, where it becomes a gap.

    `code` is a message code, `status` what Bitbucket answered, if it did.
    """

    def __init__(self, code: str, detail: str, status: int | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.status = status


def content_of(response: httpx.Response) -> Any:
    """The JSON of a successful answer.

    Raises:
        Unreadable: the status is not 200, or the body is not JSON (a login page, half a body), or repeats the token.
    """
    if response.status_code != 200:
        raise refusal(response)
    if repeats_credentials(response):
        raise Unreadable("BB-FETCH-SECRET", "the answer repeats the token that it was asked with", 200)
    try:
        return read_json(response.content)
    except ValueError as error:
        kind = _said(response.headers.get("content-type", "no content type").partition(";")[0], response)
        raise Unreadable("BB-FETCH-JSON", f"the answer is not JSON ({kind})", 200) from error


def read_json(body: bytes) -> Any:
    """JSON data; half of a surrogate pair, which Python's parser lets through, becomes the replacement character.

    Raises:
        ValueError: it is not JSON, or nested too deeply to be meant.
    """
    try:
        return msgspec.json.decode(body)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    except msgspec.DecodeError:
        return _read_leniently(body)


def _read_leniently(body: bytes) -> Any:
    try:
        text = json.dumps(json.loads(body), ensure_ascii=False)
        return msgspec.json.decode(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def refusal(response: httpx.Response) -> Unreadable:
    """Why Bitbucket did not answer with what was asked for, in one clause."""
    status = response.status_code
    if 300 <= status < 400:
        return Unreadable("BB-FETCH-REDIRECT", f"{status}: it points somewhere else", status)
    return Unreadable(f"BB-FETCH-{status}", f"{status}: {_message(response)}", status)


def _message(response: httpx.Response) -> str:
    """Bitbucket's own message where the answer is its error envelope; it often is not."""
    error = _error(response)
    message, detail = error.get("message"), error.get("detail")
    if not isinstance(message, str):
        return _said(response.reason_phrase, response) or "no message"
    required = detail.get("required") if isinstance(detail, dict) else None
    lacking = [one for one in required if isinstance(one, str)] if isinstance(required, list) else []
    return _said(f"the token lacks {', '.join(lacking)}" if lacking else message.rstrip("."), response)


def _error(response: httpx.Response) -> dict[str, Any]:
    try:
        envelope = read_json(response.content)
    except ValueError:
        return {}
    error = envelope.get("error") if isinstance(envelope, dict) else None
    return error if isinstance(error, dict) else {}


def _said(text: str, response: httpx.Response) -> str:
    """Words of an answer for a plan: short, and without the token, should they repeat it."""
    return without_credentials(text, response)[:LONGEST_MESSAGE]


def server_time(response: httpx.Response) -> int | None:
    """The time on Bitbucket's clock when it answered, in epoch milliseconds; None when it does not say."""
    try:
        moment = parsedate_to_datetime(response.headers["date"])
    except (KeyError, ValueError, OverflowError):
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
