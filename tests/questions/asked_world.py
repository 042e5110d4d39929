"""An account in which every question of the pack finds something, and passes over something much like it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bbsync.sandbox.jupiterone import ApiKey, JupiterOne
from tests.jupiterone.jupiterone_rig import READ_KEY, SYNC_KEY

#: Epoch seconds at which everything is asked.
NOW = 1_790_000_000
DAY = 86_400

Document = dict[str, Any]


def ago(days: int) -> int:
    """A moment so many days before, as properties hold it."""
    return (NOW - days * DAY) * 1000


def _entity(kind: str, called: str, classes: list[str], /, **properties: Any) -> Document:
    return {
        "_type": kind,
        "_key": f"{kind}/{called}",
        "_class": classes,
        "displayName": called,
        "name": called,
        **properties,
    }


def _repo(slug: str, **properties: Any) -> Document:
    name = f"acme/{slug}"
    given = {"fullName": name, "public": False, "forkPolicy": "no_forks", "mainBranch": "main", "updatedOn": ago(1)}
    return _entity("bitbucket_repo", slug, ["CodeRepo"], **given | {"owner": "acme"} | properties)


def _user(name: str, **properties: Any) -> Document:
    given = {"nickname": name, "active": True, "isPerson": True, "workspaceRole": "member"}
    return _entity("bitbucket_user", name, ["User"], **given | properties)


def _group(name: str, permission: str | None, members: int, *, auto: bool = False) -> Document:
    properties = {"permission": permission, "memberCount": members, "autoAdd": auto}
    return _entity("bitbucket_group", name, ["UserGroup"], **properties)


def _permission(repo: str, who: str, level: str, sort: str = "user") -> Document:
    properties = {"permission": level, "admin": level == "admin", "principalType": sort}
    return _entity("bitbucket_permission", f"{repo}/{who}", ["AccessPolicy"], **properties)


def _pull(number: int, **properties: Any) -> Document:
    """A pull request that was merged as it should be, but for these properties."""
    given = {
        "state": "MERGED",
        "merged": True,
        "open": False,
        "declined": False,
        "approved": True,
        "validated": True,
        "selfApproved": False,
        "approvedCommitsRemoved": False,
        "changesRequested": False,
        "updatedOn": ago(1),
        "author": "bob",
        "repository": "acme/site",
    }
    return _entity("bitbucket_pullrequest", f"#{number}", ["Review", "PR"], **given | properties)


OPEN = {"state": "OPEN", "merged": False, "open": True}
DECLINED = {"state": "DECLINED", "merged": False, "declined": True}

ENTITIES = [
    _entity("bitbucket_project", "Open", ["Project"], public=True, key="OPEN", workspace="acme"),
    _entity("bitbucket_project", "Secret", ["Project"], public=False, key="SEC", workspace="acme"),
    _repo("site", public=True, forkPolicy="allow_forks"),
    _repo("vault"),
    _repo("leak", public=True),
    _repo("old", forkPolicy="allow_forks", updatedOn=ago(400)),
    _user("ada", workspaceRole="owner"),
    _user("bob"),
    _user("eve", active=False),
    _user("robot", isPerson=False),
    _group("admins", "admin", 1),
    _group("newcomers", "write", 1, auto=True),
    _group("readers", "read", 1, auto=True),
    _group("ghosts", None, 0),
    _permission("vault", "ada", "admin"),
    _permission("vault", "admins", "admin", "group"),
    _permission("vault", "bob", "read"),
    _permission("vault", "eve", "read"),
    _permission("site", "bob", "write"),
    _permission("site", "newcomers", "write", "group"),
    _permission("old", "outsider", "write"),
    _permission("old", "reading outsider", "read"),
    *(
        _entity("bitbucket_branch_restriction", f"{repo}/{name}", ["AccessPolicy"], name=name)
        for repo, names in {
            "site": ("push", "force", "require_approvals_to_merge"),
            "vault": ("push", "force", "require_approvals_to_merge"),
            "old": ("push",),
        }.items()
        for name in names
    ),
    _pull(1),
    _pull(2, approved=False),
    _pull(3, approvedCommitsRemoved=True),
    _pull(4, **OPEN, selfApproved=True, approved=False, changesRequested=True, updatedOn=ago(29)),
    _pull(5, changesRequested=True, updatedOn=ago(31)),
    _pull(6, **OPEN, validated=False, approved=False, approvedCommitsRemoved=True, updatedOn=ago(31)),
    _pull(7, **DECLINED, validated=False, approved=False, updatedOn=ago(90)),
]

#: From, verb, to: by the keys behind the type.
TIES = [
    ("project/Open", "HAS", "repo/site"),
    ("project/Secret", "HAS", "repo/vault"),
    ("project/Secret", "HAS", "repo/leak"),
    ("group/admins", "HAS", "user/ada"),
    ("group/newcomers", "HAS", "user/bob"),
    ("group/readers", "HAS", "user/bob"),
    ("repo/vault", "ALLOWS", "permission/vault/ada"),
    ("repo/vault", "ALLOWS", "permission/vault/admins"),
    ("repo/vault", "ALLOWS", "permission/vault/bob"),
    ("repo/vault", "ALLOWS", "permission/vault/eve"),
    ("repo/site", "ALLOWS", "permission/site/bob"),
    ("repo/site", "ALLOWS", "permission/site/newcomers"),
    ("repo/old", "ALLOWS", "permission/old/outsider"),
    ("repo/old", "ALLOWS", "permission/old/reading outsider"),
    ("user/ada", "HAS", "permission/vault/ada"),
    ("group/admins", "HAS", "permission/vault/admins"),
    ("user/bob", "HAS", "permission/vault/bob"),
    ("user/eve", "HAS", "permission/vault/eve"),
    ("user/bob", "HAS", "permission/site/bob"),
    ("group/newcomers", "HAS", "permission/site/newcomers"),
    *((f"repo/{repo}", "HAS", f"branch_restriction/{repo}/push") for repo in ("site", "vault", "old")),
    *((f"repo/{repo}", "HAS", f"branch_restriction/{repo}/force") for repo in ("site", "vault")),
    *((f"repo/{repo}", "HAS", f"branch_restriction/{repo}/require_approvals_to_merge") for repo in ("site", "vault")),
    ("branch_restriction/site/push", "ALLOWS", "user/ada"),
    ("branch_restriction/site/force", "ALLOWS", "user/bob"),
    *(("repo/site", "HAS", f"pullrequest/#{number}") for number in range(1, 8)),
]

EMPLOYEES = ("ada", "eve")


def asked_account() -> JupiterOne:
    """The account, with bbsync's part and the employees of somebody else's."""
    account = JupiterOne(keys=(ApiKey(READ_KEY), ApiKey(SYNC_KEY)), clock=lambda: NOW, polls_in_progress=0)
    account.put(ENTITIES, list(_ties()), scope="bbsync")
    persons = [{"_key": f"person/{name}", "_type": "employee", "_class": ["Person"]} for name in EMPLOYEES]
    account.put(persons, scope="people")
    ids = {one["_key"]: one["_id"] for one in account.entities()}
    account.put(relationships=[_employment(name, ids) for name in EMPLOYEES], scope="people")
    return account


def _ties() -> Iterator[Document]:
    for start, verb, end in TIES:
        source, target = f"bitbucket_{start}", f"bitbucket_{end}"
        kinds = source.partition("/")[0], target.partition("/")[0].removeprefix("bitbucket_")
        yield {
            "_key": f"{source}|{verb.lower()}|{target}",
            "_type": f"{kinds[0]}_{verb.lower()}_{kinds[1]}",
            "_class": verb,
            "_fromEntityKey": source,
            "_toEntityKey": target,
        }


def _employment(name: str, ids: dict[str, str]) -> Document:
    return {
        "_key": f"{name}|is|person",
        "_type": "bitbucket_user_is_person",
        "_class": "IS",
        "_fromEntityId": ids[f"bitbucket_user/{name}"],
        "_toEntityId": ids[f"person/{name}"],
    }
