"""Reads of one person's pages, written to the trail: declared on the view, in one place.

    @records_read("result.read", subject="screening:{pk}")
    @records_read("form.read", subject="form:{draft_id}", once_per_sitting=True)
    @shows_nobody            # a deed that answers with a redirection, and shows nothing of the person

Every view whose address holds a person's reference says one or the other; a test walks the addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from screening.access import SignedInRequest
from screening.actions.trail import write_event
from screening.models import EmergencyAccess, Participant

View = TypeVar("View", bound=Callable[..., Any])

NOBODY = "nobody"
READ_HERE = "read_here"
"""In the session: keyed hashes of what was read in this sitting. They say nothing of any person."""
REMEMBERED = 100


def records_read(
    act: str, *, subject: str, once_per_sitting: bool = False
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Write `act` to the trail whenever the view has shown a person; four statements, five on PostgreSQL.

    A page that fails counts as read; one that is not found, not allowed or redirects does not. Where the
    event cannot be written, the page is not shown.

    Args:
        subject: what is read, filled in from the address, like `screening:{pk}`.
        once_per_sitting: one event for all requests of a sitting, for pages that ask many times.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def recorded(request: SignedInRequest, **address: Any) -> HttpResponse:
            try:
                response = view(request, **address)
            except (Http404, PermissionDenied):
                raise
            except Exception:
                _write(request, act, subject.format(**address), address.get("reference"))
                raise
            if not _shows(response):
                return response
            what = subject.format(**address)
            if not once_per_sitting:
                _write(request, act, what, address.get("reference"))
            elif (mark := _mark(what)) not in (before := request.session.get(READ_HERE, [])):
                _write(request, act, what, address.get("reference"))
                request.session[READ_HERE] = [*before, mark][-REMEMBERED:]
            return response

        recorded.reads = act  # type: ignore[attr-defined]
        return recorded

    return decorate


def shows_nobody(view: View) -> View:
    """Declare that a view whose address names a person shows nothing of them."""
    view.reads = NOBODY  # type: ignore[attr-defined]
    return view


def shows(request: HttpRequest, participant: Participant) -> None:
    """Say whom a page without a reference in its address is about; its view calls this when it knows."""
    request.participant_shown = participant  # type: ignore[attr-defined]


def _mark(subject: str) -> str:
    return salted_hmac(__name__, subject, algorithm="sha256").hexdigest()[:16]


def _shows(response: HttpResponse) -> bool:
    """Return whether the answer holds the page: shown, or shown again with what is to be mended."""
    return response.status_code < 300 or response.status_code in (409, 422)


def _write(request: SignedInRequest, act: str, subject: str, reference: str | None) -> None:
    participant = getattr(request, "participant_shown", None)
    if participant is None and reference is not None:
        participant = Participant.objects.filter(reference=reference).first()
    now = timezone.now()
    emergency = EmergencyAccess.objects.read_under(request.user, participant, now) if participant else None
    write_event(
        "emergency.read" if emergency else act,
        by=request.user,
        at=now,
        participant=participant,
        subject=subject,
        details={"act": act, "emergency": emergency.pk} if emergency else {},
    )
