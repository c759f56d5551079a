"""The fact catalogue: every clinical datum written once, and the names rules know it by."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from screening.clinical import units
from screening.clinical.dates import Duration, read_duration
from screening.clinical.hypoglycemia import CLARKE_QUESTIONS, DEFINITIONS
from screening.rules.language import (
    Condition,
    NameKind,
    RuleError,
    did_you_mean,
    names_in,
    parse_condition,
    parse_formula,
)
from screening.rules.loading import CLOSED, ContentError, Defect, build, canonical_json, read_toml, sha256

Kind = Literal["quantity", "count", "score", "choice", "choices", "yes_no", "date"]
Cost = Literal["ask", "record", "device", "lab", "procedure"]

EVENTS = "severe_hypoglycemic_events"
EVENT_WINDOWS = {"6m": 6, "12m": 12, "24m": 24, "36m": 36}
"""The look-back windows of event counts, in months."""
BIRTH = "birth_date"

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_PART = re.compile(r"[a-z0-9_]{1,20}", re.ASCII)
_CHOICE = re.compile(r"[A-Za-z0-9_ <>+-]{1,40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Fresher:
    """A shorter life of an answer where `rule` holds or is not known."""

    __pydantic_config__ = CLOSED
    rule: str
    fresh_for: str


@dataclass(frozen=True, slots=True)
class Implication:
    """What one answer says of another fact."""

    __pydantic_config__ = CLOSED
    when: str | bool
    fact: str
    value: str | bool


@dataclass(frozen=True, slots=True)
class Slip:
    """What to say of a number below a limit that betrays a wrong unit."""

    __pydantic_config__ = CLOSED
    below: float
    say: str


@dataclass(frozen=True, slots=True)
class Case:
    """One of the formulas of a derived fact, and when it is the one."""

    __pydantic_config__ = CLOSED
    when: str
    formula: str


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One named clinical datum about a person, as its file writes it."""

    __pydantic_config__ = CLOSED

    name: str
    label: str
    kind: Kind
    obtained_by: Cost
    changes: Literal["modifiable", "with_time", "fixed"]
    better: Literal["lower", "higher", "none"] = "none"
    goal: dict[str, float] = field(default_factory=dict)
    """In each unit the number past which a change in the better direction is not worked for."""
    question: str = ""
    help: str = ""
    units: dict[str, str] = field(default_factory=dict)
    plausible: dict[str, tuple[float, float]] = field(default_factory=dict)
    precision: dict[str, float] = field(default_factory=dict)
    example: dict[str, float] = field(default_factory=dict)
    """A usual value in each unit, for messages."""
    choices: dict[str, str] = field(default_factory=dict)
    fresh_for: str | dict[str, str] = "always"
    fresher_when: Fresher | None = None
    gate: str | None = None
    implies: tuple[Implication, ...] = ()
    at_least: tuple[str, ...] = ()
    slip: Slip | None = None
    whole: bool = False
    decimals: bool = False
    formula: str | None = None
    cases: tuple[Case, ...] = ()
    calculation: Literal["clarke"] | None = None
    measures: str = ""
    """What several facts measure alike, so that one may say otherwise than another."""
    loinc: tuple[str, ...] = ()
    source: str = ""

    @cached_property
    def derived(self) -> bool:
        """Whether a formula gives the fact, alone or beside an answer."""
        return bool(self.formula or self.cases or self.calculation)

    @cached_property
    def asked(self) -> bool:
        """Whether the form asks for it."""
        return self.question != ""

    @cached_property
    def ages(self) -> bool:
        """Whether some answer to it goes stale, so that it needs a date."""
        lives = self.fresh_for.values() if isinstance(self.fresh_for, dict) else [self.fresh_for]
        return any(life != "always" for life in lives)

    @cached_property
    def numeric(self) -> bool:
        """Whether its answer is a number."""
        return self.kind in ("quantity", "count", "score")

    @cached_property
    def only_whole(self) -> bool:
        """Whether its number is a whole one."""
        return self.whole or (self.kind in ("score", "count") and not self.decimals)

    @cached_property
    def canonical_unit(self) -> str:
        """The unit a bare number is taken to be in; empty for counts and scores."""
        return next(iter(self.units), "")

    @cached_property
    def measured(self) -> bool:
        """Whether a bare answer to it, with no date, tells nothing of when it was true."""
        return self.numeric

    def life_of(self, value: object) -> Duration | None:
        """Return how long an answer of `value` counts as current; None for always."""
        life = self.fresh_for
        if isinstance(life, dict):
            life = life[("yes" if value else "no") if isinstance(value, bool) else str(value)]
        return None if life == "always" else read_duration(life)

    def rule_name(self, unit: str = "") -> str:
        """Return the name a rule has for this fact in `unit`."""
        return f"{self.name}_{unit}" if unit else self.name


