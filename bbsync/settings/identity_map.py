"""Read the identity map: a CSV file that says which e-mail address the person behind an account has."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import frozen

from bbsync.errors import SettingsError, sentence
from bbsync.identities import ACCOUNT_COLUMNS, Identities, Row
from bbsync.setting import setting
from bbsync.settings.text_file import read_text

#: No map has more bytes than this: at a hundred bytes a row, it names 160,000 accounts.
LARGEST = 16 * 1024 * 1024

#: An address has no more characters.
LONGEST_ADDRESS = 254

#: As many mistakes are told at once.
TOLD = 10

EMAIL = "email"

#: The name of a person is for those who edit the file, and is not read.
COLUMNS = (*ACCOUNT_COLUMNS, EMAIL, "name")

#: Who writes a map by hand may spell columns in these ways, too.
_SPELLINGS = {"e_mail": EMAIL, "e_mail_address": EMAIL, "email_address": EMAIL, "accountid": "account_id"}

_ADDRESS = re.compile(r"[^\s@,;<>\"'()\[\]\\]+@[\w-]+(\.[\w-]+)+")

_UUID = re.compile(r"\{?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\}?")

_HOW = "Write a line of column names, such as account_id,email, and a line for each account below it."


@frozen
class IdentityPolicy:
    """How users are found among the Persons of JupiterOne, beside by their nicknames."""

    map: str = setting("", "A CSV file that gives the e-mail addresses of accounts.", example="identities.csv")
    by_name: bool = setting(
        default=False, meaning="Whether a name may tell who somebody is, although two people may share one."
    )


def identities_of(policy: IdentityPolicy) -> Identities:
    """How users are found among people, with the rows of the map that the policy names.

    Raises:
        SettingsError: the map cannot be read, or holds mistakes; each is told with its line.
    """
    rows = read_map(Path(policy.map)) if policy.map else ()
    return Identities(rows, policy.map, policy.by_name)


def read_map(path: Path) -> tuple[Row, ...]:
    """The rows of a map.

    Raises:
        SettingsError: it cannot be read, or holds mistakes.
    """
    try:
        lines = list(_lines(_text(path)))
    except csv.Error as error:
        raise _mistaken(path, [f"it is not CSV: {error}"]) from error
    if not lines:
        raise _mistaken(path, ["it is empty"])
    columns = _columns(path, lines[0])
    rows: list[Row] = []
    mistakes: list[str] = []
    for line, cells in lines[1:]:
        try:
            rows.append(_row(line, cells, columns))
        except ValueError as mistake:
            mistakes.append(f"line {line} {mistake}")
    mistakes += _repeated(rows)
    if mistakes:
        raise _mistaken(path, mistakes)
    return tuple(rows)


def _text(path: Path) -> str:
    try:
        return read_text(path, LARGEST).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise _mistaken(path, ["it is not UTF-8: save it as CSV UTF-8"]) from error
    except OSError as error:
        raise SettingsError(
            f"the identity map {path} cannot be read",
            why=f"{error.strerror or type(error).__name__}.",
            next_step="Correct map in [identities], or the file; nothing was read.",
            code="BB-IDENTITIES",
        ) from error


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that hold anything, with their numbers; semicolons separate, too, where the first line has no comma."""
    first = text.lstrip("\r\n").partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in first and "," not in first else ",")
    before = 0
    for cells in reader:
        line, before = before + 1, reader.line_num
        if any(cell.strip() for cell in cells):
            yield line, [cell.strip() for cell in cells]


def _columns(path: Path, head: tuple[int, list[str]]) -> list[str]:
    """What the columns hold, in the order of the file."""
    line, cells = head
    columns = [_column(cell) for cell in cells]
    unknown = [cell for cell, column in zip(cells, columns, strict=True) if column not in COLUMNS]
    if unknown:
        problem = f"names the column {unknown[0][:60]!r}; known are {', '.join(COLUMNS)}"
    elif len(set(columns)) < len(columns):
        problem = "names a column twice"
    elif EMAIL not in columns:
        problem = "names no column email"
    elif not ACCOUNT_COLUMNS.keys() & set(columns):
        problem = f"names none of the columns {', '.join(ACCOUNT_COLUMNS)}"
    else:
        return columns
    raise _mistaken(path, [f"line {line} {problem}"])


def _column(cell: str) -> str:
    name = re.sub(r"[\s-]+", "_", cell.casefold())
    return _SPELLINGS.get(name, name)


def _row(line: int, cells: Sequence[str], columns: Sequence[str]) -> Row:
    """The row; raises ValueError with the rest of the sentence "line 7 …"."""
    if len(cells) > len(columns):
        raise ValueError(f"has {len(cells)} cells, and there are {len(columns)} columns")
    held = dict(zip(columns, cells, strict=False))
    by = next((column for column in ACCOUNT_COLUMNS if held.get(column)), None)
    if by is None:
        raise ValueError("names no account")
    return Row(line, by, _account(by, held[by]), _address(held.get(EMAIL, "")))


def _account(by: str, held: str) -> str:
    if by != "uuid":
        return held
    found = _UUID.fullmatch(held)
    if not found:
        raise ValueError(f"has a uuid that is none: {held[:60]!r}")
    return f"{{{found[1].lower()}}}"


def _address(held: str) -> str:
    """The address in lower case, as JupiterOne compares it."""
    if not held:
        raise ValueError("has no e-mail address; fill it in or take the line out")
    if len(held) > LONGEST_ADDRESS or not held.isprintable() or not _ADDRESS.fullmatch(held):
        raise ValueError(f"has an e-mail address that is none: {held[:60]!r}")
    return held.lower()


def _repeated(rows: Sequence[Row]) -> Iterator[str]:
    """What is said of accounts that have a row already."""
    first: dict[tuple[str, str], Row] = {}
    for row in rows:
        known = first.setdefault((row.by, row.account), row)
        if known is not row and known.email == row.email:
            yield f"line {row.line} is the same as line {known.line}"
        elif known is not row:
            yield f"line {row.line} gives the account of line {known.line} another address"


def _mistaken(path: Path, mistakes: Sequence[str]) -> SettingsError:
    count = "a mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    more = f" And {len(mistakes) - TOLD} more." if len(mistakes) > TOLD else ""
    told = " ".join(map(sentence, mistakes[:TOLD]))
    return SettingsError(
        f"the identity map {path} has {count}", why=f"{told}{more}", next_step=_HOW, code="BB-IDENTITIES"
    )
