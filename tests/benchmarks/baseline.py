"""The screening of the 13 shipped protocols written out by hand, as if there were no rules to read.

It is what the engine's speed is measured against: one function a protocol, one line or a few a
criterion, the same records as `screening.rules.screening.screen`. Only texts that are the same for
everyone (titles, the source's own words, links) are taken from outside, as `Texts`.
"""

import math
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

from screening.clinical.dates import DateSpan, lookback, reaches, say_day
from screening.rules.answers import Answers
from tests.benchmarks.person import DAY, Count, Fact, Person, plain

GFR, NG_ML, PER_UL = "mL/min/1.73 m²", "ng/mL", "per µL"
REASONS = ("conflict", "undated", "stale", "missing")
CONDITIONS = {True: "true", False: "false", None: "unknown"}

Truth = bool | None
Found = tuple[Truth, list[Fact]]
"""A truth, and what decided it or keeps it from being decided."""
Moves = tuple[Callable[[date], Truth], set[date]]
"""The truth on a later day, and the days on which it may change."""


TRIALS = (
    *("celz-201", "cit-07", "donislecel-label", "opf-310", "sernova", "uchicago-cirb24-0324", "uchicago-iak"),
    *("uih-002", "unmet-need", "up421", "vx-264", "zimislecel-forward", "zimislecel-kidney"),
)
"""The protocols that are written out here: every kind of criterion is among theirs."""


class Texts:
    """What is the same for everyone: the parts of an answer that name no person's answers."""

    def __init__(self, nobody: dict[str, Any], facts: dict[str, tuple[str, str]]) -> None:
        """Take the texts from an answer about nobody, of whom everything is unknown.

        Args:
            nobody: what `screen` answers for a person without any answers.
            facts: label and cost of every fact.
        """
        self.head = {key: nobody[key] for key in ("engine", "catalogue_sha256")}
        self.indication = {key: nobody["indication"][key] for key in ("protocol", "title")}
        self.facts = facts
        self.protocols = {trial["id"]: _Protocol(trial) for trial in nobody["trials"]}
        self.steps = {step["id"]: step["text"] for step in nobody["indication"]["open_steps"]}
        self.cautions = {
            one["id"]: _aside(one) for trial in nobody["trials"] for one in trial["cautions_unknown"]
        }


class _Protocol:
    FIXED = (
        *("id", "title", "registry_id", "kind", "family", "therapy", "phase", "countries", "completeness"),
        *("version", "sha256", "recruitment", "best_because", "to_confirm", "gaps", "sources"),
    )
    ABOUT = (
        *("id", "kind", "text", "rule", "words", "source", "grade", "decides", "indication"),
        *("advisory", "anchor", "notes"),
    )

    def __init__(self, trial: dict[str, Any]) -> None:
        self.head = {key: trial[key] for key in self.FIXED}
        self.criteria = {one["id"]: {key: one[key] for key in self.ABOUT} for one in trial["criteria"]}
        self.limitations = {one["id"]: _aside(one) for one in trial["limitations"]}
        self.safety = [(one["text"], one["source"]) for one in trial["safety"]]


def _aside(one: dict[str, Any]) -> dict[str, Any]:
    return {key: one[key] for key in ("id", "text", "source", "grade")}


# --- Truths


def is_yes(fact: Fact) -> Found:
    return fact.value, [fact]


def is_no(fact: Fact) -> Found:
    return None if fact.value is None else not fact.value, [fact]


def among(fact: Fact, *choices: str) -> Found:
    return None if fact.value is None else fact.value in choices, [fact]


def reaching(fact: Fact, limit: float) -> Found:
    """Whether a number is `limit` or more."""
    if fact.value is None:
        return None, [fact]
    return True if fact.low >= limit else False if fact.high < limit else None, [fact]


def above(fact: Fact, limit: float) -> Found:
    if fact.value is None:
        return None, [fact]
    return True if fact.low > limit else False if fact.high <= limit else None, [fact]


def below(fact: Fact, limit: float) -> Found:
    if fact.value is None:
        return None, [fact]
    return True if fact.high < limit else False if fact.low >= limit else None, [fact]


def all_of(*parts: Found) -> Found:
    """Whether all hold, and those that decide it."""
    truths = [truth for truth, _ in parts]
    truth = False if False in truths else None if None in truths else True
    return truth, [fact for part, facts in parts if part is truth for fact in facts]


def any_of(*parts: Found) -> Found:
    """Whether any holds, and those that decide it."""
    truths = [truth for truth, _ in parts]
    truth = True if True in truths else None if None in truths else False
    return truth, [fact for part, facts in parts if part is truth for fact in facts]


def longer_ago(fact: Fact, day: date, count: int, unit: str) -> Truth:
    """Whether a date lies `count` months, years or more before `day`."""
    span = fact.value
    if span is None:
        return None
    start = lookback(day, count, unit)
    return True if span.last <= start else False if span.first > start else None


def within(fact: Fact, day: date, count: int, unit: str) -> Truth:
    """Whether a date lies at most `count` months or days before `day`."""
    span = fact.value
    if span is None:
        return None
    start = lookback(day, count, unit)
    return True if span.first >= start else False if span.last < start else None


def anniversaries(span: DateSpan | None, count: int, unit: str) -> set[date]:
    return set() if span is None else {reaches(span.first, count, unit), reaches(span.last, count, unit)}


def days_after(span: DateSpan | None, count: int, unit: str) -> set[date]:
    if span is None:
        return set()
    return {reaches(span.first + DAY, count, unit), reaches(span.last + DAY, count, unit)}


def events_reach(count: Count, day: date, least: int) -> Truth:
    """Whether there are at least so many severe events."""
    found = count.bounds(day)
    if found is None:
        return None
    low, high = found
    return True if low >= least else False if high is not None and high < least else None


def nearest(low: float, high: float | None, limit: float) -> float:
    """Return how far the nearer end lies above `limit`."""
    if high is None or math.isinf(high):
        return low - limit
    return low - limit if abs(low - limit) <= abs(high - limit) else high - limit


def spared(amount: float, unit: str) -> str:
    """Return a margin in words."""
    if unit == "days":
        for length, name in ((365.2425, "years"), (30.436875, "months")):
            if amount >= 2 * length:
                return f"over {int(amount / length)} {name}"
        return f"{int(amount)} {'day' if amount == 1 else 'days'}"
    if unit == "events":
        return plain(amount)
    if unit == "years" and amount == 1:
        return "1 year"
    return f"{plain(amount)} {unit}".rstrip()


# --- Records


class Judged:
    """One rule's answer."""

    __slots__ = ("condition", "facts", "margin", "meant", "missing", "reason", "why")

    def __init__(
        self,
        found: Found,
        needs: str,
        *,
        good: bool,
        margin: tuple[float, str] | None = None,
        unclear: str = "",
        note: str = "",
        otherwise: str = "",
        uncounted: str = "",
    ) -> None:
        """Say what `found` means.

        Args:
            found: the rule's truth and what decided it.
            needs: the second half of the sentence, up to the verdict.
            good: the truth that is in the person's favour: an inclusion's and a step's is True.
            margin: how far a number lies from its limit, and the unit.
            unclear: why the source's wording leaves it open.
            note: what is said of a known value that only stands near the one asked for.
            otherwise: the sentence that another measure of the same says the opposite.
            uncounted: why it never counts.
        """
        truth, facts = found
        if len(facts) > 1:
            facts = list(dict.fromkeys(facts))
            words = "; ".join(dict.fromkeys([fact.words for fact in facts]))
        else:
            words = facts[0].words
        self.facts, self.margin, self.missing = facts, None, []
        verdict = ""
        if unclear:
            self.condition = self.meant = None
            otherwise = ""
            verdict, self.reason = f"not decided, because {unclear}", "unclear"
        elif truth is None:
            self.condition = self.meant = None
            verdict = "not known"
            reasons = [obstacle.reason for fact in facts for obstacle in fact.obstacles]
            self.reason = next((reason for reason in REASONS if reason in reasons), "missing")
            self.missing = list(dict.fromkeys([one.fact for fact in facts for one in fact.obstacles]))
        else:
            self.condition, self.meant, note = truth, truth is good, ""
            verdict = ("passes" if self.meant else "fails") if good else "absent" if self.meant else "present"
            if margin is not None:
                amount, unit = round(abs(margin[0]), 6), margin[1]
                self.margin = {"value": amount, "unit": unit}
                if self.meant:
                    verdict += f" with {spared(amount, unit)} to spare" if amount else " with none to spare"
                elif amount:
                    verdict += f" by {spared(amount, unit)}" if good else f", by {spared(amount, unit)}"
            if any(fact.measured for fact in facts):
                self.reason = "in_range" if self.meant else "out_of_range"
            else:
                self.reason = "present" if truth else "absent"
        self.why = f"{words}{needs}{verdict}.{otherwise}{uncounted}{note}"


