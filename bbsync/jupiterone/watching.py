"""Read the questions and alert rules of an account, and write ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from attrs import frozen

from bbsync.alerts import marker
from bbsync.alerts.item import Item, Sort
from bbsync.alerts.plan import Change, Holding
from bbsync.jupiterone.client import Document, JupiterOneClient
from bbsync.jupiterone.refusals import NOT_FOUND, RequestFailed, strange_answer

#: No account has more pages of questions or rules than this.
MOST_PAGES = 1000

#: What is asked for a page.
PAGE = 100

_QUESTION = "id title description tags queries { name query version resultsAre }"
_RULE = """
id version name description specVersion pollingInterval outputs templates tags
question { queries { name query version includeDeleted } }
operations { when actions }
labels { labelName labelValue }
"""


@frozen
class _Sort:
    """How one sort is spoken about in GraphQL: its fields, and the operations on it."""

    sort: Sort
    plural: str
    listing: str
    items: str
    getting: str
    creating: str
    updating: str
    deleting: str

    @property
    def doing(self) -> str:
        """What reading them is, in the sentence of an error."""
        return f"reading the {self.plural}"


_SORTS = (
    _Sort(
        sort="question",
        plural="questions",
        listing=f"""query Questions($limit: Int, $cursor: String) {{
            found: questions(limit: $limit, cursor: $cursor) {{
                questions {{ {_QUESTION} }} totalHits pageInfo {{ endCursor hasNextPage }}
            }}
        }}""",
        items="questions",
        getting=f"query Question($id: ID!) {{ found: question(id: $id) {{ {_QUESTION} }} }}",
        creating="""mutation CreateQuestion($document: CreateQuestionInput!) {
            found: createQuestion(question: $document) { id }
        }""",
        updating="""mutation UpdateQuestion($id: ID!, $document: QuestionUpdate!) {
            found: updateQuestion(id: $id, update: $document) { id }
        }""",
        deleting="mutation DeleteQuestion($id: ID!) { found: deleteQuestion(id: $id) { id } }",
    ),
    _Sort(
        sort="rule",
        plural="alert rules",
        listing=f"""query Rules($limit: Int, $cursor: String) {{
            found: listRuleInstances(limit: $limit, cursor: $cursor) {{
                questionInstances {{ {_RULE} }} pageInfo {{ endCursor hasNextPage }}
            }}
        }}""",
        items="questionInstances",
        getting=f"query Rule($id: ID!) {{ found: questionRuleInstance(id: $id) {{ {_RULE} }} }}",
        creating="""mutation CreateRule($document: CreateInlineQuestionRuleInstanceInput!) {
            found: createInlineQuestionRuleInstance(instance: $document) { id }
        }""",
        updating="""mutation UpdateRule($document: UpdateInlineQuestionRuleInstanceInput!) {
            found: updateInlineQuestionRuleInstance(instance: $document) { id }
        }""",
        deleting="mutation DeleteRule($id: ID!) { found: deleteRuleInstance(id: $id) { id } }",
    ),
)
_BY_SORT = {one.sort: one for one in _SORTS}


def read_holding(client: JupiterOneClient, place: str) -> Holding:
    """All questions and rules, of which those are ours that carry the marker of this place.

    Raises:
        RequestFailed: not everything could be read, so nobody knows what is there.
    """
    read = (_item(document, spoken, place) for spoken in _SORTS for document in _listed(client, spoken))
    # What moves while pages are read may be on two of them, and is there once all the same.
    found = {(item.sort, item.id): item for item in read}.values()
    others = [item for item in found if not item.name]
    taken = frozenset(item.title for item in others if item.sort == "rule")
    return Holding(tuple(item for item in found if item.name), len(others), taken)


def read_again(client: JupiterOneClient, item: Item, place: str) -> Item | None:
    """The same one as it is now; None where it is gone, or no longer ours."""
    spoken = _BY_SORT[item.sort]
    try:
        found = client.graphql(spoken.getting, {"id": item.id}, doing=spoken.doing).get("found")
    except RequestFailed as failure:
        if NOT_FOUND in failure.codes:
            return None
        raise
    if found is None:
        return None
    now = _item(found, spoken, place)
    return now if now.name else None


def write(client: JupiterOneClient, change: Change) -> None:
    """Carry out one change.

    Raises:
        RequestFailed: it was refused, or nobody can tell whether it was carried out.
    """
    spoken, doing = _BY_SORT[change.item.sort], f"writing the {change.item.sort} {change.item.name}"
    if change.before is None:
        # Not sent again when nobody can tell what became of it: there would be two.
        client.graphql(spoken.creating, {"document": change.item.document}, doing=doing, again=False)
    elif change.after is None:
        _delete(client, spoken, change.before, doing)
    elif change.item.sort == "question":
        client.graphql(spoken.updating, {"id": change.before.id, "document": change.after.document}, doing=doing)
    else:
        known = {"id": change.before.id, "version": change.before.version}
        client.graphql(spoken.updating, {"document": {**change.after.document, **known}}, doing=doing, again=False)


def _delete(client: JupiterOneClient, spoken: _Sort, item: Item, doing: str) -> None:
    try:
        client.graphql(spoken.deleting, {"id": item.id}, doing=doing)
    except RequestFailed as failure:
        if NOT_FOUND not in failure.codes:  # then an earlier try was carried out
            raise


def _listed(client: JupiterOneClient, spoken: _Sort) -> Iterator[Document]:
    """Every document of that sort, page by page."""
    cursor: str | None = None
    seen: set[str] = set()
    count = 0
    for _ in range(MOST_PAGES):
        page = client.graphql(spoken.listing, {"limit": PAGE, "cursor": cursor}, doing=spoken.doing).get("found")
        documents, info = _parts(page, spoken)
        count += len(documents)
        yield from documents
        if not info.get("hasNextPage"):
            return _require_all(page, count, spoken)
        cursor = info.get("endCursor")
        if not isinstance(cursor, str) or cursor in seen:
            raise strange_answer(doing=spoken.doing, why="Its pages have no end, or go round in a circle.")
        seen.add(cursor)
    raise strange_answer(doing=spoken.doing, why=f"It has more than {MOST_PAGES:,} pages.")


def _parts(page: object, spoken: _Sort) -> tuple[list[Document], Mapping[str, Any]]:
    documents = page.get(spoken.items) if isinstance(page, dict) else None
    info = page.get("pageInfo") if isinstance(page, dict) else None
    if not isinstance(documents, list) or not isinstance(info, dict):
        raise strange_answer(doing=spoken.doing, why=f"It has no page of {spoken.plural}.")
    if not all(isinstance(document, dict) for document in documents):
        raise strange_answer(doing=spoken.doing, why=f"One of the {spoken.plural} is none.")
    return documents, info


def _require_all(page: object, count: int, spoken: _Sort) -> None:
    total = page.get("totalHits") if isinstance(page, dict) else None
    if isinstance(total, int) and total > count:
        raise strange_answer(doing=spoken.doing, why=f"It speaks of {total} {spoken.plural} and lists {count}.")


def _item(document: Document, spoken: _Sort, place: str) -> Item:
    """One document; its name is empty where the marker is not ours."""
    try:
        read = msgspec.convert(document, _Shape)
    except msgspec.ValidationError as error:
        raise strange_answer(
            doing=spoken.doing, why=f"One of the {spoken.plural} has another shape: {error}."
        ) from error
    if spoken.sort == "question":
        title, name = read.title, marker.named_by_tags(place, read.tags or ())
    else:
        labels = ((one.name, one.value) for one in read.labels or ())
        title, name = read.name, marker.named_by_labels(place, labels)
    said = _said(document) if name else {}
    return Item(spoken.sort, name, title or "", said, read.id, read.version or 0)


def _said(document: Document) -> Document:
    """What the document says, without what JupiterOne adds: ids, versions, and null for what nobody said."""
    said = {name: value for name, value in document.items() if name not in ("id", "version") and value is not None}
    if "operations" in said:
        said["operations"] = [_operation(one) for one in said["operations"]]
    return said


def _operation(operation: Document) -> Document:
    actions = [{name: value for name, value in action.items() if name != "id"} for action in operation["actions"]]
    when = operation.get("when")
    if isinstance(when, dict):  # JupiterOne may say which specification the condition follows; there is one
        when = {name: value for name, value in when.items() if name != "specVersion"}
    return {"when": when, "actions": actions}


class _Label(msgspec.Struct):
    name: str = msgspec.field(name="labelName")
    value: str = msgspec.field(name="labelValue")


class _Operation(msgspec.Struct):
    actions: list[dict[str, Any]]


class _Shape(msgspec.Struct):
    """What must be as documented, of questions and rules alike."""

    id: str
    version: int | None = None
    title: str | None = None
    name: str | None = None
    tags: list[str] | None = None
    labels: list[_Label] | None = None
    operations: list[_Operation] | None = None