_FACT: TypeAdapter[Fact] = TypeAdapter(Fact)


@dataclass(frozen=True, slots=True)
class Name:
    """What a name in a rule stands for.

    `kind` is one of: number (the fact in `unit`), choice, truth (a yes or no, or the choice `part`
    of a fact of several), age, elapsed (`unit` since the date), age_at (the date), events (count by
    the definition `part` since the window `unit`).
    """

    text: str
    kind: Literal["number", "choice", "truth", "age", "elapsed", "age_at", "events"]
    fact: str
    unit: str = ""
    part: str = ""

    @property
    def stands_for(self) -> NameKind:
        """The kind of value the rule language sees."""
        return self.kind if self.kind in ("choice", "truth") else "number"


@dataclass(frozen=True)
class Section:
    """One section of the form: its facts in asking order."""

    id: str
    title: str
    about: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Catalogue:
    """All facts, and the names of the rule language."""

    sections: tuple[Section, ...]
    facts: Mapping[str, Fact]
    canonical: str
    trees: Mapping[str, Any]
    """The parsed rules and formulas inside the facts, by their text."""

    @cached_property
    def sha256(self) -> str:
        """The identity of this catalogue."""
        return sha256(self.canonical)

    @cached_property
    def names(self) -> Mapping[str, Name]:
        """Every name a rule may use."""
        return {name.text: name for name in all_names(self.facts)}

    @cached_property
    def name_kinds(self) -> Mapping[str, NameKind]:
        """The kind of value of every name."""
        return {text: name.stands_for for text, name in self.names.items()}

    @cached_property
    def options(self) -> Mapping[str, tuple[str, ...]]:
        """The choices of every choice fact."""
        return {fact.name: tuple(fact.choices) for fact in self.facts.values() if fact.kind == "choice"}

    @cached_property
    def behind(self) -> Mapping[str, frozenset[str]]:
        """Per fact those whose answers may change whether, and as what, it is known; itself included."""
        reads = {fact.name: _reads(fact, self.names, self.trees) for fact in self.facts.values()}
        for fact in self.facts.values():
            if fact.calculation is not None:
                reads[fact.name].update(f"{fact.calculation}_{question}" for question in CLARKE_QUESTIONS)
            for implication in fact.implies:
                reads[fact.name].add(implication.fact)
                reads[implication.fact].add(fact.name)
        return {name: frozenset({name} | _all_read(name, reads)) for name in reads}

    def label_of(self, name: str) -> str:
        """Return what a fact, or the list of severe events, is called."""
        return "Severe events" if name == EVENTS else self.facts[name].label

    def cost_of(self, name: str) -> Cost:
        """Return how a fact, or the list of severe events, is found out."""
        return "ask" if name == EVENTS else self.facts[name].obtained_by

    def parse(self, rule: str) -> Condition:
        """Return the tree of a rule over these facts.

        Raises:
            RuleError: it is not of the language.
        """
        return parse_condition(rule, self.name_kinds, self.options)


def all_names(facts: Mapping[str, Fact]) -> Iterator[Name]:
    """Yield the names of the rule language that `facts` give rise to."""
    for fact in facts.values():
        match fact.kind:
            case "quantity":
                yield from (Name(fact.rule_name(unit), "number", fact.name, unit) for unit in fact.units)
            case "count" | "score":
                yield Name(fact.name, "number", fact.name)
            case "choice":
                yield Name(fact.name, "choice", fact.name)
            case "yes_no":
                yield Name(fact.name, "truth", fact.name)
            case "choices":
                yield from (
                    Name(f"{fact.name}_{part}", "truth", fact.name, part=part) for part in fact.choices
                )
            case "date":
                yield from _names_of_date(fact)
    for definition in DEFINITIONS:
        stem = f"{EVENTS}_{definition}" if definition else EVENTS
        for window in (*EVENT_WINDOWS, "since_aid_start"):
            yield Name(f"{stem}_{window}", "events", EVENTS, window, definition)