class Trial:
    """The record of one protocol for one person."""

    def __init__(self, person: Person, texts: Texts, protocol: str) -> None:
        self.person, self.texts, self.fixed = person, texts, texts.protocols[protocol]
        self.criteria: list[dict[str, Any]] = []
        self.limitations: list[dict[str, Any]] = []
        self.failing: list[str] = []
        self.unknown: list[str] = []
        self.passing = 0
        self.fails_for_good = self.open_for_good = False
        self.missing: dict[str, list[str]] = {}
        self.lapses: list[date] = []
        self.moving: list[tuple[bool, Moves]] = []
        self.horizon = reaches(person.day, 24, "months")

    def includes(self, key: str, found: Found, says: str, **more: Any) -> None:
        self.settle(key, found, f"; needs {says}: ", good=True, **more)

    def excludes(self, key: str, found: Found, says: str, **more: Any) -> None:
        self.settle(key, found, f"; excludes if {says}: ", good=False, **more)

    def includes_by_ways(self, key: str, ways: list[tuple[Found, str]], says: str, **more: Any) -> None:
        found, said = by_ways(ways, says)
        self.settle(key, found, f"; needs {said}: ", good=True, **more)

    def excludes_by_ways(self, key: str, ways: list[tuple[Found, str]], says: str, **more: Any) -> None:
        found, said = by_ways(ways, says)
        self.settle(key, found, f"; excludes if {said}: ", good=False, **more)

    def includes_by_measures(
        self, key: str, ways: list[tuple[Found, str]], says: str, *, unclear: str = ""
    ) -> None:
        self.includes_by_ways(key, ways, says, unclear=unclear, otherwise=others_against(ways))

    def settle(
        self,
        key: str,
        found: Found,
        needs: str,
        *,
        good: bool,
        margin: tuple[float, str] | None = None,
        unclear: str = "",
        note: str = "",
        otherwise: str = "",
        moves: Moves | None = None,
        list_ends: date | None = None,
    ) -> None:
        """Add the record of one criterion.

        Args:
            key: its id.
            moves: how its truth changes as days pass.
            list_ends: the day after which the list of events would no longer decide it.
            found, needs, good, margin, unclear, note, otherwise: as in `Judged`.
        """
        about = self.fixed.criteria[key]
        uncounted = ""
        if about["advisory"]:
            uncounted = f" Not counted: {about['advisory']}."
        elif about["grade"] == "M":
            uncounted = " Not counted: not seen in any source."
        judged = Judged(
            found,
            needs,
            good=good,
            margin=margin,
            unclear=unclear,
            note=note,
            otherwise=otherwise,
            uncounted=uncounted,
        )
        outcome, reason = "unknown", judged.reason
        if about["advisory"]:
            reason = "advisory"
        elif about["grade"] == "M":
            reason = "unverified"
        else:
            if moves is not None:
                self.moving.append((good, moves))
            if judged.meant is None:
                self.unknown.append(about["text"])
                self.open_for_good = self.open_for_good or moves is None
                for fact in judged.missing:
                    self.missing.setdefault(fact, []).append(key)
            else:
                for fact in judged.facts:
                    self.lapses += fact.lapses
                if list_ends is not None:
                    self.lapses.append(list_ends)
                if judged.meant:
                    outcome = "pass"
                    self.passing += 1
                else:
                    outcome = "fail"
                    self.failing.append(about["text"])
                    self.fails_for_good = self.fails_for_good or moves is None
        turns_on = turns_to = None
        if moves is not None:
            turns_on, turns_to = self.turn(judged.condition, *moves, good=good)
        self.criteria.append(
            {
                **about,
                "condition": CONDITIONS[judged.condition],
                "outcome": outcome,
                "reason": reason,
                "why": judged.why,
                "facts": [fact.record for fact in judged.facts],
                "margin": judged.margin,
                "changes_on": turns_on,
                "changes_to": turns_to,
            }
        )

    def turn(
        self, now: Truth, truth_on: Callable[[date], Truth], days: set[date], *, good: bool
    ) -> tuple[str | None, str | None]:
        """Return the first day on which a truth is another one, and what that one means."""
        today, horizon = self.person.day, self.horizon
        for day in sorted(days):
            if today < day <= horizon and (then := truth_on(day)) is not now:
                return day.isoformat(), "unknown" if then is None else "pass" if then is good else "fail"
        return None, None

    def limits(self, key: str, found: Found, says: str) -> None:
        """Add a limitation: it never fails anyone."""
        judged = Judged(found, f"; counts against if {says}: ", good=False)
        self.limitations.append(aside(self.fixed.limitations[key], judged))

    def limits_below(self, key: str, fact: Fact, limit: float, unit: str) -> None:
        margin = None if fact.value is None else (nearest(fact.low, fact.high, limit), unit)
        says = f"; counts against if less than {limit} {unit}: "
        judged = Judged(below(fact, limit), says, good=False, margin=margin)
        self.limitations.append(aside(self.fixed.limitations[key], judged))

    def limits_above(self, key: str, fact: Fact, limit: float, unit: str) -> None:
        margin = None if fact.value is None else (nearest(fact.low, fact.high, limit), unit)
        says = f"; counts against if more than {limit} {unit}: "
        judged = Judged(above(fact, limit), says, good=False, margin=margin)
        self.limitations.append(aside(self.fixed.limitations[key], judged))

    # --- Criteria that many protocols have

    def type_1(self, key: str) -> None:
        self.includes(key, among(self.person.diabetes_type, "type_1"), "Type 1")

    def yes_includes(self, key: str, fact: Fact) -> None:
        self.includes(key, (fact.value, [fact]), "yes")

    def yes_excludes(self, key: str, fact: Fact) -> None:
        self.excludes(key, (fact.value, [fact]), "yes")

    def at_least(self, key: str, fact: Fact, limit: float, unit: str = "", **more: Any) -> None:
        margin = None if fact.value is None else (nearest(fact.low, fact.high, limit), unit)
        says = f"{limit} {unit} or more" if unit else f"{limit} or more"
        self.includes(key, reaching(fact, limit), says, margin=margin, **more)

    def more_than(self, key: str, fact: Fact, limit: float, unit: str) -> None:
        margin = None if fact.value is None else (nearest(fact.low, fact.high, limit), unit)
        self.includes(key, above(fact, limit), f"more than {limit} {unit}", margin=margin)

    def less_than(self, key: str, fact: Fact, limit: float, unit: str) -> None:
        margin = None if fact.value is None else (nearest(fact.low, fact.high, limit), unit)
        self.includes(key, below(fact, limit), f"less than {limit} {unit}", margin=margin)

    def at_most(self, key: str, fact: Fact, limit: float, unit: str) -> None:
        margin = None if fact.value is None else (nearest(fact.low, fact.high, limit), unit)
        truth = above(fact, limit)[0]
        found = None if truth is None else not truth, [fact]
        self.includes(key, found, f"{limit} {unit} or less", margin=margin)

    def between(
        self, key: str, fact: Fact, low: float, high: float, unit: str, said: str, *, unclear: str = ""
    ) -> None:
        truth: Truth = None
        margin = None
        if fact.value is not None:
            if fact.low >= low and fact.high <= high:
                truth = True
            elif fact.high < low or fact.low > high:
                truth = False
            margin = min(nearest(fact.low, fact.high, low), -nearest(fact.low, fact.high, high)), unit
        self.includes(key, (truth, [fact]), said, margin=margin, unclear=unclear if truth is not None else "")

    def excludes_above(self, key: str, fact: Fact, limit: float, unit: str) -> None:
        margin = None if fact.value is None else (nearest(fact.low, fact.high, limit), unit)
        self.excludes(key, above(fact, limit), f"more than {limit} {unit}", margin=margin)

    def excludes_up_to(self, key: str, fact: Fact, limit: float, unit: str) -> None:
        margin = None if fact.value is None else (nearest(fact.low, fact.high, limit), unit)
        truth = above(fact, limit)[0]
        found = None if truth is None else not truth, [fact]
        self.excludes(key, found, f"{limit} {unit} or less", margin=margin)

    def excludes_below(self, key: str, fact: Fact, limit: float, unit: str, *, note: str = "") -> None:
        margin = None if fact.value is None else (nearest(fact.low, fact.high, limit), unit)
        self.excludes(key, below(fact, limit), f"less than {limit} {unit}", margin=margin, note=note)

    def measured_gfr_below(self, key: str, limit: int) -> None:
        """Only a measured GFR decides; an estimate is named beside it."""
        egfr = self.person.egfr
        note = "" if egfr.value is None else f" {egfr.words} is only a proxy."
        self.excludes_below(key, self.person.gfr_measured, limit, GFR, note=note)

    def age_between(self, key: str, low: int, high: int) -> None:
        person, birth = self.person, self.person.birth.value

        def truth_on(day: date) -> Truth:
            if birth is None:
                return None
            youngest, oldest = person.years(birth, day)
            if youngest >= low and oldest <= high:
                return True
            return False if oldest < low or youngest > high else None

        fact = person.age_fact
        margin = None
        if birth is not None:
            margin = min(nearest(fact.low, fact.high, low), -nearest(fact.low, fact.high, high)), "years"
        moves = truth_on, anniversaries(birth, low, "years") | anniversaries(birth, high + 1, "years")
        self.includes(key, (truth_on(person.day), [fact]), f"{low} to {high}", margin=margin, moves=moves)

    def adult(self, key: str) -> None:
        person, birth = self.person, self.person.birth.value

        def truth_on(day: date) -> Truth:
            return longer_ago(person.birth, day, 18, "years")

        fact = person.age_fact
        margin = None if birth is None else (nearest(fact.low, fact.high, 18), "years")
        moves = truth_on, anniversaries(birth, 18, "years")
        self.includes(key, (reaching(fact, 18)[0], [fact]), "18 or more", margin=margin, moves=moves)

    def years_since(self, key: str, fact: Fact, years: int) -> None:
        moves = lambda day: longer_ago(fact, day, years, "years"), anniversaries(fact.value, years, "years")
        margin = self.days_beyond(fact, years, "years")
        found = longer_ago(fact, self.person.day, years, "years"), [fact]
        self.includes(key, found, f"{years} years or more", margin=margin, moves=moves)

    def over_years_since(self, key: str, fact: Fact, years: int) -> None:
        def truth_on(day: date) -> Truth:
            truth = within(fact, day, years, "years")
            return None if truth is None else not truth

        margin = self.days_beyond(fact, years, "years")
        found = truth_on(self.person.day), [fact]
        moves = truth_on, days_after(fact.value, years, "years")
        self.includes(key, found, f"more than {years} years", margin=margin, moves=moves)

    def days_beyond(self, fact: Fact, count: int, unit: str) -> tuple[float, str] | None:
        """Return by how many days a date lies longer ago than asked for."""
        if fact.value is None:
            return None
        start = lookback(self.person.day, count, unit)
        late, early = (start - fact.value.last).days, (start - fact.value.first).days
        return (late if abs(late) <= abs(early) else early), "days"

    def age_at_diagnosis_below(self, key: str, limit: int) -> None:
        fact = self.person.age_at_diagnosis
        margin = None if fact.value is None else (nearest(fact.low, fact.high, limit), "years")
        self.includes(key, below(fact, limit), f"less than {limit}", margin=margin)

    def age_plus_years(self, key: str, least: int, said: str) -> None:
        """Age and years on insulin together: `least` or more."""
        person = self.person
        birth, start = person.birth.value, person.insulin_start.value

        def truth_on(day: date) -> Truth:
            if birth is None or start is None:
                return None
            (youngest, oldest), (fewest, most) = person.years(birth, day), person.years(start, day)
            return True if youngest + fewest >= least else False if oldest + most < least else None

        fact = person.age_and_years
        limit = 28
        margin = None if fact.value is None else (nearest(fact.low, fact.high, limit), "")
        days: set[date] = set()
        if birth is not None and start is not None:
            until = reaches(person.day, 48, "months")
            for end in (birth.first, birth.last, start.first, start.last):
                years = person.day.year - end.year
                while (birthday := reaches(end, years, "years")) <= until:
                    days.add(birthday)
                    years += 1
        says = f"age plus years since start of insulin {said}"
        self.includes(key, (truth_on(person.day), [fact]), says, margin=margin, moves=(truth_on, days))

    def events(self, key: str, definition: str, months: int, least: int) -> None:
        count = self.person.severe(definition, months)
        truth = events_reach(count, self.person.day, least)
        margin = None
        if truth is not None:
            margin = nearest(*count.fact.value, least), "events"
        self.includes(
            key,
            (truth, [count.fact]),
            f"{least} or more",
            margin=margin,
            moves=(lambda day: events_reach(count, day, least), count.days),
            list_ends=list_end(count) if truth is False else None,
        )

    def multiple_injections(self, key: str) -> None:
        self.includes_by_ways(key, *multiple_injections(self.person))

    def clarke_or_gold(self, key: str) -> None:
        ways = [
            (reaching(self.person.clarke, 4), "Clarke score 4 or more"),
            (reaching(self.person.gold, 4), "Gold score 4 or more"),
        ]
        self.includes_by_measures(key, ways, "Clarke score 4 or more, or Gold score 4 or more")

    def c_peptide_gone(self, key: str) -> None:
        self.less_than(key, self.person.stimulated, 0.3, NG_ML)

    def c_peptide_gone_at_all_times(self, key: str) -> None:
        person = self.person
        later = all_of(below(person.at_60, 0.3), below(person.at_90, 0.3))
        said = "C-peptide at 60 minutes less than 0.3 ng/mL, and C-peptide at 90 minutes less than 0.3 ng/mL"
        peak = "stimulated C-peptide less than 0.3 ng/mL"
        ways = [(below(person.stimulated, 0.3), peak), (later, said)]
        self.includes_by_ways(key, ways, f"{peak}, or ({said})")

    def blood_pressure(self, key: str, systolic: int, diastolic: int) -> None:
        person = self.person
        upper = f"systolic blood pressure more than {systolic} mmHg"
        lower = f"diastolic blood pressure more than {diastolic} mmHg"
        ways = [(above(person.systolic, systolic), upper), (above(person.diastolic, diastolic), lower)]
        self.excludes_by_ways(key, ways, f"{upper}, or {lower}")

    def glucose_checks(self, key: str) -> None:
        """Three checks a day; the wording is older than sensors."""
        person, because = self.person, ""
        if reaching(person.glucose_checks, 3)[0] is False:
            sensor = any_of(is_yes(person.cgm_use), among(person.insulin_delivery, "aid"))[0]
            if sensor is not False:
                because = (
                    "the wording is older than continuous monitoring and does not say how a sensor counts"
                )
        self.at_least(key, person.glucose_checks, 3, unclear=because)

    def albuminuria(self, key: str) -> None:
        self.excludes_by_ways(key, *albuminuria(self.person))

    def pregnancy(self, key: str) -> None:
        self.excludes(key, among(self.person.pregnancy, "yes", "planned"), "Yes or Planned")

    def breast_feeding(self, key: str) -> None:
        self.excludes(key, *breast_feeding(self.person))

    def no_contraception(self, key: str) -> None:
        self.excludes(key, is_no(self.person.contraception), "no")

    def much_prednisone(self, key: str) -> None:
        person = self.person
        found = all_of(is_yes(person.immunosuppression), above(person.prednisone, 5))
        self.excludes(key, found, "immunosuppression, and steroid dose more than 5 mg/day")

    def recent_heart_attack(self, key: str) -> None:
        person = self.person
        attack, on = person.heart_attack, person.heart_attack_date
        self.excludes(
            key,
            all_of((attack.value, [attack]), (within(on, person.day, 6, "months"), [on])),
            "heart attack, and 6 months or less since the heart attack",
            moves=together(
                attack.value, lambda day: within(on, day, 6, "months"), days_after(on.value, 6, "months")
            ),
        )

    # --- The protocol as a whole

    def finished(
        self,
        cautions: tuple[list[Any], list[Any]] = ([], []),
        raised_by: Mapping[int, list[str]] = MappingProxyType({}),
    ) -> dict[str, Any]:
        """Return the record.

        Args:
            cautions: those that speak against the therapy, and those not known.
            raised_by: the facts that raise a warning, by its place.
        """
        texts = self.texts
        candidacy, not_before, lapses_on = self.standing()
        fresh = min(self.lapses, default=None)
        return {
            **self.fixed.head,
            "candidacy": candidacy,
            "why": self.why(candidacy, not_before),
            "counts": {"pass": self.passing, "fail": len(self.failing), "unknown": len(self.unknown)},
            "not_before": None if not_before is None else not_before.isoformat(),
            "lapses_on": None if lapses_on is None else lapses_on.isoformat(),
            "fresh_until": None if fresh is None else fresh.isoformat(),
            "criteria": self.criteria,
            "limitations": self.limitations,
            "cautions_against": cautions[0],
            "cautions_unknown": cautions[1],
            "missing": [
                {
                    "fact": fact,
                    "label": texts.facts[fact][0],
                    "criteria": keys,
                    "obtained_by": texts.facts[fact][1],
                    "waiting": self.person.waiting(fact),
                }
                for fact, keys in self.missing.items()
            ],
            "safety": [
                {"text": text, "source": source, "raised_by": raised_by.get(place, [])}
                for place, (text, source) in enumerate(self.fixed.safety)
            ],
        }

    def why(self, candidacy: str, not_before: date | None) -> str:
        total = self.passing + len(self.failing) + len(self.unknown)
        if self.failing:
            verb = "fails" if len(self.failing) == 1 else "fail"
            said = f"{len(self.failing)} of {total} criteria {verb}: {'; '.join(self.failing)}."
            if not_before is None:
                return said
            return f"{said} By time alone, none fails from {say_day(not_before)} on."
        if self.unknown:
            return f"{len(self.unknown)} of {total} criteria not known: {'; '.join(self.unknown)}."
        if candidacy == "possible":
            because = self.fixed.head["best_because"]
            return f"All {total} deciding criteria pass; no more can be said, because {because}."
        return f"All {total} deciding criteria pass."

    def standing(self) -> tuple[str, date | None, date | None]:
        """Return candidacy, the first day on which nothing fails, the first day it is another one."""
        if self.fails_for_good:
            return "unlikely", None, None
        today, horizon = self.person.day, self.horizon
        moving = self.moving
        days = sorted({day for _, (_, days) in moving for day in days if day > today})
        best = "possible" if self.fixed.head["best_because"] else "likely"
        if not self.failing:
            candidacy = "possible" if self.unknown else best
            for day in days:
                if day > horizon:
                    break
                truths = [(good, truth_on(day)) for good, (truth_on, _) in moving]
                if any(truth is not None and truth is not good for good, truth in truths):
                    return candidacy, None, day
                unknown = self.open_for_good or any(truth is None for _, truth in truths)
                if ("possible" if unknown else best) != candidacy:
                    return candidacy, None, day
            return candidacy, None, None
        until = reaches(today, 48, "months")
        clear = None
        for day in days:
            if day > until:
                break
            for good, (truth_on, _) in moving:
                truth = truth_on(day)
                if truth is not None and truth is not good:
                    break
            else:
                clear = day
                break
        if clear is None:
            return "unlikely", None, None
        if clear <= horizon:
            return "not_yet", clear, clear
        in_reach = lookback(clear, 24, "months")
        if reaches(in_reach, 24, "months") < clear:
            in_reach += timedelta(days=1)
        return "unlikely", None, in_reach


