"""The demo's people: made up, varied, and the same on every machine for the same day.

Each story is a kind of person that a diabetes clinic sees. Its answers are written in the JSON shape
of `manage.py screen` and go through the form's own reader and the action that records a pre-screen.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from screening import actions
from screening.clinical.dates import lookback
from screening.interop.typed import as_typed
from screening.models import Details, Draft, Participant, Screening, Site, Units, User
from screening.rules.content import Content

SEED = 20_260_401
FIRST_PRE_SCREEN = timedelta(days=100)
"""How far back the clinic's pre-screens go."""

NAMES = ("Alma Brandt", "Noor Haddad", "Peter Wolfe", "June Castillo", "Ravi Menon", "Greta Lindqvist")
"""Nobody's; those of the demo's people who are known by more than a reference."""

Facts = dict[str, Any]


@dataclass
class Teller:
    """Tells one person's answers on one day, in the units of the site."""

    chance: random.Random
    as_of: date
    si: bool
    facts: Facts = field(default_factory=dict)
    events: list[Facts] | None = None
    complete_months: int | None = 12

    def ago(self, days: int) -> str:
        """Return the day so many days back, in full."""
        return (self.as_of - timedelta(days=days)).isoformat()

    def month_ago(self, days: int) -> str:
        """Return the month of the day so many days back."""
        return self.ago(days)[:7]

    def among(self, *choices: Any) -> Any:
        return self.chance.choice(choices)

    def number(self, low: float, high: float, decimals: int = 0) -> str:
        """Return a number between both, as typed."""
        return f"{self.chance.uniform(low, high):.{decimals}f}"

    def today(self, **answers: Any) -> None:
        """Keep answers given on the day of the pre-screen."""
        for name, value in answers.items():
            self.facts[name] = {"value": value, "on": self.as_of.isoformat()}

    def told(self, **answers: Any) -> None:
        """Keep answers that carry no day."""
        self.facts |= answers

    def unknown(self, *names: str, why: str = "not known") -> None:
        self.facts |= {name: {"unknown": why} for name in names}

    def measured(self, name: str, value: str, unit: str, days_ago: int) -> None:
        self.facts[name] = {"value": value, "unit": unit, "on": self.ago(days_ago)}

    def hba1c(self, low: float, high: float, days_ago: int = 25) -> None:
        """Measure HbA1c between `low` and `high` per cent."""
        percent = self.chance.uniform(low, high)
        if self.si:
            self.measured("hba1c", f"{(percent - 2.152) / 0.09148:.0f}", "mmol/mol", days_ago)
        else:
            self.measured("hba1c", f"{percent:.1f}", "%", days_ago)

    def creatinine(self, low: float, high: float, days_ago: int = 40) -> None:
        """Measure creatinine between `low` and `high` mg/dL."""
        value = self.chance.uniform(low, high)
        if self.si:
            self.measured("creatinine", f"{value * 88.4:.0f}", "µmol/L", days_ago)
        else:
            self.measured("creatinine", f"{value:.2f}", "mg/dL", days_ago)

    def c_peptide(self, name: str, ng_ml: float, days_ago: int = 60) -> None:
        """Measure C-peptide; nothing measurable is written as below the assay's limit."""
        if ng_ml < 0.05:
            value, unit = ("<17", "pmol/L") if self.si else ("<0.05", "ng/mL")
        elif self.si:
            value, unit = f"{ng_ml * 331.1:.0f}", "pmol/L"
        else:
            value, unit = f"{ng_ml:.2f}", "ng/mL"
        self.measured(name, value, unit, days_ago)

    def person(self, *, age: int, years: int, sex: str = "", kind: str = "type_1") -> None:
        """Tell who it is: age now, years since diagnosis."""
        years = min(years, age - 4)
        birthday = lookback(self.as_of, age, "years") - timedelta(days=self.chance.randint(20, 340))
        diagnosis = lookback(self.as_of, years, "years") - timedelta(days=self.chance.randint(5, 300))
        full = years < 3 or self.chance.random() < 0.3
        self.told(
            birth_date=birthday.isoformat() if self.chance.random() < 0.8 else str(birthday.year),
            sex=sex or self.among("female", "male"),
            diabetes_type=kind,
            diagnosis_date=diagnosis.isoformat() if full else str(diagnosis.year),
            insulin_start_date=diagnosis.isoformat() if full else str(diagnosis.year),
        )

    def never_transplanted(self) -> None:
        self.today(
            kidney_transplant="none",
            immunosuppression=False,
            organ_transplant=False,
            pancreas_transplant=False,
            islet_transplant=False,
            cell_therapy=False,
        )

    def healthy_otherwise(self) -> None:
        """Answer no to what would speak against immunosuppression."""
        self.today(malignancy="none", pregnancy="not_applicable", steroid_need=False, anticoagulation=False)
        self.today(substance_use=False, psychiatric_instability=False, neurocognitive_impairment=False)
        self.today(liver_disease=False, portal_thrombosis=False, heart_failure=False)

    def delivery(self, *choices: str) -> None:
        chosen = self.among(*choices)
        self.today(insulin_delivery=chosen)
        if chosen == "aid":
            self.told(aid_start_date=self.month_ago(self.chance.randint(220, 900)))
            self.today(
                aid_system=self.among("omnipod_5", "tslim_x2", "minimed_780g", "camaps_fx"), cgm_use=True
            )
        else:
            self.today(cgm_use=True)
        if chosen == "injections":
            self.today(injections_per_day=self.chance.randint(4, 5), aid_unsuitable=self.among(True, False))
        self.told(cgm_start_date=self.month_ago(self.chance.randint(950, 1900)))

    def body(self) -> None:
        """Tell dose, weight and height."""
        self.measured("weight", self.number(56, 88, 1), "kg", 20)
        self.told(height={"value": self.number(158, 186), "unit": "cm"})
        self.measured("insulin_dose", self.number(26, 48), "units/day", 3)

    def awareness(self, low: int, high: int) -> None:
        """Tell a Gold score between both."""
        self.today(gold_score=self.chance.randint(low, high))

    def event(self, days_ago: int, *, witnessed: bool = True, **more: Any) -> None:
        """Tell one severe event, some days back."""
        on = self.ago(days_ago) if self.chance.random() < 0.4 else self.month_ago(days_ago)
        event = {
            "on": on,
            "assistance": True,
            "impaired": True,
            "symptoms": [self.among("confused", "could_not_be_woken", "passed_out", "seizure")],
            "recovered_after_treatment": True,
            "cause": self.among("none_found", "none_found", "missed_meal", "exercise"),
            "documented": self.among("chart", "log", "recall"),
            "told_by": "witness" if witnessed else "self",
        }
        if self.chance.random() < 0.5:
            event["glucose"] = (
                {"value": self.number(1.6, 2.7, 1), "unit": "mmol/L"}
                if self.si
                else {"value": self.number(28, 49), "unit": "mg/dL"}
            )
        self.events = [*(self.events or []), {**event, **more}]

    def no_events(self) -> None:
        self.events = []

    @property
    def payload(self) -> Facts:
        """The answers in the JSON shape."""
        told: Facts = {"as_of": self.as_of.isoformat(), "facts": self.facts}
        if self.events is not None:
            since = None
            if self.complete_months is not None:
                since = lookback(self.as_of, self.complete_months, "months").isoformat()
            told["severe_hypoglycemic_events"] = self.events
            told["severe_hypoglycemic_events_asked_on"] = self.as_of.isoformat()
            told["severe_hypoglycemic_events_complete_since"] = since
        return told


