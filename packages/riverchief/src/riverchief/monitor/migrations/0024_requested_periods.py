"""A requested period lies between 1970 and 2100; requests of another one, which no program can read, end as failed."""

from datetime import UTC, datetime

from django.db import migrations, models
from django.db.models import F, Q

_OLDEST, _FURTHEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_END_UNTELLABLE = """
UPDATE monitor_stationrequest SET
    begin = NULL, "end" = NULL, due_at = NULL,
    state = CASE WHEN finished_at IS NULL THEN 'failed' ELSE state END,
    finished_at = coalesce(finished_at, now()),
    result = result || '{"error": "the period asked for was not between 1970 and 2100"}'
WHERE (begin IS NULL) <> ("end" IS NULL)
   OR begin < '1970-01-01 00:00+00' OR "end" < begin OR "end" >= '2100-01-01 00:00+00'
"""


class Migration(migrations.Migration):
    """Cleans up, then forbids."""

    dependencies = [("monitor", "0023_hours_heard")]

    operations = [
        migrations.RunSQL(_END_UNTELLABLE, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="stationrequest",
            constraint=models.CheckConstraint(
                condition=Q(begin__isnull=True, end__isnull=True)
                | Q(begin__gte=_OLDEST, end__gte=F("begin"), end__lt=_FURTHEST),
                name="requested_period_can_be_told",
            ),
        ),
    ]
