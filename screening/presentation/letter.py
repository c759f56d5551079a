"""A referral as its centre reads it: what the pre-screen it rests on says, and what the doctor wrote.

Drawn from what was stored; nothing is evaluated anew. Whatever was answered stands somewhere in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from screening.clinical.dates import DateSpan, read_date
from screening.clinical.hypoglycemia import CAUSES, RECORDS, SYMPTOMS, TELLERS
from screening.clinical.units import LABELS
from screening.interop.typed import REASONS
from screening.models import Contact, Referral, Site, TrialReferral
from screening.presentation import words
from screening.presentation.facts import used
from screening.presentation.person import person
from screening.presentation.result import TrialCard, trial_card
from screening.presentation.snapshots import completed
from screening.presentation.texts import EVENTS, CatalogueWords, catalogue_words
from screening.rules.facts import BIRTH

PARTS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "Awareness",
        ("gold_score", "clarke_score", "autonomic_symptoms_below_54"),
        ("major_fear_of_hypoglycemia", "hypo_score", "lability_index"),
    ),
    (
        "Glucose and C-peptide",
        ("hba1c", "c_peptide_stimulated", "c_peptide_fasting"),
        (
            "hba1c_highest_5y",
            "c_peptide_60min",
            "c_peptide_90min",
            "c_peptide_random",
            "c_peptide_fasting_undetectable",
            "dka_events_12m",
        ),
    ),
    (
        "Insulin, weight",
        ("insulin_delivery", "insulin_dose", "insulin_dose_per_kg", "weight", "height", "bmi"),
        ("aid_system", "aid_start_date", "aid_unsuitable", "injections_per_day", "other_antidiabetic_drug"),
    ),
    (
        "Kidney, blood pressure, eyes",
        ("creatinine", "egfr", "uacr", "systolic_bp", "diastolic_bp", "untreated_proliferative_retinopathy"),
        ("gfr_measured", "macroalbuminuria_ever", "diabetic_nephropathy", "creatinine_mean_3m"),
    ),
    (
        "Transplants, cancer, infection, pregnancy",
        (
            "kidney_transplant",
            "organ_transplant",
            "pancreas_transplant",
            "islet_transplant",
            "cell_therapy",
            "immunosuppression",
            "malignancy",
            "pregnancy",
        ),
        (
            "kidney_transplant_date",
            "prednisone_dose",
            "calcineurin_inhibitor",
            "steroid_need",
            "breast_feeding",
            "contraception_agreed",
            "active_infection",
            "hepatitis_b",
            "hepatitis_b_active",
            "hepatitis_c",
            "hepatitis_c_active",
            "hiv",
            "tuberculosis",
            "ebv_igg",
            "invasive_fungal_infection",
            "invasive_fungal_infection_date",
        ),
    ),
    (
        "Mind, habits, plans",
        ("psychiatric_instability", "neurocognitive_impairment", "substance_use"),
        ("smoking", "planned_surgery", "education_completed", "education_completed_date"),
    ),
)
"""The parts of the letter: title, what stands there also where it was not asked, what only where it was."""
SENSOR = ("cgm_active", "cgm_time_in_range", "cgm_time_below_70", "cgm_time_below_54", "cgm_cv")
ABOUT_SENSOR = ("cgm_use", "cgm_start_date", "cgm_sensor", "glucose_checks_per_day", "cgm_willing")
WORKED_OUT = ("egfr", "bmi", "insulin_dose_per_kg")
HEAD = ("birth_date", "sex", "diabetes_type", "diagnosis_date")
"""What the letter says in its first line."""
WAYS = {
    "ask": "Ask the person",
    "record": "Fetch from the record",
    "device": "Look up on the device",
    "lab": "Order in the laboratory",
    "procedure": "Order the procedure",
}
WHO = {"clinic": "The clinic", "centre": "The centre"}


@dataclass(frozen=True)
class Line:
    """One answer."""

    label: str
    value: str
    dated: str
    known: bool = True


@dataclass(frozen=True)
class Part:
    """Answers that stand together."""

    title: str
    lines: Sequence[Line]


@dataclass(frozen=True)
class EventLine:
    """One severe event."""

    when: str
    witness: str
    what: str
    treatment: str
    cause: str
    evidence: str
    delivery: str


@dataclass(frozen=True)
class Missing:
    """Something that a trial of the referral still asks for."""

    fact: str
    label: str
    way: str
    trials: str
    waiting: str
    who: str

    @property
    def who_words(self) -> str:
        return WHO.get(self.who, "Not settled")


@dataclass(frozen=True)
class OpenExclusion:
    """A deciding exclusion that is not known."""

    id: str
    text: str
    trial: str


@dataclass(frozen=True)
class TrialPart:
    """One trial of the referral."""

    trial: TrialReferral
    state: str
    card: TrialCard


@dataclass(frozen=True)
class Text:
    """What the doctor wrote about one thing."""

    label: str
    text: str


@dataclass(frozen=True)
class Letter:
    """Everything that stands in a referral letter."""

    referral: Referral
    reference: str
    who: str
    as_of: str
    written_on: str
    sent_on: str
    clinic: Site
    centre: Site
    author: str
    consent: Sequence[Line]
    texts: Sequence[Text]
    events: Sequence[EventLine]
    events_about: str
    parts: Sequence[Part]
    sensor: Sequence[Line]
    trials: Sequence[TrialPart]
    missing: Sequence[Missing]
    open_exclusions: Sequence[OpenExclusion]
    despite: str
    holds_until: str
    contact: Contact | None


def letter(referral: Referral, trials: Iterable[TrialReferral], *, contact: Contact | None = None) -> Letter:
    """Return the letter of `referral`, with those of its trials that its reader may see.

    Args:
        referral: with participant and site, centre, author, screening and its catalogue read.
        contact: how to reach the person, where the reader may know.
    """
    screening = referral.screening
    catalogue = catalogue_words(screening.catalogue.text)
    result = completed(screening.result)
    by_id = {trial["id"]: trial for trial in result["trials"]}
    chosen = list(trials)
    results = [by_id[trial.protocol] for trial in chosen]
    clinic = referral.participant.site
    lapse = min((trial["lapses_on"] for trial in results if trial["lapses_on"]), default=None)
    return Letter(
        referral=referral,
        reference=referral.participant.reference,
        who=person(screening.answers).phrase,
        as_of=words.day(screening.as_of),
        written_on=local_day(referral.submitted_at or timezone.now(), clinic),
        sent_on=local_day(referral.submitted_at, clinic) if referral.submitted_at else "",
        clinic=clinic,
        centre=referral.centre,
        author=str(referral.referred_by),
        consent=_consent(referral),
        texts=_texts(referral),
        events=_events(screening.answers),
        events_about=_about_events(screening.answers),
        parts=list(_parts(screening.answers, result, catalogue)),
        sensor=_sensor(screening.answers, catalogue),
        trials=[
            TrialPart(trial, trial.get_state_display(), trial_card(found, catalogue))
            for trial, found in zip(chosen, results, strict=True)
        ],
        missing=missing_of(results, referral.orders),
        open_exclusions=open_exclusions_of(results),
        despite=referral.despite.strip(),
        holds_until=words.day(lapse),
        contact=contact,
    )


def local_day(moment: datetime | None, site: Site) -> str:
    """Return the day of `moment` at `site`."""
    return "" if moment is None else words.day(site.day_of(moment))


def _consent(referral: Referral) -> list[Line]:
    said = (
        ("Agreed to be contacted", words.day(referral.contact_consent_on)),
        ("How", referral.get_contact_way_display()),
        ("Best time", referral.contact_time),
        ("Language", referral.contact_language),
    )
    return [Line(label, value or "not said", "", known=bool(value)) for label, value in said]


def _texts(referral: Referral) -> list[Text]:
    said = (
        ("Why this person is referred", referral.reason),
        ("Therapies tried, with dates", referral.therapies),
        ("Medicines and allergies", referral.medicines),
        ("Mental health, travel, support", referral.circumstances),
        ("What the person was told", referral.told),
    )
    return [Text(label, text.strip()) for label, text in said]


def open_exclusions_of(results: Iterable[Mapping[str, Any]]) -> list[OpenExclusion]:
    """Return the deciding exclusions that are not known in `results`."""
    return [
        OpenExclusion(criterion["id"], criterion["text"], trial["title"])
        for trial in results
        for criterion in trial["criteria"]
        if criterion["kind"] == "exclusion" and criterion["decides"] and criterion["outcome"] == "unknown"
    ]


def missing_of(results: Sequence[Mapping[str, Any]], orders: Mapping[str, str]) -> list[Missing]:
    """Return what the trials still ask for, what most of them ask for first, and who finds it out."""
    found: dict[str, Mapping[str, Any]] = {}
    asked: dict[str, list[str]] = {}
    for trial in results:
        for missing in trial["missing"]:
            found[missing["fact"]] = missing
            asked.setdefault(missing["fact"], []).append(
                f"{trial['title']}: {', '.join(missing['criteria'])}"
            )
    lines = [
        Missing(
            fact=name,
            label=missing["label"],
            way=WAYS[missing["obtained_by"]],
            trials="; ".join(asked[name]),
            waiting=_waiting(missing["waiting"]),
            who=orders.get(name, "") if orders.get(name, "") in WHO else "",
        )
        for name, missing in found.items()
    ]
    return sorted(lines, key=lambda line: -len(asked[line.fact]))


def _waiting(waiting: Mapping[str, Any] | None) -> str:
    if waiting is None:
        return ""
    return f"sent, due {words.day(waiting['due'])}" if waiting["due"] else "sent"


# --- The answers


def _parts(
    answers: Mapping[str, Any], result: Mapping[str, Any], catalogue: CatalogueWords
) -> Iterator[Part]:
    facts = answers.get("facts", {})
    worked_out = _worked_out(result, catalogue)
    told = {*HEAD, *SENSOR}
    for title, always, where_answered in PARTS:
        shown = [*always, *(name for name in where_answered if name in facts)]
        told.update(always, where_answered)
        yield Part(title, [_line(name, facts, catalogue, worked_out) for name in shown])
    rest = [name for name in facts if name not in told and name not in ABOUT_SENSOR]
    if rest:
        yield Part("Other answers", [_line(name, facts, catalogue, worked_out) for name in rest])


def _sensor(answers: Mapping[str, Any], catalogue: CatalogueWords) -> list[Line]:
    """Return the sensor's figures, and what else is known of it; none where nothing was answered."""
    facts = answers.get("facts", {})
    about = [_line(name, facts, catalogue, {}) for name in ABOUT_SENSOR if name in facts]
    figures = [_line(name, facts, catalogue, {}) for name in SENSOR]
    return [*about, *figures] if about or any(line.known for line in figures) else []