# --- Stories


def problematic_hypoglycemia(tell: Teller) -> None:
    """Unaware, several events, everything known: the person islet replacement is for."""
    tell.person(age=tell.chance.randint(30, 60), years=tell.chance.randint(16, 38))
    tell.never_transplanted()
    tell.healthy_otherwise()
    tell.hba1c(7.0, 8.6)
    tell.creatinine(0.65, 0.95)
    tell.c_peptide("c_peptide_stimulated", 0.0)
    for days_ago in (40, 130, 215):
        tell.event(days_ago + tell.chance.randint(-20, 20), cause="none_found")
    tell.awareness(5, 7)
    tell.today(clarke_score=tell.chance.randint(4, 7), autonomic_symptoms_below_54=False)
    tell.delivery("aid", "pump")
    tell.body()
    tell.told(blood_group=tell.among("A", "A", "AB"), education_completed_date=tell.month_ago(700))
    tell.today(specialist_visits_12m=4, education_completed=True, cgm_willing=True)


def event_about_to_leave(tell: Teller) -> None:
    """Two events in the year, the older one leaving the window within weeks."""
    problematic_hypoglycemia(tell)
    tell.events = []
    tell.event(330 + tell.chance.randint(0, 22), on=tell.ago(340), documented="chart")
    tell.event(80, cause="none_found")


