"""The `fields` parameter: only these (`x`), without (`-x`), and in addition (`+x`)."""

from __future__ import annotations

from typing import Any

from attrs import frozen

Path = tuple[str, ...]
Tree = dict[str, "Tree"]

_GONE = object()


@frozen
class Fields:
    """What of a document was asked for.

    `only` empty means everything that is shown by default.
    """

    only: tuple[Path, ...] = ()
    more: tuple[Path, ...] = ()
    less: tuple[Path, ...] = ()

    def asks(self, *path: str) -> bool:
        """Whether a field that is hidden by default is wanted."""
        return any(_reaches(wanted, path) for wanted in (*self.only, *self.more))

    def choose(self, document: Any) -> Any:
        """The document with what was asked for; hidden fields that were not asked for must not be in it."""
        chosen = _kept(document, _tree((*self.only, *self.more))) if self.only else document
        for path in self.less:
            chosen = _without(chosen, path)
        return {} if chosen is _GONE else chosen


def read_fields(text: str | None) -> Fields:
    """Read the parameter's comma list; absent or empty means nothing special."""
    names = [name.strip() for name in (text or "").split(",") if name.strip()]
    return Fields(
        only=tuple(_path(name) for name in names if name[0] not in "+-"),
        more=tuple(_path(name[1:]) for name in names if name[0] == "+"),
        less=tuple(_path(name[1:]) for name in names if name[0] == "-"),
    )


def _path(name: str) -> Path:
    return tuple(name.split("."))


def _reaches(wanted: Path, path: Path) -> bool:
    return len(wanted) >= len(path) and all(want in {step, "*"} for want, step in zip(wanted, path, strict=False))


def _tree(paths: tuple[Path, ...]) -> Tree:
    tree: Tree = {}
    for path in paths:
        branch = tree
        for step in path:
            branch = branch.setdefault(step, {})
    return tree


def _kept(value: Any, tree: Tree) -> Any:
    if not tree or ("*" in tree and not tree["*"]):
        return value
    if isinstance(value, list):
        return [kept for item in value if (kept := _kept(item, tree)) is not _GONE]
    return _kept_members(value, tree) if isinstance(value, dict) else _GONE


def _kept_members(members: dict[str, Any], tree: Tree) -> Any:
    wanted = {name: tree.get(name, tree.get("*")) for name in members}
    kept = {name: _kept(members[name], branch) for name, branch in wanted.items() if branch is not None}
    return {name: value for name, value in kept.items() if value is not _GONE}


def _without(value: Any, path: Path) -> Any:
    if isinstance(value, list):
        return [_without(item, path) for item in value]
    if not isinstance(value, dict):
        return value
    first, rest = path[0], path[1:]
    hit = set(value) if first == "*" else {first}
    if not rest:
        return {name: member for name, member in value.items() if name not in hit}
    return {name: _without(member, rest) if name in hit else member for name, member in value.items()}
