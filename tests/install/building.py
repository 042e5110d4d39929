"""Build a wheel or an sdist of a directory, as any other tool would."""

from __future__ import annotations

from pathlib import Path

from build import ProjectBuilder
from pyproject_hooks import quiet_subprocess_runner

from tests.tested_package import ROOT


def build(kind: str, directory: Path, source: Path = ROOT, **environ: str) -> Path:
    """The wheel or the sdist, built into the directory with these variables."""

    def run(command: list[str], cwd: str | None = None, extra_environ: dict[str, str] | None = None) -> None:
        quiet_subprocess_runner(command, cwd, {**(extra_environ or {}), **environ})

    return Path(ProjectBuilder(source, runner=run).build(kind, directory))
