"""Events of the kind permit: what an outfall discharges beyond a limit of its permit, one open for a station and parameter."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("monitor", "0027_hours_from_the_first"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="event", name="one_open_event"),
        migrations.AlterField(
            model_name="event",
            name="kind",
            field=models.CharField(
                choices=[
                    ("threshold", "超标升高"),
                    ("class_drop", "类别下降"),
                    ("unusual", "异于平时"),
                    ("bloom", "疑似水华"),
                    ("permit", "超许可限值"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("state", "open"), models.Q(("kind__in", ["unusual", "bloom", "permit"]), _negated=True)
                ),
                fields=("station", "parameter"),
                name="one_open_event",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "permit"), ("state", "open")),
                fields=("station", "parameter"),
                name="one_open_permit_event",
            ),
        ),
    ]