def by_ways(ways: list[tuple[Found, str]], says: str) -> tuple[Found, str]:
    """Return whether any of `ways` holds, and what to say: the way that does, or all of them."""
    for found, said in ways:
        if found[0] is True:
            return found, f"{said} (1 of {len(ways)} ways)"
    return any_of(*[found for found, _ in ways]), says


def others_against(ways: list[tuple[Found, str]]) -> str:
    """Return the sentence that, of several measures of the same, one holds and these do not."""
    if all(found[0] is not True for found, _ in ways):
        return ""
    against = [facts[0].words for (truth, facts), _ in ways if truth is False]
    if not against:
        return ""
    return f" {' and '.join(against)} {'says' if len(against) == 1 else 'say'} otherwise."


def together(fixed: Truth, moving: Callable[[date], Truth], days: set[date]) -> Moves:
    """Return how a truth moves that is a fixed one and a moving one together."""

    def truth_on(day: date) -> Truth:
        if fixed is False:
            return False
        truth = moving(day)
        return truth if truth is False else None if fixed is None else truth

    return truth_on, days


def list_end(count: Count) -> date | None:
    """Return the day after which too few events would no longer be sure."""
    return None if count.judged is None else count.judged.asking.complete_until


def multiple_injections(person: Person) -> tuple[list[tuple[Found, str]], str]:
    ways = [
        (reaching(person.injections, 3), "injections per day 3 or more"),
        (among(person.insulin_delivery, "pump", "aid"), "insulin delivery: Pump or AID system"),
    ]
    return ways, "injections per day 3 or more, or insulin delivery: Pump or AID system"


