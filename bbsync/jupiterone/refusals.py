"""What JupiterOne answers when it does not do what was asked, as an error with a next step."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

import httpx
import msgspec

from bbsync.errors import TargetError
from bbsync.secret import Secret, hide

#: What somebody else says is quoted up to this length.
_LONGEST_QUOTE = 300

#: No more of it is looked at.
_LONGEST_READ = 10_000

#: As many of the errors of one answer are told.
MOST_ERRORS = 20

#: What GraphQL calls that a key may not do something, that something is not there, and that an input is wrong.
FORBIDDEN = "FORBIDDEN"
NOT_FOUND = "NOT_FOUND"
_INPUT = frozenset({"BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"})
#: What keys need, in JupiterOne's words: to query, to run synchronization jobs, to look up integrations.
READ_GRAPH = "query:ReadGraphData"
SYNCHRONIZE = "persister:Synchronize"
ACCESS_INTEGRATIONS = "accessIntegrations"

_REGION = (
    "Check that JUPITERONE_API_URL and JUPITERONE_GRAPHQL_URL name the region of the account, as in"
    " https://api.us.jupiterone.io and https://graphql.us.jupiterone.io, and that no proxy answers in JupiterOne's"
    " place."
)

_NEXT_STEPS = {
    400: "Read what JupiterOne says; if nothing there can be changed by you, report it with this message.",
    401: "Check JUPITERONE_ACCOUNT and {key}: the key must belong to the account, must not be revoked, and the"
    " addresses JUPITERONE_API_URL and JUPITERONE_GRAPHQL_URL must name the account's region.",
    403: "Give the key the permission it lacks{permission}, or set {key} to one that has it.",
    404: "Check the addresses JUPITERONE_API_URL and JUPITERONE_GRAPHQL_URL, and the account.",
    409: "Somebody else has a job open on the same scope: wait until it has ended, and run the same command again.",
    429: "JupiterOne allows so many requests a minute: wait a little, and run the same command again.",
}
_LATER = "Run the same command again later; if it stays so, ask JupiterOne's support."


class RequestFailed(TargetError):
    """JupiterOne refused a request, or did not answer it.

    `status` is None when there was no answer, and `codes` are those of GraphQL's errors. `definite` says that the
    request was surely not carried out.
    """

    default_code = "BB-JUPITERONE"

    def __init__(
        self,
        what: str,
        *,
        why: str,
        next_step: str,
        code: str,
        status: int | None = None,
        codes: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(what, why=why, next_step=next_step, code=code)
        self.status = status
        self.codes = codes

    @property
    def definite(self) -> bool:
        """Whether the request was surely not carried out."""
        if self.codes & {FORBIDDEN, NOT_FOUND, *_INPUT}:
            return True
        return self.status is not None and HTTPStatus.BAD_REQUEST <= self.status < HTTPStatus.INTERNAL_SERVER_ERROR

    @property
    def too_large(self) -> bool:
        """Whether the request had too many bytes."""
        return self.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or "RequestEntityTooLarge" in self.why


def refusal(
    response: httpx.Response, *, doing: str, key_name: str, secrets: Iterable[Secret], permission: str
) -> RequestFailed:
    """The error for an answer that is not a success."""
    status = response.status_code
    return RequestFailed(
        f"JupiterOne answered {status} when {doing}",
        why=_said(response, secrets),
        next_step=_next_step(status, key_name, permission),
        code=f"BB-JUPITERONE-{status}",
        status=status,
    )


def _next_step(status: int, key_name: str, permission: str) -> str:
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return _REGION
    lacking = f", which is {permission}" if permission else ""
    if permission == READ_GRAPH:
        lacking += " (the key of an integration instance never has it)"
    return _NEXT_STEPS.get(status, _LATER).format(key=key_name, permission=lacking)


def no_answer(error: httpx.HTTPError, *, doing: str) -> RequestFailed:
    """The error for a request that got no answer."""
    return RequestFailed(
        f"JupiterOne could not be reached when {doing}",
        why=f"The network says: {quote(str(error)) or type(error).__name__}.",
        next_step="Check the network and the addresses JUPITERONE_API_URL and JUPITERONE_GRAPHQL_URL, and run the same"
        " command again.",
        code="BB-JUPITERONE-NETWORK",
    )


def strange_answer(*, doing: str, why: str) -> RequestFailed:
    """The error for an answer that is not what the documentation says."""
    return RequestFailed(
        f"JupiterOne's answer could not be understood when {doing}",
        why=why,
        next_step=_REGION,
        code="BB-JUPITERONE-ANSWER",
    )


def complaint(
    errors: object, *, doing: str, key_name: str, secrets: Iterable[Secret], permission: str
) -> RequestFailed:
    """The error for a GraphQL answer that holds errors."""
    found = errors[:MOST_ERRORS] if isinstance(errors, list) else [errors]
    said = (error.get("message") if isinstance(error, dict) else error for error in found)
    why = f"It says: {quote('; '.join(words for words in said if isinstance(words, str)), secrets)}"
    codes = frozenset(code for code in map(_code, found) if code)
    if FORBIDDEN in codes:
        return RequestFailed(
            f"JupiterOne does not let the key do that, when {doing}",
            why=why,
            next_step=_next_step(403, key_name, permission),
            code="BB-JUPITERONE-403",
            codes=codes,
        )
    failed = strange_answer(doing=doing, why=why)
    failed.codes = codes
    return failed


def _code(error: object) -> str:
    """The code of one of GraphQL's errors; empty where it has none."""
    extensions = error.get("extensions") if isinstance(error, dict) else None
    code = extensions.get("code") if isinstance(extensions, dict) else None
    return code if isinstance(code, str) else ""


def quote(text: str, secrets: Iterable[Secret] = ()) -> str:
    """Somebody else's words on one line: printable, not too long, and without our secrets."""
    hidden = hide(text[:_LONGEST_READ], secrets)
    line = " ".join("".join(mark if mark.isprintable() else " " for mark in hidden).split())
    return line if len(line) <= _LONGEST_QUOTE else f"{line[:_LONGEST_QUOTE]}…"


def _said(response: httpx.Response, secrets: Iterable[Secret]) -> str:
    words = quote(_message(response), secrets)
    return f"It says: {words}" if words else ""


def _message(response: httpx.Response) -> str:
    try:
        error = msgspec.json.decode(response.content, type=_Refusal).error
    except (msgspec.MsgspecError, RecursionError):
        return response.content[:_LONGEST_READ].decode("utf-8", "replace")  # whatever encoding it names
    return f"{error.message} ({error.code})." if error.code else error.message


class _Error(msgspec.Struct):
    code: str = ""
    message: str = ""


class _Refusal(msgspec.Struct):
    error: _Error
