"""The flag that was first sent of a reading, and doubts about readings that were flagged otherwise since."""

from django.db import migrations, models
from django.db.models import Q

_RULES = {
    "range": "超出可能范围",
    "rate": "变化过快",
    "stuck": "恒值",
    "spike": "孤立突变",
    "logic": "参数间不合逻辑",
    "neighbour": "与上游相邻点位不符",
    "marked": "事后改标记",
    "missing": "单项缺测",
    "silent": "点位无数据",
    "stale": "数据迟到",
}


class Migration(migrations.Migration):
    dependencies = [
        ("monitor", "0028_permit_events"),
    ]

    operations = [
        migrations.AddField(
            model_name="reading",
            name="raw_flag",
            field=models.CharField(max_length=1, null=True),
        ),
        migrations.AddIndex(
            model_name="reading",
            index=models.Index(
                condition=Q(raw_flag__isnull=False),
                fields=["station", "received_at"],
                name="reading_flagged_anew",
            ),
        ),
        migrations.AddConstraint(
            model_name="reading",
            constraint=models.CheckConstraint(
                condition=Q(("raw_flag__isnull", True), ("raw_flag__in", [*"NFMSDCTB"]), _connector="OR"),
                name="reading_first_flag_sent_by_a_device",
            ),
        ),
        migrations.RemoveConstraint(model_name="doubt", name="doubt_rule_known"),
        migrations.AlterField(
            model_name="doubt",
            name="rule",
            field=models.CharField(choices=list(_RULES.items()), max_length=12),
        ),
        migrations.AddConstraint(
            model_name="doubt",
            constraint=models.CheckConstraint(condition=Q(rule__in=list(_RULES)), name="doubt_rule_known"),
        ),
    ]
