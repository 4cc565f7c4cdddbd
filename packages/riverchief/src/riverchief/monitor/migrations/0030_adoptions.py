"""Adoptions on record, so that a wrong one can be taken back."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0029_first_flags'),
        ('registry', '0005_permits'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Adoption',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mn', models.CharField(max_length=40)),
                ('sender', models.CharField(max_length=8)),
                ('first_at', models.DateTimeField()),
                ('vouched', models.BooleanField(default=False)),
                ('password', models.CharField(blank=True, max_length=120)),
                ('mn_before', models.CharField(blank=True, max_length=40)),
                ('password_before', models.CharField(blank=True, max_length=120)),
                ('adopted_at_before', models.DateTimeField(blank=True, null=True)),
                ('adopted_at', models.DateTimeField()),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('taken_back_at', models.DateTimeField(blank=True, null=True)),
                ('taken_back_reason', models.CharField(blank=True, max_length=300)),
                ('returned', models.PositiveIntegerField(default=0)),
                ('adopted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('station', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adoptions', to='registry.station')),
                ('taken_back_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-adopted_at', '-id'),
                'indexes': [models.Index(fields=['station', '-adopted_at'], name='adoption_of_a_station')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('returned', 0), ('taken_back_at__isnull', True), ('taken_back_by__isnull', True)), models.Q(('taken_back_at__isnull', False), ('taken_back_by__isnull', False), models.Q(('taken_back_reason', ''), _negated=True)), _connector='OR'), name='adoption_taken_back_by_somebody')],
            },
        ),
    ]
