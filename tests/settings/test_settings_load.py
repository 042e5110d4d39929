"""The settings of a run, from file and environment together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from attrs import evolve

from bbsync.bitbucket.settings import LimitSettings, PullRequestSettings, RefreshSettings
from bbsync.errors import SettingsError
from bbsync.secret import Secret
from bbsync.settings import GuardSettings, Settings, StateSettings, load_settings

CREDENTIALS = {"BITBUCKET_CLIENT_KEY": "key-one, key-two", "BITBUCKET_CLIENT_SECRET": "secret-one ,secret-two"}
JUPITERONE = {"JUPITERONE_ACCOUNT": "acme", "JUPITERONE_API_KEY": "read-key"}


def load(tmp_path: Path, toml: str = "", environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of a file with this content."""
    path = tmp_path / "bbsync.toml"
    path.write_text(toml)
    return load_settings(config=path, environ=environ or {})


def test_without_anything_every_default_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file and no variable: settings are there, and the target is local."""
    monkeypatch.chdir(tmp_path)

    settings = load_settings(config=None, environ={})

    assert settings.workspaces == ()
    assert (settings.account_name, settings.tag_account_name, settings.description) == ("", True, "")
    assert settings.pull_requests == PullRequestSettings(ingest=True, enriched=False, window=86_400)
    assert settings.refresh == RefreshSettings(permissions=0, branch_restrictions=0)
    assert settings.limits == LimitSettings(concurrency=16, calls_per_hour=1000, on_exhausted="fail")
    assert (settings.target.kind, settings.target.path) == ("local", Path(".bbsync/graph.db"))
    assert settings.state == StateSettings("sqlite:///.bbsync/state.db")
    assert settings.guards == GuardSettings(20, 5, 500, (), ())
    assert (settings.bitbucket.url, settings.bitbucket.api_url) == (
        "https://bitbucket.org",
        "https://api.bitbucket.org",
    )
    assert all(settings.kinds.values())
    assert settings.jupiterone is None


def test_the_file_in_the_working_directory_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a path it is ./bbsync.toml, if there is one."""
    (tmp_path / "bbsync.toml").write_text('workspaces = ["here"]')
    monkeypatch.chdir(tmp_path)

    settings = load_settings(config=None, environ={})

    assert settings.workspaces == ("here",)


