"""The generated pages say what the source says."""

from __future__ import annotations

import ast
import re

import pytest

from bbsync.kinds import KINDS
from bbsync.questions import PACK, questions_in
from tests.pages.data_model import data_model
from tests.pages.messages import messages, sources
from tests.pages.questions import questions_page
from tests.regenerate_pages import FOLDER, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_fresh(name: str) -> None:
    """A page equals what the source makes of it; if not: python -m tests.regenerate_pages."""
    written = (FOLDER / name).read_text("utf-8")

    made = PAGES[name]()

    assert written == made


def test_every_code_in_the_source_is_explained() -> None:
    """Whoever meets a code can look it up: no message gets past the page."""
    explained = {one.code for one in messages()}

    used = {code for path in sources() for code in codes(ast.parse(path.read_text("utf-8")))}

    assert used <= explained


def codes(tree: ast.Module) -> set[str]:
    """The codes that are written in a file, but for those that a class of errors has by default."""
    defaults = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, (ast.Assign, ast.AnnAssign)) and _is_default(node)
    }
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in defaults
    ]
    return {text for text in texts if re.fullmatch(r"BB(-[A-Z0-9]+)+", text)}


def _is_default(node: ast.Assign | ast.AnnAssign) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return any(isinstance(target, ast.Name) and target.id == "default_code" for target in targets)


def test_every_question_is_on_its_page() -> None:
    """Who chooses what to switch off sees all there is."""
    page = questions_page()

    assert all(f"## {question.name}\n" in page for question in questions_in(PACK))


def test_every_type_is_on_the_page_of_the_graph() -> None:
    """The data model leaves out no kind, property or relationship."""
    page = data_model()

    for kind in KINDS:
        assert f"## {kind.entity.type}\n" in page
        assert all(f"| `{tie.type}` |" in page for tie in kind.relationship_types)
