from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_phones_of_active_people")]
    operations = [
        migrations.CreateModel(
            name="SignInCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("phone", models.CharField(max_length=20)),
                ("address", models.CharField(max_length=45)),
                ("asked_at", models.DateTimeField()),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("used_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("-asked_at",),
                "indexes": [
                    models.Index(fields=["phone", "asked_at"], name="code_by_phone"),
                    models.Index(fields=["address", "asked_at"], name="code_by_address"),
                ],
            },
        ),
    ]
