"""The interpretation ledger, which takes entries and never changes or loses one."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from screening.models.append_only import add_triggers, drop_triggers

TABLE = "screening_interpretation"


def close(apps, schema_editor):
    add_triggers(schema_editor, TABLE)


def open_up(apps, schema_editor):
    drop_triggers(schema_editor, TABLE)


class Migration(migrations.Migration):

    dependencies = [
        ('screening', '0013_sensor_records'),
    ]

    operations = [
        migrations.CreateModel(
            name='Interpretation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.UUIDField(editable=False, help_text='One per form: two clicks, one entry', unique=True)),
                ('protocol', models.SlugField(max_length=64)),
                ('criterion', models.CharField(max_length=200)),
                ('protocol_sha256', models.CharField(help_text='The rules that the entry was written for', max_length=64)),
                ('question', models.CharField(max_length=1000)),
                ('answer', models.CharField(max_length=2000)),
                ('answered_by', models.CharField(choices=[('sponsor', 'Sponsor'), ('site_investigator', 'Site investigator'), ('monitor', 'Monitor'), ('own_reading', 'Own reading')], max_length=24)),
                ('answered_on', models.DateField()),
                ('reference', models.CharField(blank=True, help_text="A letter's number", max_length=120)),
                ('written_at', models.DateTimeField()),
                ('replaces', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaced_by', to='screening.interpretation')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='screening.site')),
                ('written_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['pk'],
                'indexes': [models.Index(fields=['protocol', 'criterion'], name='interpretation_by_criterion')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('question', ''), _negated=True), models.Q(('answer', ''), _negated=True)), name='interpretation_has_both_sides'), models.CheckConstraint(condition=models.Q(('answered_by__in', ['sponsor', 'site_investigator', 'monitor', 'own_reading'])), name='interpretation_is_somebodys')],
            },
        ),
        migrations.RunPython(close, open_up),
    ]
