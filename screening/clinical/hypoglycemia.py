"""Severe hypoglycemic events, their counts over a window, and awareness of hypoglycemia.

"Severe" is not one definition: trials count different events, so each event is kept as it was told
and judged by the definition a criterion names. True, false and None (not known) combine as in SQL.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from screening.clinical.dates import DateSpan, day_number, lookback

SYMPTOMS = {
    "confused": "Confused",
    "could_not_be_woken": "Could not be woken",
    "seizure": "Seizure",
    "passed_out": "Passed out",
    "memory_loss": "Memory loss",
    "irrational_behaviour": "Irrational behaviour",
    "hard_to_wake": "Hard to wake",
    "visual": "Disturbed vision",
    "other": "Other",
}
CAUSES = {
    "none_found": "None found",
    "missed_meal": "Missed meal",
    "dosing_error": "Dosing error",
    "alcohol": "Alcohol",
    "exercise": "Exercise",
    "other": "Other",
}
RECORDS = {
    "chart": "Ambulance, hospital or clinic notes",
    "log": "The person's log or sensor record",
    "recall": "Only recalled",
}
TELLERS = {"self": "The person", "witness": "A witness"}

CIT_SYMPTOMS = frozenset(SYMPTOMS) - {"other"}
ALTERED_STATES = CIT_SYMPTOMS - {"visual"}
"""The symptoms that are by themselves an altered mental or physical state."""

GLUCOSE_UNITS = ("mg_dl", "mmol_l")

EVER = DateSpan(date.min, date.min)
"""For a list of events that goes back to birth."""

NEVER = 99999999
"""As yyyymmdd: later than any day, so that no window starts on it."""

ASKING_LASTS = timedelta(days=30)
"""How long after it was asked a list of events still counts as complete."""


def all_of(*limbs: bool | None) -> bool | None:
    """Return whether all of `limbs` are true; one that is false decides, whatever is not known."""
    if False in limbs:
        return False
    return None if None in limbs else True


def any_of(*limbs: bool | None) -> bool | None:
    """Return whether any of `limbs` is true; one that is true decides, whatever is not known."""
    if True in limbs:
        return True
    return None if None in limbs else False


@dataclass(frozen=True, slots=True)
class Glucose:
    """A glucose reading in the unit it was typed in, or, when `censored`, known only to lie below it."""

    value: float
    unit: str
    censored: bool = False

    def __post_init__(self) -> None:
        if self.unit not in GLUCOSE_UNITS:
            raise ValueError(f"{self.unit!r} is not one of {', '.join(GLUCOSE_UNITS)}")

    def below(self, mg_dl: float, mmol_l: float) -> bool | None:
        """Return whether the reading is below a limit published in both units, read in its own unit."""
        limit = mg_dl if self.unit == "mg_dl" else mmol_l
        if self.censored:
            return True if self.value <= limit else None
        return self.value < limit


LOW = Glucose(50, "mg_dl", censored=True)
"""The reading "LOW": devices show it from 20, 40 or 50 mg/dL downwards, so below 50 is certain."""


@dataclass(frozen=True, slots=True)
class SevereEvent:
    """One event as it was told; None where it is not known.

    Attributes:
        on: when it happened.
        assistance: someone else had to treat it; help that was merely handy is no assistance.
        impaired: an altered mental or physical state.
        symptoms: keys of SYMPTOMS; empty when there were none.
        glucose: the lowest reading.
        recovered_after_treatment: came round promptly after carbohydrate, IV glucose or glucagon.
        cause: a key of CAUSES.
        documented: a key of RECORDS.
        told_by: a key of TELLERS.

    Raises:
        ValueError: a key that is none of these.
    """

    on: DateSpan
    assistance: bool | None = None
    impaired: bool | None = None
    symptoms: frozenset[str] | None = None
    glucose: Glucose | None = None
    recovered_after_treatment: bool | None = None
    cause: str | None = None
    documented: str | None = None
    told_by: str | None = None

    def __post_init__(self) -> None:
        if self.symptoms is not None and not self.symptoms <= SYMPTOMS.keys():
            raise ValueError(f"symptoms: not one of {', '.join(SYMPTOMS)}")
        for name, chosen, choices in (
            ("cause", self.cause, CAUSES),
            ("documented", self.documented, RECORDS),
            ("told_by", self.told_by, TELLERS),
        ):
            if chosen is not None and chosen not in choices:
                raise ValueError(f"{name}: not one of {', '.join(choices)}")


def altered_state(event: SevereEvent) -> bool | None:
    """Return whether there was an altered state, from the answer or from a symptom that is one.

    The answer "no" next to such a symptom is a contradiction: not known.
    """
    if event.symptoms is None or event.symptoms.isdisjoint(ALTERED_STATES):
        return event.impaired
    return None if event.impaired is False else True


def is_ada_level_3(event: SevereEvent) -> bool | None:
    """Altered mental or physical state AND assistance, whatever the glucose.

    Source: International Hypoglycaemia Study Group, Diabetes Care 2017;40(1):155-157; ADA Standards of Care.
    """
    return all_of(altered_state(event), event.assistance)


def is_cit_event(event: SevereEvent) -> bool | None:
    """A symptom of the CIT list AND assistance AND (glucose < 54 mg/dL OR prompt recovery).

    The last limb could not be verified in public text: it can confirm an event, never rule one out.
    An altered state that nobody described counts as a symptom of the list.

    Source: protocol CIT-07, NCT00434811.
    """
    return all_of(_cit_symptom(event), event.assistance, any_of(_confirmed(event, 54, 3.0), None))


def is_uih_event(event: SevereEvent) -> bool | None:
    """Symptoms AND assistance AND (glucose < 50 mg/dL (2.8 mmol/L) OR prompt recovery).

    Source: donislecel trial UIH-002, NCT00679042.
    """
    named = None if event.symptoms is None else event.symptoms != frozenset()
    return all_of(any_of(named, altered_state(event)), event.assistance, _confirmed(event, 50, 2.8))


def is_unexplained(event: SevereEvent) -> bool | None:
    """ADA level 3 AND no missed meal or dosing error behind it.

    The source names these two causes only; whether alcohol or exercise explains an event is not known.

    Source: University of Chicago CIRB24-0324.
    """
    explained = {"none_found": True, "missed_meal": False, "dosing_error": False}
    return all_of(is_ada_level_3(event), None if event.cause is None else explained.get(event.cause))


def is_documented(event: SevereEvent) -> bool | None:
    """ADA level 3 AND written in the medical record or the person's own log.

    Source: OPF-310, NCT06575426.
    """
    written = None if event.documented is None else event.documented != "recall"
    return all_of(is_ada_level_3(event), written)


def _cit_symptom(event: SevereEvent) -> bool | None:
    if event.symptoms is None:
        return True if event.impaired is True else None
    if not event.symptoms.isdisjoint(CIT_SYMPTOMS):
        return True
    return False if event.symptoms == frozenset() and event.impaired is not True else None


def _confirmed(event: SevereEvent, mg_dl: float, mmol_l: float) -> bool | None:
    low = None if event.glucose is None else event.glucose.below(mg_dl, mmol_l)
    return any_of(low, event.recovered_after_treatment)


DEFINITIONS: dict[str, Callable[[SevereEvent], bool | None]] = {
    "": is_ada_level_3,
    "cit": is_cit_event,
    "uih": is_uih_event,
    "unexplained": is_unexplained,
    "documented": is_documented,
}
"""What counts as a severe event, by the word that a count's name carries for it."""


