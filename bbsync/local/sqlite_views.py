"""Views as SQLite spells them."""

from __future__ import annotations

import re

from sqlalchemy import Connection

from bbsync.local.views import Views, quoted, spelt

#: Tells our views from those that people made in the same file.
_MARK = "/* made by bbsync */"

_PLAIN = re.compile(r"[A-Za-z0-9_. -]+")


class SqliteViews(Views):
    """The views of a file."""

    most_columns = 1900  # it takes 2,000
    longest_name = 1_000_000

    def drop(self, connection: Connection) -> None:
        """Drop those that hold our mark."""
        found = "SELECT name FROM sqlite_master WHERE type = 'view' AND instr(sql, ?)"
        for (name,) in connection.exec_driver_sql(found, (_MARK,)).all():
            connection.exec_driver_sql(f"DROP VIEW {quoted(name)}")

    def taken(self, connection: Connection) -> set[str]:
        """The names of all tables, indexes and views."""
        return {name.lower() for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master")}

    def create(self, connection: Connection, name: str, selected: str) -> None:
        """The mark is a comment in the view."""
        connection.exec_driver_sql(f"CREATE VIEW {quoted(name)} AS SELECT {_MARK} {selected}")

    def value(self, of: str, name: str) -> str:
        """Numbers, texts and booleans as SQLite has them."""
        if _PLAIN.fullmatch(name):
            return f"json_extract({of}.properties, {spelt('$.' + quoted(name))})"
        # A path cannot spell every name, so the name is looked for.
        return f"(SELECT each.value FROM json_each({of}.properties) AS each WHERE each.key = {spelt(name)})"  # noqa: S608 - quoted
