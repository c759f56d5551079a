"""The list of pre-screens: the first page after signing in."""

from __future__ import annotations

from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from screening.access import SignedInRequest, allow_signed_in
from screening.content import installed_content
from screening.forms.stages import form_set
from screening.models.drafts import Draft
from screening.models.people import Role
from screening.models.screenings import Screening
from screening.presentation import lists, words
from screening.presentation.menu import first_page
from screening.views.paging import place_of, read_place

PAGE_LENGTH = 25
DRAFTS_SHOWN = 6
STANDINGS = {
    "open": (gettext_lazy("Likely or possible"), ("likely", "possible")),
    "likely": (gettext_lazy("Likely"), ("likely",)),
    "possible": (gettext_lazy("Possible"), ("possible",)),
    "not_yet": (gettext_lazy("Not yet"), ("not_yet",)),
    "unlikely": (gettext_lazy("Unlikely"), ("unlikely",)),
}
ANY_STANDING = ("", gettext_lazy("Any standing"))


class SearchForm(forms.Form):
    """What to look for; a value that is none of the choices is left out of the search."""

    reference = forms.CharField(required=False, max_length=20)
    candidacy = forms.ChoiceField(
        required=False, choices=[ANY_STANDING, *((name, label) for name, (label, _) in STANDINGS.items())]
    )
    trial = forms.ChoiceField(required=False, choices=[])
    mine = forms.BooleanField(required=False)
    replaced = forms.BooleanField(required=False)

    def __init__(self, data: QueryDict, trials: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["trial"].choices = [("", _("Any trial")), *trials]  # type: ignore[attr-defined]
        self.is_valid()

    @property
    def wanted(self) -> dict[str, str]:
        """The filters that are set, as they stand in the address."""
        return {name: "1" if value is True else value for name, value in self.cleaned_data.items() if value}


@allow_signed_in
@require_safe
def pre_screens(request: SignedInRequest) -> HttpResponse:
    """List the pre-screens of the user's sites, latest first, a page at a time.

    Who is no clinician is led to where their own work lies.
    """
    first = first_page(request.user.roles)
    if first and first != "pre_screens":
        return redirect(first)
    protocols = installed_content().protocols
    trials = [(protocol.id, protocol.title) for protocol in protocols if protocol.family in lists.FAMILIES]
    search = SearchForm(request.GET, trials)
    wanted = search.wanted
    found = Screening.objects.visible_to(request.user).latest_first().for_lists()
    if "replaced" not in wanted:
        found = found.standing()
    if "reference" in wanted:
        found = found.of_reference(wanted["reference"])
    if "mine" in wanted:
        found = found.recorded_by_user(request.user)
    if "candidacy" in wanted or "trial" in wanted:
        _, candidacies = STANDINGS.get(wanted.get("candidacy", ""), ("", ()))
        found = found.with_verdict(candidacies=candidacies, protocol=wanted.get("trial"))
    after = read_place(request.GET.get("after", ""))
    if after is not None:
        found = found.older_than(*after)
    in_progress = Draft.objects.visible_to(request.user).latest_first().with_person()
    drafts = lists.draft_rows(in_progress, form_set(installed_content().catalogue), timezone.now())
    page = list(found[: PAGE_LENGTH + 1])
    more = len(page) > PAGE_LENGTH
    page = page[:PAGE_LENGTH]
    return render(
        request,
        "screening/pre_screens.html",
        {
            "search": search,
            "filtered": bool(wanted),
            "clinician": Role.CLINICIAN in request.user.roles,
            "protocol_count": len(protocols),
            "drafts": drafts[:DRAFTS_SHOWN],
            "older_drafts": drafts[DRAFTS_SHOWN:],
            "families": [lists.FAMILY_LABELS[family] for family in lists.FAMILIES],
            "rows": lists.rows(
                page,
                families={protocol.id: protocol.family for protocol in protocols},
                deciding={protocol.id: len(protocol.deciding) for protocol in protocols},
                closed=frozenset(
                    protocol.id
                    for protocol in protocols
                    if protocol.recruitment.status in words.CLOSED_STATUSES
                ),
                thin=frozenset(protocol.id for protocol in protocols if not protocol.indicated),
            ),
            "older": _link(wanted, page[-1]) if more else "",
            "newest": "?" + urlencode(wanted) if after is not None else "",
        },
    )


def _link(wanted: dict[str, str], last: Screening) -> str:
    return "?" + urlencode(wanted | {"after": place_of(last.recorded_at, last.pk)})