def _line(
    name: str, facts: Mapping[str, Any], catalogue: CatalogueWords, worked_out: Mapping[str, Line]
) -> Line:
    label = catalogue.labels[name]
    if name not in facts:
        return worked_out.get(name, Line(label, "not asked", "", known=False))
    value, dated, known = said(name, facts[name], catalogue)
    return worked_out[name] if not known and name in worked_out else Line(label, value, dated, known)


def said(name: str, answer: Any, catalogue: CatalogueWords) -> tuple[str, str, bool]:
    """Return an answer in words, its date, and whether it is known."""
    parts = answer if isinstance(answer, Mapping) and ("value" in answer or "unknown" in answer) else None
    if parts is not None and "unknown" in parts:
        why = REASONS.get(parts["unknown"], "")
        due = f" {words.day(parts['due'])}" if parts.get("due") else ""
        return f"not known{f': {why}{due}' if why else ''}", "", False
    value = parts["value"] if parts is not None else answer
    dated = words.when(parts["on"]) if parts is not None and parts.get("on") else ""
    unit = parts.get("unit", "") if parts is not None else ""
    return words.amount(_value(name, value, catalogue), LABELS.get(unit, unit)), dated, True


def _value(name: str, value: Any, catalogue: CatalogueWords) -> str:
    if value is True or value is False:
        return "yes" if value else "no"
    if isinstance(value, Mapping) and "age" in value:
        return f"age {value['age']} on {words.day(value['on'])}"
    if isinstance(value, Mapping) and "from" in value:
        return words.when(value)
    if isinstance(value, Mapping):
        return ", ".join(
            f"{catalogue.said(name, part)} {'yes' if so else 'no'}" for part, so in value.items()
        )
    if name.endswith("_date"):
        return words.day(str(value))
    return catalogue.said(name, str(value))


