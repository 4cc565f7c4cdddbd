"""Hours that were heard, counted from a day's first reading: instants to either side of a full hour lost one of two."""

from django.db import migrations

# Days whose readings are still here are counted anew; those that are archived keep what they have.
_FROM_THE_FIRST = """
UPDATE monitor_dailycount AS d SET hours = r.hours
FROM (
    SELECT station_id, parameter, kind, day,
           bit_or(1 << (extract(hour FROM first_at AT TIME ZONE 'Asia/Shanghai')::int
               + round(extract(epoch FROM period_start - first_at) / 3600)::int)) AS hours
    FROM (
        SELECT station_id, parameter, kind, (period_start AT TIME ZONE 'Asia/Shanghai')::date AS day, period_start,
               min(period_start) OVER (
                   PARTITION BY station_id, parameter, kind, (period_start AT TIME ZONE 'Asia/Shanghai')::date) AS first_at
        FROM monitor_reading
    ) AS f GROUP BY 1, 2, 3, 4
) AS r
WHERE (d.station_id, d.parameter, d.kind, d.day) = (r.station_id, r.parameter, r.kind, r.day) AND d.hours <> r.hours
"""


class Migration(migrations.Migration):

    dependencies = [("monitor", "0026_units_of_meters")]

    operations = [migrations.RunSQL(_FROM_THE_FIRST, migrations.RunSQL.noop)]
