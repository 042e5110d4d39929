"""Recipes as they stand on their pages, run by bash in checkouts of their own, with the services on loopback."""

from __future__ import annotations

import email
import json
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml
from attrs import define, field, frozen

from tests.cli.cli_rig import Desk, Ended, desk_in, jupiterone_of, outside
from tests.tested_package import ROOT

POLICY = 'workspaces = ["acme"]\n'
TOKEN = "comment-token-0123456789"

#: Where the API has the repository of the recipe, and whatever is kept for it.
REPOSITORY = re.compile(r"/2\.0/repositories/acme/policy/|/repos/acme/policy/")


def recipe(name: str) -> dict[str, Any]:
    """The YAML on the page."""
    page = (ROOT / "specs" / name).read_text("utf-8")
    found: dict[str, Any] = yaml.load(page.split("```yaml\n")[1].split("```")[0], Loader=yaml.BaseLoader)  # noqa: S506 - it makes text, lists and mappings alone
    return found


@define
class Host:
    """What was posted to the host of the repository, and the files that it keeps."""

    posted: list[tuple[str, str, dict[str, Any]]] = field(factory=list)
    files: dict[str, bytes] = field(factory=dict)

    def __call__(self, request: httpx.Request) -> httpx.Response | None:
        """The answer, if the request is about the repository of the recipe."""
        if not REPOSITORY.match(request.url.path):
            return None
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return httpx.Response(401)
        what = REPOSITORY.sub("", request.url.path)
        if not what.startswith("downloads"):
            self.posted.append((request.method, what, json.loads(request.content)))
            return httpx.Response(201, json={})
        if request.method == "POST":
            self._keep(request)
            return httpx.Response(201)
        kept = self.files.get(what.removeprefix("downloads/"))
        return httpx.Response(404) if kept is None else httpx.Response(200, content=kept)

    def _keep(self, request: httpx.Request) -> None:
        head = f"Content-Type: {request.headers['content-type']}\n\n".encode()
        for part in email.message_from_bytes(head + request.content).walk():
            if part.get_filename():
                self.files[str(part.get_filename())] = bytes(part.get_payload(decode=True))  # type: ignore[arg-type]  # of a file it is bytes


@frozen
class Ran:
    """How a step ended, and the checkout that it leaves."""

    ended: Ended
    place: Path

    @property
    def code(self) -> int:
        return self.ended.code

    def events(self, name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.place / name).read_text("ascii").splitlines()]


@define(eq=False)
class Runner:
    """Runs scripts as a CI system does, with a `bbsync` and a `pip` that are at hand."""

    desk: Desk
    host: Host
    environ: dict[str, str]
    count: int = 0

    @property
    def tools(self) -> Path:
        return self.desk.directory / "tools"

    def run(
        self, *scripts: str, by: str, artifacts: Path | None = None, before: Ran | None = None, **environ: str
    ) -> Ran:
        """Run the scripts one after the other in a new checkout, until one fails.

        The plan of an earlier one, its artifact, lies there already, or the records that it left in the cache.
        """
        self.count += 1
        place = self.desk.directory / f"checkout-{self.count}"
        place.mkdir()
        (place / "bbsync.toml").write_text(POLICY, encoding="utf-8")
        if artifacts is not None:
            shutil.copy(artifacts / "plan.json", place)
        if before is not None:
            shutil.copytree(before.place / ".bbsync", place / ".bbsync")
        return Ran(self._run(place, scripts, by, environ), place)

    def _run(self, place: Path, scripts: Sequence[str], by: str, environ: Mapping[str, str]) -> Ended:
        variables = {**self.desk.variables(self.environ), **environ}
        variables["PATH"] = f"{self.tools}:{variables['PATH']}"
        ended = Ended(0, "", "")
        for script in scripts:
            (self.desk.directory / "script.sh").write_text(script, encoding="utf-8")
            command = [*shlex.split(by), str(self.desk.directory / "script.sh")]
            ended = outside(command, cwd=place, env=variables)
            if ended.code:
                break
        return ended

    def called(self, tool: str) -> list[str]:
        """The command lines of the tool so far."""
        log = self.tools / f"{tool}.log"
        return log.read_text("utf-8").splitlines() if log.exists() else []

    def provide(self) -> None:
        """Put the tools there; each notes its command line, which everybody on a machine can read."""
        self.tools.mkdir()
        python = shlex.quote(sys.executable)
        for name, does in {
            "pip": "true",
            "bbsync": f'exec {python} -m bbsync "$@"',
            "python3": f'exec {python} "$@"',
            "curl": f'exec {shutil.which("curl")} "$@"',
        }.items():
            tool = self.tools / name
            tool.write_text(f'#!/bin/bash\necho "$*" >> {shlex.quote(str(tool))}.log\n{does}\n', encoding="utf-8")
            tool.chmod(0o755)


@contextmanager
def runner_in(directory: Path) -> Iterator[Runner]:
    """A runner whose bbsync finds both services, and JupiterOne as its target."""
    with desk_in(directory, repositories=4) as desk, jupiterone_of(desk) as target:
        desk.bend_bitbucket = host = Host()
        variables = {
            "BBSYNC": "bbsync",
            "BBSYNC_PAUSE": "0",
            "HOME": str(directory),
            "TMPDIR": str(directory),
            **target,
        }
        runner = Runner(desk, host, variables)
        del desk.environ["BITBUCKET_WORKSPACE"]
        runner.provide()
        yield runner


def lose_most(runner: Runner) -> None:
    """Take more repositories away than guards let pass."""
    for slug in runner.desk.repositories()[:3]:
        runner.desk.change("delete_repository", repository=slug)
