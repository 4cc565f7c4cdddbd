"""The duration's 90 % interval, for earlier attempts from the result that is kept with each."""

from django.db import migrations, models

BACKFILL = """
UPDATE trace_tracecandidate AS c
SET duration_s_low = (kept.row -> 'duration_s' ->> 'low')::double precision,
    duration_s_high = (kept.row -> 'duration_s' ->> 'high')::double precision
FROM trace_trace AS t, jsonb_array_elements(t.result -> 'candidates') WITH ORDINALITY AS kept(row, rank)
WHERE t.id = c.trace_id AND kept.rank = c.rank AND jsonb_typeof(kept.row -> 'duration_s') = 'object'
"""


class Migration(migrations.Migration):

    dependencies = [('trace', '0006_siting')]

    operations = [
        migrations.RenameField('tracecandidate', 'duration_s', 'duration_s_median'),
        migrations.AddField('tracecandidate', 'duration_s_low', models.FloatField(null=True)),
        migrations.AddField('tracecandidate', 'duration_s_high', models.FloatField(null=True)),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
    ]
