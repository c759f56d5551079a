"""Notices as their reader sees them, in the app alone: mail says nothing of any person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from screening.flow import STATES, State
from screening.models import Notice, Role, Site, User
from screening.presentation import words
from screening.presentation.referral import moment


@dataclass(frozen=True)
class NoticeLine:
    """One notice."""

    notice: Notice
    what: str
    reference: str
    about: str
    address: str
    aside_until: str
    is_read: bool
    typed: str = ""
    problem: str = ""


def notice_lines(
    notices: Iterable[Notice],
    reader: User,
    now: datetime,
    *,
    mend: Mapping[int, tuple[str, str]] | None = None,
) -> list[NoticeLine]:
    """Return the notices in words; each with its trial, referral, person and sites read.

    Args:
        mend: by the key of a notice, the day that was typed and what is wrong with it.
    """
    site = home(reader)
    of_clinic = {one.pk for one in reader.sites_as(Role.CLINICIAN)}
    return [_line(notice, of_clinic, site, now, *(mend or {}).get(notice.pk, ("", ""))) for notice in notices]


def home(reader: User) -> Site:
    """Return the site whose days and hours `reader` lives by."""
    memberships = reader.current_memberships
    return memberships[0].site if memberships else Site(time_zone="UTC")


def _line(
    notice: Notice, of_clinic: set[int], site: Site, now: datetime, typed: str, problem: str
) -> NoticeLine:
    participant = notice.participant
    at_clinic = participant.site_id in of_clinic
    aside = notice.snoozed_until is not None and notice.snoozed_until > now
    return NoticeLine(
        notice=notice,
        what=_what(notice),
        reference=participant.reference,
        about=" · ".join([*_about(notice, at_clinic), moment(notice.at, site)]),
        address=_address(notice, at_clinic),
        aside_until=words.day(site.day_of(notice.snoozed_until)) if aside and notice.snoozed_until else "",
        is_read=notice.read_at is not None,
        typed=typed,
        problem=problem,
    )


def _what(notice: Notice) -> str:
    if notice.trial is not None and notice.kind == Notice.Kind.DECIDED:
        return STATES[State(notice.trial.state)]
    return notice.get_kind_display()


def _about(notice: Notice, at_clinic: bool) -> list[str]:
    """Return the trial, or what was decided, and the place at the other end."""
    if notice.trial is not None:
        other_end = notice.trial.site if at_clinic else notice.participant.site
        return [notice.trial.title, str(other_end)]
    day = notice.decision.recheck_on if notice.decision is not None else None
    return [f"on {words.day(day)}", str(notice.participant.site)]


def _address(notice: Notice, at_clinic: bool) -> str:
    """Return where the reader deals with it; nothing for who may not open it any more."""
    reference = notice.participant.reference
    if notice.trial is None:
        return reverse("person", args=[reference]) if at_clinic else ""
    if at_clinic:
        return reverse("referral", args=[reference, notice.trial.referral_id])
    return reverse("trial_referral", args=[reference, notice.trial_id])
