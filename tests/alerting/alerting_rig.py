"""A made-up JupiterOne in the process, and the steps about questions and rules run against it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from attrs import define, evolve, field

from bbsync import alerting
from bbsync.questions import PACK
from bbsync.sandbox.jupiterone import ApiKey, JupiterOne
from bbsync.settings import Settings, load_settings
from bbsync.steps import Actor, Around

KEY = "alerting-rig-key"
NOW = 1_790_000_000.0

ENVIRON = {
    "JUPITERONE_ACCOUNT": "acme",
    "JUPITERONE_API_KEY": KEY,
    "JUPITERONE_API_URL": "https://api.example.test",
    "JUPITERONE_GRAPHQL_URL": "https://graphql.example.test/",
}

#: A pack of three, so that tests are about what they say.
THREE = ("public_repositories", "repository_admins", "self_approved")

Answer = Callable[[httpx.Request], httpx.Response]


def names_but(*kept: str) -> list[str]:
    """The names of all questions but these."""
    names = (file.name.removesuffix(".toml") for file in PACK.iterdir())
    return sorted(name for name in names if name not in kept)


def operation(request: httpx.Request) -> str:
    """The name of what GraphQL is asked: `CreateRule`."""
    words = json.loads(request.content)["query"].split("(")[0].split()
    return str(words[1])


@define
class Rig:
    """JupiterOne, a directory, and what was said; `bend` may answer in JupiterOne's place."""

    place: Path
    jupiterone: JupiterOne = field(factory=lambda: JupiterOne(keys=(ApiKey(KEY),), clock=lambda: NOW))
    bend: Callable[[httpx.Request, Answer], httpx.Response] = lambda request, answer: answer(request)
    asked: list[str] = field(factory=list)
    said: list[str] = field(factory=list)

    def settings(self, alerts: str = "", more: str = "") -> Settings:
        """Settings with these lines under [alerts]: only three questions are on."""
        alerts = alerts if "off =" in alerts else f"off = {json.dumps(names_but(*THREE))}\n{alerts}"
        return load_settings(config=self._file(f"{more}\n[alerts]\n{alerts}"), environ=ENVIRON)

    def _file(self, toml: str) -> Path:
        path = self.place / "bbsync.toml"
        path.write_text(f'[state]\nurl = "sqlite:///{self.place / "state.db"}"\n{toml}', encoding="utf-8")
        return path

    @property
    def around(self) -> Around:
        """A clock that stands, and nobody who waits."""
        return Around(
            clock=lambda: NOW,
            sleep=lambda _seconds: None,
            say=self.said.append,
            actor=Actor("ada"),
            transport=httpx.MockTransport(self._answer),
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(operation(request))
        return self.bend(request, self.jupiterone.app)

    def plan(self, alerts: str = "") -> alerting.Made:
        """Plan."""
        return alerting.plan(self.settings(alerts), self.around)

    def apply(self, made: alerting.Made, alerts: str = "", **options: Any) -> alerting.Outcome:
        """Apply that plan."""
        return alerting.apply(made.plan, self.settings(alerts), self.around, **options)

    def sync(self, alerts: str = "", **options: Any) -> alerting.Outcome:
        """Plan and apply."""
        return self.apply(self.plan(alerts), alerts, **options)

    @property
    def questions(self) -> dict[str, dict[str, Any]]:
        """The questions that JupiterOne has, by title."""
        return {one["title"]: one for one in self.jupiterone.watching.questions.values()}

    @property
    def rules(self) -> dict[str, dict[str, Any]]:
        """The rules that JupiterOne has, by name."""
        return {one["name"]: one for one in self.jupiterone.watching.rules.values()}

    def touch(self, title: str, **changes: Any) -> None:
        """Change a question behind bbsync's back."""
        self.questions[title].update(changes)

    def add_rule(self, name: str, **others: Any) -> dict[str, Any]:
        """A rule of somebody else's."""
        rule = {
            "id": f"theirs-{name}",
            "name": name,
            "version": 1,
            "specVersion": 1,
            "pollingInterval": "ONE_DAY",
            "question": {"queries": [{"query": "FIND *"}]},
            "operations": [],
            "outputs": [],
            "tags": [],
            "labels": [],
            **others,
        }
        self.jupiterone.watching.rules[rule["id"]] = rule
        return rule

    def add_question(self, title: str, **others: Any) -> dict[str, Any]:
        """A question of somebody else's."""
        question = {"id": f"theirs-{title}", "title": title, "tags": [], "queries": [{"query": "FIND *"}], **others}
        self.jupiterone.watching.questions[question["id"]] = question
        return question

    def with_key(self, **permissions: bool) -> Rig:
        """The same, with a key that may do less."""
        return evolve(self, jupiterone=JupiterOne(keys=(ApiKey(KEY, **permissions),)))


def failing(name: str, response: httpx.Response, *, times: int = 1, processed: bool = False) -> Any:
    """Spoils the first requests for this operation, which may take effect all the same."""
    left = [times]

    def bend(request: httpx.Request, answer: Answer) -> httpx.Response:
        if operation(request) != name or not left[0]:
            return answer(request)
        left[0] -= 1
        if processed:
            answer(request)
        return response

    return bend
