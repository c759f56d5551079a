"""The readings of sensor files, sealed with the key of the person they are about."""

import django.db.models.deletion
import screening.models.sealed
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('screening', '0012_notice_site'),
    ]

    operations = [
        migrations.CreateModel(
            name='SensorRecord',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('content', screening.models.sealed.SealedJSONField()),
                ('first_day', models.DateField(help_text="Of the readings, on the person's clock")),
                ('last_day', models.DateField()),
                ('read_at', models.DateTimeField()),
                ('participant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sensor_records', to='screening.participant')),
                ('read_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-last_day', '-read_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('first_day__lte', models.F('last_day'))), name='sensor_record_days_in_order')],
            },
        ),
    ]
