from django.db import migrations, models

# Days whose readings are still here are counted anew by the hour; of those that are archived every hour counts as heard, as
# it did until now.
_BY_THE_HOUR = """
UPDATE monitor_dailycount AS d SET hours = r.hours
FROM (
    SELECT station_id, parameter, kind, (period_start AT TIME ZONE 'Asia/Shanghai')::date AS day,
           bit_or(1 << extract(hour FROM period_start AT TIME ZONE 'Asia/Shanghai')::int) AS hours
    FROM monitor_reading GROUP BY 1, 2, 3, 4
) AS r
WHERE (d.station_id, d.parameter, d.kind, d.day) = (r.station_id, r.parameter, r.kind, r.day)
"""


class Migration(migrations.Migration):

    dependencies = [("monitor", "0022_bloom_events")]

    operations = [
        migrations.AddField("dailycount", "hours", models.PositiveIntegerField(default=(1 << 24) - 1), preserve_default=False),
        migrations.RunSQL(_BY_THE_HOUR, migrations.RunSQL.noop),
    ]
