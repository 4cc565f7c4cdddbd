"""Alarms as text messages to those whom a step of the chain has reached."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0030_adoptions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AlarmText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('waiting', '短信待发'), ('taken', '短信已交运营商'), ('failed', '短信未发出'), ('not_needed', '已确认，未再发短信'), ('no_number', '未登记手机号')], default='waiting', max_length=10)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('fault', models.TextField(blank=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('step', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='texts', to='monitor.alarmstep')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['next_at'], name='alarm_text_waiting')],
                'constraints': [models.UniqueConstraint(fields=('step', 'person'), name='alarm_text_once'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('state', 'waiting')), models.Q(('ended_at__isnull', False), ('state__in', ['taken', 'failed', 'not_needed', 'no_number'])), _connector='OR'), name='alarm_text_ended_at_a_time')],
            },
        ),
    ]
