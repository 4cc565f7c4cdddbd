"""What the tables say against what the log says: the slices above register how theirs are compared.

A row that was changed behind the log's back breaks no link; only its slice knows what its chain says of it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from psycopg import Cursor, sql

from riverchief.base.audit.faults import Fault
from riverchief.base.audit.links import Link

Compare = Callable[["Cursor[Any]", Mapping[int, Sequence[Link]]], Iterator[Fault]]


@dataclass(frozen=True)
class Agreement:
    """What `key` of the rows of `table` names has a chain, `prefix:key`; `compare` names the function that compares."""

    prefix: str
    table: str
    key: str
    compare: str

    def function(self) -> Compare:
        """The function itself."""
        found: Compare = import_string(self.compare)
        return found

    def without_chain(self, cursor: "Cursor[Any]") -> Iterator[Fault]:
        """Rows of which the log says nothing."""
        query = sql.SQL(
            "SELECT DISTINCT {key} FROM {table} AS own WHERE NOT EXISTS "
            "(SELECT FROM base_chainhead WHERE chain = {prefix} || own.{key}) ORDER BY 1"
        ).format(
            table=sql.Identifier(self.table),
            key=sql.Identifier(self.key),
            prefix=sql.Literal(f"{self.prefix}:"),
        )
        cursor.execute(query)
        for (key,) in cursor.fetchall():
            yield Fault(
                f"{self.prefix}:{key}",
                "表中有此行，但日志中没有它的链",
                "the table has this row, but the log has no chain of it",
            )


def agreements() -> dict[str, Agreement]:
    """The table of the site, by prefix of the chains."""
    table: tuple[Agreement, ...] = import_string(settings.RIVERCHIEF_AGREEMENTS)
    return {row.prefix: row for row in table}
