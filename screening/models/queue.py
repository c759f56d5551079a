"""A centre's queue as reads: what it is narrowed down to, its order, its pages, how many rows it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import IntegerField, Q, Subquery, Value
from django.db.models.functions import Replace

from screening.flow import CLOSED, GROUPS, WAITING_ON_CLINICIAN, WAITING_ON_US
from screening.models.participants import read_reference
from screening.models.people import User
from screening.models.referrals import Phase, TrialReferral, TrialReferralQuerySet

if TYPE_CHECKING:
    from collections.abc import Iterator

HOLDS_SOON = timedelta(days=30)
COUNTED_UP_TO = 100
"""Views are counted no further: beside their names stands `99+`."""
WAITING = {"us": WAITING_ON_US, "clinician": WAITING_ON_CLINICIAN}
ME, NOBODY = "me", "none"


@dataclass(frozen=True)
class Order:
    """An order of the queue: by a column and then the key, read along an index."""

    label: str
    column: str
    reads: type[date]
    backwards: bool = False


ORDERS = {
    "wait": Order("Longest waiting first", "state_since", datetime),
    "newest": Order("Latest change first", "state_since", datetime, backwards=True),
    "due": Order("Due first", "due_order", date),
    "holds": Order("Lapsing first", "holds_order", date),
}

VIEWS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "mine": ("Mine due today", {"owner": ME, "due": "today", "order": "due"}),
    "us": ("Waiting on us", {"waiting": "us"}),
    "answered": ("Answered", {"answered": "1"}),
    "holds": ("Holds under 30 days", {"holds": "1", "order": "holds"}),
    "amended": ("Changed by amendment", {"amended": "1"}),
    "unassigned": ("Unassigned", {"owner": NOBODY}),
}
"""The views everybody has, as filters."""

COLUMNS = (
    "pk",
    "version",
    "protocol",
    "title",
    "state",
    "state_since",
    "hold_until",
    "owner_id",
    "owner__name",
    "due_on",
    "due_order",
    "next_action",
    "waiting_for",
    "has_answer",
    "is_amended",
    "unknown_count",
    "confirm_count",
    "lapses_on",
    "holds_order",
    "age",
    "sex",
    "site_id",
    "clinic__name",
    "referral__participant__reference",
    "referral__referred_by__name",
)
"""What a row needs, and no more."""


class Counted(Subquery):
    """How many rows a query has, inside another query."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()

    def __init__(self, rows: TrialReferralQuerySet, up_to: int | None = None) -> None:
        keys = rows.order_by().values("pk")
        super().__init__(keys if up_to is None else keys[:up_to])


def narrowed(wanted: Mapping[str, str], *, user: User, today: date) -> TrialReferralQuerySet:
    """Return the trials of referrals in `user`'s queue that fit the filters of an address.

    Args:
        wanted: filters by name, each checked by QueueForm; what is left out narrows nothing.
        today: the day at the centre.
    """
    group = wanted.get("group", "")
    phase = Phase.CLOSED if group == "closed" else Phase.OPEN
    found = TrialReferral.objects.in_queue_of(user, phase)
    for condition in _conditions(wanted, user, today):
        found = found.filter(condition)
    if "reference" in wanted:
        found = _of_reference(found, wanted["reference"])
    return found


def _conditions(wanted: Mapping[str, str], user: User, today: date) -> Iterator[Q]:
    for name, value in wanted.items():
        match name, value:
            case "trial", _:
                yield Q(protocol=value)
            case "group", _ if value in GROUPS and GROUPS[value][1] != CLOSED:
                yield Q(state__in=[state.value for state in GROUPS[value][1]])
            case "owner", "me":
                yield Q(owner=user)
            case "owner", "none":
                yield Q(owner=None)
            case "owner", _:
                yield Q(owner=int(value))
            case "clinic", _:
                yield Q(clinic=int(value))
            case "waiting", _ if value in WAITING:
                yield Q(state__in=[state.value for state in WAITING[value]])
            case "due", "today":
                yield Q(due_order__lte=today)
            case "due", "week":
                yield Q(due_order__lte=today + timedelta(days=7))
            case "due", "none":
                yield Q(due_on=None)
            case "holds", _:
                yield Q(holds_order__lte=today + HOLDS_SOON)
            case "amended", _:
                yield Q(is_amended=True)
            case "answered", _:
                yield Q(has_answer=True)


def _of_reference(found: TrialReferralQuerySet, text: str) -> TrialReferralQuerySet:
    """Those of the person of that reference, or of everybody whose reference holds a part of one."""
    try:
        return found.filter(referral__participant__reference=read_reference(text))
    except ValueError:
        signs = "".join(sign for sign in text if sign not in "- ")
        plain = Replace("referral__participant__reference", Value("-"), Value(""))
        return found.alias(plain_reference=plain).filter(plain_reference__icontains=signs)


def page_of(
    found: TrialReferralQuerySet, order: Order, after: tuple[date, int] | None, length: int
) -> list[tuple[Any, ...]]:
    """Return COLUMNS of up to `length` rows that come after a place, in order."""
    column, down = order.column, "-" if order.backwards else ""
    if after is not None:
        value, pk = after
        past, key = ("lt", "lt") if order.backwards else ("gt", "gt")
        # The first limb bounds the range that is read of the index; the second starts inside it.
        found = found.filter(
            Q(**{f"{column}__{past}e": value}), Q(**{f"{column}__{past}": value}) | Q(**{f"pk__{key}": pk})
        )
    return list(found.order_by(f"{down}{column}", f"{down}pk").values_list(*COLUMNS)[:length])


@dataclass(frozen=True)
class Counts:
    """How many rows there are.

    Attributes:
        found: of the filters in use, exactly.
        views: of each built-in view, up to COUNTED_UP_TO.
        saved: the user's own views: key, name, query.
    """

    found: int
    views: Mapping[str, int]
    saved: list[tuple[int, str, str]]


def counts(found: TrialReferralQuerySet, *, user: User, today: date) -> Counts:
    """Return the counts of the queue and the user's own views, in one query."""
    counted = {
        f"count_{name}": Counted(narrowed(filters, user=user, today=today), up_to=COUNTED_UP_TO)
        for name, (_, filters) in VIEWS.items()
    }
    rows = list(
        User.objects.filter(pk=user.pk)
        .annotate(count_found=Counted(found), **counted)
        .order_by("saved_views__name")
        .values_list("count_found", *counted, "saved_views__pk", "saved_views__name", "saved_views__query")
    )
    first = rows[0]
    return Counts(
        found=first[0],
        views=dict(zip(VIEWS, first[1 : 1 + len(VIEWS)], strict=True)),
        saved=[row[-3:] for row in rows if row[-3] is not None],
    )


def colleagues(user: User) -> list[tuple[int, str]]:
    """Return key and name of those who work on referrals at the centres of `user`, by name."""
    sites = {site for site, _ in user.trials_as("coordinator", "investigator")}
    found = User.objects.filter(
        is_active=True, memberships__site__in=sites, memberships__role__in=("coordinator", "investigator")
    )
    return list(found.order_by("name", "pk").distinct().values_list("pk", "name"))
