"""Counts that triggers keep, and indexes for lists by kind, of a campaign, and of what was reopened."""

import django.db.models.deletion
from django.db import migrations, models

OUTSTANDING = ("registered", "assigned", "signed_for", "refused", "planned", "sent_back", "reopened")

# The county an area lies in: an area that ended lies below the one that took its place, hence the outermost.
COUNTY = """
CREATE FUNCTION rectify_county_of(code varchar) RETURNS varchar LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (SELECT above.code FROM accounts_area area
            JOIN accounts_area above ON above.code = ANY (string_to_array(area.path, '/')) AND above.level = 'county'
            WHERE area.code = $1 ORDER BY length(above.path) LIMIT 1),
        $1)
$$;
"""


def _adding(rows: str) -> str:
    """Add to the counts what `rows` (problems with a `sign`) change; nothing where they cancel."""
    return f"""
INSERT INTO rectify_problemtally (area_id, campaign_id, new_find, kind, unit_id, state, reopenings,
    problems, reported, taken_over, reported_s, written_off, written_off_s)
SELECT rectify_county_of(area_id), campaign_id, new_find, kind, unit_id, state, again,
    sum(problems), sum(reported), sum(taken_over), sum(reported_s), sum(written_off), sum(written_off_s)
FROM (
    SELECT area_id, campaign_id, new_find, kind, unit_id, state, least(reopenings, 1) AS again, sum(sign) AS problems,
        sum(CASE WHEN rectified_at IS NULL THEN 0 ELSE sign END) AS reported,
        sum(CASE WHEN rectified_at IS NULL OR rectified_by_id IS NOT NULL THEN 0 ELSE sign END) AS taken_over,
        coalesce(sum(sign * extract(epoch FROM rectified_at - opened_at)), 0) AS reported_s,
        sum(CASE WHEN written_off_at IS NULL THEN 0 ELSE sign END) AS written_off,
        coalesce(sum(sign * extract(epoch FROM written_off_at - opened_at)), 0) AS written_off_s
    FROM ({rows}) AS changed GROUP BY 1, 2, 3, 4, 5, 6, 7
) AS by_area
GROUP BY 1, 2, 3, 4, 5, 6, 7
HAVING sum(problems) <> 0 OR sum(reported) <> 0 OR sum(taken_over) <> 0 OR sum(reported_s) <> 0 OR sum(written_off) <> 0 OR sum(written_off_s) <> 0;
"""


KEEPING = f"""
CREATE FUNCTION rectify_keep_tally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN {_adding("SELECT 1 AS sign, * FROM after")}
    ELSIF TG_OP = 'DELETE' THEN {_adding("SELECT -1 AS sign, * FROM before")}
    ELSE {_adding("SELECT 1 AS sign, * FROM after UNION ALL SELECT -1, * FROM before")}
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER problem_tally_inserted AFTER INSERT ON rectify_problem
    REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION rectify_keep_tally();
CREATE TRIGGER problem_tally_updated AFTER UPDATE ON rectify_problem
    REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION rectify_keep_tally();
CREATE TRIGGER problem_tally_deleted AFTER DELETE ON rectify_problem
    REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION rectify_keep_tally();

-- Areas that move to another county take their problems along: all is counted anew, once, when the transaction ends.
CREATE FUNCTION rectify_tally_anew() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE rectify_problem IN SHARE MODE;
    DELETE FROM rectify_problemtally;
    {_adding("SELECT 1 AS sign, * FROM rectify_problem")}
END $$;
CREATE FUNCTION rectify_area_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('rectify.counted_anew', true) IS DISTINCT FROM pg_current_xact_id()::text THEN
        PERFORM set_config('rectify.counted_anew', pg_current_xact_id()::text, true);
        PERFORM rectify_tally_anew();
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER problem_tally_follows_areas AFTER UPDATE ON accounts_area
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.path IS DISTINCT FROM NEW.path OR OLD.level IS DISTINCT FROM NEW.level)
    EXECUTE FUNCTION rectify_area_moved();
SELECT rectify_tally_anew();
"""
BACKWARD = """
DROP TRIGGER problem_tally_follows_areas ON accounts_area;
DROP TRIGGER problem_tally_deleted ON rectify_problem;
DROP TRIGGER problem_tally_updated ON rectify_problem;
DROP TRIGGER problem_tally_inserted ON rectify_problem;
DROP FUNCTION rectify_area_moved();
DROP FUNCTION rectify_tally_anew();
DROP FUNCTION rectify_keep_tally();
DROP FUNCTION rectify_county_of(varchar);
"""


def _named(to: str, null: bool) -> models.ForeignKey:
    return models.ForeignKey(
        db_constraint=False,
        null=null,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name="+",
        to=to,
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_codes_for_signing_in"), ("rectify", "0013_old_ledgers")]
    operations = [
        migrations.CreateModel(
            name="ProblemTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("new_find", models.BooleanField()),
                ("kind", models.CharField(max_length=30)),
                ("state", models.CharField(max_length=12)),
                ("reopenings", models.PositiveSmallIntegerField()),
                ("problems", models.BigIntegerField()),
                ("reported", models.BigIntegerField()),
                ("taken_over", models.BigIntegerField()),
                ("reported_s", models.DecimalField(decimal_places=6, max_digits=24)),
                ("written_off", models.BigIntegerField()),
                ("written_off_s", models.DecimalField(decimal_places=6, max_digits=24)),
                ("area", _named("accounts.area", null=False)),
                ("campaign", _named("rectify.campaign", null=True)),
                ("unit", _named("accounts.organisation", null=True)),
            ],
        ),
        migrations.RunSQL(COUNTY + KEEPING, BACKWARD),
        migrations.AddIndex(
            "problem", models.Index(fields=["kind", "-opened_at", "-id"], name="problems_newest_of_kind")
        ),
        migrations.AddIndex(
            "problem", models.Index(fields=["campaign", "-opened_at", "-id"], name="problems_newest_of_campaign")
        ),
        migrations.AddIndex(
            "problem",
            models.Index(
                condition=models.Q(("reopenings__gt", 0)), fields=["-opened_at", "-id"], name="problems_newest_reopened"
            ),
        ),
        migrations.RemoveIndex("problem", "problems_by_due_date"),
        migrations.AddIndex(
            "problem",
            models.Index(
                condition=models.Q(("paused_until__isnull", True), ("state__in", OUTSTANDING)),
                fields=["due_at"],
                include=("area", "campaign", "new_find", "state", "kind", "unit"),
                name="problems_running_late",
            ),
        ),
    ]
