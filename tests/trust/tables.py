"""What stands in the tables, to be compared before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection, models, transaction

from screening.models import AuditEvent

Rows = dict[str, dict[Any, tuple[str, ...]]]
"""By table and key: the row, as text."""


def tables() -> list[type[models.Model]]:
    """Return the tables of the product and of second factors; sessions and caches are not among them."""
    return [*apps.get_app_config("screening").get_models(), *apps.get_app_config("mfa").get_models()]


def rows_of_all() -> Rows:
    """Return every row of every table."""
    return {
        model.__name__: {
            row[0]: tuple(map(repr, row))
            for row in model.objects.order_by(*_order(model)).values_list("pk", *_columns(model))
        }
        for model in tables()
    }


def _order(model: type[models.Model]) -> list[str]:
    """Return what rows stand in the order of, the same from run to run: random keys come in none."""
    if not isinstance(model._meta.pk, models.UUIDField):
        return ["pk"]
    return [*(str(name).removeprefix("-") for name in model._meta.ordering), "pk"]


BESIDE = tuple(f'"{model._meta.db_table}"' for model in (AuditEvent, Session))
"""The tables that reading a page may write to."""


@contextmanager
def counting_writes() -> Iterator[list[str]]:
    """Yield a list that is filled with the statements that change a table, but for those BESIDE."""
    written: list[str] = []

    def look(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        writes = sql.lstrip("( ").startswith(("INSERT", "UPDATE", "DELETE", "WITH"))
        if writes and not any(table in sql for table in BESIDE):
            written.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(look):
        yield written


LONG = {"Screening.result", "StoredText.text"}
"""Left out, for they are long: triggers refuse to change them."""


def _columns(model: type[models.Model]) -> list[str]:
    return [
        field.attname for field in model._meta.concrete_fields if f"{model.__name__}.{field.name}" not in LONG
    ]


def left_behind_by(deed: Callable[[], Any], before: Rows) -> Rows:
    """Return every row as it stands after `deed`, which is then undone: `before`, where it wrote nothing."""
    with transaction.atomic(), counting_writes() as written:
        deed()
        rows = rows_of_all() if written else before
        transaction.set_rollback(True)
    return rows


def cells(rows: Rows) -> dict[tuple[str, int, str], str]:
    """Return each cell by table, place and column: keys differ from run to run, places do not."""
    return {
        (model.__name__, place, column): text
        for model in tables()
        for place, row in enumerate(rows[model.__name__].values())
        for column, text in zip(["pk", *_columns(model)], row, strict=True)
    }


def changed_cells(one: Rows, other: Rows) -> set[tuple[str, int, str]]:
    """Return the cells that stand otherwise in `other`, or in one of the two alone."""
    first, second = cells(one), cells(other)
    return {name for name in first.keys() | second.keys() if first.get(name) != second.get(name)}


def foreign_keys_to(rows: Rows, owners: dict[str, set[Any]]) -> set[tuple[str, Any]]:
    """Return the rows that belong to `owners`: those themselves, and what points to one of them."""
    found: set[tuple[str, Any]] = {(name, pk) for name, keys in owners.items() for pk in keys}
    for model in tables():
        columns = ["pk", *_columns(model)]
        for field in model._meta.concrete_fields:
            target = field.related_model.__name__ if field.is_relation and field.related_model else ""
            if target not in owners:
                continue
            place = columns.index(field.attname)
            theirs = {repr(key) for key in owners[target]}
            found |= {
                (model.__name__, pk) for pk, row in rows[model.__name__].items() if row[place] in theirs
            }
    return found
