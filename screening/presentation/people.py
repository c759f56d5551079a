"""Rows of the list of people, and the panels of a person's page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from screening.presentation import words
from screening.presentation.person import person
from screening.sealing import SealError


@dataclass(frozen=True)
class PersonRow:
    """One person in the list."""

    reference: str
    site: str
    who: str
    seen: str
    erased: bool


def person_rows(people: Iterable[Any], latest: Mapping[int, Any]) -> list[PersonRow]:
    """Return the rows of `people`, with the latest pre-screen of each where there is one."""
    return [_row(one, latest.get(one.pk)) for one in people]


def _row(one: Any, screening: Any | None) -> PersonRow:
    return PersonRow(
        reference=one.reference,
        site=str(one.site),
        who=person(screening.answers).short if screening is not None else "",
        seen=_seen(screening),
        erased=one.identity.is_erased,
    )


def _seen(screening: Any | None) -> str:
    if screening is None:
        return _("No pre-screen yet")
    return _("Pre-screen of %(day)s") % {"day": words.day(screening.as_of)}


@dataclass(frozen=True)
class IdentityPanel:
    """Who someone is, as far as it is kept and opens here."""

    lines: Sequence[tuple[str, str]]
    erased_on: str = ""
    locked: bool = False


def identity_panel(identity: Any) -> IdentityPanel:
    """Return what `identity` holds, in words."""
    if identity.is_erased:
        return IdentityPanel((), erased_on=words.day(identity.site.day_of(identity.erased_at)))
    try:
        details = identity.details
    except SealError:
        return IdentityPanel((), locked=True)
    lines = (
        (_("Name"), details.name),
        (_("Local record number"), details.record_number),
        (_("Date of birth"), words.day(details.birth_date) if details.birth_date else ""),
        (_("Phone"), details.phone),
        (_("Email"), details.email),
    )
    return IdentityPanel([line for line in lines if line[1]])


@dataclass(frozen=True)
class PreScreenLine:
    """One pre-screen of a person."""

    address: str
    as_of: str
    author: str
    replaced: bool
    why: str


def pre_screen_lines(screenings: Iterable[Any]) -> list[PreScreenLine]:
    """Return the pre-screens, with the reason where one was replaced."""
    return [
        PreScreenLine(
            address=one.get_absolute_url(),
            as_of=words.day(one.as_of),
            author=str(one.recorded_by),
            replaced=one.replacement is not None,
            why=one.replacement.correction_reason if one.replacement is not None else "",
        )
        for one in screenings
    ]