def c_peptide_missing(tell: Teller) -> None:
    """Everything but the C-peptide, which is on its way."""
    problematic_hypoglycemia(tell)
    tell.facts["c_peptide_stimulated"] = {
        "unknown": "sent",
        "due": (tell.as_of + timedelta(days=9)).isoformat(),
    }


def events_only_recalled(tell: Teller) -> None:
    """Collapses told by the partner, with neither reading nor record, and perhaps not all of them."""
    problematic_hypoglycemia(tell)
    tell.complete_months = None
    tell.events = []
    for days_ago in (60, 190):
        tell.event(days_ago, documented="recall", recovered_after_treatment=None)
    for event in tell.events:
        event.pop("glucose", None)
    tell.unknown("clarke_score", why="not done")


def functioning_kidney(tell: Teller) -> None:
    """A working kidney transplant and the medicines that come with it."""
    tell.person(age=tell.chance.randint(36, 60), years=tell.chance.randint(25, 40))
    tell.told(kidney_transplant_date=tell.ago(tell.chance.randint(300, 2500)))
    tell.today(kidney_transplant="functioning", immunosuppression=True, organ_transplant=True)
    tell.today(
        pancreas_transplant=False, islet_transplant=False, cell_therapy=False, calcineurin_inhibitor=True
    )
    tell.measured("prednisone_dose", tell.among("0", "5", "7.5"), "mg/day", 10)
    tell.hba1c(7.2, 9.2)
    tell.creatinine(1.0, 1.6, days_ago=14)
    tell.c_peptide("c_peptide_fasting", 0.0)
    tell.event(100 + tell.chance.randint(0, 60))
    tell.awareness(4, 6)
    tell.delivery("pump", "injections")
    tell.today(malignancy=tell.among("none", "resected_skin"), pregnancy="not_applicable")
    tell.told(blood_group=tell.among("A", "B", "O"))


def newly_diagnosed(tell: Teller) -> None:
    """Weeks after diagnosis, with C-peptide left and antibodies found."""
    tell.person(age=tell.chance.randint(19, 34), years=0)
    diagnosis = tell.ago(tell.chance.randint(25, 150))
    tell.told(diagnosis_date=diagnosis, insulin_start_date=diagnosis)
    tell.never_transplanted()
    tell.healthy_otherwise()
    tell.hba1c(6.6, 9.4, days_ago=12)
    tell.creatinine(0.6, 0.9, days_ago=12)
    tell.c_peptide("c_peptide_stimulated", tell.chance.uniform(0.5, 1.9), days_ago=12)
    tell.facts["autoantibodies_positive"] = {
        "value": {"gad65": True, "ia2": tell.among(True, False), "znt8": tell.among(True, False)},
        "on": tell.ago(12),
    }
    tell.no_events()
    tell.awareness(1, 2)
    tell.delivery("injections", "pump")
    tell.body()
    tell.today(any_cardiac_disease=False)
    tell.measured("systolic_bp", tell.number(108, 134), "mmHg", 12)
    tell.measured("diastolic_bp", tell.number(64, 84), "mmHg", 12)


