"""What is set about moving in: where the existing integration keeps its graph."""

from __future__ import annotations

from attrs import Attribute, frozen

from bbsync.setting import setting


def _one_of_two(settings: AdoptSettings, _attribute: Attribute[str], instance: str) -> None:
    if instance and settings.scope:
        message = "integration_instance_id and scope exclude each other; remove one of them"
        raise ValueError(message)


@frozen
class AdoptSettings:
    """Which graph of the existing Bitbucket integration moves in; take it out again once that is done."""

    scope: str = setting(
        "", "The scope that it was uploaded under; it may be that of [jupiterone].", example="bitbucket"
    )
    integration_instance_id: str = setting(
        "", "The id of its instance, instead of a scope; nothing is written there.", validator=_one_of_two
    )

    @property
    def is_on(self) -> bool:
        """Whether anything moves in."""
        return bool(self.scope or self.integration_instance_id)
