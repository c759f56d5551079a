"""A form that repeats a pre-screen, and what the nightly run over everybody found."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('screening', '0014_interpretations'),
    ]

    operations = [
        migrations.CreateModel(
            name='CandidacyChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('protocol', models.CharField(max_length=64)),
                ('as_of', models.DateField(verbose_name='evaluated for')),
                ('then', models.CharField(choices=[('likely', 'Likely candidate on the published key criteria'), ('possible', 'Possible'), ('not_yet', 'Not yet'), ('unlikely', "Unlikely on this trial's rules")], max_length=16)),
                ('now', models.CharField(choices=[('likely', 'Likely candidate on the published key criteria'), ('possible', 'Possible'), ('not_yet', 'Not yet'), ('unlikely', "Unlikely on this trial's rules")], max_length=16)),
                ('if_still_true', models.CharField(choices=[('likely', 'Likely candidate on the published key criteria'), ('possible', 'Possible'), ('not_yet', 'Not yet'), ('unlikely', "Unlikely on this trial's rules")], max_length=16)),
                ('reasons', models.JSONField()),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='RescreeningRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('began_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('as_of', models.DateField(blank=True, null=True)),
                ('people', models.PositiveIntegerField(default=0, help_text='Whose latest pre-screen was evaluated')),
                ('not_evaluated', models.PositiveIntegerField(default=0, help_text='Whose answers could not be used')),
            ],
        ),
        migrations.AddField(
            model_name='draft',
            name='repeats',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='repetitions', to='screening.screening'),
        ),
        migrations.AddConstraint(
            model_name='draft',
            constraint=models.CheckConstraint(condition=models.Q(('supersedes', None), ('repeats', None), _connector='OR'), name='draft_corrects_or_repeats'),
        ),
        migrations.AddField(
            model_name='candidacychange',
            name='screening',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='screening.screening'),
        ),
        migrations.AddField(
            model_name='candidacychange',
            name='run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='screening.rescreeningrun'),
        ),
        migrations.AddConstraint(
            model_name='candidacychange',
            constraint=models.UniqueConstraint(fields=('run', 'screening', 'protocol'), name='candidacy_change_once_per_protocol'),
        ),
    ]