def between_the_trials(tell: Teller) -> None:
    """Diagnosed two to five years ago: few trials look for this."""
    tell.person(age=tell.chance.randint(20, 45), years=tell.chance.randint(2, 3))
    tell.never_transplanted()
    tell.hba1c(6.8, 9.0)
    tell.creatinine(0.7, 1.0)
    tell.c_peptide("c_peptide_fasting", tell.chance.uniform(0.1, 0.8))
    tell.no_events()
    tell.awareness(1, 3)
    tell.delivery("injections", "aid")
    tell.today(malignancy="none", pregnancy="no")


def aware_and_well(tell: Teller) -> None:
    """Long diabetes, no severe events, full awareness."""
    tell.person(age=tell.chance.randint(24, 66), years=tell.chance.randint(7, 40))
    tell.never_transplanted()
    tell.hba1c(6.3, 7.6)
    tell.creatinine(0.6, 1.1)
    tell.no_events()
    tell.awareness(1, 3)
    tell.today(clarke_score=tell.chance.randint(0, 2), malignancy="none", pregnancy="not_applicable")
    tell.delivery("aid", "aid", "pump")
    tell.body()


def high_glucose(tell: Teller) -> None:
    """HbA1c far from any target, one event, injections."""
    tell.person(age=tell.chance.randint(22, 50), years=tell.chance.randint(6, 25))
    tell.never_transplanted()
    tell.hba1c(10.2, 13.4)
    tell.creatinine(0.7, 1.2)
    tell.event(150)
    tell.awareness(2, 5)
    tell.delivery("injections")
    tell.today(dka_events_12m=tell.chance.randint(1, 3), malignancy="none", pregnancy="no", smoking=True)


def something_against(tell: Teller) -> None:
    """A good candidate but for something that speaks against immunosuppression."""
    problematic_hypoglycemia(tell)
    match tell.chance.randint(0, 3):
        case 0:
            tell.today(malignancy="other")
        case 1:
            tell.facts["hepatitis_b"] = {"value": True, "on": tell.ago(400)}
        case 2:
            tell.today(psychiatric_instability=True)
        case _:
            tell.today(pregnancy="planned", substance_use=True)


def soon_of_age(tell: Teller) -> None:
    """Seventeen, and eighteen within months."""
    problematic_hypoglycemia(tell)
    birthday = lookback(tell.as_of, 18, "years") + timedelta(days=tell.chance.randint(30, 170))
    diagnosis = lookback(tell.as_of, 9, "years")
    tell.told(birth_date=birthday.isoformat(), diagnosis_date=str(diagnosis.year))
    tell.told(insulin_start_date=str(diagnosis.year))


def almost_five_years(tell: Teller) -> None:
    """Diabetes of almost five years: time alone opens the trials that ask for five."""
    problematic_hypoglycemia(tell)
    diagnosis = lookback(tell.as_of, 5, "years") + timedelta(days=tell.chance.randint(40, 160))
    tell.told(diagnosis_date=diagnosis.isoformat(), insulin_start_date=diagnosis.isoformat())


def reduced_kidney_function(tell: Teller) -> None:
    """Unaware with events, and kidneys that some trials do not take."""
    problematic_hypoglycemia(tell)
    tell.creatinine(1.3, 2.3)
    tell.measured(
        "uacr",
        tell.number(4, 60, 1) if tell.si else tell.number(40, 520),
        "mg/mmol" if tell.si else "mg/g",
        40,
    )
    tell.today(diabetic_nephropathy=True)


def old_results(tell: Teller) -> None:
    """All there, and most of it out of date."""
    problematic_hypoglycemia(tell)
    tell.hba1c(7.2, 8.4, days_ago=210)
    tell.creatinine(0.7, 0.9, days_ago=420)
    tell.c_peptide("c_peptide_stimulated", 0.0, days_ago=800)
    tell.facts["gold_score"] = {"value": 5, "on": tell.ago(320)}