def albuminuria(person: Person) -> tuple[list[tuple[Found, str]], str]:
    now = "urine albumin/creatinine ratio more than 300 mg/g"
    ever = "albumin/creatinine ratio above 300 mg/g, ever"
    ways = [(above(person.uacr, 300), now), (is_yes(person.macroalbuminuria_ever), ever)]
    return ways, f"{now}, or {ever}"


def breast_feeding(person: Person) -> tuple[Found, str]:
    found = all_of(among(person.sex, "female"), is_yes(person.breast_feeding))
    return found, "sex: Female, and Breast-feeding"


def recent_fungal_infection(person: Person) -> tuple[Found, str]:
    infection, on = person.fungal_infection, person.fungal_date
    found = all_of((infection.value, [infection]), (within(on, person.day, 12, "months"), [on]))
    return found, "invasive fungal infection, and 12 months or less since the fungal infection"


UNSEEN = " Not counted: not seen in any source."


def raised(*facts: Fact) -> list[str]:
    """Return which of the facts that raise a warning are there."""
    return [fact.record["name"] for fact in facts if fact.value is True]


def aside(text: dict[str, Any], judged: Judged) -> dict[str, Any]:
    return {
        **text,
        "condition": CONDITIONS[judged.condition],
        "why": judged.why,
        "missing": judged.missing,
    }


