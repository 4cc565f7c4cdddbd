from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_areas_over_time")]
    operations = [
        migrations.AddConstraint(
            "user",
            models.UniqueConstraint(
                condition=models.Q(models.Q(("phone", ""), _negated=True), ("is_active", True)),
                fields=("phone",),
                name="phone_of_one_active_person",
            ),
        ),
    ]
