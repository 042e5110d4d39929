"""Views as PostgreSQL spells them."""

from __future__ import annotations

from sqlalchemy import Connection

from bbsync.local.views import Views, quoted, spelt

#: Tells our views from those that people made in the same schema.
_MARK = "made by bbsync"

_OURS = f"""
SELECT relname FROM pg_class
WHERE relkind = 'v' AND relnamespace = current_schema()::regnamespace AND obj_description(oid, 'pg_class') = '{_MARK}'
"""  # noqa: S608 - our own words
_NUL = r"'\u0000'"
_TAKEN = "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"


class PostgresViews(Views):
    """The views of a schema. What is in a property is a text there; arrays are JSON."""

    most_columns = 1500  # it takes 1,600
    longest_name = 56  # it takes 63 bytes, and a second column of a name gets a number

    def drop(self, connection: Connection) -> None:
        """Drop those that are said to be ours."""
        for (name,) in connection.exec_driver_sql(_OURS).all():
            _execute(connection, f"DROP VIEW {quoted(name)}")

    def taken(self, connection: Connection) -> set[str]:
        """The names of all tables, indexes and views."""
        return {name.lower() for (name,) in connection.exec_driver_sql(_TAKEN)}

    def create(self, connection: Connection, name: str, selected: str) -> None:
        """The mark is a comment on the view."""
        _execute(connection, f"CREATE VIEW {quoted(name)} AS SELECT {selected}")
        _execute(connection, f"COMMENT ON VIEW {quoted(name)} IS '{_MARK}'")

    def value(self, of: str, name: str) -> str:
        """The text of a property; nothing where the server cannot read the JSON because of a NUL in it."""
        column = f"{of}.properties"
        return f"CASE WHEN strpos({column}, {_NUL}) = 0 THEN {column}::json ->> {spelt(name)} END"


def _execute(connection: Connection, statement: str) -> None:
    """Run a statement in which a percent sign is a percent sign."""
    connection.exec_driver_sql(statement.replace("%", "%%"))