# --- Cautions


def immunosuppression(person: Person, texts: Texts) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what speaks against any immunosuppressed therapy, and what is not known of it."""
    against: list[dict[str, Any]] = []
    unknown: list[dict[str, Any]] = []

    def caution(key: str, found: Found, says: str = "yes", otherwise: str = "", uncounted: str = "") -> None:
        if found[0] is not False:
            judged = Judged(
                found,
                f"; counts against if {says}: ",
                good=False,
                otherwise=otherwise,
                uncounted=uncounted,
            )
            (unknown if found[0] is None else against).append(aside(texts.cautions[key], judged))

    caution("malignancy", among(person.malignancy, "other"), "Other")
    caution("pregnancy", among(person.pregnancy, "yes", "planned"), "Yes or Planned")
    caution("breast-feeding", *breast_feeding(person))
    caution("hepatitis-b", is_yes(person.hepatitis_b))
    caution("hepatitis-c", is_yes(person.hepatitis_c))
    caution("hiv", is_yes(person.hiv))
    caution("tuberculosis", is_yes(person.tuberculosis))
    caution("ebv", among(person.ebv_igg, "negative"), "Negative")
    caution("fungal-infection", *recent_fungal_infection(person))
    measured = f"measured GFR less than 60 {GFR}"
    estimated = f"eGFR less than 60 {GFR}"
    kidney = [(below(person.gfr_measured, 60), measured), (below(person.egfr, 60), estimated)]
    caution("kidney-function", *by_ways(kidney, f"{measured}, or {estimated}"))
    caution("albuminuria", *by_ways(*albuminuria(person)))
    caution("steroid-need", is_yes(person.steroid_need))
    caution("planned-surgery", is_yes(person.planned_surgery))
    caution("neurocognitive-impairment", is_yes(person.neurocognitive))
    caution("brain-injury", is_yes(person.brain_injury))
    caution("live-vaccine", is_yes(person.live_vaccine), uncounted=UNSEEN)
    caution("substance-use", is_yes(person.substance_use))
    caution("psychiatric-instability", is_yes(person.psychiatric))
    caution("liver-disease", is_yes(person.liver_disease))
    few = below(person.neutrophils, 1500)
    if few[0] is not False:
        says = f"less than 1500 {PER_UL}"
        margin = None
        if person.neutrophils.value is not None:
            margin = nearest(person.neutrophils.low, person.neutrophils.high, 1500), PER_UL
        judged = Judged(
            few,
            f"; counts against if {says}: ",
            good=False,
            margin=margin,
            uncounted=UNSEEN,
        )
        (unknown if few[0] is None else against).append(aside(texts.cautions["neutropenia"], judged))
    return against, unknown


# --- Protocols


def celz_201(person: Person, texts: Texts) -> dict[str, Any]:
    trial = Trial(person, texts, "celz-201")
    trial.type_1("I0")
    trial.age_between("I1", 18, 35)
    diagnosis = person.diagnosis
    trial.includes(
        "I2",
        (within(diagnosis, person.day, 180, "days"), [diagnosis]),
        "180 days or less",
        margin=trial.days_beyond(diagnosis, 180, "days"),
        moves=(lambda day: within(diagnosis, day, 180, "days"), days_after(diagnosis.value, 180, "days")),
    )
    trial.more_than("I3", person.stimulated, 0.6, NG_ML)
    antibodies = (person.gad65, person.ia2, person.znt8)
    values = [fact.value for fact in antibodies]
    enough = True if values.count(True) >= 2 else False if values.count(False) >= 2 else None
    trial.includes(
        "I4",
        (enough, [fact for fact in antibodies if fact.value is enough]),
        "islet autoantibodies: at least 2 of GAD65, IA-2, ZnT8",
    )
    trial.more_than("I5", person.egfr, 80, GFR)
    trial.excludes_above("E1", person.bmi, 28, "kg/m²")
    trial.excludes_above("E2", person.hba1c, 9, "%")
    trial.blood_pressure("E3", 140, 90)
    trial.yes_excludes("E4", person.any_cardiac_disease)
    return trial.finished()


def cit_07(person: Person, texts: Texts, cautions: Any) -> dict[str, Any]:
    trial = Trial(person, texts, "cit-07")
    bleeding, either = infusion_risks(person)
    trial.type_1("I0")
    trial.age_between("I1", 18, 65)
    trial.age_at_diagnosis_below("I3", 40)
    trial.years_since("I4", person.insulin_start, 5)
    trial.age_plus_years("I5", 28, "28 or more")
    trial.c_peptide_gone_at_all_times("I6")
    trial.glucose_checks("I7a")
    trial.multiple_injections("I7b")
    trial.at_least("I7c", person.visits, 3)
    trial.events("I8", "cit", 12, 1)
    clarke, hypo, lability = person.clarke_6m, person.hypo_score_6m, person.lability_6m
    ways = [
        (reaching(clarke, 4), "Clarke score 4 or more"),
        (reaching(hypo, 1047), "HYPO score 1047 or more"),
        (reaching(lability, 433), "lability index 433 or more"),
    ]
    unclear = ""
    if any_of(*[found for found, _ in ways])[0] is False:
        composite = all_of(reaching(hypo, 423), reaching(lability, 329))[0]
        if composite is not False:
            unclear = "a fourth way in, a composite of lower scores, is not public in full"
    trial.includes_by_ways(
        "I9",
        ways,
        "Clarke score 4 or more, or HYPO score 1047 or more, or lability index 433 or more",
        unclear=unclear,
    )
    trial.excludes_above("E1a", person.bmi, 30, "kg/m²")
    trial.excludes_up_to("E1b", person.weight, 50, "kg")
    trial.excludes_above("E2a", person.dose_per_kg, 1, "units/kg/day")
    trial.excludes_below("E2b", person.insulin_dose, 15, "units/day")
    trial.excludes_above("E3", person.hba1c, 10, "%")
    trial.yes_excludes("E4", person.retinopathy)
    trial.blood_pressure("E5", 160, 100)
    trial.measured_gfr_below("E6", 80)
    trial.albuminuria("E7")
    trial.yes_excludes("E8", person.hla_antibodies)
    trial.pregnancy("E9a")
    trial.breast_feeding("E9b")
    trial.no_contraception("E9c")
    trial.yes_excludes("E10a", person.hepatitis_b)
    trial.yes_excludes("E10b", person.hepatitis_c)
    trial.yes_excludes("E10c", person.hiv)
    trial.yes_excludes("E10d", person.tuberculosis)
    trial.excludes("E11", among(person.ebv_igg, "negative"), "Negative")
    on = person.fungal_date
    trial.excludes(
        "E12",
        *recent_fungal_infection(person),
        moves=together(
            person.fungal_infection.value,
            lambda day: within(on, day, 12, "months"),
            days_after(on.value, 12, "months"),
        ),
    )
    trial.excludes("E13", among(person.malignancy, "other"), "Other")
    trial.yes_excludes("E14", person.substance_use)
    trial.yes_excludes("E15", person.low_hemoglobin)
    trial.excludes_below("E16a", person.lymphocytes, 1000, PER_UL)
    trial.excludes_below("E16b", person.neutrophils, 1500, PER_UL)
    trial.excludes_below("E16c", person.platelets, 100000, PER_UL)
    trial.yes_excludes("E17a", person.anticoagulation)
    trial.recent_heart_attack("E17b")
    trial.yes_excludes("E17c", person.ischemia_12m)
    trial.excludes_below("E17d", person.lvef, 30, "%")
    trial.much_prednisone("E17e")
    trial.yes_excludes("E17f", person.immunosuppression)
    trial.yes_excludes("E17g", person.islet_transplant)
    trial.yes_excludes("E17h", person.pancreas_transplant)
    trial.yes_excludes("E17i", person.other_drug)
    return trial.finished(cautions, {0: bleeding, 2: either})


def donislecel_label(person: Person, texts: Texts, cautions: Any) -> dict[str, Any]:
    trial = Trial(person, texts, "donislecel-label")
    bleeding, either = infusion_risks(person)
    trial.adult("I1")
    trial.type_1("I2")
    one_year, three_years = person.severe("", 12), person.severe("", 36)
    repeated = events_reach(one_year, person.day, 2)

    def clear_on(day: date) -> Truth:
        """Two in the year are repeated; one in the year and another before is not clear."""
        two = events_reach(one_year, day, 2)
        if (
            two is False
            and events_reach(one_year, day, 1) is not False
            and events_reach(three_years, day, 2) is not False
        ):
            return None
        return two

    trial.includes(
        "I4",
        (repeated, [one_year.fact]),
        "2 or more",
        margin=None if repeated is None else (nearest(*one_year.fact.value, 2), "events"),
        unclear="the label gives neither a number nor a window"
        if repeated is not None and clear_on(person.day) is None
        else "",
        moves=(clear_on, one_year.days | three_years.days),
        list_ends=list_end(one_year) if repeated is False else None,
    )
    trial.multiple_injections("I5a")
    trial.includes_by_ways(
        "I5b",
        [
            (is_yes(person.cgm_use), "CGM use"),
            (among(person.insulin_delivery, "pump", "aid"), "insulin delivery: Pump or AID system"),
        ],
        "CGM use, or insulin delivery: Pump or AID system",
    )
    trial.yes_includes("I5c", person.education)
    trial.years_since("P1", person.insulin_start, 5)
    trial.includes("P2", is_no(person.symptoms_below_54), "no")
    trial.events("P3", "", 36, 1)
    none_in_year = no_events(one_year, person.day)
    trial.limits(
        "L1",
        all_of(below(person.hba1c, 7), (none_in_year, [one_year.fact])),
        "HbA1c less than 7 %, and exactly 0 severe events in 12 months",
    )
    unaware = any_of(reaching(person.clarke, 4), reaching(person.gold, 4))
    trial.limits(
        "L2",
        all_of(unaware, (none_in_year, [one_year.fact])),
        "(Clarke score 4 or more, or Gold score 4 or more), and exactly 0 severe events in 12 months",
    )
    trial.limits("L3", is_yes(person.portal_thrombosis), "yes")
    trial.limits("L4a", is_yes(person.liver_disease), "yes")
    trial.limits_below("L4b", person.egfr, 15, GFR)
    trial.limits("L4c", among(person.kidney_transplant, "functioning", "failed"), "Functioning or Failed")
    return trial.finished(cautions, {1: bleeding, 2: either})


def opf_310(person: Person, texts: Texts) -> dict[str, Any]:
    trial = Trial(person, texts, "opf-310")
    trial.age_between("I1", 35, 65)
    trial.type_1("I2a")
    trial.years_since("I2b", person.diagnosis, 5)
    aid, start = among(person.insulin_delivery, "aid"), person.aid_start
    trial.includes(
        "I3a",
        all_of(aid, (longer_ago(start, person.day, 6, "months"), [start])),
        "insulin delivery: AID system, and 6 months or more since start of the AID system",
        moves=together(
            aid[0], lambda day: longer_ago(start, day, 6, "months"), anniversaries(start.value, 6, "months")
        ),
    )
    system = all_of(aid, among(person.aid_system, "omnipod_5", "tslim_x2"))
    trial.includes(
        "I3b",
        system,
        "insulin delivery: AID system, and AID system: Omnipod 5 or t:slim X2 with Control-IQ",
        unclear="the record names two systems and does not say whether another or a newer one counts"
        if system[0] is False and aid[0] is not False
        else "",
    )
    sensor = all_of(is_yes(person.cgm_use), among(person.cgm_sensor, "dexcom_g6"))
    trial.includes(
        "I3c",
        sensor,
        "CGM use, and sensor: Dexcom G6",
        unclear="the record names one sensor and does not say whether a newer one, such as the G7, counts"
        if sensor[0] is False and person.cgm_use.value is not False
        else "",
    )
    trial.events("I4", "documented", 12, 3)
    peak, fasting = "stimulated C-peptide less than 0.3 ng/mL", "undetectable fasting C-peptide"
    trial.includes_by_ways(
        "I5",
        [(below(person.stimulated, 0.3), peak), (is_yes(person.undetectable), fasting)],
        f"{peak}, or {fasting}",
    )
    trial.between("I6", person.hba1c, 7.5, 9, "%", "7.5 to 9 %")
    trial.yes_includes("I7", person.contraception)
    return trial.finished()


def sernova(person: Person, texts: Texts, cautions: Any) -> dict[str, Any]:
    trial = Trial(person, texts, "sernova")
    trial.type_1("I0")
    trial.age_between("I1", 18, 65)
    trial.age_at_diagnosis_below("I2a", 40)
    trial.years_since("I2b", person.insulin_start, 5)
    trial.age_plus_years("I2c", 28, "28 or more")
    trial.c_peptide_gone("I3")
    trial.glucose_checks("I4a")
    trial.multiple_injections("I4b")
    trial.at_least("I4c", person.visits, 3)
    trial.events("I5", "", 12, 1)
    trial.clarke_or_gold("I6")
    trial.excludes_above("E1a", person.bmi, 30, "kg/m²")
    trial.excludes_above("E1b", person.dose_per_kg, 1, "units/kg/day")
    trial.excludes_above("E1c", person.hba1c, 13, "%")
    trial.yes_excludes("E1d", person.retinopathy)
    trial.blood_pressure("E1e", 160, 100)
    trial.measured_gfr_below("E1f", 70)
    trial.albuminuria("E1g")
    trial.excludes_above("E1h", person.pra, 30, "%")
    trial.pregnancy("E2a")
    trial.breast_feeding("E2b")
    trial.no_contraception("E2c")
    trial.yes_excludes("E3", person.abdominal_wall)
    trial.yes_excludes("E4a", person.other_drug)
    trial.much_prednisone("E4b")
    trial.yes_excludes("E4c", person.anticoagulation)
    trial.yes_excludes("E4d", person.pancreas_transplant)
    trial.yes_excludes("E4e", person.islet_transplant)
    trial.excludes(
        "E4f",
        among(person.malignancy, "resected_skin", "other"),
        "Skin, completely resected or Other",
        unclear="the summary does not say whether a completely resected skin cancer counts"
        if person.malignancy.value == "resected_skin"
        else "",
    )
    trial.yes_excludes("E4g", person.polymer_allergy)
    trial.yes_excludes("E4h", person.active_infection)
    trial.yes_excludes("E4i", person.any_cardiac_disease)
    return trial.finished(cautions)


def uchicago_cirb24_0324(person: Person, texts: Texts, cautions: Any) -> dict[str, Any]:
    trial = Trial(person, texts, "uchicago-cirb24-0324")
    trial.type_1("I0")
    trial.age_between("I1a", 18, 65)
    trial.years_since("I1b", person.diagnosis, 5)
    trial.age_at_diagnosis_below("I1c", 40)
    trial.yes_includes("I2", person.cgm_willing)
    trial.multiple_injections("I3a")
    trial.at_least("I3b", person.visits, 4)
    trial.events("I4", "unexplained", 12, 3)
    unclear = ""
    if person.hba1c.value is not None and person.known["hba1c"].unit == "mmol_mol":
        low, high = person.hba1c.value
        if high >= 48 and low <= 52:
            unclear = "the source contradicts itself: it equates 7.0 % with 48 mmol/mol, which is 6.5 %"
    trial.between("I5", person.hba1c, 7, 9.5, "%", "7 to 9.5 %", unclear=unclear)
    trial.c_peptide_gone("I6")
    trial.at_least("I7", person.clarke_6m, 4)
    trial.includes("I8a", among(person.pregnancy, "not_applicable", "no"), "Not applicable or No")
    trial.yes_includes("I8b", person.contraception)
    return trial.finished(cautions)


def uchicago_iak(person: Person, texts: Texts, cautions: Any) -> dict[str, Any]:
    trial = Trial(person, texts, "uchicago-iak")
    trial.type_1("I0")
    trial.age_between("I1", 18, 68)
    trial.age_at_diagnosis_below("I2", 40)
    trial.over_years_since("I3", person.insulin_start, 5)
    trial.age_plus_years("I4", 29, "more than 28")
    trial.c_peptide_gone_at_all_times("I5")
    since = person.kidney_transplant_date
    steady = all_of(
        among(person.kidney_transplant, "functioning"),
        is_yes(person.immunosuppression),
        is_yes(person.calcineurin_inhibitor),
        below(person.prednisone, 10),
    )[0]
    after = all_of(
        among(person.kidney_transplant, "functioning"),
        (longer_ago(since, person.day, 3, "months"), [since]),
        is_yes(person.immunosuppression),
        is_yes(person.calcineurin_inhibitor),
        below(person.prednisone, 10),
    )
    after_says = (
        "kidney transplant: Functioning, and 3 months or more since the kidney transplant, "
        "and immunosuppression, and calcineurin inhibitor, and steroid dose less than 10 mg/day"
    )
    with_kidney, with_says = (
        is_yes(person.same_donor_islets),
        "islets planned with a kidney of the same donor",
    )
    after_on, days = together(
        steady, lambda day: longer_ago(since, day, 3, "months"), anniversaries(since.value, 3, "months")
    )

    def truth_on(day: date) -> Truth:
        return any_of((after_on(day), []), (with_kidney[0], []))[0]

    trial.includes_by_ways(
        "I6",
        [(after, after_says), (with_kidney, with_says)],
        f"({after_says}), or {with_says}",
        moves=(truth_on, days),
    )
    trial.at_most("I7", person.creatinine_of_mean, 133.34, "%")
    return trial.finished(cautions, {1: raised(person.anticoagulation)})


def uih_002(person: Person, texts: Texts, cautions: Any) -> dict[str, Any]:
    trial = Trial(person, texts, "uih-002")
    bleeding, either = infusion_risks(person)
    trial.age_between("I1", 18, 75)
    trial.type_1("I2a")
    trial.over_years_since("I2b", person.diagnosis, 5)
    trial.events("I3", "uih", 36, 1)
    trial.includes("I4", is_no(person.symptoms_below_54), "no")
    trial.multiple_injections("I5")
    trial.recent_heart_attack("E1a")
    trial.yes_excludes("E1b", person.ischemia)
    trial.yes_excludes("E1c", person.heart_failure)
    trial.yes_excludes("E2a", person.substance_use)
    trial.yes_excludes("E2b", person.smoking)
    trial.yes_excludes("E3", person.psychiatric)
    b_active = all_of(is_yes(person.hepatitis_b), is_yes(person.hepatitis_b_active))
    trial.excludes("E5a", b_active, "hepatitis B, and active hepatitis B")
    c_active = all_of(is_yes(person.hepatitis_c), is_yes(person.hepatitis_c_active))
    trial.excludes("E5b", c_active, "hepatitis C, and active hepatitis C")
    trial.yes_excludes("E5c", person.hiv)
    return trial.finished(cautions, {1: bleeding, 2: either})


def unmet_need(person: Person, texts: Texts) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the record of the guideline, and whether this is the person cell therapy is for."""
    trial = Trial(person, texts, "unmet-need")
    trial.type_1("I1")
    one_year, two_years = person.severe("", 12), person.severe("", 24)
    unaware = [reaching(person.clarke, 4), reaching(person.gold, 4)]
    affected = [*unaware, is_yes(person.fear)]
    is_unaware, is_affected = any_of(*unaware)[0], any_of(*affected)[0]
    on_sensor = all_of(is_yes(person.cgm_use), reaching(person.below_54, 5), reaching(person.cv, 30))
    off_sensor = all_of(is_no(person.cgm_use), reaching(person.lability, 433))
    worn = any_of(is_no(person.cgm_use), reaching(person.sensor_wear, 70))[0]

    def by_events(two: Truth, one: Truth, two_in_two_years: Truth) -> Truth:
        return any_of(
            (two, []),
            (all_of((one, []), (is_affected, []))[0], []),
            (all_of((two_in_two_years, []), (is_unaware, []))[0], []),
        )[0]

    def decided(two: Truth, one: Truth, two_in_two_years: Truth) -> Truth:
        events = by_events(two, one, two_in_two_years)
        truth = any_of((events, []), (on_sensor[0], []), (off_sensor[0], []))[0]
        return None if events is not True and worn is not True else truth

    def decided_on(day: date) -> Truth:
        return decided(
            events_reach(one_year, day, 2), events_reach(one_year, day, 1), events_reach(two_years, day, 2)
        )

    two, one = events_reach(one_year, person.day, 2), events_reach(one_year, person.day, 1)
    two_in_two_years = events_reach(two_years, person.day, 2)
    clarke, gold, fear = "Clarke score 4 or more", "Gold score 4 or more", "major fear of hypoglycaemia"
    says = [
        "2 or more severe events in 12 months",
        f"1 or more severe events in 12 months, and ({clarke}, or {gold}, or {fear})",
        f"2 or more severe events in 24 months, and ({clarke}, or {gold})",
        "CGM use, and time below 54 mg/dL 5 % or more, and coefficient of variation 30 % or more",
        "no CGM use, and lability index 433 or more",
    ]
    ways = [
        (two, [one_year.fact]),
        all_of((one, [one_year.fact]), any_of(*affected)),
        all_of((two_in_two_years, [two_years.fact]), any_of(*unaware)),
        on_sensor,
        off_sensor,
    ]
    whole = any_of(*ways)
    unclear = ""
    if whole[0] is not None and decided(two, one, two_in_two_years) is None:
        unclear = "the sensor was worn less than 70 % of the time"
    found, said = whole, f"{says[0]}, or {', or '.join(f'({way})' for way in says[1:])}"
    if not unclear:
        found, said = by_ways(list(zip(ways, says, strict=True)), said)
    ends = []
    if found[0] is not None and not unclear:
        open_ended = (two or None, one or None, two_in_two_years)
        if one_year.fact in found[1] and decided(*open_ended) is None:
            ends.append(list_end(one_year))
        if two_years.fact in found[1] and decided(two, one, two_in_two_years or None) is None:
            ends.append(list_end(two_years))
    trial.includes(
        "I2",
        found,
        said,
        unclear=unclear,
        moves=(decided_on, one_year.days | two_years.days),
        list_ends=min([end for end in ends if end is not None], default=None),
    )
    trial.limits_above("L1", person.weight, 85, "kg")
    trial.limits_above("L2", person.dose_per_kg, 0.71, "units/kg/day")
    record = trial.finished()
    outcomes = [(one["outcome"], one["why"]) for one in trial.criteria]
    if trial.failing:
        status, shown = "false", [why for outcome, why in outcomes if outcome == "fail"]
    elif trial.unknown:
        status, shown = "unknown", [why for outcome, why in outcomes if outcome == "unknown"]
    else:
        status, shown = "true", [why for _, why in outcomes]
    indication = {
        **texts.indication,
        "status": status,
        "why": " ".join(shown),
        "open_steps": open_steps(person, texts),
    }
    return record, indication


