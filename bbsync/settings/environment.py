"""The environment: variables, each also as a file to mount, and a file of variables if one is named."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

from bbsync.errors import SettingsError
from bbsync.settings.text_file import read_text

#: Every variable that bbsync reads, and what it holds. Each may be given with _FILE appended, naming a file that holds
#: the text.
VARIABLES = {
    "BITBUCKET_CLIENT_KEY": "the keys of OAuth consumers, separated by commas",
    "BITBUCKET_CLIENT_SECRET": "their secrets, in the same order",
    "BITBUCKET_WORKSPACE": "the workspaces, separated by commas, instead of those in bbsync.toml",
    "BITBUCKET_URL": "where tokens come from; for Bitbucket Cloud leave it unset",
    "BITBUCKET_API_URL": "where everything else of Bitbucket comes from; for Bitbucket Cloud leave it unset",
    "JUPITERONE_ACCOUNT": "the account; without it the graph is a local file",
    "JUPITERONE_API_KEY": "the key that reads its graph",
    "JUPITERONE_SYNC_API_KEY": "the key that writes it, where that is another one",
    "JUPITERONE_API_URL": "where its graph is written; for a region other than us",
    "JUPITERONE_GRAPHQL_URL": "where its graph is read; for a region other than us",
    "BBSYNC_STATE_URL": "where the records are, instead of url in [state]",
    "BBSYNC_STATE_PASSWORD": "the password of the user in that address, where the records are on a server",
    "BBSYNC_TARGET_URL": "where the local graph is, instead of url in [target]",
    "BBSYNC_TARGET_PASSWORD": "the password of the user in that address",
    "HTTPS_PROXY": "the address of an HTTP proxy",
    "NO_PROXY": "hosts, domains and networks that are reached past it; this machine always is",
    "SSL_CERT_FILE": "certificates of your own authorities, instead of the well-known ones",
    "SSL_CERT_DIR": "the same, as a directory",
}

_QUOTES = "'\""


@frozen
class Environment:
    """The variables that hold; those of the process win over those of a file."""

    variables: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, environ: Mapping[str, str], env_file: Path | None = None) -> Environment:
        """The process's variables, and below them those of `env_file` if one is named."""
        if env_file is None:
            return cls(environ)
        return cls({**read_env_file(env_file), **environ})

    def text(self, name: str, default: str = "") -> str:
        """The variable, or what its _FILE holds, without white space around it; the default if it says nothing."""
        text, path = self.variables.get(name, "").strip(), self.variables.get(f"{name}_FILE", "").strip()
        if text and path:
            raise SettingsError(f"{name} and {name}_FILE are both set", next_step="Set one of the two.")
        return (_read(Path(path), f"{name}_FILE") if path else text) or default

    def custom(self, *names: str) -> str:
        """The first of these variables that says something, as other programs read it too: small letters come first."""
        spelled = (spelling for name in names for spelling in (name.lower(), name))
        return next(filter(None, map(self.text, spelled)), "")

    def lookalike(self, name: str) -> str:
        """A variable that is set and that nobody reads, but whose name is close to this one; or nothing."""
        known = {*VARIABLES, *(f"{variable}_FILE" for variable in VARIABLES)}
        return next(iter(difflib.get_close_matches(name, set(self.variables) - known, n=1, cutoff=0.85)), "")


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of a file of `NAME=value` lines; quotes around a value, `export` and comments are allowed."""
    lines = enumerate(_read(path, "the environment file").splitlines(), start=1)
    return dict(_variable(path, number, line) for number, line in lines if line.strip() and line.strip()[0] != "#")


def _variable(path: Path, number: int, line: str) -> tuple[str, str]:
    name, separator, text = line.strip().removeprefix("export ").partition("=")
    if not separator or not name.strip().isidentifier():
        raise SettingsError(
            f"line {number} of {path} is not of the form NAME=value",
            next_step="Correct the line; comments begin with #.",
        )
    text = text.strip()
    quoted = len(text) > 1 and text[0] in _QUOTES and text[-1] == text[0]
    return name.strip(), text[1:-1] if quoted else text


def _read(path: Path, what: str) -> str:
    try:
        return read_text(path).strip()
    except OSError as error:
        why = f"{error.strerror or type(error).__name__}."
    except UnicodeDecodeError:
        why = "It is not UTF-8 text."
    raise SettingsError(f"{what} ({path}) cannot be read", why=why, next_step="Correct the path or its permissions.")
