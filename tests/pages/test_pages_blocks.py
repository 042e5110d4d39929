"""Whatever stands as code on a page works: it is run, loaded, printed or known, or says why not.

The pages that `tests.regenerate_pages` makes are among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from bbsync.cli.main import cli
from bbsync.settings import load_settings
from tests.cli.cli_rig import desk_in, jupiterone_of, run_here
from tests.pages.blocks import ROOT, Block, blocks, every_block, pages, spans, write_files
from tests.pages.reader import Reader

#: Languages whose blocks are typed into a shell.
SHELL = ("sh", "bash", "console")

#: How many blocks nobody runs. Each says why above it; think twice before there is one more.
NOT_RUN = 0

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def of(*languages: str, marked: str = "") -> list[object]:
    """The blocks in these languages with that kind of marker, for parametrize."""
    found = (block for block in every_block() if block.marked[0] == marked and block.language in languages)
    return [pytest.param(block, id=block.place) for block in found]


@pytest.mark.parametrize("page", [page for page in pages() if any(block.language in SHELL for block in blocks(page))])
def test_command_blocks_run_as_they_stand(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Typed one after the other, every line of a page does what it says."""
    monkeypatch.chdir(tmp_path)
    write_files(page, tmp_path)
    to_type = [block for block in blocks(page) if block.language in SHELL and not block.marker]

    with desk_in(tmp_path) as desk, jupiterone_of(desk) as target:
        (tmp_path / "bbsync.toml").unlink()
        reader = Reader(desk, target)
        if not any("export BITBUCKET_CLIENT_KEY" in block.text for block in to_type):
            reader.export_bitbucket()
            reader.type("bbsync plan --out plan.json\nbbsync apply plan.json")
        for block in to_type:
            reader.type(block.text)


@pytest.mark.parametrize("block", of("toml"))
def test_settings_on_pages_are_settings(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who copies them gets no mistake."""
    monkeypatch.chdir(tmp_path)
    write_files(block.page, tmp_path)
    (tmp_path / "bbsync.toml").write_text(block.text, encoding="utf-8")

    settings = load_settings(config=tmp_path / "bbsync.toml", environ={})

    assert settings


@cache
def printed(command: str) -> str:
    """What the command prints, with every moment the same."""
    return TIME.sub("TIME", run_here(command.split()[1:], {}).out)


def paragraphs(text: str) -> Iterator[str]:
    """Lines that follow each other without a gap, with every moment the same."""
    yield from TIME.sub("TIME", text).strip("\n").split("\n\n")


@pytest.mark.parametrize("block", of("", "text", "console", marked="output of"))
def test_output_on_pages_is_printed(block: Block) -> None:
    """No line that the tool does not print, but for the moments; parts may be left out between blank lines."""
    _, command = block.marked

    missing = [part for part in paragraphs(block.text) if part not in printed(command)]

    assert missing == []


@pytest.mark.parametrize("block", every_block(), ids=lambda block: block.place)
def test_every_block_is_accounted_for(block: Block) -> None:
    """A block is typed, loaded, printed, written, run by a test that names its page, looked at, or says why not."""
    kind, rest = block.marked

    if kind == "run by":
        assert Path(block.page).name in (ROOT / rest).read_text("utf-8")
    elif not kind:
        assert block.language in (*SHELL, "toml"), f"{block.place} needs a marker, as tests/pages/blocks.py says"
    else:
        assert kind == "picture" or (kind in ("output of", "not run", "file") and rest)


def test_nearly_everything_is_run() -> None:
    """What nobody runs is counted, so that it does not creep in."""
    unrun = [block.place for block in every_block() if block.marked[0] == "not run"]

    assert len(unrun) == NOT_RUN, unrun


@pytest.mark.parametrize("page", pages())
def test_commands_in_sentences_exist(page: str) -> None:
    """A command that a sentence names is there, with the options that it is named with."""
    named = [span.split() for span in spans(page) if span.startswith("bbsync ")]

    unknown = [" ".join(words) for words in named if not set(options(words)) <= known_options(words)]

    assert unknown == []


def options(words: list[str]) -> Iterator[str]:
    """The long options in a command line."""
    return (word.partition("=")[0] for word in words if word.startswith("--"))


def known_options(words: list[str]) -> set[str]:
    """The long options that the command, or the innermost of its sub-commands, has."""
    command: click.Command = cli
    known = {"--help", "--version"}
    for word in words[1:]:
        inner = command.get_command(click.Context(command), word) if isinstance(command, click.Group) else None
        command = inner or command
        known |= {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    return known if command is not cli or words[1].startswith("-") or words[1].isupper() else set()