class CountSpan(NamedTuple):
    """A number of events known to lie between both, ends included; no `high` is no upper end."""

    low: int
    high: int | None


@dataclass(frozen=True, slots=True)
class Asking:
    """What one history says about its own reach, the same for every definition.

    Attributes:
        asked_on: the day on which the events were asked for.
        year_before: first day of the 12 months that end on it.
        complete_from: the list holds every event from this day on; None where it is not known to.
        complete_until: the last day on which that is still taken for granted.
        known_on: nothing of it can be known before this day.
        year_before_number, complete_until_number: those days as yyyymmdd.
        complete_from_number: that day as yyyymmdd; NEVER where the list is not known to be complete.
    """

    asked_on: date
    year_before: date
    complete_from: date | None
    complete_until: date
    known_on: date
    year_before_number: int = field(init=False)
    complete_from_number: int = field(init=False)
    complete_until_number: int = field(init=False)

    def __post_init__(self) -> None:
        complete_from = NEVER if self.complete_from is None else day_number(self.complete_from)
        object.__setattr__(self, "year_before_number", day_number(self.year_before))
        object.__setattr__(self, "complete_from_number", complete_from)
        object.__setattr__(self, "complete_until_number", day_number(self.complete_until))


@dataclass(slots=True, eq=False)
class Judged:
    """The events of one history that are, or may be, events by one definition.

    Attributes:
        sure: spans of those that surely are, in order; of several on one known day only one.
        possible: spans, last day first, of all that may be, in order.
        more: further events, not listed, surely in the 12 months before the asking.
        asking: what the history says about its own reach.
    """

    sure: list[tuple[date, date]]
    possible: list[tuple[date, date]]
    more: int
    asking: Asking
    _sure_firsts: list[int] = field(init=False, repr=False)
    _possible_lasts: list[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._sure_firsts = [day_number(first) for first, _ in self.sure]
        self._possible_lasts = [day_number(last) for last, _ in self.possible]

    def since(self, first_start: int, last_start: int, as_of: int) -> tuple[int, int | None]:
        """Return the fewest and the most events since the start of a window, as known on `as_of`.

        Args:
            first_start, last_start: the start, as yyyymmdd; equal where it is known exactly.
            as_of: the day of assessment, as yyyymmdd, or a later one: no new event is assumed.
        """
        low = len(self._sure_firsts) - bisect_left(self._sure_firsts, last_start)
        asking = self.asking
        if last_start <= asking.year_before_number:
            low += self.more
        if first_start < asking.complete_from_number or asking.complete_until_number < as_of:
            return low, None
        if first_start > as_of:
            return low, 0
        return low, len(self._possible_lasts) - bisect_left(self._possible_lasts, first_start)

    def bounds(self, start: DateSpan, day: date, as_of: date) -> tuple[int, int | None]:
        """Return the fewest and the most events that lie in the window from `start` to `day`, both included.

        Args:
            start: first day of the window; a span where that day is itself not known exactly.
            day: last day of the window. After `as_of` no new event is assumed.
            as_of: the day of assessment, on which the history is what is known.

        Raises:
            ValueError: the history tells of a day after `as_of`.
        """
        asking = self.asking
        if as_of < asking.known_on:
            raise ValueError("the events, or the day they were asked for, lie after the day of assessment")
        first_start, last_start = start.first, start.last
        if day >= as_of:
            return self.since(day_number(first_start), day_number(last_start), day_number(as_of))
        low = sum(last_start <= first and last <= day for first, last in self.sure)
        if last_start <= asking.year_before and asking.asked_on <= day:
            low += self.more
        complete_from = asking.complete_from
        if complete_from is None or first_start < complete_from or asking.complete_until < as_of:
            return low, None
        if first_start > day:
            return low, 0
        return low, sum(first <= day and first_start <= last for last, first in self.possible)


@dataclass(frozen=True, slots=True)
class EventHistory:
    """All that is known of a person's severe events.

    Attributes:
        events: the events told one by one.
        asked_on: the day on which they were asked for.
        complete_since: the list holds every event since then; EVER, or None where it is not known to.
        at_least_more: so many further events, not listed, in the 12 months before `asked_on`:
            someone else had to treat them, in an altered state.
        judged: the events judged by each of DEFINITIONS, by its key.

    Raises:
        ValueError: `at_least_more` is negative.
    """

    events: tuple[SevereEvent, ...]
    asked_on: date
    complete_since: DateSpan | None
    at_least_more: int = 0
    judged: Mapping[str, Judged] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.at_least_more < 0:
            raise ValueError("the number of further events is 0 or more")
        asking = self._asking()
        judged = {}
        for definition, holds in DEFINITIONS.items():
            sure: list[tuple[date, date]] = []
            possible: list[tuple[date, date]] = []
            for event in self.events:
                verdict = holds(event)
                if verdict is False:
                    continue
                first, last = event.on.first, event.on.last
                possible.append((last, first))
                if verdict is True and (first != last or (first, last) not in sure):
                    sure.append((first, last))
            more = self.at_least_more if definition == "" else 0
            judged[definition] = Judged(sorted(sure), sorted(possible), more, asking)
        object.__setattr__(self, "judged", judged)

    def listed_twice(self) -> tuple[date, ...]:
        """Return the known days that carry more than one event: a night with several calls, or two events."""
        days = sorted(event.on.first for event in self.events if event.on.exact)
        return tuple(sorted({day for day, following in pairwise(days) if day == following}))

    def _asking(self) -> Asking:
        complete_from = None
        if self.complete_since is not None and self.at_least_more == 0:
            complete_from = self.complete_since.last
        return Asking(
            asked_on=self.asked_on,
            year_before=lookback(self.asked_on, 12, "months"),
            complete_from=complete_from,
            complete_until=self.asked_on + ASKING_LASTS,
            known_on=max([self.asked_on, *[event.on.first for event in self.events]]),
        )


def count_events(
    history: EventHistory, definition: str, start: DateSpan, day: date, as_of: date
) -> CountSpan:
    """Return how many events by `definition` lie in the window from `start` to `day`.

    There is no upper end when the window starts before the list is complete, when further events
    are known of, or when the list was asked for more than 30 days before `as_of`.

    Several calls in one night are one event, so entries on the same known day are surely one and
    possibly several. Arguments and errors are those of `Judged.bounds`.
    """
    return CountSpan(*history.judged[definition].bounds(start, day, as_of))


CLARKE_ANSWERS: dict[str, dict[str, int]] = {
    "q1": {"always": 0, "sometimes": 1, "no_longer": 1},
    "q2": {"no": 0, "yes": 1},
    "q3": {
        "never": 0,
        "once_or_twice": 1,
        "every_other_month": 1,
        "once_a_month": 1,
        "more_than_once_a_month": 1,
    },
    "q7": {"60-69": 0, "50-59": 0, "40-49": 1, "<40": 1},
    "q8": {"always": 0, "often": 0, "sometimes": 1, "rarely": 1, "never": 1},
}
"""Questions of the Clarke survey scored alone: 1 is an answer of reduced awareness."""

CLARKE_FREQUENCIES = (
    "never",
    "1_to_3_times",
    "1_per_week",
    "2_to_3_per_week",
    "4_to_5_per_week",
    "almost_daily",
)
"""Answers to questions 5 and 6 in order: low readings with and without symptoms."""

CLARKE_QUESTIONS = ("q1", "q2", "q3", "q4", "q5", "q6", "q7", "q8")


@dataclass(frozen=True, slots=True)
class ClarkeResult:
    """A Clarke survey, scored from 0 to 7.

    Attributes:
        score: None while an open question could change it.
        low, high: the scores still possible.
        missing: the open questions; `q5q6` for the pair.
        category: `impaired`, `undetermined`, `aware`, or `unknown` while open questions could change it.
        twelve_or_more: 12 or more severe episodes in the year; one published analysis calls that
            unaware whatever the rest.
    """

    score: int | None
    low: int
    high: int
    missing: tuple[str, ...]
    category: str
    twelve_or_more: bool

    @property
    def impaired(self) -> bool | None:
        """Whether the score is 4 or more."""
        if self.low >= 4:
            return True
        return False if self.high <= 3 else None


def clarke(answers: Mapping[str, str | int | None]) -> ClarkeResult:
    """Return the score of a Clarke survey, as far as its answers decide it.

    Args:
        answers: by question, `q1` to `q8`; one left out or None is open. `q2` may be a yes_no value,
            `q4` is the number of episodes.

    Raises:
        ValueError: a question or an answer that the survey does not have.

    Source: Clarke et al., Diabetes Care 1995;18(4):517-522.
    """
    for question in answers:
        if question not in CLARKE_QUESTIONS:
            raise ValueError(f"{question!r} is not one of {', '.join(CLARKE_QUESTIONS)}")
    severe = _severe_episodes(answers.get("q4"))
    points: dict[str, int | None] = {}
    for question in CLARKE_QUESTIONS:
        if question == "q4":
            points["q4"] = None if severe is None else int(severe > 0)
        elif question == "q5":
            points["q5q6"] = _unnoticed(answers.get("q5"), answers.get("q6"))
        elif question != "q6":
            points[question] = _points(question, answers.get(question))
    known = [point for point in points.values() if point is not None]
    low = sum(known)
    high = low + len(points) - len(known)
    return ClarkeResult(
        score=low if low == high else None,
        low=low,
        high=high,
        missing=tuple(question for question, point in points.items() if point is None),
        category=_clarke_category(low, high),
        twelve_or_more=severe is not None and severe >= 12,
    )


def _points(question: str, answer: str | int | None) -> int | None:
    if question == "q2" and isinstance(answer, bool):
        answer = "yes" if answer else "no"
    if answer is None:
        return None
    choices = CLARKE_ANSWERS[question]
    if not isinstance(answer, str) or answer not in choices:
        raise ValueError(f"{question}: not one of {', '.join(choices)}")
    return choices[answer]


def _severe_episodes(answer: str | int | None) -> int | None:
    if answer is None:
        return None
    if not isinstance(answer, int) or isinstance(answer, bool) or answer < 0:
        raise ValueError("q4: not a whole number of episodes")
    return answer


def _unnoticed(felt: str | int | None, unfelt: str | int | None) -> int | None:
    """Score questions 5 and 6 together: 1 when lows without symptoms are the more frequent."""
    felt_rank, unfelt_rank = _frequency("q5", felt), _frequency("q6", unfelt)
    if felt_rank is not None and unfelt_rank is not None:
        return int(felt_rank < unfelt_rank)
    settled = unfelt_rank == 0 or felt_rank == len(CLARKE_FREQUENCIES) - 1
    return 0 if settled else None


def _frequency(question: str, answer: str | int | None) -> int | None:
    if answer is None:
        return None
    if not isinstance(answer, str) or answer not in CLARKE_FREQUENCIES:
        raise ValueError(f"{question}: not one of {', '.join(CLARKE_FREQUENCIES)}")
    return CLARKE_FREQUENCIES.index(answer)


def _clarke_category(low: int, high: int) -> str:
    if low >= 4:
        return "impaired"
    if high <= 2:
        return "aware"
    return "undetermined" if low == high else "unknown"


def gold_category(score: float | None) -> str | None:
    """Return `normal` (1 to 3) or `impaired` (4 to 7) for a Gold score, None where it is not known.

    Raises:
        ValueError: `score` is not a whole number from 1 to 7.

    Source: Gold et al., Diabetes Care 1994;17(7):697-703.
    """
    if score is None:
        return None
    if isinstance(score, bool) or score not in range(1, 8):
        raise ValueError("a Gold score is a whole number from 1 to 7")
    return "normal" if score < 4 else "impaired"


AWARENESS_ORDER = ("always", "second", "third", "never")
"""Answers to the one question of Pedersen-Bjergaard, from recognising every low to recognising none."""


class PedersenBjergaard(NamedTuple):
    """The classes of one answer; the first use knew two, the later one three."""

    two_classes_2001: str
    three_classes_2003: str


def pedersen_bjergaard(answer: str | None) -> PedersenBjergaard | None:
    """Return the classes of an answer, a text of AWARENESS_ORDER; None where it is not known.

    Its share of impaired people is another than that of Gold and Clarke: the methods do not replace each
    other, and no rule reads this one.

    Raises:
        ValueError: an answer that the question does not have.

    Source: Pedersen-Bjergaard et al., Diabetes Care 2007;30:e113 (two classes); Dan Med J 2022;69(6)
    A01220041 (three). That the third answer counts as unaware is recalled, not read.
    """
    if answer is None:
        return None
    if answer not in AWARENESS_ORDER:
        raise ValueError(f"{answer!r} is not one of {', '.join(AWARENESS_ORDER)}")
    place = AWARENESS_ORDER.index(answer)
    return PedersenBjergaard(
        two_classes_2001="impaired" if place else "normal",
        three_classes_2003=("normal", "intermediate", "unaware", "unaware")[place],
    )


def hypoglycemia_levels(glucose: Glucose | None, level_3: bool | None) -> tuple[int, ...]:
    """Return the ADA levels of hypoglycemia still possible, 0 for none.

    Args:
        glucose: level 1 is below 70 mg/dL (3.9 mmol/L), level 2 below 54 mg/dL (3.0 mmol/L).
        level_3: an altered state that needed another person's help, whatever the glucose.

    Source: International Hypoglycaemia Study Group, Diabetes Care 2017;40(1):155-157; ADA Standards of Care.
    """
    if level_3 is True:
        return (3,)
    below_70 = None if glucose is None else glucose.below(70, 3.9)
    below_54 = None if glucose is None else glucose.below(54, 3.0)
    possible = (
        below_70 is not True,
        below_70 is not False and below_54 is not True,
        below_54 is not False,
        level_3 is None,
    )
    return tuple(level for level, open_ in enumerate(possible) if open_)


def hypoglycemia_level(glucose: Glucose | None, level_3: bool | None) -> int | None:
    """Return the ADA level of hypoglycemia, None where more than one is possible."""
    levels = hypoglycemia_levels(glucose, level_3)
    return levels[0] if len(levels) == 1 else None