def test_a_file_of_variables_is_read_only_when_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A .env that happens to lie there plays no part."""
    (tmp_path / ".env").write_text("BITBUCKET_WORKSPACE=from-env-file\n")
    monkeypatch.chdir(tmp_path)

    alone = load_settings(config=None, environ={})
    named = load_settings(config=None, environ={}, env_file=Path(".env"))

    assert (alone.workspaces, named.workspaces) == ((), ("from-env-file",))


def test_the_file_decides_policy(tmp_path: Path) -> None:
    """Every table ends up where it belongs."""
    settings = load(
        tmp_path,
        """
        workspaces = ["acme", "umbrella"]
        account_name = "Acme"
        tag_account_name = false
        description = "all of it"
        [pull_requests]
        ingest = false
        window = "7d"
        [kinds]
        branch_restrictions = false
        [refresh]
        permissions = "24h"
        [limits]
        concurrency = 4
        on_exhausted = "wait"
        [target]
        kind = "local"
        path = "elsewhere.db"
        [state]
        url = "postgresql://db/bbsync"
        [guards]
        delete_percent = 0
        sentinels = ["acme/web"]
        """,
    )

    assert settings.workspaces == ("acme", "umbrella")
    assert (settings.account_name, settings.tag_account_name, settings.description) == ("Acme", False, "all of it")
    assert settings.pull_requests == PullRequestSettings(ingest=False, window=604_800)
    assert [kind for kind, on in settings.kinds.items() if not on] == ["branch_restrictions"]
    assert settings.refresh.permissions == 86_400
    assert (settings.limits.concurrency, settings.limits.on_exhausted) == (4, "wait")
    assert settings.target.local.path == Path("elsewhere.db")
    assert settings.state.url == "postgresql://db/bbsync"
    assert (settings.guards.delete_percent, settings.guards.sentinels) == (0, ("acme/web",))


def test_the_variable_overrides_the_workspaces(tmp_path: Path) -> None:
    """BITBUCKET_WORKSPACE is a comma-separated list and wins; the account is named after it."""
    settings = load(tmp_path, 'workspaces = ["acme"]', {"BITBUCKET_WORKSPACE": "one , two"})

    assert settings.workspaces == ("one", "two")
    assert settings.account_name == "one, two"


@pytest.mark.parametrize(
    ("workspaces", "sentence"),
    [
        ('["https://bitbucket.org/acme"]', "is not the name of a workspace"),
        ('[""]', "is not the name of a workspace"),
        ('[".."]', "is not the name of a workspace"),
        ('["acme/web"]', "is not the name of a workspace"),
        ('["acme", "Acme"]', "the workspace acme is named twice"),
    ],
)
def test_a_workspace_is_a_slug_or_a_uuid_named_once(tmp_path: Path, workspaces: str, sentence: str) -> None:
    """Anything else would end up in the path of a request."""
    with pytest.raises(SettingsError, match=sentence):
        load(tmp_path, f"workspaces = {workspaces}")


def test_a_workspace_may_be_a_uuid(tmp_path: Path) -> None:
    """Braces and all, as Bitbucket writes it."""
    settings = load(tmp_path, 'workspaces = ["{6ba7b810-9dad-11d1-80b4-00c04fd430c8}"]')

    assert settings.workspaces == ("{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",)


def test_consumers_are_pairs_in_order(tmp_path: Path) -> None:
    """The first key goes with the first secret, whatever the white space."""
    settings = load(tmp_path, 'workspaces = ["acme"]', CREDENTIALS)

    consumers = settings.require_bitbucket().consumers

    assert [(each.key, each.secret.reveal()) for each in consumers] == [
        ("key-one", "secret-one"),
        ("key-two", "secret-two"),
    ]


def test_missing_credentials_matter_only_to_who_asks_for_them(tmp_path: Path) -> None:
    """Showing a plan needs no consumer; reading Bitbucket does."""
    settings = load(tmp_path, 'workspaces = ["acme"]')

    with pytest.raises(SettingsError, match=r"BITBUCKET_CLIENT_KEY and BITBUCKET_CLIENT_SECRET are not set"):
        settings.require_bitbucket()


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"BITBUCKET_CLIENT_KEY": "a"}, "BITBUCKET_CLIENT_SECRET is not set"),
        ({"BITBUCKET_CLIENT_SECRET": "hunter2"}, "BITBUCKET_CLIENT_KEY is not set"),
        ({**CREDENTIALS, "BITBUCKET_CLIENT_SECRET": "hunter2"}, "has 2 elements and BITBUCKET_CLIENT_SECRET has 1"),
        ({**CREDENTIALS, "BITBUCKET_CLIENT_KEY": "a,,b"}, "element 2 of 3 in BITBUCKET_CLIENT_KEY is empty"),
        ({**CREDENTIALS, "BITBUCKET_CLIENT_SECRET": "hunter2,"}, "element 2 of 2 in BITBUCKET_CLIENT_SECRET is empty"),
        ({**CREDENTIALS, "BITBUCKET_CLIENT_KEY": "same-1234,same-1234"}, r"elements 1 and 2 .* \(it ends in 1234\)"),
        ({"BITBUCKET_CLIENT_KEYS": "a", "BITBUCKET_CLIENT_SECRET": "b"}, "BITBUCKET_CLIENT_KEYS is set, but"),
    ],
)
def test_wrong_lists_are_one_sentence_without_a_secret(tmp_path: Path, environ: dict[str, str], sentence: str) -> None:
    """Numbers and the end of a key are enough to find the mistake."""
    settings = load(tmp_path, 'workspaces = ["acme"]', environ)

    with pytest.raises(SettingsError, match=sentence) as caught:
        settings.require_bitbucket()

    assert "hunter2" not in str(caught.value)
    assert "same-1234" not in str(caught.value)


def test_without_a_workspace_bitbucket_is_not_read(tmp_path: Path) -> None:
    """An empty workspace would ask for every workspace there is."""
    settings = load(tmp_path, "", CREDENTIALS)

    with pytest.raises(SettingsError, match="no workspace is set"):
        settings.require_bitbucket()


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"BITBUCKET_API_URL": "https://git.acme.example/rest/api"}, "address of a Bitbucket Server or Data Center"),
        ({"BITBUCKET_URL": "https://git.acme.example:7990"}, "address of a Bitbucket Server or Data Center"),
        ({"BITBUCKET_URL": "https://stash.acme.example"}, "address of a Bitbucket Server or Data Center"),
        ({"BITBUCKET_URL": "https://git.acme.example/projects/WEB"}, "address of a Bitbucket Server or Data Center"),
        ({"BITBUCKET_API_URL": "https://api.bitbucket.org/2.0"}, "BITBUCKET_API_URL holds the API's version"),
        ({"BITBUCKET_URL": "http://bitbucket.org"}, "BITBUCKET_URL is plain http"),
        ({**JUPITERONE, "JUPITERONE_API_URL": "http://api.example"}, "JUPITERONE_API_URL is plain http"),
    ],
)
def test_addresses_that_cannot_work_are_refused(tmp_path: Path, environ: dict[str, str], sentence: str) -> None:
    """A Server, a version in the path or plain http is a sentence at once and not a 404 later."""
    with pytest.raises(SettingsError, match=sentence):
        load(tmp_path, "", environ)


def test_loopback_addresses_are_taken_without_their_last_slash(tmp_path: Path) -> None:
    """The stand-ins run on plain http; paths are appended."""
    settings = load(tmp_path, "", {"BITBUCKET_URL": "http://127.0.0.1:1/", "BITBUCKET_API_URL": "http://[::1]:2/api/"})

    assert (settings.bitbucket.url, settings.bitbucket.api_url) == ("http://127.0.0.1:1", "http://[::1]:2/api")


def test_an_account_makes_jupiterone_the_target(tmp_path: Path) -> None:
    """One key does for reading and writing, the scope is ours, addresses are those of the US region."""
    settings = load(tmp_path, "", JUPITERONE)

    jupiterone = settings.require_jupiterone()

    assert settings.target.kind == "jupiterone"
    assert (jupiterone.api_key, jupiterone.sync_api_key) == (Secret("read-key"), Secret("read-key"))
    assert (jupiterone.scope, jupiterone.integration_instance_id, jupiterone.snapshot) == ("bbsync", "", "live")
    assert jupiterone.api_url == "https://api.us.jupiterone.io"
    assert jupiterone.graphql_url == "https://graphql.us.jupiterone.io/"


def test_a_file_may_choose_local_although_an_account_is_set(tmp_path: Path) -> None:
    """Policy that was reviewed wins over what happens to be in the environment."""
    settings = load(tmp_path, '[target]\nkind = "local"', JUPITERONE)

    assert settings.target.kind == "local"


def test_an_instance_takes_the_place_of_a_scope(tmp_path: Path) -> None:
    """Its id is passed on, and a key of its own for writing."""
    environ = {**JUPITERONE, "JUPITERONE_SYNC_API_KEY": "write-key"}

    settings = load(tmp_path, '[jupiterone]\nintegration_instance_id = "abc"\nsnapshot = "state"', environ)

    jupiterone = settings.require_jupiterone()
    assert (jupiterone.integration_instance_id, jupiterone.snapshot) == ("abc", "state")
    assert jupiterone.sync_api_key == Secret("write-key")


def test_scope_and_instance_exclude_each_other(tmp_path: Path) -> None:
    """JupiterOne knows one or the other."""
    with pytest.raises(SettingsError, match=r"In \[jupiterone\], integration_instance_id and scope exclude each other"):
        load(tmp_path, '[jupiterone]\nscope = "a"\nintegration_instance_id = "b"')


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [({}, "JUPITERONE_ACCOUNT is not set"), ({"JUPITERONE_ACCOUNT": "acme"}, "JUPITERONE_API_KEY is not set")],
)
def test_jupiterone_without_account_or_key_is_a_sentence(
    tmp_path: Path, environ: dict[str, str], sentence: str
) -> None:
    """It is said when the target is asked for."""
    settings = load(tmp_path, '[target]\nkind = "jupiterone"', environ)

    with pytest.raises(SettingsError, match=sentence):
        settings.require_jupiterone()


def test_kinds_are_the_names_that_are_known(tmp_path: Path) -> None:
    """A new kind has its switch without an edit here, and an unknown one is refused with the nearest."""
    path = tmp_path / "bbsync.toml"
    path.write_text("[kinds]\ndeploy_keys = false")

    settings = load_settings(config=path, environ={}, known_kinds=("users", "deploy_keys"))

    assert settings.kinds == {"users": True, "deploy_keys": False}
    with pytest.raises(SettingsError, match=r"deploy_keys in \[kinds\] is not a setting; known in \[kinds\]: users"):
        load_settings(config=path, environ={})


def test_rules_can_be_switched_off(tmp_path: Path) -> None:
    """Each by its name; a name that no rule has is refused with the nearest."""
    settings = load(tmp_path, "[rules]\nmade_public = false")

    assert [rule for rule, on in settings.rules.items() if not on] == ["made_public"]
    with pytest.raises(SettingsError, match=r"made_publik in \[rules\] is not a setting; the nearest is made_public"):
        load(tmp_path, "[rules]\nmade_publik = false")


def test_pull_requests_are_not_switched_off_among_the_kinds(tmp_path: Path) -> None:
    """They have a table of their own, and the sentence says so."""
    with pytest.raises(SettingsError, match=r"\[pull_requests\] is a table of its own"):
        load(tmp_path, "[kinds]\npull_requests = false")


def test_no_secret_is_in_the_repr(tmp_path: Path) -> None:
    """Settings may be logged whole."""
    settings = load(tmp_path, 'workspaces = ["acme"]', {**CREDENTIALS, **JUPITERONE})

    shown = repr(settings)

    assert not [text for text in ("secret-one", "secret-two", "key-one", "read-key") if text in shown]


@pytest.mark.parametrize(
    ("environ", "which"),
    [
        ({**CREDENTIALS, "BITBUCKET_CLIENT_SECRET": "secret-one,hunter2"}, "element 2 of 2 in BITBUCKET_CLIENT_SECRET"),
        ({**JUPITERONE, "JUPITERONE_API_KEY": "hunter2"}, "JUPITERONE_API_KEY"),
        ({**JUPITERONE, "JUPITERONE_SYNC_API_KEY": "hunter2"}, "JUPITERONE_SYNC_API_KEY"),
    ],
)
def test_a_secret_that_may_be_any_word_is_refused(tmp_path: Path, environ: dict[str, str], which: str) -> None:
    """It could not be hidden in what others say."""
    with pytest.raises(SettingsError, match=f"^{which} has fewer than 8 characters") as caught:
        load(tmp_path, 'workspaces = ["acme"]', environ).require_bitbucket()

    assert "hunter2" not in str(caught.value)


def test_the_password_of_the_state_is_not_in_the_repr(tmp_path: Path) -> None:
    """The address of a database holds one, wherever it came from."""
    settings = load(
        tmp_path, '[state]\nurl = "postgresql://ada@host/bbsync"', {"BBSYNC_STATE_PASSWORD": "correct-horse"}
    )

    assert settings.state.url == "postgresql://ada:correct-horse@host/bbsync"
    assert "correct-horse" not in repr(settings)


def test_the_fingerprint_changes_with_what_is_looked_at(tmp_path: Path) -> None:
    """Workspaces, kinds and pull requests count; their order, names, limits and secrets do not."""
    settings = load(tmp_path, 'workspaces = ["acme", "umbrella"]', CREDENTIALS)
    fewer_kinds = {**settings.kinds, "groups": False}

    same = [
        evolve(settings, workspaces=("umbrella", "Acme")),
        evolve(settings, account_name="other", limits=LimitSettings(concurrency=1), consumers_problem=None),
        evolve(settings, kinds={**settings.kinds, "deploy_keys": True}),
    ]
    other = [
        evolve(settings, workspaces=("acme",)),
        evolve(settings, kinds=fewer_kinds),
        evolve(settings, pull_requests=PullRequestSettings(ingest=False)),
    ]

    assert {each.fingerprint() for each in same} == {settings.fingerprint()}
    assert len({settings.fingerprint(), *(each.fingerprint() for each in other)}) == 4
    assert settings.fingerprint().startswith("sha256:")
