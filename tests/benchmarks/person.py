"""What the hand-written screening reads of a person: each fact once, with its words and its record.

Nothing here is general: every fact has its label, its unit and its shelf life written beside it.
A truth is True, False or None for not known; a number is the interval it lies in.
"""

import math
from datetime import date, timedelta
from typing import Any, NamedTuple

from screening.clinical.dates import DateSpan, completed_years, lookback, reaches, say_day, say_span
from screening.clinical.hypoglycemia import CLARKE_QUESTIONS, Judged, clarke
from screening.clinical.units import CONVERSIONS, LABELS
from screening.rules.answers import Answer, Answers

YES_NO = {True: "yes", False: "no"}
EVENTS = "severe_hypoglycemic_events"
EVENT_WORDS = {
    "": "severe event",
    "cit": "severe event by the CIT definition",
    "uih": "severe event by the UIH-002 definition",
    "unexplained": "unexplained severe event",
    "documented": "documented severe event",
}
DAY = timedelta(days=1)


class Life(NamedTuple):
    """How long an answer counts: the oldest day that still does, and the duration."""

    since: date
    count: int
    unit: str

    def lasts(self, on: DateSpan) -> date:
        """Return the last day on which an answer of `on` counts."""
        return reaches(on.first + DAY, self.count, self.unit) - DAY


class Obstacle(NamedTuple):
    """Why something is not known."""

    reason: str
    fact: str
    words: str


class Fact:
    """One thing the criteria read."""

    __slots__ = ("high", "lapses", "low", "measured", "obstacles", "record", "value", "words")

    def __init__(
        self,
        value: Any,
        words: str,
        record: dict[str, Any],
        obstacles: tuple[Obstacle, ...] = (),
        lapses: tuple[date, ...] = (),
        *,
        measured: bool = False,
        low: float = 0,
        high: float = 0,
    ) -> None:
        self.value, self.words, self.record = value, words, record
        self.obstacles, self.lapses, self.measured = obstacles, lapses, measured
        self.low, self.high = low, high


class Count:
    """The severe events of one definition in a window of months that ends on a day."""

    def __init__(self, person: "Person", definition: str, months: int) -> None:
        self.person, self.months = person, months
        history = person.answers.history
        self.judged: Judged | None = None if history is None else history.judged[definition]
        self.on: dict[date, tuple[int, int | None] | None] = {}
        name = f"{EVENTS}_{definition}_{months}m" if definition else f"{EVENTS}_{months}m"
        found = self.bounds(person.day)
        record = {"name": name, "value": None, "unit": "events", "on": person.today, "origin": "history"}
        if self.judged is None or found is None:
            words = "Severe events not asked"
            self.fact = Fact(None, words, record, (Obstacle("missing", EVENTS, words),), measured=True)
            return
        low, high = found
        record["value"] = low if low == high else [low, high]
        words = self.words(EVENT_WORDS[definition], low, high, self.judged)
        self.fact = Fact(found, words, record, self.obstacles(words, low, high, self.judged), measured=True)

    def bounds(self, day: date) -> tuple[int, int | None] | None:
        """Return the fewest and the most events in the window that ends on `day`."""
        if self.judged is None:
            return None
        if day not in self.on:
            start = lookback(day, self.months, "months")
            self.on[day] = self.judged.bounds(DateSpan(start, start), day, self.person.day)
        return self.on[day]

    def words(self, event: str, low: int, high: int | None, judged: Judged) -> str:
        start, today = lookback(self.person.day, self.months, "months"), self.person.day
        since = f"since {say_day(start)}"
        if high == 0:
            return f"No {event} {since}"
        listed = []
        any_day = 0
        for first, last in sorted(span[::-1] for span in judged.possible if span[0] >= start):
            if first <= start and last >= today:
                any_day += 1
            else:
                listed.append(say_span(DateSpan(first, last)))
        if any_day:
            listed.append(f"{any_day} with no date")
        when = f" ({'; '.join(listed)})" if listed else ""
        if low == 0 and high is None:
            return f"No {event} for certain {since}{when}"
        if low == 1 and high in (1, None):
            return f"{'1' if high == 1 else 'At least 1'} {event} {since}{when}"
        amount = str(low) if low == high else f"At least {low}" if high is None else f"{low} to {high}"
        return f"{amount} {event.replace('event', 'events')} {since}{when}"

    def obstacles(self, words: str, low: int, high: int | None, judged: Judged) -> tuple[Obstacle, ...]:
        if low == high:
            return ()
        if high is not None:
            return (Obstacle("missing", EVENTS, words),)
        if judged.asking.complete_until < self.person.day:
            asked = f"asked on {say_day(judged.asking.asked_on)}"
            return (Obstacle("stale", EVENTS, f"{words}; the list of events is {asked}"),)
        return (Obstacle("missing", EVENTS, f"{words}; the list of events is not known to be complete"),)

    @property
    def days(self) -> set[date]:
        """The days on which the count may change by time alone."""
        if self.judged is None:
            return set()
        asking, months = self.judged.asking, self.months
        found = {reaches(end + DAY, months, "months") for span in self.judged.possible for end in span}
        if asking.complete_from is not None and asking.complete_from > self.person.day - timedelta(days=1500):
            found.add(reaches(asking.complete_from, months, "months"))
        if self.judged.more:
            found.add(reaches(asking.year_before + DAY, months, "months"))
        return found