def another_type(tell: Teller) -> None:
    """Insulin-treated diabetes that is not type 1."""
    tell.person(
        age=tell.chance.randint(40, 70),
        years=tell.chance.randint(6, 20),
        kind=tell.among("type_2", "secondary"),
    )
    tell.never_transplanted()
    tell.hba1c(7.5, 9.5)
    tell.c_peptide("c_peptide_fasting", tell.chance.uniform(0.7, 2.5))
    tell.no_events()
    tell.delivery("injections")


def only_the_chart(tell: Teller) -> None:
    """The first block alone: the visit is still to come."""
    tell.person(age=tell.chance.randint(25, 60), years=tell.chance.randint(8, 30))
    tell.never_transplanted()
    tell.hba1c(6.9, 9.0)
    tell.creatinine(0.7, 1.1)
    tell.unknown("c_peptide_stimulated", "c_peptide_fasting", why="not found")


def above_sixty_five(tell: Teller) -> None:
    """Events and unawareness at an age beyond most trials."""
    problematic_hypoglycemia(tell)
    birthday = lookback(tell.as_of, tell.chance.randint(66, 74), "years") - timedelta(days=100)
    tell.told(birth_date=birthday.isoformat())


def had_islets_before(tell: Teller) -> None:
    """Islets years ago, function lost since."""
    problematic_hypoglycemia(tell)
    tell.today(islet_transplant=True, cell_therapy=False)
    tell.today(hla_antibodies=tell.among(True, False))


Story = Callable[[Teller], None]
STORIES: tuple[tuple[Story, int], ...] = (
    (problematic_hypoglycemia, 6),
    (event_about_to_leave, 3),
    (c_peptide_missing, 4),
    (events_only_recalled, 4),
    (functioning_kidney, 4),
    (newly_diagnosed, 5),
    (between_the_trials, 3),
    (aware_and_well, 5),
    (high_glucose, 3),
    (something_against, 4),
    (soon_of_age, 2),
    (almost_five_years, 2),
    (reduced_kidney_function, 2),
    (old_results, 2),
    (another_type, 2),
    (only_the_chart, 3),
    (above_sixty_five, 2),
    (had_islets_before, 1),
)
DRAFTS: tuple[tuple[Story, int], ...] = (
    (problematic_hypoglycemia, 9),
    (newly_diagnosed, 12),
    (functioning_kidney, 7),
    (aware_and_well, 15),
)
"""Forms still being filled in: a story, and how many of its answers are there."""


# --- The clinic


