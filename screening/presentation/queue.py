"""Rows of a centre's queue, in finished words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypedDict

from screening.clinical.dates import MONTHS
from screening.flow import CLOSED, STATES, WAITING_ON_CLINICIAN, WAITING_ON_US, State
from screening.models import Site
from screening.models.queue import COLUMNS, COUNTED_UP_TO, HOLDS_SOON, VIEWS, Counts
from screening.presentation.person import SHORT_SEXES

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_AT = {name: place for place, name in enumerate(COLUMNS)}
_TAIL = re.compile(r" in (?:newly|type) .*| \((?!VX).*|, .*")


class Row(TypedDict):
    """One trial of one referral; a mapping, which templates read quickest.

    `flags` are words that stand out, each with its part of a class; `css`, `turn`, `press` and `hurry` are
    parts of classes too.
    """

    pk: int
    key: str
    css: str
    label: str
    href: str
    reference: str
    who: str
    flags: Sequence[tuple[str, str]]
    trial: str
    clinic: str
    state: str
    since: str
    waiting: str
    turn: str
    open: str
    holds: str
    press: str
    owner: str
    next: str
    hurry: str
    ticked: bool
    moved: bool


def short_trial(title: str) -> str:
    """Return what a trial is called in a row: `Zimislecel (VX-880)`."""
    return _TAIL.sub("", title)


def short_day(day: date, today: date) -> str:
    """Return `26 Nov`, with the year where it is another than today's."""
    return f"{day.day} {MONTHS[day.month - 1]}{f' {day.year}' if day.year != today.year else ''}"


def rows(
    found: Iterable[Sequence[Any]],
    *,
    sites: Mapping[int, Site],
    now: datetime,
    address: str,
    ticked: Mapping[int, int],
    moved: frozenset[int] = frozenset(),
) -> list[Row]:
    """Return the rows of what was read by COLUMNS; those of one person stand together.

    Args:
        sites: the centres, by key.
        address: of a row, with `REFERENCE` and 0 in place of the reference and the key.
        ticked: keys of the rows that stay ticked.
        moved: keys of the rows that changed since they were ticked.
    """
    before, after = address.split("REFERENCE")
    together: dict[str, list[Sequence[Any]]] = {}
    for one in found:
        together.setdefault(one[_AT["referral__participant__reference"]], []).append(one)
    return [
        _row(
            one, sites[one[_AT["site_id"]]], now, before, after, follows=place > 0, ticked=ticked, moved=moved
        )
        for group in together.values()
        for place, one in enumerate(group)
    ]


def _row(
    one: Sequence[Any],
    site: Site,
    now: datetime,
    before: str,
    after: str,
    *,
    follows: bool,
    ticked: Mapping[int, int],
    moved: frozenset[int],
) -> Row:
    (
        pk,
        version,
        _protocol,
        title,
        state,
        since,
        hold_until,
        _owner_id,
        owner,
        due_on,
        _due_order,
        next_action,
        waiting_for,
        has_answer,
        is_amended,
        unknown,
        confirm,
        lapses_on,
        _holds_order,
        age,
        sex,
        _site_id,
        clinic,
        reference,
        doctor,
    ) = one
    today = site.day_of(now)
    holds, press = _holds(lapses_on, today)
    waiting, turn = _waiting(state, site.day_of(since), waiting_for, hold_until, today)
    trial = short_trial(title)
    flags = []
    if has_answer:
        flags.append(("answer", "New answer"))
    if is_amended:
        flags.append(("amended", "Amended"))
    css = " queue__row--follows" if follows else ""
    return Row(
        pk=pk,
        key=f"{pk}.{version}",
        css=f"{css} queue__row--moved" if pk in moved else css,
        label=f"{reference}, {trial}",
        href=f"{before}{reference}{after.replace('0', str(pk))}",
        reference=reference,
        who=f"{age or 'age ?'} · {SHORT_SEXES.get(sex, 'sex ?')}",
        flags=flags,
        trial=trial,
        clinic=f"{clinic}, {doctor}",
        state=STATES[state],
        since=f"{max((now - since).days, 0)} d",
        waiting=waiting,
        turn=turn,
        open=f"{unknown} not known,\n{confirm} to confirm",
        holds=holds,
        press=press,
        owner=owner or "Nobody yet",
        next=_next(next_action, due_on, today),
        hurry="overdue" if due_on is not None and due_on < today else "",
        ticked=pk in ticked,
        moved=pk in moved,
    )


def _holds(lapses_on: date | None, today: date) -> tuple[str, str]:
    """Return until when the answer holds, and how much that presses."""
    if lapses_on is None:
        return "", ""
    left = (lapses_on - today).days
    if left <= 0:
        return f"Lapsed {short_day(lapses_on, today)}", "lapsed"
    near = "near" if left <= HOLDS_SOON.days else ""
    return f"{short_day(lapses_on, today)}, {left} d", near


def _waiting(
    state: str, since: date, waiting_for: str, hold_until: date | None, today: date
) -> tuple[str, str]:
    """Return for whom it waits, and whose turn that makes it."""
    if state in WAITING_ON_CLINICIAN:
        asked = f"asked {short_day(since, today)}"
        question = waiting_for.rstrip(". ")
        return f"Clinician ({f'{question}, ' if question else ''}{asked})", "clinician"
    if state in WAITING_ON_US:
        return "Us", "us"
    if state == State.ON_HOLD and hold_until is not None:
        return f"On hold until {short_day(hold_until, today)}", "nobody"
    return ("Nobody", "nobody") if state in CLOSED else ("The trial's visits", "trial")


def _next(next_action: str, due_on: date | None, today: date) -> str:
    """Return the next deed and its day: `call Thu, 26 Nov`."""
    if due_on is None:
        return next_action
    day = f"{WEEKDAYS[due_on.weekday()]} {short_day(due_on, today)}"
    said = f"{next_action}, {day}" if next_action else f"due {day}"
    return f"{said}: overdue" if due_on < today else said


@dataclass(frozen=True)
class View:
    """A view by its name, how many rows it has, and whether it is the one that is shown."""

    name: str
    query: str
    count: str
    is_current: bool
    pk: int | None = None


def views(counts: Counts, wanted: Mapping[str, str], queries: Mapping[str, str], query: str) -> list[View]:
    """Return the built-in views and the user's own.

    Args:
        queries: the address of each built-in view, by its id.
        query: the filters in use, as an address.
    """
    built_in = [
        View(label, queries[id_], _counted(counts.views[id_]), dict(wanted) == dict(filters))
        for id_, (label, filters) in VIEWS.items()
    ]
    own = [View(name, kept, "", kept == query, pk) for pk, name, kept in counts.saved]
    return [*built_in, *own]


def _counted(number: int) -> str:
    return f"{COUNTED_UP_TO - 1}+" if number >= COUNTED_UP_TO else str(number)


def total(number: int) -> str:
    """Return `1 referral`, `12,345 referrals`."""
    return f"{number:,} {'referral' if number == 1 else 'referrals'}"


def place(last: Sequence[Any], column: str) -> str:
    """Return the place in the queue after the row `last`, as it stands in an address."""
    value: date = last[_AT[column]]
    return f"{value.isoformat()}~{last[_AT['pk']]}"