def iso(span: DateSpan | None) -> Any:
    """Return a span for JSON."""
    if span is None:
        return None
    if span.first == span.last:
        return span.first.isoformat()
    return {"from": span.first.isoformat(), "to": span.last.isoformat()}


def plain(value: float) -> str:
    """Return a number with two decimals at most."""
    rounded = round(math.floor(value / 0.01 + 0.5 + 1e-9) * 0.01, 6)
    return str(int(rounded)) if rounded == int(rounded) else repr(rounded)


def ranged(low: float, high: float) -> str:
    if low == high:
        return plain(low)
    return f"at least {plain(low)}" if math.isinf(high) else f"{plain(low)} to {plain(high)}"


def bounds(low: float, high: float) -> Any:
    """Return an interval for JSON."""
    ends = [None if math.isinf(end) else int(end) if end == int(end) else end for end in (low, high)]
    return ends[0] if low == high else ends


def ago(span: DateSpan, day: date) -> str:
    longest, shortest = (day - span.first).days, (day - span.last).days
    for unit, length in (("year", 365.2425), ("month", 30.436875)):
        low, high = int(shortest / length + 0.002), int(longest / length + 0.002)
        if low >= 2:
            return f"{low} {unit}s ago" if low == high else f"{low} to {high} {unit}s ago"
    if shortest == longest:
        return f"{shortest} {'day' if shortest == 1 else 'days'} ago"
    return f"up to {longest} days ago"


def small(words: str) -> str:
    """Return `words` to stand inside a sentence; acronyms and names keep their capital."""
    kept = ("C-peptide", "HbA1c", "eGFR", "Clarke", "Gold", "BMI")
    return words if words.startswith(kept) else words[:1].lower() + words[1:]


def large(words: str) -> str:
    """Return `words` to start a sentence; C-peptide, eGFR and the like are written as they are."""
    first = words.split()[0]
    return words if first != first.lower() else words[:1].upper() + words[1:]


