"""Have the database refuse to change or remove what was recorded."""

from typing import Any

from django.db import migrations

from screening.models.append_only import add_triggers, drop_triggers

TABLES = ("screening_storedtext", "screening_screening", "screening_verdict")


def add(apps: Any, schema_editor: Any) -> None:
    add_triggers(schema_editor, *TABLES)


def drop(apps: Any, schema_editor: Any) -> None:
    drop_triggers(schema_editor, *TABLES)


class Migration(migrations.Migration):
    dependencies = [("screening", "0002_pre_screens")]
    operations = [migrations.RunPython(add, drop)]
