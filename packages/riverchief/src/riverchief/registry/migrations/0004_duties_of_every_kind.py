"""All kinds of duties, those who stand in, lakes, ponds and wetlands, and a river's highest areas."""

from collections import defaultdict

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

KINDS = [
    ("chief", "河长"),
    ("head", "总河长"),
    ("dual_head", "双总河长"),
    ("deputy_head", "副总河长"),
    ("deputy", "副河长"),
    ("police_chief", "河道警长"),
    ("volunteer", "民间河长"),
    ("lake_chief", "湖长"),
    ("pond_chief", "坑长"),
    ("wetland_chief", "湿地长"),
]
OF_CHANNELS = ["chief", "deputy", "police_chief", "volunteer"]
OF_STANDING = ["lake_chief", "pond_chief", "wetland_chief", "deputy", "police_chief", "volunteer"]


def seat_the_heads(apps, schema_editor):
    """Two heads of one area at once were written as heads before: they are dual heads. Three cannot be."""
    duty = apps.get_model("registry", "Duty")
    heads = defaultdict(list)
    for row in duty.objects.filter(kind__in=["head", "dual_head"]).order_by("valid_from", "pk"):
        heads[row.area_id, row.kind].append(row)
    for (area, kind), rows in heads.items():
        ends = [None, None]  # the last holder of each seat
        for row in rows:
            seat = next(
                (
                    number
                    for number, last in enumerate(ends)
                    if last is None or (last.valid_to is not None and last.valid_to < row.valid_from)
                ),
                None,
            )
            if seat is None:
                raise RuntimeError(
                    f"Area {area} has three heads (总河长) on {row.valid_from}. Give the last day of one of them "
                    "(import --kind duties) with the release before, then migrate again."
                )
            ends[seat], row.seat = row, seat + 1
        if any(row.seat == 2 for row in rows):
            for row in rows:
                row.kind = "dual_head"
                row.save(update_fields=["kind", "seat"])


FORWARD = """
ALTER TABLE registry_duty
    DROP CONSTRAINT duty_one_holder_of_a_river,
    DROP CONSTRAINT duty_one_holder_of_a_reach,
    DROP CONSTRAINT duty_head_once_per_person,
    ADD CONSTRAINT duty_one_holder_of_a_river EXCLUDE USING gist
        (river_id WITH =, area_id WITH =, kind WITH =, daterange(valid_from, valid_to, '[]') WITH &&)
        WHERE (kind NOT IN ('deputy', 'volunteer')),
    ADD CONSTRAINT duty_one_holder_of_a_reach EXCLUDE USING gist
        (reach_id WITH =, area_id WITH =, kind WITH =, daterange(valid_from, valid_to, '[]') WITH &&)
        WHERE (kind NOT IN ('deputy', 'volunteer')),
    ADD CONSTRAINT duty_one_holder_of_a_standing_water EXCLUDE USING gist
        (standing_water_id WITH =, area_id WITH =, kind WITH =, daterange(valid_from, valid_to, '[]') WITH &&)
        WHERE (kind NOT IN ('deputy', 'volunteer')),
    ADD CONSTRAINT duty_one_head_on_a_seat EXCLUDE USING gist
        (area_id WITH =, kind WITH =, seat WITH =, daterange(valid_from, valid_to, '[]') WITH &&)
        WHERE (kind IN ('head', 'dual_head')),
    ADD CONSTRAINT duty_once_per_person EXCLUDE USING gist
        (user_id WITH =, area_id WITH =, kind WITH =, (coalesce(river_id, 0)) WITH =, (coalesce(reach_id, 0)) WITH =,
         (coalesce(standing_water_id, 0)) WITH =, daterange(valid_from, valid_to, '[]') WITH &&);
ALTER TABLE registry_standin
    ADD CONSTRAINT stand_in_one_at_a_time EXCLUDE USING gist
        (duty_id WITH =, daterange(valid_from, valid_to, '[]') WITH &&);
CREATE FUNCTION registry_river_areas_apart() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE other varchar;
BEGIN
    SELECT beside.code INTO other FROM registry_riverarea row
        JOIN accounts_area beside ON beside.code = row.area_id
        JOIN accounts_area mine ON mine.code = NEW.area_id
        WHERE row.river_id = NEW.river_id AND row.area_id <> NEW.area_id
            AND (starts_with(beside.path, mine.path) OR starts_with(mine.path, beside.path)
                OR (beside.parent_id = mine.parent_id AND beside.level <> 'city')) LIMIT 1;
    IF other IS NOT NULL THEN
        RAISE EXCEPTION 'area % and area % cannot both be highest areas of river %', NEW.area_id, other, NEW.river_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER river_areas_apart BEFORE INSERT OR UPDATE ON registry_riverarea
    FOR EACH ROW EXECUTE FUNCTION registry_river_areas_apart();
"""
BACKWARD = """
DROP TRIGGER river_areas_apart ON registry_riverarea;
DROP FUNCTION registry_river_areas_apart();
ALTER TABLE registry_standin DROP CONSTRAINT stand_in_one_at_a_time;
ALTER TABLE registry_duty
    DROP CONSTRAINT duty_one_holder_of_a_river,
    DROP CONSTRAINT duty_one_holder_of_a_reach,
    DROP CONSTRAINT duty_one_holder_of_a_standing_water,
    DROP CONSTRAINT duty_one_head_on_a_seat,
    DROP CONSTRAINT duty_once_per_person,
    ADD CONSTRAINT duty_one_holder_of_a_river EXCLUDE USING gist
        (river_id WITH =, area_id WITH =, kind WITH =, daterange(valid_from, valid_to, '[]') WITH &&),
    ADD CONSTRAINT duty_one_holder_of_a_reach EXCLUDE USING gist
        (reach_id WITH =, area_id WITH =, kind WITH =, daterange(valid_from, valid_to, '[]') WITH &&),
    ADD CONSTRAINT duty_head_once_per_person EXCLUDE USING gist
        (user_id WITH =, area_id WITH =, kind WITH =, daterange(valid_from, valid_to, '[]') WITH &&)
        WHERE (river_id IS NULL AND reach_id IS NULL);
"""


