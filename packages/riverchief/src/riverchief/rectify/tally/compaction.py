"""Draw the rows of the kept counts together."""

from django.db import connection

_GROUP = "area_id, campaign_id, new_find, kind, unit_id, state, reopenings"
_SUMS = ("problems", "reported", "taken_over", "reported_s", "written_off", "written_off_s")

# Only what was deleted is written again: rows that others add meanwhile, and a second job at the same time, do no harm.
_COMPACT = f"""
WITH several AS (
    SELECT id FROM (SELECT id, count(*) OVER (PARTITION BY {_GROUP}) AS rows FROM rectify_problemtally) AS counted
    WHERE rows > 1
), gone AS (
    DELETE FROM rectify_problemtally WHERE id IN (SELECT id FROM several) RETURNING *
)
INSERT INTO rectify_problemtally ({_GROUP}, {", ".join(_SUMS)})
SELECT {_GROUP}, {", ".join(f"sum({name})" for name in _SUMS)} FROM gone GROUP BY {_GROUP}
HAVING {" OR ".join(f"sum({name}) <> 0" for name in _SUMS)}
"""  # noqa: S608 - names of columns above


def compact_tally() -> None:
    """Leave one row for each group, and none where nothing is left to count."""
    with connection.cursor() as cursor:
        cursor.execute(_COMPACT)
