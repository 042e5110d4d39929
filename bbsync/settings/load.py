"""Put the settings of a run together from bbsync.toml and the environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs
from attrs import evolve

from bbsync.adoption.settings import AdoptSettings
from bbsync.alerts.settings import AlertSettings
from bbsync.bitbucket.settings import (
    CLIENT_KEY,
    CLIENT_SECRET,
    BitbucketSettings,
    ConsumerCredentials,
    LimitSettings,
    PullRequestSettings,
    RefreshSettings,
    pair_consumers,
    refuse_server,
    split_list,
)
from bbsync.errors import SettingsError
from bbsync.jupiterone.settings import (
    DEFAULT_API_URL,
    DEFAULT_GRAPHQL_URL,
    DEFAULT_SCOPE,
    READ_KEY,
    SYNC_KEY,
    JupiterOnePolicy,
    JupiterOneSettings,
    require_one_region,
)
from bbsync.network.settings import NetworkSettings
from bbsync.secret import SHORTEST, Secret
from bbsync.settings.address import address
from bbsync.settings.database_address import database_address
from bbsync.settings.document import TOP, Document
from bbsync.settings.environment import Environment
from bbsync.settings.identity_map import IdentityPolicy, identities_of
from bbsync.settings.tables import KNOWN_KINDS, KNOWN_RULES, TargetPolicy, kind_switches, rule_switches
from bbsync.settings.values import (
    DriftSettings,
    GeneralSettings,
    GuardSettings,
    Settings,
    StateSettings,
    TargetKind,
    TargetSettings,
    check_workspaces,
)

DEFAULT_CONFIG = Path("bbsync.toml")


def load_settings(
    *,
    config: Path | None,
    environ: Mapping[str, str],
    env_file: Path | None = None,
    known_kinds: tuple[str, ...] = KNOWN_KINDS,
    known_rules: tuple[str, ...] = KNOWN_RULES,
) -> Settings:
    """The settings from a file and the environment.

    Args:
        config: the file; None means ./bbsync.toml if there is one.
        environ: the variables of the process.
        env_file: a file of further variables; none is read unless named here.
        known_kinds: the names that the [kinds] table may hold.
        known_rules: the names that the [rules] table may hold.
    """
    environment = Environment.of(environ, env_file)
    document = _document(config)
    general = document.table(TOP, GeneralSettings)
    switches = document.table("kinds", kind_switches(known_kinds))
    target = document.table("target", TargetPolicy)
    policy = document.table("jupiterone", JupiterOnePolicy)
    identities = document.table("identities", IdentityPolicy)
    settings = Settings(
        workspaces=general.workspaces,
        account_name=general.account_name,
        tag_account_name=general.tag_account_name,
        description=general.description,
        pull_requests=document.table("pull_requests", PullRequestSettings),
        kinds=attrs.asdict(switches),
        refresh=document.table("refresh", RefreshSettings),
        limits=document.table("limits", LimitSettings),
        target=TargetSettings(target.kind or _default_target(environment), target.path, target.url, target.scope),
        bitbucket=BitbucketSettings(),
        jupiterone=None,
        state=document.table("state", StateSettings),
        guards=document.table("guards", GuardSettings),
        rules=attrs.asdict(document.table("rules", rule_switches(known_rules))),
        drift=document.table("drift", DriftSettings),
        alerts=document.table("alerts", AlertSettings),
        adopt=document.table("adopt", AdoptSettings),
    )
    document.refuse_mistakes()
    return _with_environment(evolve(settings, identities=identities_of(identities)), environment, policy)


def _document(config: Path | None) -> Document:
    if config is None and not DEFAULT_CONFIG.exists():
        return Document({})
    return Document.load(config or DEFAULT_CONFIG)


def _default_target(environment: Environment) -> TargetKind:
    return "jupiterone" if environment.text("JUPITERONE_ACCOUNT") else "local"


def _with_environment(settings: Settings, environment: Environment, policy: JupiterOnePolicy) -> Settings:
    named = split_list("BITBUCKET_WORKSPACE", environment.text("BITBUCKET_WORKSPACE"))
    workspaces = check_workspaces(named or settings.workspaces)
    consumers, problem = _consumers(environment)
    return evolve(
        settings,
        workspaces=workspaces,
        account_name=settings.account_name or ", ".join(workspaces),
        bitbucket=_bitbucket(environment, consumers),
        jupiterone=_jupiterone(environment, policy),
        network=_network(environment),
        consumers_problem=problem,
        target=evolve(settings.target, url=database_address("target", settings.target.url, environment)),
        state=StateSettings(database_address("state", settings.state.url, environment)),
    )


def _consumers(environment: Environment) -> tuple[tuple[ConsumerCredentials, ...], SettingsError | None]:
    """The consumers, or why there are none."""
    try:
        consumers = pair_consumers(environment.text(CLIENT_KEY), environment.text(CLIENT_SECRET))
        _refuse_short(CLIENT_SECRET, *(consumer.secret for consumer in consumers))
    except SettingsError as problem:
        return (), _with_lookalike(problem, environment)
    return consumers, None


def _with_lookalike(problem: SettingsError, environment: Environment) -> SettingsError:
    """The same problem, pointing to a misspelt variable if there is one."""
    for name in (CLIENT_KEY, CLIENT_SECRET):
        other = environment.lookalike(name)
        if other and not environment.text(name):
            return SettingsError(problem.what, why=f"{other} is set, but {name} is meant.", next_step="Rename it.")
    return problem


def _bitbucket(environment: Environment, consumers: tuple[ConsumerCredentials, ...]) -> BitbucketSettings:
    default = BitbucketSettings()
    url = _address(environment, "BITBUCKET_URL", default.url).rstrip("/")
    api_url = _address(environment, "BITBUCKET_API_URL", default.api_url).rstrip("/")
    refuse_server("BITBUCKET_URL", url)
    refuse_server("BITBUCKET_API_URL", api_url)
    return BitbucketSettings(consumers, url, api_url)


def _jupiterone(environment: Environment, policy: JupiterOnePolicy) -> JupiterOneSettings | None:
    account = environment.text("JUPITERONE_ACCOUNT")
    if not account:
        return None
    api_key = Secret(environment.text(READ_KEY))
    sync_key = Secret(environment.text(SYNC_KEY)) or api_key
    _refuse_short(READ_KEY, api_key)
    _refuse_short(SYNC_KEY, sync_key)
    api_url = _address(environment, "JUPITERONE_API_URL", DEFAULT_API_URL).rstrip("/")
    graphql_url = _address(environment, "JUPITERONE_GRAPHQL_URL", DEFAULT_GRAPHQL_URL)
    require_one_region(api_url, graphql_url)
    return JupiterOneSettings(
        account=account,
        api_key=api_key,
        sync_api_key=sync_key,
        api_url=api_url,
        graphql_url=graphql_url,
        scope=policy.scope or DEFAULT_SCOPE,
        integration_instance_id=policy.integration_instance_id,
        integration_definition=policy.integration_definition,
        snapshot=policy.snapshot,
        raw_data=policy.raw_data,
        queries_per_2_minutes=policy.queries_per_2_minutes,
    )


def _network(environment: Environment) -> NetworkSettings:
    """The way out, from the variables that everybody's programs read. Bitbucket and JupiterOne are https alone."""
    cert_file, cert_dir = environment.text("SSL_CERT_FILE"), environment.text("SSL_CERT_DIR")
    past = environment.custom("NO_PROXY").replace(",", " ").split()
    return NetworkSettings(
        proxy=Secret(environment.custom("HTTPS_PROXY", "ALL_PROXY")),
        past=tuple(past),
        cert_file=Path(cert_file) if cert_file else None,
        cert_dir=Path(cert_dir) if cert_dir else None,
    )


def _refuse_short(name: str, *secrets: Secret) -> None:
    """Raise if a secret could be any word: it could not be kept out of what others say, which is shown."""
    for position, secret in enumerate(secrets, start=1):
        if 0 < len(secret.reveal()) < SHORTEST:
            which = f"element {position} of {len(secrets)} in {name}" if len(secrets) > 1 else name
            raise SettingsError(
                f"{which} has fewer than {SHORTEST} characters",
                why="So short a secret cannot be told from other words, and so not be kept out of what is shown.",
                next_step="Set the whole secret.",
            )


def _address(environment: Environment, name: str, default: str) -> str:
    return address(name, environment.text(name, default))
