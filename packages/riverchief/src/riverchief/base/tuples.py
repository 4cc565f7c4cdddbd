"""Many rows of a query as plain tuples, for where thousands are read at a time."""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from psycopg import adapters
from psycopg.pq import Format

_TIME_LOADER = adapters.get_loader(adapters.types["timestamptz"].oid, Format.TEXT)


def tuples(rows: "QuerySet[Any, Any]") -> list[tuple[Any, ...]]:
    """The rows of a query made with `values_list`; times are aware, in UTC.

    Times are read by the driver's own loader. Django's takes each apart in Python, which was two thirds of all the work
    of reading a station's month.
    """
    try:
        statement, values = rows.query.sql_with_params()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.adapters.register_loader("timestamptz", _TIME_LOADER)
        cursor.execute(statement, values)
        return list(cursor.fetchall())
