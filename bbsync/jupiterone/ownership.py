"""Which part of an account's graph is ours."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from bbsync.errors import SettingsError

API = "api"
EXTERNAL = "integration-external"
MANAGED = "integration-managed"

#: How JupiterOne marks what it makes of its own accord. Its mapper and its rules work on everybody's elements, ours
#: too, and no setting keeps them away: what they leave in our part is no sign that another program writes there.
ITS_OWN = frozenset({"system-mapper", "system-internal", "powerup-managed", "sample-data"})


@frozen
class Ownership:
    """Our part of the graph: an `api` scope, or everything of one integration instance.

    `member` is the property that says where an element lies, `place` its value, and `sources` the values of `_source`
    that mark an element as ours.
    """

    place: str
    member: str
    sources: frozenset[str]
    label: str

    @classmethod
    def of_scope(cls, scope: str) -> Ownership:
        """What was written under this scope by API."""
        return cls(scope, "_scope", frozenset({API}), f"scope {scope}")

    @classmethod
    def of_instance(cls, instance_id: str) -> Ownership:
        """What belongs to this integration instance."""
        sources = frozenset({EXTERNAL, MANAGED})
        return cls(instance_id, "_integrationInstanceId", sources, f"integration instance {instance_id}")

    @property
    def instance_id(self) -> str:
        """The integration instance; empty for a scope."""
        return "" if API in self.sources else self.place

    @property
    def job(self) -> dict[str, str]:
        """What a synchronization job of ours is created with."""
        if self.instance_id:
            return {"source": EXTERNAL, "integrationInstanceId": self.instance_id, "syncMode": "DIFF"}
        return {"source": API, "scope": self.place, "syncMode": "DIFF"}

    @property
    def condition(self) -> str:
        """The J1QL condition that an element lies in our part."""
        return f"{self.member} = {quoted(self.place)}"

    def holds(self, metadata: Mapping[str, object]) -> bool:
        """Whether an element lies in our part, whoever wrote it."""
        return metadata.get(self.member) == self.place

    def marks(self, metadata: Mapping[str, object]) -> bool:
        """Whether an element carries our owner marker."""
        return metadata.get("_source") in self.sources

    def is_of_others(self, metadata: Mapping[str, object]) -> bool:
        """Whether an element of our part was written by another program.

        One that does not say who wrote it counts as such: our jobs may replace it, and nobody knows whose it is.
        """
        return self.holds(metadata) and not self.marks(metadata) and metadata.get("_source") not in ITS_OWN


def quoted(text: str) -> str:
    """A J1QL string. Which escapes J1QL knows is not documented, so text that would need one is refused."""
    if not text.isprintable() or "\\" in text or ("'" in text and '"' in text):
        raise SettingsError(
            f"{text!r} cannot be asked for in JupiterOne's query language",
            why="A scope or instance id may not hold control characters, backslashes, or both kinds of quotes.",
            next_step="Choose a plain name, such as bbsync, as scope under [jupiterone].",
        )
    return f'"{text}"' if "'" in text else f"'{text}'"
