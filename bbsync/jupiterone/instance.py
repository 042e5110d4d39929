"""Check that an integration instance is meant for us: JupiterOne lets anybody overwrite any instance."""

from __future__ import annotations

from bbsync.errors import TargetError
from bbsync.jupiterone.client import Document, JupiterOneClient
from bbsync.jupiterone.refusals import RequestFailed

#: The types of integration that are made for own programs.
OUR_TYPES = ("bbsync", "custom")

#: The definition that JupiterOne calls "Custom".
CUSTOM_DEFINITION = "8013680b-311a-4c2e-b53b-c8735fd97a5c"

_QUERY = """
query Instance($id: String!) {
  integrationInstance(id: $id) {
    id
    name
    integrationDefinition { id integrationType }
  }
}
"""


def require_our_instance(client: JupiterOneClient, instance_id: str) -> None:
    """Raise unless the instance is there and is of a type that own programs write to."""
    definition = _instance(client, instance_id).get("integrationDefinition") or {}
    kind = definition.get("integrationType")
    if kind not in OUR_TYPES and definition.get("id") != CUSTOM_DEFINITION:
        raise TargetError(
            f"The integration instance {instance_id} is not for bbsync",
            why=f"It is an instance of {kind!r}, and writing to it would replace what that integration wrote. Nothing"
            " was written.",
            next_step="Make an instance of a custom integration in JupiterOne, and set its id as"
            " integration_instance_id under [jupiterone].",
            code="BB-JUPITERONE-INSTANCE",
        )


def _instance(client: JupiterOneClient, instance_id: str) -> Document:
    try:
        answer = client.graphql(_QUERY, {"id": instance_id}, doing="looking up the integration instance")
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
