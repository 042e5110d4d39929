"""Check that an integration instance is meant for us: JupiterOne lets anybody overwrite any instance."""

from __future__ import annotations

from bbsync.errors import TargetError
from bbsync.jupiterone.client import Document, JupiterOneClient
from bbsync.jupiterone.refusals import ACCESS_INTEGRATIONS, RequestFailed, quote

#: The types of integration that are made for own programs.
OUR_TYPES = ("bbsync", "custom")

#: The definition that JupiterOne calls "Custom".
CUSTOM_DEFINITION = "8013680b-311a-4c2e-b53b-c8735fd97a5c"

_DOING = "looking up the integration instance"

_QUERY = """
query Instance($id: String!) {
  integrationInstance(id: $id) {
    id
    name
    integrationDefinition { id integrationType }
  }
}
"""


def require_our_instance(client: JupiterOneClient, instance_id: str, named: str = "") -> None:
    """Raise unless the instance is there and is of a definition that own programs write to.

    `named` is the type or the id of the only definition that will do; empty for those made for own programs.
    """
    definition = _instance(client, instance_id).get("integrationDefinition")
    kind, known = (
        (definition.get("integrationType"), definition.get("id")) if isinstance(definition, dict) else ("",) * 2
    )
    wanted = {named} if named else {*OUR_TYPES, CUSTOM_DEFINITION}
    if not {kind, known} & wanted:
        meant = f", and integration_definition names {named!r}" if named else ""
        raise TargetError(
            f"The integration instance {instance_id} is not for bbsync",
            why=f"It is an instance of {quote(str(kind))!r}{meant}; writing to it would replace what that integration"
            " wrote. Nothing was written.",
            next_step="Make an instance of a custom integration in JupiterOne and set its id as"
            " integration_instance_id under [jupiterone], or name its definition there as integration_definition.",
            code="BB-JUPITERONE-INSTANCE",
        )


def _instance(client: JupiterOneClient, instance_id: str) -> Document:
    try:
        answer = client.graphql(_QUERY, {"id": instance_id}, doing=_DOING, permission=ACCESS_INTEGRATIONS)
    except RequestFailed as failure:
        if "not found" not in failure.why:
            raise
        answer = {}
    instance = answer.get("integrationInstance")
    if not isinstance(instance, dict):
        raise TargetError(
            f"JupiterOne has no integration instance {instance_id}",
            why="Nothing was written.",
            next_step="Check integration_instance_id under [jupiterone] and the account.",
            code="BB-JUPITERONE-INSTANCE",
        )
    return instance
