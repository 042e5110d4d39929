"""What GraphQL says about the integrations that were set up in the account."""

from __future__ import annotations

from collections.abc import Sequence

from bbsync.sandbox.jupiterone.access import Instance
from bbsync.sandbox.jupiterone.answers import Document
from bbsync.sandbox.jupiterone.queries import QueryRefused

ONLY_PAGE: Document = {"endCursor": None, "hasNextPage": False}


def instance_by_id(instances: Sequence[Instance], account: str, wanted: str) -> Document:
    """Answer `integrationInstance`."""
    for instance in instances:
        if instance.id == wanted:
            return _instance_document(instance, account)
    raise QueryRefused("Integration instance not found")


def instances_of(instances: Sequence[Instance], account: str, definition_id: str | None) -> Document:
    """Answer `integrationInstances`."""
    chosen = [instance for instance in instances if definition_id in (None, instance.definition_id)]
    return {"instances": [_instance_document(instance, account) for instance in chosen], "pageInfo": ONLY_PAGE}


def definitions_of(instances: Sequence[Instance]) -> Document:
    """Answer `integrationDefinitions`."""
    found = {instance.definition_id: _definition_document(instance) for instance in instances}
    return {"definitions": list(found.values()), "pageInfo": ONLY_PAGE}


def definition_by(instances: Sequence[Instance], name: str, wanted: str) -> Document:
    """Answer `integrationDefinition` and `findIntegrationDefinition`."""
    for instance in instances:
        document = _definition_document(instance)
        if document[name] == wanted:
            return document
    raise QueryRefused("Integration definition not found")


def _instance_document(instance: Instance, account: str) -> Document:
    return {
        "id": instance.id,
        "name": instance.name,
        "accountId": account,
        "description": None,
        "integrationDefinitionId": instance.definition_id,
        "integrationDefinition": _definition_document(instance),
        "pollingInterval": "DISABLED",
        "config": {},
    }


def _definition_document(instance: Instance) -> Document:
    return {
        "id": instance.definition_id,
        "name": instance.definition_type,
        "type": instance.definition_type,
        "title": instance.definition_type,
        "integrationType": instance.definition_type,
        "integrationClass": [],
        "configFields": [],
    }
