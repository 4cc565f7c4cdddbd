from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitor", "0007_samples")]

    operations = [
        migrations.AddField(model_name="packet", name="refused", field=models.JSONField(default=list)),
    ]
