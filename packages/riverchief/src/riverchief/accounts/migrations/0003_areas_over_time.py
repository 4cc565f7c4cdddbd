"""What areas were before, which took the place of which, and paths that cannot contradict the tree."""

import django.db.models.deletion
from django.db import migrations, models

FORWARD = """
CREATE EXTENSION IF NOT EXISTS btree_gist;
ALTER TABLE accounts_areapast
    ADD CONSTRAINT area_past_one_at_a_time EXCLUDE USING gist
        (area_id WITH =, daterange(valid_from, valid_to, '[]') WITH &&);
CREATE FUNCTION accounts_area_path_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong varchar;
BEGIN
    SELECT area.code INTO wrong FROM accounts_area area LEFT JOIN accounts_area above ON above.code = area.parent_id
        WHERE (area.code = NEW.code OR area.parent_id = NEW.code)
            AND area.path <> coalesce(above.path, '/') || area.code || '/' LIMIT 1;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'area %: its path does not follow the one above it', wrong USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
-- At the end of the transaction: a move changes the paths of many areas one after the other.
CREATE CONSTRAINT TRIGGER area_path_follows AFTER INSERT OR UPDATE OF path, parent_id ON accounts_area
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION accounts_area_path_follows();
"""
BACKWARD = """
DROP TRIGGER area_path_follows ON accounts_area;
DROP FUNCTION accounts_area_path_follows();
ALTER TABLE accounts_areapast DROP CONSTRAINT area_past_one_at_a_time;
"""
LEVELS = [("province", "省"), ("city", "市"), ("county", "区县"), ("town", "乡镇"), ("village", "村")]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_sampling_roles")]
    operations = [
        migrations.AddField("area", "valid_from", models.DateField(blank=True, null=True)),
        migrations.AddField("area", "valid_to", models.DateField(blank=True, null=True)),
        migrations.AlterField("area", "level", models.CharField(choices=LEVELS, max_length=10)),
        migrations.AddConstraint(
            "area",
            models.CheckConstraint(
                condition=models.Q(
                    ("valid_from__isnull", True),
                    ("valid_to__isnull", True),
                    ("valid_to__gte", models.F("valid_from")),
                    _connector="OR",
                ),
                name="area_ends_after_it_starts",
            ),
        ),
        migrations.CreateModel(
            name="AreaPast",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name_zh", models.CharField(max_length=80)),
                ("name_en", models.CharField(max_length=120)),
                ("level", models.CharField(choices=LEVELS, max_length=10)),
                ("valid_from", models.DateField(blank=True, null=True)),
                ("valid_to", models.DateField()),
                (
                    "area",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="pasts", to="accounts.area"
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="former_children",
                        to="accounts.area",
                    ),
                ),
            ],
            options={
                "ordering": ("area", "valid_to"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_from__isnull", True), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                        ),
                        name="area_past_ends_after_it_starts",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AreaSuccession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateField()),
                (
                    "predecessor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="successions", to="accounts.area"
                    ),
                ),
                (
                    "successor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="precessions", to="accounts.area"
                    ),
                ),
            ],
            options={
                "ordering": ("since", "predecessor", "successor"),
                "constraints": [
                    models.UniqueConstraint(fields=("predecessor", "successor"), name="area_succession_once"),
                    models.CheckConstraint(
                        condition=models.Q(("predecessor", models.F("successor")), _negated=True),
                        name="area_does_not_succeed_itself",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