def open_steps(person: Person, texts: Texts) -> list[dict[str, Any]]:
    """Return the steps of care that are not known to be taken."""
    found: list[dict[str, Any]] = []

    def step(key: str, truth: Found, says: str, facts: list[str], margin: Any = None) -> None:
        if truth[0] is not True:
            judged = Judged(truth, f"; needs {says}: ", good=True, margin=margin)
            condition = CONDITIONS[judged.condition]
            found.append(
                {
                    "id": key,
                    "text": texts.steps[key],
                    "condition": condition,
                    "why": judged.why,
                    "facts": facts,
                }
            )

    delivery = person.insulin_delivery
    step("T1", is_yes(person.education), "yes", ["education_completed"])
    long_enough = longer_ago(person.cgm_start, person.day, 3, "months"), [person.cgm_start]
    step(
        "T2",
        all_of(is_yes(person.cgm_use), long_enough),
        "CGM use, and 3 months or more since start of CGM",
        ["cgm_use", "cgm_start_date"],
    )
    step("T3", *by_ways(*multiple_injections(person)), ["injections_per_day", "insulin_delivery"])
    with_aid = all_of(
        among(delivery, "aid"), (longer_ago(person.aid_start, person.day, 6, "months"), [person.aid_start])
    )
    without = all_of(among(delivery, "injections", "pump"), is_yes(person.aid_unsuitable))
    step(
        "T4",
        any_of(with_aid, without),
        "(insulin delivery: AID system, and 6 months or more since start of the AID system), or "
        "(insulin delivery: Injections or Pump, and a reason against an AID system)",
        ["insulin_delivery", "aid_start_date", "aid_unsuitable"],
    )
    visits = person.visits
    margin = None if visits.value is None else (nearest(visits.low, visits.high, 3), "")
    step("T5", reaching(visits, 3), "3 or more", ["specialist_visits_12m"], margin)
    return found


