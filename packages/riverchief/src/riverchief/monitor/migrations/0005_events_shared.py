"""Areas that see an event although it began elsewhere and reached no station of theirs."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("monitor", "0004_rejected_packets"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="shared_with",
            field=models.ManyToManyField(related_name="+", to="accounts.area"),
        ),
    ]
