"""Ids that look like Bitbucket's and are the same in every run."""

from __future__ import annotations

import hashlib
import uuid

_NAMESPACE = uuid.UUID("7c9f2d0e-4b1a-5c8e-9d3f-1a2b3c4d5e6f")


def uuid_of(*parts: object) -> str:
    """A uuid in braces, as Bitbucket writes them."""
    return f"{{{uuid.uuid5(_NAMESPACE, _joined(parts))}}}"


def hash_of(*parts: object) -> str:
    """A commit hash of 40 characters."""
    return hashlib.sha1(_joined(parts).encode(), usedforsecurity=False).hexdigest()


def account_id_of(*parts: object) -> str:
    """An Atlassian account id."""
    return f"557058:{uuid.uuid5(_NAMESPACE, _joined(parts))}"


def _joined(parts: tuple[object, ...]) -> str:
    return "/".join(str(part) for part in parts)