def _names_of_date(fact: Fact) -> Iterator[Name]:
    if fact.name == BIRTH:
        yield Name("age", "age", BIRTH)
        return
    stem = fact.name.removesuffix("_date")
    for unit in ("years", "months", "days"):
        yield Name(f"{unit}_since_{stem}", "elapsed", fact.name, unit)
    yield Name(f"age_at_{stem}", "age_at", fact.name)


def load_catalogue(directories: list[Path]) -> Catalogue:
    """Return the catalogue written in the TOML files of `directories`, in order of file name.

    Raises:
        ContentError: every defect found, with file and fact.
    """
    defects: list[Defect] = []
    sections: list[Section] = []
    facts: dict[str, Fact] = {}
    files: dict[str, str] = {}
    for path in (path for directory in directories for path in sorted(directory.glob("*.toml"))):
        try:
            written = read_toml(path)
        except ContentError as error:
            defects.extend(error.defects)
            continue
        title, about = written.pop("section", path.stem), written.pop("about", "")
        section = []
        for name, entry in written.items():
            try:
                fact = _fact(name, entry, path.name)
                if name in facts:
                    raise ContentError(
                        [Defect(path.name, name, "the fact is there already: give it another name")]
                    )
            except ContentError as error:
                defects.extend(error.defects)
                continue
            facts[name], files[name] = fact, path.name
            section.append(fact)
        sections.append(Section(path.stem.split("_", 1)[-1], title, about, tuple(section)))
    if defects:
        raise ContentError(defects)
    canonical = canonical_json([_FACT.dump_python(fact) for fact in facts.values()])
    trees = _trees(facts, files)
    return Catalogue(tuple(sections), facts, canonical, trees)


def _fact(name: str, entry: Any, file: str) -> Fact:
    if not isinstance(entry, dict):
        raise ContentError([Defect(file, name, "write a fact as a table, like [hba1c]")])
    entry = dict(entry, name=name)
    if isinstance(entry.get("plausible"), list):
        entry["plausible"] = {"": entry["plausible"]}
    for key in ("example", "goal"):
        if isinstance(entry.get(key), int | float):
            entry[key] = {"": entry[key]}
    fact: Fact = build(_FACT, entry, file, name)
    defects = [Defect(file, name, message) for message in _misuses(fact)]
    if defects:
        raise ContentError(defects)
    return fact


def _misuses(fact: Fact) -> Iterator[str]:
    """Yield what the schema alone cannot see."""
    if not _NAME.fullmatch(fact.name):
        yield "the name of a fact is of small letters, digits and _, like hba1c_highest"
    for choice in fact.choices:
        if not (_PART if fact.kind == "choices" else _CHOICE).fullmatch(choice):
            yield f"choice {choice!r} cannot be written in a rule: use letters, digits and _"
    if not fact.asked and not fact.derived:
        yield "neither asked nor derived: write a question or a formula"
    if (fact.kind == "quantity") != bool(fact.units):
        yield "a quantity, and nothing else, has units: write units = { kg = 'kg' }"
    for unit, label in fact.units.items():
        if unit not in units.LABELS:
            yield f"no unit is named {unit!r}{did_you_mean(unit, units.LABELS)}"
        elif units.LABELS[unit] != label:
            yield f"unit {unit!r} is written {units.LABELS[unit]!r}, not {label!r}"
        elif unit != fact.canonical_unit and (unit, fact.canonical_unit) not in units.CONVERSIONS:
            yield f"nothing converts {unit!r} to {fact.canonical_unit!r}: take it out or add the conversion"
    for key, limits in (
        ("plausible", fact.plausible),
        ("precision", fact.precision),
        ("example", fact.example),
        ("goal", fact.goal),
    ):
        for unit in limits:
            if unit not in (fact.units or {"": ""}):
                yield f"{key} names the unit {unit!r}: use {', '.join(fact.units) or 'a plain pair'}"
    if fact.numeric and set(fact.plausible) != set(fact.units or {"": ""}):
        yield "plausible is missing for some unit: write the range outside which a number is refused"
    for unit, value in fact.example.items():
        low, high = fact.plausible.get(unit, (value, value))
        if not low <= value <= high:
            yield f"the example {value:g} is not plausible: write a usual value"
    if fact.goal and (set(fact.goal) != set(fact.units or {"": ""}) or fact.better == "none"):
        yield "a goal is a number in each unit, of a fact that has a better direction"
    if (fact.kind in ("choice", "choices")) != bool(fact.choices):
        yield "a choice, and nothing else, has choices"
    lives = {"yes": "", "no": ""} if fact.kind == "yes_no" else fact.choices
    if isinstance(fact.fresh_for, dict):
        if fact.kind not in ("yes_no", "choice"):
            yield "fresh_for by answer is for a choice or a yes or no: write one duration"
        elif set(fact.fresh_for) != set(lives):
            yield f"fresh_for by answer needs each of {', '.join(lives)}"
    written = fact.fresh_for.values() if isinstance(fact.fresh_for, dict) else [fact.fresh_for]
    for life in (*written, *([fact.fresher_when.fresh_for] if fact.fresher_when else [])):
        if life != "always":
            try:
                read_duration(life)
            except ValueError as error:
                yield f"fresh_for: {error}"
    if fact.asked and fact.derived and len(fact.units) > 1:
        yield "both asked and worked out: give it the one unit in which the two can be compared"
    if fact.derived and not fact.source:
        yield "a derived fact needs the source of its formula"


