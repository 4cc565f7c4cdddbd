from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitor", "0003_marks_of_the_unexamined")]

    operations = [
        migrations.AddIndex(
            model_name="packet",
            index=models.Index(
                condition=models.Q(("state", "rejected")),
                fields=["received_at", "id"],
                name="packet_rejected",
            ),
        ),
    ]
