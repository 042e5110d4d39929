"""Questions and alert rules: what GraphQL answers about them, and what it refuses.

Rules are kept, and never run.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping

from attrs import define, field

from bbsync.sandbox.jupiterone.access import ApiKey
from bbsync.sandbox.jupiterone.answers import Document
from bbsync.sandbox.jupiterone.graphql import Resolver
from bbsync.sandbox.jupiterone.j1ql import parse
from bbsync.sandbox.jupiterone.queries import QueryRefused

QUESTIONS = "questions"
RULES = "rules"


@define(eq=False)
class Watching:
    """Every question and every rule of the account, by id, in the order they were made."""

    listing_size: int
    _lock: threading.RLock
    questions: dict[str, Document] = field(factory=dict)
    rules: dict[str, Document] = field(factory=dict)

    def resolvers(self, key: ApiKey) -> Mapping[str, Resolver]:
        """What answers each field, for whoever has the key."""
        asks: dict[str, Callable[[Document], Document]] = {
            "question": lambda wanted: _found(self.questions, wanted["id"], QUESTIONS),
            "questions": self._list_questions,
            "createQuestion": lambda wanted: self._create(self.questions, wanted["question"]),
            "updateQuestion": lambda wanted: self._update_question(wanted["id"], wanted["update"]),
            "deleteQuestion": lambda wanted: self._delete(self.questions, wanted["id"], QUESTIONS),
        }
        alerts: dict[str, Callable[[Document], Document]] = {
            "questionRuleInstance": lambda wanted: _found(self.rules, wanted["id"], RULES),
            "listRuleInstances": lambda wanted: self._page("questionInstances", self.rules, wanted),
            "createInlineQuestionRuleInstance": lambda wanted: self._create_rule(wanted["instance"]),
            "updateInlineQuestionRuleInstance": lambda wanted: self._update_rule(wanted["instance"]),
            "deleteRuleInstance": lambda wanted: self._delete(self.rules, wanted["id"], RULES),
        }
        return dict([*self._served(asks, QUESTIONS, key.can_ask), *self._served(alerts, RULES, key.can_alert)])

    def _served(
        self,
        answers: Mapping[str, Callable[[Document], Document]],
        service: str,
        may: bool,  # noqa: FBT001 - a permission of the key, which is one
    ) -> Iterator[tuple[str, Resolver]]:
        def resolver(answer: Callable[[Document], Document]) -> Resolver:
            def resolve(_info: object, **wanted: object) -> Document:
                if not may:
                    raise QueryRefused(f"This API key may not use {service}", "FORBIDDEN", service)
                with self._lock:
                    return answer(wanted)

            return resolve

        return ((name, resolver(answer)) for name, answer in answers.items())

    def _list_questions(self, wanted: Document) -> Document:
        tags = set(wanted.get("tags") or ())
        chosen = {name: one for name, one in self.questions.items() if tags <= set(one["tags"])}
        return self._page("questions", chosen, wanted) | {"totalHits": len(chosen)}

    def _page(self, name: str, stored: Mapping[str, Document], wanted: Document) -> Document:
        first = int(wanted.get("cursor") or 0)
        after = first + min(wanted.get("limit") or self.listing_size, self.listing_size)
        more = after < len(stored)
        info = {"endCursor": str(after) if more else None, "hasNextPage": more}
        return {name: list(stored.values())[first:after], "pageInfo": info}

    def _create(self, stored: dict[str, Document], document: Document) -> Document:
        _require_queries(document)
        made = {"id": str(uuid.uuid4())} | document
        stored[made["id"]] = made
        return made

    def _update_question(self, question_id: str, update: Document) -> Document:
        held = _found(self.questions, question_id, QUESTIONS)
        _require_queries(update)
        self.questions[question_id] = held | update
        return self.questions[question_id]

    def _create_rule(self, instance: Document) -> Document:
        self._require_free(instance)
        return self._create(self.rules, _with_ids(instance) | {"version": 1})

    def _update_rule(self, instance: Document) -> Document:
        held = _found(self.rules, instance["id"], RULES)
        if instance["version"] not in (held["version"], held["version"] + 1):
            raise QueryRefused(f"Version {instance['version']} is not the current one", "BAD_USER_INPUT", RULES)
        self._require_free(instance)
        _require_queries(instance["question"])
        self.rules[held["id"]] = held | _with_ids(instance) | {"version": held["version"] + 1}
        return self.rules[held["id"]]

    def _require_free(self, instance: Document) -> None:
        others = (rule for rule in self.rules.values() if rule["id"] != instance.get("id"))
        if any(rule["name"] == instance["name"] for rule in others):
            raise QueryRefused(f"A rule named {instance['name']!r} exists already", "BAD_USER_INPUT", RULES)
        if instance["specVersion"] != 1:
            raise QueryRefused("specVersion must be 1", "BAD_USER_INPUT", RULES)

    def _delete(self, stored: dict[str, Document], wanted: str, service: str) -> Document:
        gone = _found(stored, wanted, service)
        del stored[wanted]
        return gone


def _found(stored: Mapping[str, Document], wanted: str, service: str) -> Document:
    if wanted not in stored:
        raise QueryRefused(f"{wanted} not found", "NOT_FOUND", service)
    return stored[wanted]


def _require_queries(document: Document) -> None:
    """Raise if a query is not J1QL."""
    question = document.get("question") or document
    for query in question.get("queries", ()):
        parse(query["query"])


def _with_ids(instance: Document) -> Document:
    """Actions get ids where they are stored."""
    operations = [
        operation | {"actions": [{"id": str(uuid.uuid4())} | action for action in operation["actions"]]}
        for operation in instance["operations"]
    ]
    return instance | {"operations": operations}
