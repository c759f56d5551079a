import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from screening.models.append_only import add_triggers, drop_triggers

TABLE = "screening_emergencyaccess"


def close(apps, schema_editor):
    add_triggers(schema_editor, TABLE)


def open_up(apps, schema_editor):
    drop_triggers(schema_editor, TABLE)


class Migration(migrations.Migration):
    dependencies = [("screening", "0006_seal_what_identifies")]

    operations = [
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["act", "id"], name="audit_by_act"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["at"], name="audit_by_moment"),
        ),
        migrations.CreateModel(
            name="EmergencyAccess",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "token",
                    models.UUIDField(
                        editable=False, help_text="One per form: two clicks, one opening", unique=True
                    ),
                ),
                ("at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("reason", models.CharField(max_length=500)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="emergencies",
                        to="screening.participant",
                    ),
                ),
            ],
            options={
                "verbose_name": "opening in an emergency",
                "verbose_name_plural": "openings in an emergency",
                "ordering": ["-pk"],
                "indexes": [models.Index(fields=["by", "until"], name="emergency_by_reader")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(until__gt=models.F("at")), name="emergency_ends_after_it_began"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="emergency_has_a_reason"
                    ),
                ],
            },
        ),
        migrations.RunPython(close, open_up),
    ]