def _worked_out(result: Mapping[str, Any], catalogue: CatalogueWords) -> dict[str, Line]:
    """Return what formulas gave, as the result shows it."""
    found: dict[str, Line] = {}
    for trial in result["trials"]:
        for criterion in trial["criteria"]:
            for fact in criterion["facts"]:
                name = next((one for one in WORKED_OUT if fact["name"].startswith(one)), None)
                if name is not None and fact["value"] is not None and fact["origin"] == "computed":
                    shown = used(fact, catalogue)
                    found[name] = Line(catalogue.labels[name], f"{shown.value}, worked out", shown.dated)
    return found


# --- Severe events


def _events(answers: Mapping[str, Any]) -> list[EventLine]:
    start = answers.get("facts", {}).get("aid_start_date")
    delivery = answers.get("facts", {}).get("insulin_delivery")
    chosen = delivery.get("value") if isinstance(delivery, Mapping) else delivery
    return [_event(event, _span(start), chosen) for event in answers.get(EVENTS) or []]


def _event(event: Mapping[str, Any], aid_start: DateSpan | None, delivery: Any) -> EventLine:
    glucose = event.get("glucose")
    evidence = [RECORDS[event["documented"]]] if event.get("documented") else []
    if glucose is not None:
        reading = glucose if isinstance(glucose, str) else f"{glucose['value']} {glucose['unit']}"
        evidence.append(f"reading {reading}")
    return EventLine(
        when=words.when(event["on"]),
        witness=TELLERS.get(event.get("told_by", ""), "not known"),
        what=_what(event),
        treatment=_treatment(event),
        cause=CAUSES.get(event.get("cause", ""), "Not asked"),
        evidence=words.first_upper(", ".join(evidence)) or "None given",
        delivery=_before_or_after(_span(event["on"]), aid_start, delivery),
    )


