"""An opening in an emergency may be ended by who opened it."""

import django.db.models.deletion
from django.db import migrations, models

from screening.models.append_only import add_triggers, drop_triggers

TABLE = "screening_emergencyend"


def close(apps, schema_editor):
    add_triggers(schema_editor, TABLE)


def open_up(apps, schema_editor):
    drop_triggers(schema_editor, TABLE)


class Migration(migrations.Migration):
    dependencies = [("screening", "0009_queue_columns")]

    operations = [
        migrations.CreateModel(
            name="EmergencyEnd",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "access",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ending",
                        to="screening.emergencyaccess",
                    ),
                ),
            ],
            options={
                "verbose_name": "end of an opening in an emergency",
                "verbose_name_plural": "ends of openings in an emergency",
                "ordering": ["pk"],
            },
        ),
        migrations.RunPython(close, open_up),
    ]