def up421(person: Person, texts: Texts) -> dict[str, Any]:
    trial = Trial(person, texts, "up421")
    trial.age_between("I1", 30, 45)
    trial.type_1("I2a")
    trial.years_since("I2b", person.diagnosis, 5)
    trial.age_at_diagnosis_below("I3", 18)
    trial.at_least("I4", person.hba1c_highest, 70, "mmol/mol")
    trial.includes_by_ways(
        "I5a",
        [
            (is_yes(person.cgm_use), "CGM use"),
            (reaching(person.glucose_checks, 3), "glucose checks per day 3 or more"),
        ],
        "CGM use, or glucose checks per day 3 or more",
    )
    trial.multiple_injections("I5b")
    return trial.finished()


def vx_264(person: Person, texts: Texts) -> dict[str, Any]:
    trial = Trial(person, texts, "vx-264")
    trial.age_between("I1", 18, 65)
    trial.type_1("I2a")
    trial.years_since("I2b", person.insulin_start, 5)
    trial.includes("I3", among(person.blood_group, "A", "AB"), "A or AB")
    trial.yes_excludes("E1a", person.islet_transplant)
    trial.yes_excludes("E1b", person.organ_transplant)
    trial.yes_excludes("E1c", person.cell_therapy)
    trial.yes_excludes("E2a", person.retinopathy)
    trial.yes_excludes("E2b", person.nephropathy)
    trial.yes_excludes("E2c", person.skin_ulcer)
    one_year, three_years = person.severe("", 12), person.severe("", 36)
    repeated = events_reach(one_year, person.day, 2)

    def clear_on(day: date) -> Truth:
        """Whether the window is 12 months is not known: two in three years leave it open."""
        two = events_reach(one_year, day, 2)
        return None if two is False and events_reach(three_years, day, 2) is not False else two

    trial.excludes(
        "E3",
        (repeated, [one_year.fact]),
        "more than 1",
        margin=None if repeated is None else (nearest(*one_year.fact.value, 1), "events"),
        unclear="the sentence is cut off before its window; 12 months is recalled"
        if repeated is not None and clear_on(person.day) is None
        else "",
        moves=(clear_on, one_year.days | three_years.days),
        list_ends=list_end(one_year) if repeated is False else None,
    )
    return trial.finished()