def _trees(facts: Mapping[str, Fact], files: Mapping[str, str]) -> dict[str, Any]:
    """Return the parsed texts inside the facts, refusing names that are not there."""
    names: dict[str, Name] = {}
    for known in all_names(facts):
        if known.text in names:
            shared = (
                f"{names[known.text].fact} and {known.fact} are both {known.text!r} in a rule: rename one"
            )
            raise ContentError([Defect(files.get(known.fact, "facts"), known.fact, shared)])
        names[known.text] = known
    kinds = {text: name.stands_for for text, name in names.items()}
    options = {fact.name: tuple(fact.choices) for fact in facts.values() if fact.kind == "choice"}
    trees: dict[str, Any] = {}
    defects = []
    for fact in facts.values():
        rules = [case.when for case in fact.cases]
        rules += [fact.gate] if fact.gate else []
        rules += [fact.fresher_when.rule] if fact.fresher_when else []
        formulas = [case.formula for case in fact.cases] + ([fact.formula] if fact.formula else [])
        try:
            for rule in rules:
                trees[rule] = parse_condition(rule, kinds, options)
            for formula in formulas:
                trees[formula] = tree = parse_formula(formula, kinds)
                for name in names_in(tree):
                    if names[name].kind in ("elapsed", "events"):
                        raise RuleError(f"a formula cannot use {name}: use facts with a value and a date")
            for implication in fact.implies:
                if implication.fact not in facts:
                    raise RuleError(
                        f"implies names {implication.fact!r}{did_you_mean(implication.fact, list(facts))}"
                    )
                _refuse_answer(fact, implication.when)
                _refuse_answer(facts[implication.fact], implication.value)
            for least in fact.at_least:
                if least not in facts or facts[least].units != fact.units:
                    raise RuleError(f"at_least names {least!r}: name a fact with the same units")
        except RuleError as error:
            defects.append(Defect(files[fact.name], fact.name, str(error)))
    if not defects:
        reads = {fact.name: _reads(fact, names, trees) for fact in facts.values()}
        message = "to know it, it must be known already: look through its formula and its lives"
        circles = [fact for fact in facts if fact in _all_read(fact, reads)]
        defects = [Defect(files[fact], fact, message) for fact in circles]
    if defects:
        raise ContentError(defects)
    return trees


def _refuse_answer(fact: Fact, answer: str | bool) -> None:
    """Raise RuleError where `answer` is none to `fact`."""
    answers: dict[str, str | bool] = {"true": True, "false": False}
    if fact.kind != "yes_no":
        answers = {key: key for key in fact.choices if fact.kind == "choice"}
    if answer not in answers.values():
        taken = " or ".join(answers) or "no single word"
        raise RuleError(f"implies says {answer!r} of {fact.name}: it takes {taken}")


def _reads(fact: Fact, names: Mapping[str, Name], trees: Mapping[str, Any]) -> set[str]:
    """Return the facts that have to be known before `fact` is."""
    texts = [text for case in fact.cases for text in (case.when, case.formula)]
    texts += [fact.formula] if fact.formula is not None else []
    texts += [fact.fresher_when.rule] if fact.fresher_when is not None else []
    return {names[name].fact for text in texts for name in names_in(trees[text])} | set(fact.at_least)


def _all_read(name: str, reads: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        new = reads.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found