def _what(event: Mapping[str, Any]) -> str:
    symptoms = [str(one).strip().lower().replace(" ", "_") for one in event.get("symptoms") or []]
    said_of = [SYMPTOMS.get(one, one.replace("_", " ")) for one in symptoms]
    if said_of:
        return words.first_upper(", ".join(said_of).lower())
    state = {True: "Not clear-headed", False: "Clear-headed", None: "Not known"}
    return state[event.get("impaired")]


def _treatment(event: Mapping[str, Any]) -> str:
    helped = {True: "By someone else", False: "By the person alone", None: "Not known"}
    came_round = {True: ", came round promptly", False: ", did not come round promptly", None: ""}
    return helped[event.get("assistance")] + came_round[event.get("recovered_after_treatment")]


def _before_or_after(event: DateSpan | None, start: DateSpan | None, delivery: Any) -> str:
    if delivery is not None and delivery != "aid" and start is None:
        return "No AID"
    if event is None or start is None:
        return "Not known"
    if event.last < start.first:
        return "Before AID"
    return "On AID" if event.first >= start.last else "Around its start"


def _span(on: Any) -> DateSpan | None:
    """Return the days a date may mean; None where it is not known."""
    if isinstance(on, Mapping):
        on = on.get("value", on)
    if isinstance(on, Mapping) and "from" in on:
        return DateSpan(read_date(str(on["from"])).first, read_date(str(on["to"])).last)
    return read_date(str(on)) if isinstance(on, str | int) else None


def _about_events(answers: Mapping[str, Any]) -> str:
    if EVENTS not in answers:
        return "Severe events were not asked for."
    since = answers.get(f"{EVENTS}_complete_since", "ever")
    asked = words.day(answers.get(f"{EVENTS}_asked_on", answers["as_of"]))
    more = answers.get(f"{EVENTS}_at_least_more")
    further = f" At least {more} more in the 12 months before." if more else ""
    if since == "ever":
        complete = "All that ever were"
    elif isinstance(since, str):
        complete = f"All since {words.day(since)}"
    else:
        complete = "Perhaps not all"
    return f"{complete}, asked {asked}.{further}"


# --- As JSON


def answers_for_centre(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored answers without the birth date, with the age on the day in its place."""
    age = person(answers).age
    facts = {name: answer for name, answer in answers.get("facts", {}).items() if name != BIRTH}
    if age.isdecimal():
        facts = {BIRTH: {"age": int(age), "on": answers["as_of"]}, **facts}
    return {**answers, "facts": facts}


def as_json(shown: Letter) -> dict[str, Any]:
    """Return the letter without texts and without contact: those never leave in a file.

    Its `answers` and the criteria have the shapes of docs/json.md.
    """
    referral = shown.referral
    result = completed(referral.screening.result)
    by_id = {trial["id"]: trial for trial in result["trials"]}
    return {
        "format": "isletscreen-referral-1",
        "reference": shown.reference,
        "referral": referral.pk,
        "submitted_at": referral.submitted_at.isoformat() if referral.submitted_at else None,
        "from": {"site": shown.clinic.name, "phone": shown.clinic.phone, "clinician": shown.author},
        "to": {"site": shown.centre.name, "phone": shown.centre.phone},
        "consent_to_contact": {
            "on": referral.contact_consent_on.isoformat() if referral.contact_consent_on else None,
            "way": referral.contact_way or None,
        },
        "person": shown.who,
        "pre_screen": {
            "as_of": referral.screening.as_of.isoformat(),
            "engine": referral.screening.engine,
            "catalogue_sha256": referral.screening.catalogue_id,
            "answers": answers_for_centre(referral.screening.answers),
        },
        "trials": [
            {
                key: by_id[part.trial.protocol][key]
                for key in (
                    "id",
                    "registry_id",
                    "title",
                    "version",
                    "sha256",
                    "candidacy",
                    "why",
                    "lapses_on",
                    "criteria",
                    "to_confirm",
                )
            }
            | {"state": part.trial.state}
            for part in shown.trials
        ],
        "missing": [
            {"fact": one.fact, "label": one.label, "way": one.way, "who": one.who or None}
            for one in shown.missing
        ],
    }