def zimislecel_forward(person: Person, texts: Texts, cautions: Any) -> dict[str, Any]:
    trial = Trial(person, texts, "zimislecel-forward")
    trial.age_between("I1", 18, 65)
    trial.type_1("I2")
    trial.events("I3", "", 12, 2)
    trial.events("I4", "documented", 12, 2)
    trial.clarke_or_gold("I5")
    trial.includes("I6", among(person.blood_group, "A", "AB"), "A or AB")
    trial.years_since("I7", person.insulin_start, 5)
    use, start = is_yes(person.cgm_use), person.cgm_start
    trial.includes(
        "I8",
        all_of(use, (longer_ago(start, person.day, 3, "months"), [start])),
        "CGM use, and 3 months or more since start of CGM",
        moves=together(
            use[0], lambda day: longer_ago(start, day, 3, "months"), anniversaries(start.value, 3, "months")
        ),
    )
    trial.yes_excludes("E1a", person.islet_transplant)
    trial.yes_excludes("E1b", person.organ_transplant)
    trial.yes_excludes("E1c", person.cell_therapy)
    trial.yes_excludes("E2", person.steroid_need)
    return trial.finished(cautions, {0: deaths(person), 4: raised(person.anticoagulation)})


def zimislecel_kidney(person: Person, texts: Texts, cautions: Any) -> dict[str, Any]:
    trial = Trial(person, texts, "zimislecel-kidney")
    trial.type_1("I1")
    trial.includes(
        "I2",
        among(person.kidney_transplant, "functioning"),
        "Functioning",
        unclear="the title does not say whether the kidney must be functioning"
        if person.kidney_transplant.value == "failed"
        else "",
    )
    return trial.finished(cautions, {0: deaths(person), 2: raised(person.anticoagulation)})


def infusion_risks(person: Person) -> tuple[list[str], list[str]]:
    """Return what raises the warnings of bleeding, and of bleeding or thrombosis."""
    return raised(person.anticoagulation), raised(person.portal_thrombosis, person.anticoagulation)


def deaths(person: Person) -> list[str]:
    return raised(person.neurocognitive, person.brain_injury, person.steroid_need, person.planned_surgery)


def no_events(count: Count, day: date) -> Truth:
    one = events_reach(count, day, 1)
    return None if one is None else not one


def screen(texts: Texts, answers: Answers) -> dict[str, Any]:
    """Return the answer for one person on the protocols of `TRIALS`."""
    person = Person(answers)
    cautions = immunosuppression(person, texts)
    need, indication = unmet_need(person, texts)
    return {
        **texts.head,
        "as_of": person.today,
        "indication": indication,
        "conflicts": person.conflicts(),
        "trials": [
            celz_201(person, texts),
            cit_07(person, texts, cautions),
            donislecel_label(person, texts, cautions),
            opf_310(person, texts),
            sernova(person, texts, cautions),
            uchicago_cirb24_0324(person, texts, cautions),
            uchicago_iak(person, texts, cautions),
            uih_002(person, texts, cautions),
            need,
            up421(person, texts),
            vx_264(person, texts),
            zimislecel_forward(person, texts, cautions),
            zimislecel_kidney(person, texts, cautions),
        ],
    }
