"""What a form asks next: which questions, which stage, and what the panel says of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from django.utils.safestring import SafeString

from screening.forms.plan import Rank
from screening.forms.stages import EVENTS_STAGE, Stage
from screening.interop.typed import read_typed
from screening.presentation.drawing import drawn
from screening.presentation.progress import progress
from screening.presentation.timing import LAPSES_SOON
from screening.rules.answers import Answers
from screening.rules.facts import EVENTS
from screening.rules.next_best import Ranking
from screening.rules.overview import lapses, most_useful

if TYPE_CHECKING:
    from screening.views.drafts import FormPage

EVENTS_LEAD = "events-lead"
PASSED = "passed"
"""In the session: the stages that were left by "Next" in the form last worked on."""


class FormOrder:
    """The order of the stages and questions of one form, worked out once per request."""

    def __init__(self, page: FormPage) -> None:
        self.page = page

    @cached_property
    def ranking(self) -> Ranking | None:
        """What to find out next; None before the first answer."""
        answers = self.page.reading.answers
        return self._ranking(answers) if answers is not None and not answers.nothing_known else None

    @cached_property
    def said_in(self) -> Mapping[str, str]:
        """The unit each measurement is typed in, or would be."""
        facts = self.page.content.catalogue.facts
        chosen = {
            stem: unit
            for name, unit in self.page.draft.typed.items()
            if name.endswith("-unit")
            and (stem := name.removesuffix("-unit")) in facts
            and unit in facts[stem].units
        }
        return {**self.page.units, **chosen}

    def _ranking(self, answers: Answers, among: frozenset[str] | None = None) -> Ranking:
        return most_useful(self.page.content, answers, self.said_in, among)

    def rank_of(self, stage: Stage) -> Rank | None:
        """Return the places of the questions of `stage`, as if it were blank: no answer moves them."""
        if stage in self.page.form.quick:
            return None
        here = frozenset(self.page.form.inputs(stage, self.page.draft.typed))
        elsewhere = {name: value for name, value in self.page.draft.typed.items() if name not in here}
        answers = read_typed(self.page.content.catalogue, elsewhere, self.page.draft.as_of).answers
        if answers is None or answers.nothing_known:
            return None
        return _places(self._ranking(answers, self.page.form.asked[stage.id]))

    @cached_property
    def useful(self) -> list[Stage]:
        """The stages after the quick ones on which something is left to ask, the most useful first."""
        unanswered = self.page.open_questions.difference(self.page.reading.payload["facts"])
        return self.page.form.by_use(unanswered, _places(self.ranking) if self.ranking is not None else {})

    @property
    def passed(self) -> list[str]:
        """The stages of this form that were left by "Next", in turn."""
        kept = self.page.request.session.get(PASSED, {})
        return kept["stages"] if kept.get("form") == str(self.page.draft.pk) else []

    def pass_by(self, here: Stage) -> None:
        """Remember that `here` was left by "Next"; the first stage begins a new round."""
        before = [] if here == self.page.form.quick[0] else self.passed
        stages = [*(stage for stage in before if stage != here.id), here.id]
        self.page.request.session[PASSED] = {"form": str(self.page.draft.pk), "stages": stages}

    def after(self, here: Stage) -> Stage | None:
        """Return the stage to go to next; None where nothing is left that was not passed."""
        quick = self.page.form.quick
        if here in quick[:-1]:
            return quick[quick.index(here) + 1]
        passed = {*self.passed, here.id}
        return next((stage for stage in self.useful if stage.id not in passed), None)

    def marked(self, here: str) -> str:
        """Return the id of the stage to mark as the most useful one; empty before the first answer."""
        if self.ranking is None:
            return ""
        return next((stage.id for stage in self.useful if stage.id not in (*self.passed, here)), "")

    def before(self, here: Stage) -> Stage | None:
        """Return the stage that one came from, as far as "Next" was used."""
        passed = self.passed
        if here in self.page.form.quick or not passed:
            return self.page.form.before(here)
        place = passed.index(here.id) if here.id in passed else len(passed)
        return self.page.form.by_id.get(passed[place - 1]) if place else self.page.form.before(here)

    def progress(self, in_form: bool) -> SafeString:
        """Return how much is decided, what presses, and what to find out next; `in_form` saves on the way."""
        answers, found = self.page.reading.answers, self.page.overview
        if answers is None or found is None:
            return SafeString("")
        until = self.page.draft.as_of + LAPSES_SOON
        piece = progress(
            found,
            self.ranking,
            [] if found.nothing_known else lapses(self.page.content, answers, found, until),
            catalogue=self.page.content.catalogue,
            answers=answers,
            open_questions=self.page.open_questions,
            place_of=self.place_of,
            in_form=in_form,
        )
        return drawn("screening/_panel_progress.html", [piece])

    def place_of(self, name: str) -> tuple[str, str]:
        """Return the stage and the anchor of the question `name`, or of the list of severe events."""
        if name == EVENTS:
            return EVENTS_STAGE, EVENTS_LEAD
        return self.page.form.by_fact[name].id, name


def _places(ranking: Ranking) -> Rank:
    return {one.fact: place for place, one in enumerate(ranking.ranked)}
