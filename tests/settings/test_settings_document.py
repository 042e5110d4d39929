"""bbsync.toml: mistakes are told all at once, each with the way out."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from attrs import field, frozen
from attrs.validators import ge

from bbsync.bitbucket.settings import Seconds
from bbsync.errors import SettingsError
from bbsync.settings.document import TOP, Document

MINUTE = Seconds(60)


@frozen
class Above:
    """What stands above the tables."""

    names: tuple[str, ...] = ()


@frozen
class Oven:
    """A table with a setting of every type."""

    heat: int = field(default=180, validator=ge(20))
    fan: bool = False
    label: str = ""
    time: Seconds = MINUTE
    mode: Literal["top", "bottom"] = "top"
    book: Path = Path("recipes")
    kind: Literal["gas", "electric"] | None = None


def mistakes_of(content: dict[str, object]) -> str:
    """What the document says about itself when it is read as these two tables."""
    document = Document(content)
    document.table(TOP, Above)
    document.table("oven", Oven)
    with pytest.raises(SettingsError) as caught:
        document.refuse_mistakes()
    return str(caught.value)


def test_every_type_is_read_as_its_setting_declares() -> None:
    """Durations become seconds, paths become paths, lists become tuples."""
    given = {
        "names": ["bread"],
        "oven": {"heat": 220, "fan": True, "label": "x", "time": "2m", "mode": "bottom", "book": "b", "kind": "gas"},
    }
    document = Document(given)

    above, oven = document.table(TOP, Above), document.table("oven", Oven)
    document.refuse_mistakes()

    assert above == Above(("bread",))
    assert oven == Oven(220, True, "x", Seconds(120), "bottom", Path("b"), "gas")


def test_an_empty_document_is_all_defaults() -> None:
    """Everything in the file is optional."""
    document = Document({})

    oven = document.table("oven", Oven)
    document.refuse_mistakes()

    assert oven == Oven()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"oven": {"heet": 1}}, "heet in [oven] is not a setting; the nearest is heat in [oven]."),
        ({"heat": 1}, "heat is not a setting; the nearest is heat in [oven]."),
        ({"name": []}, "name is not a setting; the nearest is names."),
        ({"oven": {"zzz": 1}}, "zzz in [oven] is not a setting; known in [oven]: heat, fan, label, time, mode"),
        ({"zzz": 1}, "zzz is not a setting; known in the part above the tables: names."),
        ({"ovens": {"heat": 1}}, "[ovens] is not a table; the nearest is [oven]."),
        ({"zzz": {"heat": 1}}, "[zzz] is not a table; known are [oven]."),
        ({"oven": {"oven": 1}}, "oven in [oven] is not a setting; [oven] is a table of its own."),
        ({"oven": 3}, "oven must be a table, [oven]."),
        ({"names": "bread"}, "names must be a list of texts; it is 'bread'."),
        ({"names": [1]}, "names must be a list of texts; it is a list."),
        ({"oven": {"heat": "hot"}}, "heat in [oven] must be a whole number; it is 'hot'."),
        ({"oven": {"heat": True}}, "heat in [oven] must be a whole number; it is true."),
        ({"oven": {"heat": 1.5}}, "heat in [oven] must be a whole number; it is 1.5."),
        ({"oven": {"heat": 3}}, "In [oven], 'heat' must be >= 20: 3."),
        ({"oven": {"fan": "yes"}}, "fan in [oven] must be true or false; it is 'yes'."),
        ({"oven": {"label": 5}}, "label in [oven] must be a text in quotes; it is 5."),
        ({"oven": {"book": ""}}, "book in [oven] must be the path of a file; it is ''."),
        ({"oven": {"mode": "middle"}}, "mode in [oven] must be one of top, bottom; it is 'middle'."),
        ({"oven": {"kind": "wood"}}, "kind in [oven] must be one of gas, electric; it is 'wood'."),
        ({"oven": {"time": "soon"}}, 'time in [oven] must be a whole number and a unit, such as "90s"'),
        ({"oven": {"time": 5}}, "it is 5."),
        ({"bitbucket": {"client_key": "k"}}, "set the environment variables BITBUCKET_CLIENT_KEY instead."),
        ({"bitbucket_url": "u"}, "bitbucket_url is not a setting; set the environment variable BITBUCKET_URL instead."),
    ],
)
def test_a_mistake_is_named_with_its_place_and_the_way_out(content: dict[str, object], sentence: str) -> None:
    """Where, what, and what would be right."""
    assert sentence in mistakes_of(content)


def test_all_mistakes_are_told_at_once() -> None:
    """Nobody corrects a file one run at a time."""
    said = mistakes_of({"name": [], "oven": {"heat": "hot", "fun": True}})

    assert said.startswith("bbsync.toml has 3 mistakes (BB-SETTINGS).")


def test_a_long_text_in_a_wrong_place_is_not_repeated() -> None:
    """It may be a secret."""
    said = mistakes_of({"oven": {"heat": "s3cr3t" * 20}})

    assert "s3cr3t" not in said
    assert "it is a text." in said


def test_a_file_that_is_not_toml_says_where(tmp_path: Path) -> None:
    """The parser's line and column are passed on."""
    path = tmp_path / "bbsync.toml"
    path.write_text("a = \n")

    with pytest.raises(SettingsError, match=r"cannot be read .* not TOML: .*line 1"):
        Document.load(path)


@pytest.mark.parametrize("content", [b"\xff", b"a = '\x00'"])
def test_a_file_that_is_not_text_is_refused(tmp_path: Path, content: bytes) -> None:
    """Binary content is a sentence and no traceback."""
    path = tmp_path / "bbsync.toml"
    path.write_bytes(content)

    with pytest.raises(SettingsError, match="not TOML"):
        Document.load(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A path given on the command line has to exist."""
    with pytest.raises(SettingsError, match=r"other\.toml cannot be read .*No such file"):
        Document.load(tmp_path / "other.toml")
