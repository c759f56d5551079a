"""A column whose JSON is sealed with the key of the participant its row is about."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.query_utils import DeferredAttribute

from screening.sealing import Place, seal, unseal

if TYPE_CHECKING:
    _Column = models.Field[Any, Any]
else:
    _Column = models.TextField


class Sealed(str):
    """What the column holds."""


class _OpenedWhenRead(DeferredAttribute):
    """Unseals on first reading, so that a row that is only counted or copied costs nothing."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        value = instance.__dict__[name] if name in instance.__dict__ else super().__get__(instance, cls)
        if isinstance(value, Sealed):
            value = json.loads(unseal(instance.participant.identity.key, value, _place(instance, self.field)))
            instance.__dict__[name] = value
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class SealedJSONField(_Column):
    """JSON for the program, sealed text in the database.

    Its model has a `participant` whose identity holds the key, and a key of its own that is known before
    it is saved.
    """

    descriptor_class = _OpenedWhenRead

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Sealed | None:
        return None if value is None else Sealed(value)

    def to_python(self, value: Any) -> Any:
        """Return what a dump holds as it is: sealed."""
        return Sealed(value) if isinstance(value, str) else value

    def value_from_object(self, obj: models.Model) -> Any:
        """Return the sealed text: this is what a dump takes."""
        return self.pre_save(obj, add=False)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = model_instance.__dict__[self.attname]
        if isinstance(value, Sealed):
            return value
        owner: Any = model_instance
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return Sealed(seal(owner.participant.identity.key, text, _place(model_instance, self)))

    def get_prep_value(self, value: Any) -> Any:
        if value is not None and not isinstance(value, Sealed):
            raise TypeError(f"{self.name} is sealed: save it through its row, it is neither searched nor set")
        return value


def _place(instance: models.Model, field: models.Field[Any, Any]) -> Place:
    return Place(instance._meta.db_table, str(field.column), instance.pk)
