"""Tables that take rows and never change or lose one.

The models refuse `update` and `delete`; triggers in the database refuse what goes past the models.
"""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


class AppendOnlyError(Exception):
    """Someone tried to change or remove a row of an append-only table."""


def _refuse(model: type[models.Model]) -> NoReturn:
    raise AppendOnlyError(f"{model._meta.verbose_name_plural} are append-only: record a new row instead")


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """Reads and inserts."""

    def update(self, **kwargs: Any) -> NoReturn:
        _refuse(self.model)

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        _refuse(self.model)

    def delete(self) -> NoReturn:
        _refuse(self.model)


class AppendOnlyModel(models.Model):
    """A row that is written once."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            _refuse(type(self))
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        _refuse(type(self))


_SQLITE = """
CREATE TRIGGER {table}_no_{lower} BEFORE {operation} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""

_POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION screening_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""

_POSTGRESQL = """
CREATE TRIGGER {table}_no_{lower} BEFORE {operation} ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION screening_append_only()
"""


_OPERATIONS = {"sqlite": ("UPDATE", "DELETE"), "postgresql": ("UPDATE", "DELETE", "TRUNCATE")}


def add_triggers(schema_editor: BaseDatabaseSchemaEditor, *tables: str) -> None:
    """Have the database refuse UPDATE and DELETE on `tables`, and PostgreSQL also TRUNCATE.

    Raises:
        NotImplementedError: the database is neither SQLite nor PostgreSQL.
    """
    vendor = schema_editor.connection.vendor
    if vendor not in _OPERATIONS:
        raise NotImplementedError(f"append-only tables need SQLite or PostgreSQL, not {vendor}")
    if vendor == "postgresql":
        schema_editor.execute(_POSTGRESQL_FUNCTION, params=[])
    template = _SQLITE if vendor == "sqlite" else _POSTGRESQL
    for table in tables:
        for operation in _OPERATIONS[vendor]:
            schema_editor.execute(template.format(table=table, operation=operation, lower=operation.lower()))


def drop_triggers(schema_editor: BaseDatabaseSchemaEditor, *tables: str) -> None:
    """Undo `add_triggers`."""
    vendor = schema_editor.connection.vendor
    for table in tables:
        for operation in _OPERATIONS[vendor]:
            suffix = f" ON {table}" if vendor == "postgresql" else ""
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{operation.lower()}{suffix}")