class Person:
    """All that the protocols written out by hand read of one person, on the day of the answers."""

    def __init__(self, answers: Answers) -> None:
        self.answers, self.known, self.day = answers, answers.known, answers.as_of
        self.today = answers.as_of.isoformat()
        self.counts: dict[tuple[str, int], Count] = {}
        month = self.lives("days", 30)
        season = self.lives("days", 90)
        half = self.lives("days", 180)
        year = self.lives("days", 365)
        months_6, months_12 = self.lives("months", 6), self.lives("months", 12)

        self.birth = self.date("birth_date", "Date of birth")
        self.diagnosis = self.date("diagnosis_date", "Date of diagnosis")
        self.insulin_start = self.date("insulin_start_date", "Start of insulin")
        self.kidney_transplant_date = self.date("kidney_transplant_date", "Date of the kidney transplant")
        self.aid_start = self.date("aid_start_date", "Start of the AID system")
        self.cgm_start = self.date("cgm_start_date", "Start of CGM")
        self.heart_attack_date = self.date("myocardial_infarction_date", "Date of the heart attack")
        self.fungal_date = self.date("invasive_fungal_infection_date", "Date of the fungal infection")

        self.sex = self.choice("sex", "Sex", {"female": "Female", "male": "Male"}, dated=False)
        self.diabetes_type = self.choice(
            "diabetes_type",
            "Type of diabetes",
            {
                "type_1": "Type 1",
                "type_2": "Type 2",
                "secondary": "Secondary",
                "monogenic": "Monogenic",
                "other": "Other",
            },
            dated=False,
        )
        self.blood_group = self.choice(
            "blood_group", "Blood group", {"A": "A", "B": "B", "AB": "AB", "O": "O"}, dated=False
        )
        self.kidney_transplant = self.choice(
            "kidney_transplant",
            "Kidney transplant",
            {"none": "None", "functioning": "Functioning", "failed": "Failed"},
            none=year,
        )
        self.insulin_delivery = self.choice(
            "insulin_delivery",
            "Insulin delivery",
            {"injections": "Injections", "pump": "Pump", "aid": "AID system"},
            injections=season,
            pump=season,
            aid=season,
        )
        self.aid_system = self.choice(
            "aid_system",
            "AID system",
            {
                "omnipod_5": "Omnipod 5",
                "tslim_x2": "t:slim X2 with Control-IQ",
                "tandem_mobi": "Tandem Mobi",
                "minimed_670g_770g": "MiniMed 670G or 770G",
                "minimed_780g": "MiniMed 780G",
                "camaps_fx": "CamAPS FX",
                "ilet": "iLet",
                "twiist": "twiist",
                "open_source": "Open source (Loop, AndroidAPS, Trio)",
                "other": "Other",
            },
            every=season,
        )
        self.cgm_sensor = self.choice(
            "cgm_sensor",
            "Sensor",
            {
                "dexcom_g6": "Dexcom G6",
                "dexcom_g7": "Dexcom G7",
                "dexcom_one": "Dexcom ONE or ONE+",
                "libre_1": "FreeStyle Libre (first)",
                "libre_2": "FreeStyle Libre 2 or 2 Plus",
                "libre_3": "FreeStyle Libre 3 or 3 Plus",
                "guardian": "Guardian 3 or 4",
                "simplera": "Simplera",
                "eversense": "Eversense",
                "other": "Other",
            },
            every=season,
        )
        self.pregnancy = self.choice(
            "pregnancy",
            "Pregnancy",
            {"not_applicable": "Not applicable", "no": "No", "yes": "Yes", "planned": "Planned"},
            every=month,
        )
        self.malignancy = self.choice(
            "malignancy",
            "Cancer",
            {"none": "None", "resected_skin": "Skin, completely resected", "other": "Other"},
            none=year,
            resected_skin=year,
        )
        self.ebv_igg = self.choice(
            "ebv_igg", "EBV IgG", {"positive": "Positive", "negative": "Negative"}, negative=year
        )

        self.any_cardiac_disease = self.yes_no("any_cardiac_disease", "Heart disease", no=year)
        self.heart_attack = self.yes_no("myocardial_infarction", "Heart attack", no=year)
        self.heart_failure = self.yes_no("heart_failure", "Heart failure", no=year)
        self.ischemia = self.yes_no("ischemia", "Cardiac ischaemia", no=year)
        self.ischemia_12m = self.yes_no("ischemia", "Cardiac ischaemia", yes=months_12, no=months_12)
        self.macroalbuminuria_ever = self.yes_no(
            "macroalbuminuria_ever", "Albumin/creatinine ratio above 300 mg/g, ever", no=year
        )
        self.retinopathy = self.yes_no(
            "untreated_proliferative_retinopathy", "Untreated proliferative retinopathy", yes=year, no=year
        )
        self.nephropathy = self.yes_no("diabetic_nephropathy", "Diabetic nephropathy", no=year)
        self.skin_ulcer = self.yes_no(
            "skin_ulcer_or_amputation", "Skin ulcer or amputation", yes=year, no=year
        )
        self.hla_antibodies = self.yes_no("hla_antibodies", "Antibodies against HLA", no=year)
        self.breast_feeding = self.yes_no("breast_feeding", "Breast-feeding", yes=month, no=month)
        self.contraception = self.yes_no("contraception_agreed", "Effective contraception", yes=half, no=half)
        self.hepatitis_b = self.yes_no("hepatitis_b", "Hepatitis B", no=year)
        self.hepatitis_b_active = self.yes_no("hepatitis_b_active", "Active hepatitis B", yes=year, no=year)
        self.hepatitis_c = self.yes_no("hepatitis_c", "Hepatitis C", no=year)
        self.hepatitis_c_active = self.yes_no("hepatitis_c_active", "Active hepatitis C", yes=year, no=year)
        self.hiv = self.yes_no("hiv", "HIV", no=year)
        self.tuberculosis = self.yes_no("tuberculosis", "Tuberculosis", no=year)
        self.fungal_infection = self.yes_no("invasive_fungal_infection", "Invasive fungal infection", no=year)
        self.active_infection = self.yes_no("active_infection", "Active infection", yes=month, no=month)
        self.substance_use = self.yes_no("substance_use", "Alcohol or drug misuse", yes=half, no=half)
        self.smoking = self.yes_no("smoking", "Smoking", yes=half, no=half)
        self.psychiatric = self.yes_no(
            "psychiatric_instability", "Unstable psychiatric illness", yes=half, no=half
        )
        self.neurocognitive = self.yes_no("neurocognitive_impairment", "Neurocognitive impairment", no=year)
        self.brain_injury = self.yes_no("brain_injury", "Earlier brain injury", no=year)
        two_months = self.lives("days", 60)
        self.live_vaccine = self.yes_no("live_vaccine", "Live vaccine", yes=two_months, no=two_months)
        self.low_hemoglobin = self.yes_no(
            "hemoglobin_below_lab_limit", "Haemoglobin below the laboratory's limit", yes=season, no=season
        )
        self.anticoagulation = self.yes_no("anticoagulation", "Anticoagulation", yes=season, no=season)
        self.portal_thrombosis = self.yes_no("portal_thrombosis", "Portal vein thrombosis", no=year)
        self.liver_disease = self.yes_no("liver_disease", "Liver disease", yes=year, no=year)
        self.steroid_need = self.yes_no("steroid_need", "Need for steroids", yes=season, no=season)
        self.planned_surgery = self.yes_no("planned_surgery", "Planned surgery", yes=season, no=season)
        self.abdominal_wall = self.yes_no(
            "abdominal_wall_problem", "Abdominal wall problem", yes=year, no=year
        )
        self.polymer_allergy = self.yes_no("polymer_allergy", "Polymer allergy", no=year)
        self.immunosuppression = self.yes_no("immunosuppression", "Immunosuppression", yes=season, no=season)
        self.calcineurin_inhibitor = self.yes_no(
            "calcineurin_inhibitor", "Calcineurin inhibitor", yes=season, no=season
        )
        self.same_donor_islets = self.yes_no(
            "same_donor_islets_planned",
            "Islets planned with a kidney of the same donor",
            yes=season,
            no=season,
        )
        self.organ_transplant = self.yes_no("organ_transplant", "Organ transplant", no=year)
        self.pancreas_transplant = self.yes_no("pancreas_transplant", "Pancreas transplant", no=year)
        self.islet_transplant = self.yes_no("islet_transplant", "Islet transplant", no=year)
        self.cell_therapy = self.yes_no("cell_therapy", "Cell therapy", no=year)
        self.other_drug = self.yes_no(
            "other_antidiabetic_drug", "Glucose-lowering medicine other than insulin", yes=season, no=season
        )
        self.education = self.yes_no("education_completed", "Structured education", no=year)
        self.symptoms_below_54 = self.yes_no(
            "autonomic_symptoms_below_54", "Adequate warning symptoms below 54 mg/dL", yes=half, no=half
        )
        self.fear = self.yes_no(
            "major_fear_of_hypoglycemia", "Major fear of hypoglycaemia", yes=half, no=half
        )
        self.cgm_use = self.yes_no("cgm_use", "CGM use", yes=season, no=season)
        self.cgm_willing = self.yes_no("cgm_willing", "Willingness to wear a sensor", yes=season, no=season)
        self.aid_unsuitable = self.yes_no(
            "aid_unsuitable", "A reason against an AID system", yes=season, no=season
        )
        peptide = self.c_peptide_life()
        self.undetectable = self.yes_no(
            "c_peptide_fasting_undetectable", "Undetectable fasting C-peptide", yes=peptide, no=peptide
        )
        two_years = self.lives("days", 730)
        self.gad65 = self.autoantibody("gad65", "GAD65", two_years)
        self.ia2 = self.autoantibody("ia2", "IA-2", two_years)
        self.znt8 = self.autoantibody("znt8", "ZnT8", two_years)

        self.hba1c = self.number("hba1c", "HbA1c", season, "percent", 0.1)
        self.hba1c_highest = self.number(
            "hba1c_highest_5y", "Highest HbA1c in 5 years", self.lives("years", 5), "mmol_mol", 1
        )
        if self.hba1c_highest.value is None and self.hba1c.value is not None:
            self.hba1c_highest = self.at_least(
                "hba1c_highest_5y", "Highest HbA1c in 5 years", self.hba1c, "mmol_mol", 1
            )
        self.c_peptides(peptide)
        self.systolic = self.number("systolic_bp", "Systolic blood pressure", season, "mmhg")
        self.diastolic = self.number("diastolic_bp", "Diastolic blood pressure", season, "mmhg")
        self.glucose_checks = self.number("glucose_checks_per_day", "Glucose checks per day", season)
        self.injections = self.number("injections_per_day", "Injections per day", season)
        self.visits = self.number("specialist_visits_12m", "Specialist visits in 12 months", season)
        self.gold = self.number("gold_score", "Gold score", half)
        self.hypo_score_6m = self.number("hypo_score", "HYPO score", months_6)
        self.lability = self.number("lability_index", "Lability index", half)
        self.lability_6m = self.number("lability_index", "Lability index", months_6)
        self.weight = self.number("weight", "Weight", half, "kg")
        self.height = self.number("height", "Height", None, "cm")
        self.insulin_dose = self.number("insulin_dose", "Insulin dose", season, "units")
        self.gfr_measured = self.number("gfr_measured", "Measured GFR", year, "ml_min_1_73m2")
        self.uacr = self.number("uacr", "Urine albumin/creatinine ratio", year, "mg_g", 1)
        self.lymphocytes = self.number("lymphocytes", "Lymphocytes", season, "per_ul")
        self.neutrophils = self.number("neutrophils", "Neutrophils", season, "per_ul")
        self.platelets = self.number("platelets", "Platelets", season, "per_ul")
        self.lvef = self.number("lvef", "Ejection fraction", year, "percent")
        self.prednisone = self.number("prednisone_dose", "Steroid dose", season, "mg")
        self.pra = self.number("pra", "Panel reactive antibodies", year, "percent")
        self.below_54 = self.number("cgm_time_below_54", "Time below 54 mg/dL", season, "percent")
        self.cv = self.number("cgm_cv", "Coefficient of variation", season, "percent")
        self.sensor_wear = self.number("cgm_active", "Sensor wear", season, "percent")
        kidney = half if self.kidney_transplant.value not in (None, "functioning") else season
        self.creatinine = self.number("creatinine", "Creatinine", kidney, "mg_dl", 0.01)
        self.creatinine_mean = self.number(
            "creatinine_mean_3m", "Mean creatinine of 3 months", season, "mg_dl", 0.01
        )
        self.egfr = self.estimated_gfr(kidney)
        self.creatinine_of_mean = self.share_of_mean_creatinine()
        self.bmi = self.body_mass_index()
        self.dose_per_kg = self.insulin_per_kg()
        self.clarke = self.clarke_score(half)
        self.clarke_6m = self.clarke_score(months_6)
        self.age_fact = self.age()
        self.age_at_diagnosis = self.age_then()
        self.age_and_years = self.age_plus_years_on_insulin()

    def lives(self, unit: str, count: int) -> Life:
        return Life(lookback(self.day, count, unit), count, unit)

    def severe(self, definition: str, months: int) -> Count:
        """Return the count of severe events by one definition over so many months."""
        key = definition, months
        if key not in self.counts:
            self.counts[key] = Count(self, definition, months)
        return self.counts[key]

    def c_peptide_life(self) -> Life:
        """C-peptide counts for a year, and for 60 days in the first three years of diabetes."""
        span = self.diagnosis.value
        if span is not None and span.last <= lookback(self.day, 3, "years"):
            return self.lives("days", 365)
        return self.lives("days", 60)

    def waiting(self, fact: str) -> dict[str, Any] | None:
        """Return the day a result is due that was sent for."""
        given = self.answers.not_known.get(fact)
        if given is None or given.why != "sent":
            return None
        return {"due": None if given.due is None else given.due.isoformat()}

    def conflicts(self) -> list[dict[str, Any]]:
        """Return the answers that contradict each other, and what is reported otherwise than worked out."""
        stated: dict[str, list[str]] = {}
        for name, words in self.answers.conflicts.items():
            stated.setdefault(words, []).append(name)
        found = [{"facts": names, "text": f"{words}."} for words, names in stated.items()]
        if self.reported_otherwise("egfr", self.egfr):
            names = ["egfr", "creatinine", "birth_date"] + ["sex"] * (self.sex.value is not None)
            found.append({"facts": names, "text": f"{self.egfr.words}."})
        if self.reported_otherwise("clarke_score", self.clarke):
            half = lookback(self.day, 180, "days")
            names = [f"clarke_{question}" for question in CLARKE_QUESTIONS]
            asked = [(name, self.known[name].on) for name in names if name in self.known]
            names = [name for name, on in asked if on is not None and on.first >= half]
            found.append({"facts": ["clarke_score", *names], "text": f"{self.clarke.words}."})
        return found

    def reported_otherwise(self, name: str, fact: Fact) -> bool:
        """Whether a number is reported, and worked out to be another one."""
        if name in self.answers.conflicts:
            return False
        return any(one.fact == name and one.reason == "conflict" for one in fact.obstacles)

    # --- Answers

    def obstacle(self, name: str, label: str) -> Obstacle:
        """Return why there is no answer at all."""
        if name in self.answers.conflicts:
            return Obstacle("conflict", name, self.answers.conflicts[name])
        given = self.answers.not_known.get(name)
        if given is None:
            return Obstacle("missing", name, f"{label} not asked")
        why = str(given)
        return Obstacle(
            "missing", name, f"{label} {why}" if why.startswith("not ") else f"{label} not known: {why}"
        )

    def too_old(self, name: str, said: str, on: DateSpan | None, life: Life) -> Obstacle:
        if on is None:
            return Obstacle("undated", name, f"{said} has no date")
        return Obstacle("stale", name, f"{said} of {say_span(on)} is older than {life.count} {life.unit}")

    def unanswered(self, name: str, label: str, *, measured: bool = False) -> Fact:
        obstacle = self.obstacle(name, label)
        record = {"name": name, "value": None, "unit": "", "on": None, "origin": ""}
        return Fact(None, obstacle.words, record, (obstacle,), measured=measured)

    def yes_no(self, name: str, label: str, *, yes: Life | None = None, no: Life | None = None) -> Fact:
        answer = self.known.get(name)
        if answer is None:
            return self.unanswered(name, label)
        value, on = answer.value, answer.on
        said = f"{label}: yes" if value else f"{label}: no"
        record = {"name": name, "value": value, "unit": "", "on": iso(on), "origin": answer.origin}
        life = yes if value else no
        if life is None:
            return Fact(value, said if on is None else f"{said} ({say_span(on)})", record)
        if on is None or on.first < life.since:
            obstacle = self.too_old(name, said, on, life)
            return Fact(None, obstacle.words, record, (obstacle,))
        return Fact(value, f"{said} ({say_span(on)})", record, (), (life.lasts(on),))

    def choice(
        self,
        name: str,
        label: str,
        labels: dict[str, str],
        *,
        dated: bool = True,
        every: Life | None = None,
        **lives: Life,
    ) -> Fact:
        answer = self.known.get(name)
        if answer is None:
            return self.unanswered(name, label)
        value, on = answer.value, answer.on
        said = f"{label}: {labels[value]}"
        record = {"name": name, "value": value, "unit": "", "on": iso(on), "origin": answer.origin}
        life = lives.get(value, every)
        if life is not None and (on is None or on.first < life.since):
            obstacle = self.too_old(name, said, on, life)
            return Fact(None, obstacle.words, record, (obstacle,))
        if dated and on is not None:
            said = f"{said} ({say_span(on)})"
        return Fact(value, said, record, (), () if life is None or on is None else (life.lasts(on),))

    def autoantibody(self, part: str, kind: str, life: Life) -> Fact:
        name, label = "autoantibodies_positive", "Islet autoantibodies"
        answer = self.known.get(name)
        if answer is None:
            return self.unanswered(name, label)
        record = {
            "name": name,
            "value": answer.value,
            "unit": "",
            "on": iso(answer.on),
            "origin": answer.origin,
        }
        if answer.on is None or answer.on.first < life.since:
            obstacle = self.too_old(name, label, answer.on, life)
            return Fact(None, obstacle.words, record, (obstacle,))
        lapses = (life.lasts(answer.on),)
        value = answer.value.get(part)
        if value is None:
            obstacle = Obstacle("missing", name, f"{label}: {kind} not known")
            return Fact(None, obstacle.words, record, (obstacle,), lapses)
        words = f"{label}: {kind} {YES_NO[value]} ({say_span(answer.on)})"
        return Fact(value, words, record, (), lapses)

    def date(self, name: str, label: str) -> Fact:
        answer = self.known.get(name)
        if answer is None:
            return self.unanswered(name, label, measured=True)
        span = answer.value
        record = {"name": name, "value": iso(span), "unit": "", "on": None, "origin": answer.origin}
        words = f"{label} {say_span(span)} ({ago(span, self.day)})"
        obstacles: tuple[Obstacle, ...] = ()
        if span.first != span.last:
            obstacles = (Obstacle("missing", name, f"{label} known only as {say_span(span)}"),)
        return Fact(span, words, record, obstacles, measured=True)

    def number(
        self, name: str, label: str, life: Life | None, unit: str = "", step: float | None = None
    ) -> Fact:
        """Return a number in `unit`; typed in another one, it is rounded to `step` as a report would be."""
        answer = self.known.get(name)
        if answer is not None and (life is None or (answer.on is not None and answer.on.first >= life.since)):
            return self.current(answer, label, life, unit, step)
        fact = self.unanswered(name, label, measured=True)
        fact.record["name"] = f"{name}_{unit}" if unit else name
        if answer is not None and life is not None:
            said = f"{label} {answer.written} {LABELS.get(answer.unit, '')}".rstrip()
            obstacle = self.too_old(name, said, answer.on, life)
            fact.obstacles, fact.words = (obstacle,), obstacle.words
        return fact

    def current(self, answer: Answer, label: str, life: Life | None, unit: str, step: float | None) -> Fact:
        low, high = answer.value
        shown = LABELS.get(answer.unit, "")
        record = {
            "name": answer.fact,
            "value": answer.written,
            "unit": shown,
            "on": iso(answer.on),
            "origin": answer.origin,
        }
        words = f"{label} {answer.written} {shown}".rstrip()
        if answer.unit != unit:
            converted = CONVERSIONS[answer.unit, unit](low)
            if low == high:
                words += f" = {in_steps(converted, step)} {LABELS[unit]}"
            low, high = in_unit(low, answer.unit, unit, step), in_unit(high, answer.unit, unit, step)
        if answer.on is not None:
            words += f" ({say_span(answer.on)})"
        obstacles = () if answer.value[0] == answer.value[1] else (Obstacle("missing", answer.fact, words),)
        lapses = () if life is None or answer.on is None else (life.lasts(answer.on),)
        return Fact(answer.value, words, record, obstacles, lapses, measured=True, low=low, high=high)

    def typed(self, name: str) -> str:
        """Return what was typed for a number, for use inside another sentence."""
        answer = self.known[name]
        said = f"{answer.written} {LABELS.get(answer.unit, '')}".rstrip()
        return said if answer.on is None else f"{said} ({say_span(answer.on)})"

    # --- Numbers that follow from others

    def at_least(self, name: str, label: str, floor: Fact, unit: str, step: float | None = None) -> Fact:
        """Return a number that is missing, but no less than the one `floor` is."""
        answer = self.known[floor.record["name"]]
        least = floor.value[0]
        shown = LABELS[answer.unit]
        amount = f"{plain(least)} {shown}"
        if answer.unit != unit:
            amount += f" = {in_steps(CONVERSIONS[answer.unit, unit](least), step)} {LABELS[unit]}"
        words = f"{label} at least {amount}, as {small(floor_words(floor, answer))}"
        record = {
            "name": f"{name}_{unit}",
            "value": [bounds(least, least), None],
            "unit": shown,
            "on": None,
            "origin": "computed",
        }
        low = in_unit(least, answer.unit, unit, step)
        obstacle = Obstacle("missing", name, words)
        return Fact(
            (least, math.inf), words, record, (obstacle,), floor.lapses, measured=True, low=low, high=math.inf
        )

    def c_peptides(self, life: Life) -> None:
        """Read the C-peptides: in a meal test each is at least the fasting one, the peak at least each."""
        self.fasting = self.number("c_peptide_fasting", "Fasting C-peptide", life, "ng_ml")
        self.at_60 = self.number("c_peptide_60min", "C-peptide at 60 minutes", life, "ng_ml")
        self.at_90 = self.number("c_peptide_90min", "C-peptide at 90 minutes", life, "ng_ml")
        self.stimulated = self.number("c_peptide_stimulated", "Stimulated C-peptide", life, "ng_ml")
        known = [one for one in (self.fasting, self.at_60, self.at_90) if one.value is not None]
        if self.stimulated.value is None and known:
            highest = max(known, key=lambda one: one.low)
            self.stimulated = self.at_least("c_peptide_stimulated", "Stimulated C-peptide", highest, "ng_ml")
        if self.fasting.value is not None:
            if self.at_60.value is None:
                self.at_60 = self.at_least(
                    "c_peptide_60min", "C-peptide at 60 minutes", self.fasting, "ng_ml"
                )
            if self.at_90.value is None:
                self.at_90 = self.at_least(
                    "c_peptide_90min", "C-peptide at 90 minutes", self.fasting, "ng_ml"
                )

    def estimated_gfr(self, life: Life) -> Fact:
        """Return the eGFR as reported, as worked out from creatinine, or what both leave open."""
        reported, creatinine = self.number("egfr", "eGFR", life, "ml_min_1_73m2"), self.creatinine
        computed = self.ckd_epi_2021()
        unit = LABELS["ml_min_1_73m2"]
        record = {
            "name": "egfr_ml_min_1_73m2",
            "value": None,
            "unit": "",
            "on": reported.record["on"],
            "origin": "",
        }
        lapses, origin = reported.lapses + creatinine.lapses, "computed"
        if reported.value is None and computed is None:
            obstacles = reported.obstacles + creatinine.obstacles
            if creatinine.value is None or self.birth.value is None:
                obstacles += self.birth.obstacles
            if self.sex.value is None:
                obstacles += self.sex.obstacles
            return Fact(None, reported.words, record, obstacles, lapses, measured=True)
        if computed is None or (
            reported.value is not None and computed[0] <= reported.low <= reported.high <= computed[1]
        ):
            low, high, origin = reported.low, reported.high, reported.record["origin"]
            words, reason = reported.words, "missing" if low < high else ""
        elif reported.value is None:
            low, high = computed
            words = (
                f"eGFR {ranged(low, high)} {unit}, from {small(self.plain_words('creatinine', 'Creatinine'))}"
            )
            reason = "missing" if low < high else ""
        else:
            low, high = min(reported.low, computed[0]), max(reported.high, computed[1])
            words = (
                f"eGFR reported as {self.typed('egfr')}, but worked out as {ranged(*computed)} "
                f"from {small(self.plain_words('creatinine', 'Creatinine'))}"
            )
            reason = "conflict" if reported.low == reported.high else "missing"
        record |= {"value": bounds(low, high), "unit": unit, "origin": origin}
        obstacles = (Obstacle(reason, "egfr", words),) if low < high else ()
        return Fact((low, high), words, record, obstacles, lapses, measured=True, low=low, high=high)

    def ckd_epi_2021(self) -> tuple[float, float] | None:
        creatinine, birth = self.creatinine, self.birth.value
        if creatinine.value is None or birth is None:
            return None
        answer = self.known["creatinine"]
        if answer.on is None:
            return None
        convert = None if answer.unit == "mg_dl" else CONVERSIONS[answer.unit, "mg_dl"]
        least, most = (end if convert is None else convert(end) for end in creatinine.value)
        youngest = completed_years(birth.last, answer.on.first)
        oldest = completed_years(birth.first, answer.on.last)
        if completed_years(birth.first, self.day) < 18:
            return None
        found: list[float] = []
        sexes = ("female", "male") if self.sex.value is None else (self.sex.value,)
        for sex in sexes:
            at, power, factor = (0.7, -0.241, 1.012) if sex == "female" else (0.9, -0.302, 1)
            for level, age in ((most, oldest), (least, youngest)):
                value = 142 * min(level / at, 1) ** power * max(level / at, 1) ** -1.2 * 0.9938**age * factor
                found.append(float(math.floor(value + 0.5)))
        return min(found), max(found)

    def plain_words(self, name: str, label: str) -> str:
        """Return a number with its day, in the unit it was typed in."""
        return f"{label} {self.typed(name)}"

    def worked_out(
        self,
        name: str,
        label: str,
        unit: str,
        found: tuple[float, float] | None,
        parts: list[tuple[str, str, Fact]],
    ) -> Fact:
        """Return a number that only a formula gives, from its two parts."""
        record = {"name": f"{name}_{unit}", "value": None, "unit": "", "on": None, "origin": ""}
        lapses = tuple(day for _, _, part in parts for day in part.lapses)
        if found is None:
            obstacles = tuple(
                obstacle for _, _, part in parts if part.value is None for obstacle in part.obstacles
            )
            words = "; ".join([obstacle.words for obstacle in obstacles])
            return Fact(None, words, record, obstacles, lapses, measured=True)
        low, high = found
        origin = " and ".join([small(self.plain_words(part, said)) for part, said, _ in parts])
        words = f"{label} {ranged(low, high)} {LABELS[unit]}, from {origin}"
        record |= {"value": bounds(low, high), "unit": LABELS[unit], "origin": "computed"}
        obstacles = (Obstacle("missing", name, words),) if low < high else ()
        return Fact(found, words, record, obstacles, lapses, measured=True, low=low, high=high)

    def body_mass_index(self) -> Fact:
        weight, height = self.weight, self.height
        found = None
        if weight.value is not None and height.value is not None:
            found = (
                weight.low / ((height.high / 100) * (height.high / 100)),
                weight.high / ((height.low / 100) * (height.low / 100)),
            )
        return self.worked_out(
            "bmi", "BMI", "kg_m2", found, [("weight", "Weight", weight), ("height", "Height", height)]
        )

    def share_of_mean_creatinine(self) -> Fact:
        now, mean = self.creatinine, self.creatinine_mean
        found = None
        if now.value is not None and mean.value is not None:
            (least, most), (least_mean, most_mean) = (
                [unrounded(end, self.known[name].unit, "mg_dl") for end in fact.value]
                for name, fact in (("creatinine", now), ("creatinine_mean_3m", mean))
            )
            if most_mean > 0:
                highest = 100 * most / least_mean if least_mean > 0 else math.inf
                found = 100 * least / most_mean, highest
        return self.worked_out(
            "creatinine_of_mean",
            "Creatinine as a share of its 3-month mean",
            "percent",
            found,
            [("creatinine", "Creatinine", now), ("creatinine_mean_3m", "Mean creatinine of 3 months", mean)],
        )

    def insulin_per_kg(self) -> Fact:
        dose, weight = self.insulin_dose, self.weight
        found = None
        if dose.value is not None and weight.value is not None:
            found = dose.low / weight.high, dose.high / weight.low
        return self.worked_out(
            "insulin_dose_per_kg",
            "Insulin dose per kilogram",
            "units_kg",
            found,
            [("insulin_dose", "Insulin dose", dose), ("weight", "Weight", weight)],
        )

    def clarke_score(self, life: Life) -> Fact:
        """Return the Clarke score as reported, as added up from its questions, or what both leave open."""
        reported = self.number("clarke_score", "Clarke score", life)
        lapses = reported.lapses
        given: dict[str, Any] = {}
        asked = False
        for question in CLARKE_QUESTIONS:
            answer = self.known.get(f"clarke_{question}")
            asked = asked or answer is not None
            if answer is None or answer.on is None or answer.on.first < life.since:
                continue
            lapses += (life.lasts(answer.on),)
            value = answer.value
            if question == "q4":
                low, high = value
                value = int(low) if low >= 1 or high < 1 else None
            given[question] = value
        record = {
            "name": "clarke_score",
            "value": None,
            "unit": "",
            "on": reported.record["on"],
            "origin": "",
        }
        survey = clarke(given) if asked and any(value is not None for value in given.values()) else None
        origin = "computed"
        if survey is None:
            if reported.value is None:
                return Fact(None, reported.words, record, reported.obstacles, lapses, measured=True)
            low, high, words = reported.low, reported.high, reported.words
            origin = reported.record["origin"]
        elif reported.value is None:
            low, high = float(survey.low), float(survey.high)
            words = f"Clarke score {ranged(low, high)}, from the answers to its questions"
        elif survey.low <= reported.low <= reported.high <= survey.high:
            low, high, words = reported.low, reported.high, reported.words
            origin = reported.record["origin"]
        else:
            low, high = min(reported.low, survey.low), max(reported.high, survey.high)
            words = (
                f"Clarke score reported as {self.typed('clarke_score')}, but worked out as "
                f"{ranged(survey.low, survey.high)} from the answers to its questions"
            )
        record |= {"value": bounds(low, high), "origin": origin}
        obstacles: tuple[Obstacle, ...] = ()
        if low < high:
            conflict = survey is not None and reported.value is not None and reported.low == reported.high
            obstacles = (Obstacle("conflict" if conflict else "missing", "clarke_score", words),)
        return Fact((low, high), words, record, obstacles, lapses, measured=True, low=low, high=high)

    # --- Time

    def years(self, span: DateSpan, day: date) -> tuple[int, int]:
        return completed_years(span.last, day), completed_years(span.first, day)

    def age(self) -> Fact:
        birth = self.birth
        record = {"name": "age", "value": None, "unit": "", "on": self.today, "origin": "computed"}
        if birth.value is None:
            return Fact(None, birth.words, record, birth.obstacles, measured=True)
        low, high = self.years(birth.value, self.day)
        record["value"] = bounds(low, high)
        words = f"Age {ranged(low, high)}"
        return Fact(birth.value, words, record, birth.obstacles, measured=True, low=low, high=high)

    def age_then(self) -> Fact:
        birth, then = self.birth, self.diagnosis
        record = {
            "name": "age_at_diagnosis",
            "value": None,
            "unit": "",
            "on": self.today,
            "origin": "computed",
        }
        obstacles = birth.obstacles + then.obstacles
        if birth.value is None or then.value is None:
            words = "; ".join([obstacle.words for obstacle in obstacles])
            return Fact(None, words, record, obstacles, measured=True)
        low = completed_years(birth.value.last, then.value.first)
        high = completed_years(birth.value.first, then.value.last)
        record["value"] = bounds(low, high)
        words = f"Age at diagnosis {ranged(low, high)}"
        return Fact(then.value, words, record, obstacles, measured=True, low=low, high=high)

    def age_plus_years_on_insulin(self) -> Fact:
        birth, start = self.birth, self.insulin_start
        record = {
            "name": "age, years_since_insulin_start",
            "value": None,
            "unit": "",
            "on": self.today,
            "origin": "computed",
        }
        obstacles = birth.obstacles + start.obstacles
        first = small(self.age_fact.words)
        second = small(start.words)
        low = high = 0
        if start.value is not None:
            low, high = self.years(start.value, self.day)
            amount = ranged(low, high)
            second = f"{amount} {'year' if amount == '1' else 'years'} since start of insulin"
        said = large(f"{first} and {second}")
        if birth.value is None or start.value is None:
            return Fact(None, said, record, obstacles, measured=True)
        low, high = low + self.age_fact.low, high + self.age_fact.high
        record["value"] = bounds(low, high)
        words = f"{said} make {ranged(low, high)}"
        return Fact((low, high), words, record, obstacles, measured=True, low=low, high=high)


def unrounded(value: float, unit: str, wanted: str) -> float:
    return value if unit == wanted else CONVERSIONS[unit, wanted](value)


def in_unit(value: float, unit: str, wanted: str, step: float | None) -> float:
    """Return `value` in the unit `wanted`, rounded half up to `step` where it has one."""
    if unit == wanted:
        return value
    converted = CONVERSIONS[unit, wanted](value)
    return converted if step is None else round(math.floor(converted / step + 0.5 + 1e-9) * step, 6)


def in_steps(value: float, step: float | None) -> str:
    """Return a converted number as a report would have it."""
    each = step or 0.01
    return plain(round(math.floor(value / each + 0.5 + 1e-9) * each, 6))


def floor_words(floor: Fact, answer: Answer) -> str:
    """Return what is said of a number in the unit it was typed in."""
    label = floor.words.split(f" {answer.written} ")[0]
    said = f"{label} {answer.written} {LABELS[answer.unit]}"
    return said if answer.on is None else f"{said} ({say_span(answer.on)})"
