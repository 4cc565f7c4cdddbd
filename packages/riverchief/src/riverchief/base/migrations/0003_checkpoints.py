"""The heads of all chains, and signed checkpoints over them, which take new rows only as the log does."""

import django.db.models.deletion
from django.db import migrations, models

# Rows of before get their heads. Where a chain is broken already, its highest entry is taken: `audit verify` says so.
HEADS = """
INSERT INTO base_chainhead (chain, length, hash, sealed_length)
SELECT DISTINCT ON (chain) chain, sequence, hash, 0 FROM base_auditentry ORDER BY chain, sequence DESC;
"""
APPEND_ONLY = """
CREATE TRIGGER base_checkpoint_append_only BEFORE UPDATE OR DELETE ON base_checkpoint
    FOR EACH ROW EXECUTE FUNCTION base_refuse_change();
CREATE TRIGGER base_checkpointleaf_append_only BEFORE UPDATE OR DELETE ON base_checkpointleaf
    FOR EACH ROW EXECUTE FUNCTION base_refuse_change();
"""
FREE = """
DROP TRIGGER base_checkpoint_append_only ON base_checkpoint;
DROP TRIGGER base_checkpointleaf_append_only ON base_checkpointleaf;
"""


class Migration(migrations.Migration):
    dependencies = [("base", "0002_append_only_log")]
    operations = [
        migrations.AlterField(
            model_name="auditentry", name="chain", field=models.CharField(db_collation="C", max_length=60)
        ),
        migrations.CreateModel(
            name="ChainHead",
            fields=[
                ("chain", models.CharField(db_collation="C", max_length=60, primary_key=True, serialize=False)),
                ("length", models.PositiveIntegerField()),
                ("hash", models.CharField(max_length=64)),
                ("sealed_length", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("number", models.PositiveIntegerField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("text", models.TextField()),
                ("signature", models.CharField(max_length=128)),
            ],
            options={"ordering": ("number",)},
        ),
        migrations.CreateModel(
            name="CheckpointLeaf",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("chain", models.CharField(db_collation="C", max_length=60)),
                ("length", models.PositiveIntegerField()),
                ("hash", models.CharField(max_length=64)),
                (
                    "checkpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="leaves", to="base.checkpoint"
                    ),
                ),
            ],
            options={
                "ordering": ("chain", "checkpoint"),
                "constraints": [
                    models.UniqueConstraint(fields=("chain", "checkpoint"), name="one_leaf_per_checkpoint")
                ],
            },
        ),
        migrations.RunSQL(HEADS, migrations.RunSQL.noop),
        migrations.RunSQL(APPEND_ONLY, FREE),
    ]