def key(to, related_name, **options):
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT, related_name=related_name, to=to, **options
    )


def number():
    return ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_areas_over_time"),
        ("registry", "0003_permits_and_rain_gauges"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="StandingWater",
            fields=[
                number(),
                ("code", models.CharField(max_length=60, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("lake", "湖库"), ("pond", "坑塘"), ("wetland", "湿地")], max_length=8
                    ),
                ),
                ("name_zh", models.CharField(max_length=120)),
                ("name_en", models.CharField(max_length=160)),
                ("area", key("accounts.area", "standing_waters")),
            ],
            options={
                "ordering": ("code",),
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(kind__in=["lake", "pond", "wetland"]), name="standing_water_kind_known"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RiverArea",
            fields=[
                number(),
                ("area", key("accounts.area", "rivers_from_here")),
                (
                    "river",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="highest_areas",
                        to="registry.river",
                    ),
                ),
            ],
            options={
                "ordering": ("river", "area"),
                "constraints": [models.UniqueConstraint(fields=("river", "area"), name="river_area_once")],
            },
        ),
        migrations.RemoveConstraint("duty", "duty_has_its_object"),
        migrations.AlterField("duty", "kind", models.CharField(choices=KINDS, max_length=14)),
        migrations.AddField("duty", "seat", models.PositiveSmallIntegerField(default=1)),
        migrations.AddField("duty", "position", models.CharField(blank=True, max_length=160)),
        migrations.AddField(
            "duty", "standing_water", key("registry.standingwater", "duties", blank=True, null=True)
        ),
        migrations.AddConstraint(
            "duty",
            models.CheckConstraint(
                condition=Q(
                    kind__in=["head", "dual_head", "deputy_head"],
                    river__isnull=True,
                    reach__isnull=True,
                    standing_water__isnull=True,
                )
                | Q(
                    kind__in=OF_CHANNELS,
                    river__isnull=False,
                    reach__isnull=True,
                    standing_water__isnull=True,
                )
                | Q(
                    kind__in=OF_CHANNELS,
                    river__isnull=True,
                    reach__isnull=False,
                    standing_water__isnull=True,
                )
                | Q(
                    kind__in=OF_STANDING,
                    river__isnull=True,
                    reach__isnull=True,
                    standing_water__isnull=False,
                ),
                name="duty_has_its_object",
            ),
        ),
        migrations.AddConstraint(
            "duty",
            models.CheckConstraint(
                condition=Q(seat=1) | Q(seat=2, kind="dual_head"), name="duty_second_seat_is_a_dual_heads"
            ),
        ),
        migrations.CreateModel(
            name="StandIn",
            fields=[
                number(),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField()),
                ("reason", models.CharField(max_length=200)),
                ("duty", key("registry.duty", "stand_ins")),
                ("user", key(settings.AUTH_USER_MODEL, "stand_ins")),
            ],
            options={
                "ordering": ("duty", "valid_from"),
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(valid_to__gte=F("valid_from")), name="stand_in_ends_after_it_starts"
                    )
                ],
            },
        ),
        migrations.RunPython(seat_the_heads, migrations.RunPython.noop),
        # Rows that were just changed have pending foreign keys, and a table with those cannot be altered.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