@transaction.atomic
def seed_people(clinicians: list[User], content: Content, *, now: datetime) -> None:
    """Make the demo's people, pre-screens and forms, unless there are people already.

    Args:
        clinicians: who recorded them, each at the first of their sites.
        content: the facts and protocols they are checked against.
        now: the present, an aware time.
    """
    if not clinicians or Participant.objects.exists():
        return
    chance = random.Random(SEED)
    stories = [story for story, number in STORIES for _ in range(number)]
    chance.shuffle(stories)
    recorded = []
    for place, story in enumerate(stories):
        by = clinicians[0] if place % 5 < 3 else clinicians[-1]
        back = FIRST_PRE_SCREEN * (1 - place / len(stories))
        recorded.append(_pre_screen(story, by, now - back, content, chance))
    _corrected(recorded[len(recorded) // 2], content, now)
    _seen_again(recorded[0], content, now, chance)
    _introduced(recorded)
    for place, (story, known) in enumerate(DRAFTS):
        by = clinicians[0] if place < len(DRAFTS) - 1 else clinicians[-1]
        _half_filled(story, known, by, now - timedelta(days=place, hours=2), content, chance)


def _site_of(user: User) -> Site:
    return user.current_memberships[0].site


def _at_work(site: Site, moment: datetime, chance: random.Random) -> datetime:
    """Return a time of the working day of `moment` at `site`, never after `moment` itself."""
    local = moment.astimezone(ZoneInfo(site.time_zone))
    hour = time(chance.randint(8, 16), chance.randint(0, 59))
    return min(datetime.combine(local.date(), hour, local.tzinfo), moment)


def _told(story: Story, site: Site, as_of: date, chance: random.Random) -> Facts:
    teller = Teller(chance, as_of, site.units == Units.SI)
    story(teller)
    return teller.payload


def _draft(
    participant: Participant, by: User, at: datetime, payload: Facts, content: Content, chance: random.Random
) -> Draft:
    return Draft.objects.create(
        pk=uuid.UUID(int=chance.getrandbits(128), version=4),
        participant=participant,
        owner=by,
        as_of=date.fromisoformat(payload["as_of"]),
        typed=as_typed(content.catalogue, payload),
        started_at=at,
        updated_at=at,
    )


def _pre_screen(
    story: Story, by: User, moment: datetime, content: Content, chance: random.Random
) -> Screening:
    site = _site_of(by)
    at = _at_work(site, moment, chance)
    participant = actions.add_participant(site=site, by=by, at=at, source=chance)
    as_of = at.astimezone(ZoneInfo(site.time_zone)).date()
    draft = _draft(participant, by, at, _told(story, site, as_of, chance), content, chance)
    return actions.record_screening(draft, by=by, at=at, token=draft.pk, content=content)


def _corrected(screening: Screening, content: Content, now: datetime) -> None:
    """Correct a pre-screen the day after: the blood group was typed wrong."""
    at = min(screening.recorded_at + timedelta(days=1), now)
    draft = actions.supersede(screening, by=screening.recorded_by, at=at, catalogue=content.catalogue)
    draft.typed["blood_group"] = "O"
    draft.save(update_fields=["typed"])
    actions.record_screening(
        draft,
        by=screening.recorded_by,
        at=at,
        token=draft.pk,
        content=content,
        reason="Blood group typed wrong; the blood bank's card says O",
    )


def _introduced(recorded: list[Screening]) -> None:
    """Say who the latest people of the clinic are: made-up names, numbers and addresses."""
    known = [screening for screening in recorded if screening.participant.site.slug == "st-anne"]
    for number, (screening, name) in enumerate(zip(reversed(known), NAMES, strict=False)):
        birth = screening.told["facts"].get("birth_date", "")
        details = Details(
            name=name,
            record_number=f"SA-{40_217 + 613 * number}",
            phone=f"+1 312 555 01{number + 11}",
            email=f"{name.lower().replace(' ', '.')}@people.example",
            birth_date=birth if isinstance(birth, str) and len(birth) == len("1983-05-01") else "",
        )
        actions.save_identity(
            screening.participant, details=details, by=screening.recorded_by, at=screening.recorded_at
        )


def _seen_again(screening: Screening, content: Content, now: datetime, chance: random.Random) -> None:
    """Pre-screen the same person again, weeks later, with fresh results."""
    at = _at_work(screening.participant.site, now - timedelta(days=6), chance)
    as_of = at.astimezone(ZoneInfo(screening.participant.site.time_zone)).date()
    tell = Teller(chance, as_of, screening.participant.site.units == Units.SI)
    tell.hba1c(6.6, 8.4, days_ago=12)
    tell.c_peptide("c_peptide_stimulated", chance.uniform(0.4, 1.4), days_ago=12)
    told = screening.told
    payload = {**told, "facts": {**told["facts"], **tell.facts}, "as_of": as_of.isoformat()}
    draft = _draft(screening.participant, screening.recorded_by, at, payload, content, chance)
    actions.record_screening(draft, by=screening.recorded_by, at=at, token=draft.pk, content=content)


def _half_filled(
    story: Story, known: int, by: User, moment: datetime, content: Content, chance: random.Random
) -> None:
    site = _site_of(by)
    participant = actions.add_participant(site=site, by=by, at=moment, source=chance)
    as_of = moment.astimezone(ZoneInfo(site.time_zone)).date()
    payload = _told(story, site, as_of, chance)
    answers = dict(_first(payload["facts"], known))
    _draft(participant, by, moment, {"as_of": payload["as_of"], "facts": answers}, content, chance)


def _first(answers: Facts, number: int) -> Iterator[tuple[str, Any]]:
    for place, item in enumerate(answers.items()):
        if place < number:
            yield item
