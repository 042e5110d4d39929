"""Record the cassettes anew from the stand-ins: `python -m tests.record_cassettes`. No secret gets into them."""

from __future__ import annotations

import gzip
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import vcr
from vcr.cassette import Cassette
from vcr.request import Request

from bbsync.applying import Outcome
from bbsync.sandbox.bitbucket import Sizes
from bbsync.steps import Made
from tests.run_rig import CONSUMER, Rig, rig_at

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "cassettes"

#: By the cassette's name, the target of the run that it holds.
CASSETTES = {"local": "local", "jupiterone": "jupiterone"}

WORLD = Sizes(
    repositories=3, members=3, projects=1, groups=1, pull_requests=2, commits=2, restrictions=1, permissions=2
)

#: The addresses in the cassettes, in place of the ports that happened to be free.
ORIGINS = ("http://127.0.0.1:7101", "http://127.0.0.1:7102")

#: What must not be in any cassette.
SECRETS = (CONSUMER.key, CONSUMER.secret, "rig-api-key")

#: What stands in place of a token.
SCRUBBED = "scrubbed"

#: One request at a time, so that the same world makes the same cassette.
ORDERLY = "[limits]\nconcurrency = 1\n"

_TOKENS = re.compile(r'("(?:access|refresh)_token": ?)"[^"]*"')
_KEPT_OF_REQUESTS = frozenset({"accept", "content-type"})
_KEPT_OF_ANSWERS = frozenset({"content-type", "date", "location", "retry-after"})


def run(rig: Rig) -> tuple[Made, Outcome]:
    """What a cassette holds: a plan of everything, and how it was applied."""
    made = rig.plan(ORDERLY)
    return made, rig.apply(made)


@contextmanager
def played(name: str, *, record: bool = False, origins: tuple[str, str] = ORIGINS) -> Iterator[Cassette]:
    """Answer from the cassette of that name; `record` writes it, from services at `origins`."""
    recorder = vcr.VCR(
        record_mode="all" if record else "none",
        decode_compressed_response=True,
        before_record_request=lambda request: _scrubbed_request(request, origins),
        before_record_response=lambda response: _scrubbed_answer(response, origins),
    )
    recorder.register_matcher("call", same_call)
    recorder.match_on = ["call"]
    with recorder.use_cassette(str(FOLDER / f"{name}.yaml")) as cassette:
        yield cassette


def same_call(one: Request, other: Request) -> None:
    """Whether two requests ask the same: by method, address, query and body.

    Raises:
        AssertionError: they do not.
    """
    assert _call(one) == _call(other)


def _call(request: Request) -> tuple[object, ...]:
    where = (request.method, request.scheme, request.host, request.port, request.path)
    return (*where, sorted(request.query), request.body or b"")


def _scrubbed_request(request: Request, origins: tuple[str, str]) -> Request:
    body: bytes = request.body or b""
    if request.headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    headers = {name: text for name, text in request.headers.items() if name.lower() in _KEPT_OF_REQUESTS}
    return Request(request.method, _moved(request.uri, origins), body, headers)


def _scrubbed_answer(answer: dict[str, Any], origins: tuple[str, str]) -> dict[str, Any]:
    body = _TOKENS.sub(rf'\1"{SCRUBBED}"', _moved(answer["body"]["string"].decode(), origins))
    headers = {name: texts for name, texts in answer["headers"].items() if name.lower() in _KEPT_OF_ANSWERS}
    return {**answer, "headers": headers, "body": {"string": body.encode()}}


def _moved(text: str, origins: tuple[str, str]) -> str:
    for origin, name in zip(origins, ORIGINS, strict=True):
        text = text.replace(origin, name)
    return text


def main() -> None:
    """Record every cassette."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, target in CASSETTES.items():
        (FOLDER / f"{name}.yaml").unlink(missing_ok=True)
        with (
            tempfile.TemporaryDirectory() as place,
            rig_at(Path(place), WORLD, target=target) as rig,
            played(name, record=True, origins=rig.origins),
        ):
            run(rig)


if __name__ == "__main__":
    main()
