"""Chosen trials of one stored result side by side: what each asks on the same subject, and how it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from screening.presentation import words
from screening.presentation.result import CriterionLine, ResultPage, TrialCard, TrialGroup, Warning
from screening.presentation.texts import Labels, SourceLine

SUBJECTS = (
    (_("Type of diabetes"), ("diabetes_type",)),
    (_("Age"), ("age", "birth_date")),
    (_("Age at diagnosis"), ("age_at_diagnosis",)),
    (_("Duration of diabetes and of insulin"), ("diagnosis", "insulin_start")),
    (_("Severe hypoglycaemic events"), ("severe_hypoglycemic_events",)),
    (_("Awareness of hypoglycaemia"), ("clarke", "gold", "autonomic_symptoms")),
    (_("HYPO score, lability, fear"), ("hypo_score", "lability_index", "major_fear_of_hypoglycemia")),
    (_("HbA1c"), ("hba1c",)),
    (_("C-peptide"), ("c_peptide",)),
    (_("Insulin"), ("insulin_dose", "insulin_delivery", "injections_per_day", "aid")),
    (_("Sensor and glucose checks"), ("cgm", "glucose_checks_per_day")),
    (_("Care and education"), ("specialist_visits", "education_completed")),
    (_("Ketoacidosis"), ("dka_events",)),
    (_("Other medicines for glucose"), ("other_antidiabetic_drug",)),
    (
        _("Kidney function and albumin"),
        (
            "egfr",
            "gfr_measured",
            "creatinine",
            "uacr",
            "macroalbuminuria",
            "urine_albumin",
            "diabetic_nephropathy",
        ),
    ),
    (_("Kidney transplant"), ("kidney_transplant", "calcineurin_inhibitor", "same_donor_islets_planned")),
    (_("Other transplants and cells"), ("organ", "pancreas", "islet", "cell_therapy")),
    (_("Immunosuppression and steroids"), ("immunosuppression", "prednisone_dose", "steroid_need")),
    (_("Weight"), ("bmi", "weight", "height")),
    (_("Blood pressure"), ("systolic_bp", "diastolic_bp")),
    (_("Eyes, skin and feet"), ("untreated_proliferative_retinopathy", "skin_ulcer_or_amputation")),
    (
        _("Heart and clotting"),
        (
            "any_cardiac_disease",
            "myocardial_infarction",
            "heart_failure",
            "ischemia",
            "lvef",
            "anticoagulation",
            "portal_thrombosis",
        ),
    ),
    (
        _("Liver, abdomen and surgery"),
        ("liver_disease", "planned_surgery", "abdominal_wall_problem", "polymer_allergy"),
    ),
    (_("Cancer"), ("malignancy",)),
    (
        _("Infections and vaccines"),
        (
            "hepatitis_b",
            "hepatitis_c",
            "hiv",
            "tuberculosis",
            "ebv_igg",
            "active_infection",
            "invasive_fungal_infection",
            "live_vaccine",
        ),
    ),
    (
        _("Habits, mind and memory"),
        (
            "substance_use",
            "smoking",
            "psychiatric_instability",
            "neurocognitive_impairment",
            "brain_injury",
        ),
    ),
    (_("Sex, pregnancy, contraception"), ("sex", "pregnancy", "breast_feeding", "contraception_agreed")),
    (_("Autoantibodies"), ("autoantibodies_positive",)),
    (
        _("Blood group, counts and antibodies"),
        ("blood_group", "hemoglobin", "neutrophils", "lymphocytes", "platelets", "pra", "hla_antibodies"),
    ),
)
"""The subjects of criteria in the order of the form: a title, and the stems of the names that rules read."""

Subject = int | str
"""A place in `SUBJECTS`, or the name of a fact that none of them takes in."""

_STEMS = {stem: number for number, (_title, stems) in enumerate(SUBJECTS) for stem in stems}
_SINCE = re.compile(r"(years|months|days)_since_")
_QUOTED = re.compile(r"'[^']*'")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_OPENNESS = {"check": 1, "closed": 2}
_WEIGHT = ("fail", "unknown", "pass")


@dataclass(frozen=True)
class Item:
    """One thing in a cell: a text that opens to why and where; shape and word of its answer if it has one."""

    text: str
    symbol: str = ""
    word: str = ""
    id: str = ""
    why: str = ""
    sources: Sequence[SourceLine] = ()


@dataclass(frozen=True)
class Cell:
    """What one trial has in one row; `none` is said where it has nothing."""

    trial: str
    items: Sequence[Item]
    none: str


@dataclass(frozen=True)
class Row:
    """One subject across the trials.

    Attributes:
        mark: how the trials differ in it, in words; empty where they do not.
        answers_differ: whether the trials answer differently for this person, not only ask differently.
    """

    anchor: str
    title: str
    mark: str
    answers_differ: bool
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Section:
    """Rows that stand together."""

    title: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class Comparison:
    """Everything the comparison says.

    Attributes:
        differing: the rows of criteria in which the answers differ, to go to at once.
    """

    cards: Sequence[TrialCard]
    sections: Sequence[Section]
    differing: Sequence[Row]


def offered(page: ResultPage) -> list[TrialGroup]:
    """Return the trials of a result that can be compared, as the result page groups them."""
    return [group for group in page.groups if group.id != "guidance"]


def preset(groups: Sequence[TrialGroup], number: int) -> list[str]:
    """Return the ids of the `number` most promising trials: what is out of reach last, what is open first."""

    def promise(found: tuple[str, TrialCard]) -> tuple[bool, int, int]:
        group, card = found
        out_of_reach = card.candidacy == "unlikely"
        return out_of_reach, _OPENNESS.get(group, 0), words.CANDIDACIES.index(card.candidacy)

    every = [(group.id, card) for group in groups for card in group.cards]
    return [card.id for _group, card in sorted(every, key=promise)[:number]]


def comparison(cards: Sequence[TrialCard], labels: Labels) -> Comparison:
    """Return `cards` side by side.

    Args:
        cards: the chosen trials of one stored result, in the order of the columns.
        labels: of facts, from the stored catalogue: they name a subject that `SUBJECTS` does not have.
    """
    criteria = _criteria(cards, labels)
    return Comparison(
        cards=cards,
        sections=[
            Section(gettext("At a glance"), _at_a_glance(cards)),
            Section(gettext("Criteria by subject"), criteria),
            Section(gettext("Beside the criteria"), _beside(cards)),
        ],
        differing=[row for row in criteria if row.answers_differ],
    )


def subjects_of(rule: str) -> list[Subject]:
    """Return what `rule` is about: places in `SUBJECTS`, in their order, then names that have none there."""
    names = dict.fromkeys(_NAME.findall(_QUOTED.sub("", rule)))
    found = dict.fromkeys(_subject(name) for name in names)
    known = sorted(subject for subject in found if isinstance(subject, int))
    return [*known, *(subject for subject in found if isinstance(subject, str))]


def _subject(name: str) -> Subject:
    parts = _SINCE.sub("", name).split("_")
    stems = ("_".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((_STEMS[stem] for stem in stems if stem in _STEMS), name)


# --- At a glance, and beside the criteria


def _at_a_glance(cards: Sequence[TrialCard]) -> list[Row]:
    none_seen = gettext("Not seen in a source")
    return [
        _row("standing", gettext("Standing"), cards, _standing),
        _row("holds", gettext("Holds until"), cards, _holds, gettext("No day within 24 months")),
        _row("recruitment", gettext("Recruitment"), cards, _recruitment),
        _row("countries", gettext("Countries seen"), cards, lambda card: _texts(card.countries)),
        _row("therapy", gettext("Therapy"), cards, lambda card: _texts(card.therapy), none_seen),
        _row("phase", gettext("Phase"), cards, lambda card: _texts(card.phase), none_seen),
        _row("counts", gettext("Criteria that decide"), cards, _counts),
        _row("public", gettext("What is public"), cards, lambda card: _texts(card.completeness)),
    ]


def _standing(card: TrialCard) -> list[Item]:
    items = [Item(card.why, symbol=card.candidacy, word=card.line)]
    if card.ask_first:
        items.append(Item(card.ask_first, symbol="info", word=gettext("Ask the site first")))
    if card.cautions_words:
        items.append(Item("", symbol="caution", word=card.cautions_words))
    return items


def _holds(card: TrialCard) -> list[Item]:
    items = []
    if card.candidacy == "not_yet":
        items.append(Item("", symbol="not_yet", word=card.line))
    if card.holds_until:
        items.append(
            Item("", symbol="deadline", word=gettext("Holds until %(day)s") % {"day": card.holds_until})
        )
    if card.fresh_until:
        items.append(Item(gettext("Values in date until %(day)s") % {"day": card.fresh_until}))
    return items


def _recruitment(card: TrialCard) -> list[Item]:
    return _texts(
        words.sentence(card.recruitment),
        words.sentence(card.recruitment_note) if card.recruitment_note else "",
    )


def _counts(card: TrialCard) -> list[Item]:
    numbers = {outcome: card.strip.count(outcome) for outcome in _WEIGHT}
    said = gettext("%(pass)d met, %(fail)d not met, %(unknown)d not known") % numbers
    number = sum(not line.decides for line in _lines(card))
    more = ngettext("%(number)d more only the site can say", "%(number)d more only the site can say", number)
    return _texts(said, more % {"number": number} if number > 0 else "")


def _beside(cards: Sequence[TrialCard]) -> list[Row]:
    none = gettext("None")
    unnamed = gettext("Nothing named")
    silent = gettext("None found in a source, which says nothing of its safety")
    return [
        _row("cautions", gettext("Cautions against"), cards, _cautions, gettext("None raised")),
        _row("cautions-unknown", gettext("Cautions not known"), cards, _cautions_unknown, none),
        _row("limitations", gettext("Limitations"), cards, _limitations, none),
        _row("harms", gettext("Known harms"), cards, lambda card: _harms(card.safety), silent),
        _row("gaps", gettext("Not public"), cards, lambda card: _texts(*card.gaps), unnamed),
        _row("ask", gettext("Ask the site"), cards, _to_ask, unnamed),
    ]


def _cautions(card: TrialCard) -> list[Item]:
    return _raised(card.cautions_against)


def _cautions_unknown(card: TrialCard) -> list[Item]:
    """Return the cautions that are not known as one item: they are many, and alike within a family."""
    number = len(card.cautions_unknown)
    said = ngettext("%(number)d to look at", "%(number)d to look at", number) % {"number": number}
    return _folded(said, card.cautions_unknown)


def _limitations(card: TrialCard) -> list[Item]:
    number = len(card.limitations_not_raised)
    said = ngettext(
        "%(number)d not seen here, or not known", "%(number)d not seen here, or not known", number
    )
    return _raised(card.limitations_raised) + _folded(said % {"number": number}, card.limitations_not_raised)


def _folded(said: str, warnings: Sequence[Warning]) -> list[Item]:
    return [Item(said, why=words.sentence("; ".join(one.text for one in warnings)))] if warnings else []


def _raised(warnings: Sequence[Warning]) -> list[Item]:
    return [Item(one.text, symbol="caution", why=one.why, sources=one.sources) for one in warnings]


def _harms(warnings: Sequence[Warning]) -> list[Item]:
    return [
        Item(
            one.text,
            symbol="caution" if one.raised else "",
            word=one.why if one.raised else "",
            sources=one.sources,
        )
        for one in sorted(warnings, key=lambda one: not one.raised)
    ]


def _to_ask(card: TrialCard) -> list[Item]:
    return [Item(one.text, id=one.id, why=one.because) for one in card.to_confirm]


def _texts(*texts: str) -> list[Item]:
    return [Item(text) for text in texts if text]


def _row(
    anchor: str,
    title: str,
    cards: Sequence[TrialCard],
    items: Callable[[TrialCard], Sequence[Item]],
    none: str = "",
) -> Row:
    cells = [Cell(card.title, items(card), none) for card in cards]
    said = {tuple((item.word, item.text, item.why) for item in cell.items) for cell in cells}
    return Row(anchor, title, gettext("Differs") if len(said) > 1 else "", False, cells)


# --- Criteria


def _lines(card: TrialCard) -> list[CriterionLine]:
    return [line for group in card.groups for line in group.lines]


def _criteria(cards: Sequence[TrialCard], labels: Labels) -> list[Row]:
    about = {line.anchor: subjects_of(line.rule) for card in cards for line in _lines(card)}
    found = dict.fromkeys(subject for subjects in about.values() for subject in subjects)
    known: list[Subject] = sorted(subject for subject in found if isinstance(subject, int))
    own: list[Subject] = [subject for subject in found if isinstance(subject, str)]
    return [_subject_row(subject, cards, about, labels) for subject in known + own]


def _subject_row(
    subject: Subject, cards: Sequence[TrialCard], about: dict[str, list[Subject]], labels: Labels
) -> Row:
    touching = [[line for line in _lines(card) if subject in about[line.anchor]] for card in cards]
    cells = [
        Cell(
            card.title,
            [_criterion(line, about[line.anchor], subject, labels) for line in lines],
            gettext("None seen"),
        )
        for card, lines in zip(cards, touching, strict=True)
    ]
    differ = _answers_differ(touching)
    return Row(
        anchor=f"subject-{subject}",
        title=_title(subject, labels),
        mark=gettext("Answers differ") if differ else _rules_differ(touching),
        answers_differ=differ,
        cells=cells,
    )


def _criterion(line: CriterionLine, subjects: Sequence[Subject], here: Subject, labels: Labels) -> Item:
    """Return a criterion in full under its first subject, and its answer with where to read it elsewhere."""
    if here != subjects[0]:
        text = gettext("See %(subject)s") % {"subject": _title(subjects[0], labels)}
        return Item(text, symbol=line.symbol, word=line.word, id=line.id)
    return Item(line.text, symbol=line.symbol, word=line.word, id=line.id, why=line.why, sources=line.sources)


def _title(subject: Subject, labels: Labels) -> str:
    return str(SUBJECTS[subject][0]) if isinstance(subject, int) else labels[subject]


def _answers_differ(touching: Sequence[Sequence[CriterionLine]]) -> bool:
    """Whether what decides answers differently, or fails in one trial and is not asked in another."""
    deciding = [[line.outcome for line in lines if line.decides] for lines in touching]
    answers = {min(outcomes, key=_WEIGHT.index) for outcomes in deciding if outcomes}
    return len(answers) > 1 or ("fail" in answers and not all(touching))


def _rules_differ(touching: Sequence[Sequence[CriterionLine]]) -> str:
    if not all(touching):
        return gettext("Not in every trial")
    rules = {frozenset((line.kind, line.rule, line.decides) for line in lines) for lines in touching}
    return gettext("Asked differently") if len(rules) > 1 else ""
