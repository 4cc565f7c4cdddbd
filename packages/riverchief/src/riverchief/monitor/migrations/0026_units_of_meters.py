from django.db import migrations, models


class Migration(migrations.Migration):
    """Meters that are there have no unit, as their readings say none."""

    dependencies = [("monitor", "0025_finite_numbers")]

    operations = [
        migrations.AddField("powermeter", "unit", models.CharField(blank=True, default="", max_length=4), preserve_default=False),
    ]
