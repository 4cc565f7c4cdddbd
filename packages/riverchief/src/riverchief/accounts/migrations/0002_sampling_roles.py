from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='membership',
            name='role',
            field=models.CharField(choices=[('administrator', '系统管理员'), ('city_office', '市河长办'), ('county_office', '区县河长办'), ('town_office', '乡镇河长办'), ('enforcement', '生态环境执法'), ('monitoring', '监测值班'), ('inspector', '现场核查员'), ('chief', '河长'), ('unit', '责任单位'), ('sampler', '采样员'), ('laboratory', '检测实验室')], max_length=20),
        ),
    ]
