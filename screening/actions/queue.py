"""Views of the queue that people keep for themselves."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from screening.actions.moves import Refused
from screening.models import SavedView, User

MOST_VIEWS = 20
LONGEST_QUERY = 400


@transaction.atomic
def save_view(*, by: User, name: str, query: str) -> SavedView:
    """Keep filters under a name; the same name again keeps the new filters.

    Raises:
        Refused: there are too many views, or the filters are too long.
    """
    names = set(SavedView.objects.filter(user=by).values_list("name", flat=True))
    if len(names - {name}) >= MOST_VIEWS:
        raise Refused({"name": _("Take away one of your {most} views first").format(most=MOST_VIEWS)})
    if len(query) > LONGEST_QUERY:
        raise Refused({"name": _("Keep fewer filters at once")})
    view, _is_new = SavedView.objects.update_or_create(user=by, name=name, defaults={"query": query})
    return view


@transaction.atomic
def forget_view(view: SavedView) -> None:
    """Take a view away."""
    view.delete()
