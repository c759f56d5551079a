"""Rules in plain words: what a criterion asks for, as a clinician would say it."""

from screening.clinical.units import LABELS
from screening.rules.facts import Catalogue, Fact, Name
from screening.rules.language import (
    OPPOSITE,
    And,
    Arithmetic,
    AtLeast,
    Between,
    Call,
    Compare,
    Condition,
    Expression,
    Holds,
    Named,
    Not,
    Number,
    OneOf,
    Or,
    names_in,
    write_number,
)

_DEFINITIONS = {
    "": "severe events",
    "cit": "severe events by the CIT definition",
    "uih": "severe events by the UIH-002 definition",
    "unexplained": "unexplained severe events",
    "documented": "documented severe events",
}


def say_events(definition: str, count: float | None = None) -> str:
    """Return what the events of one definition are called, for a count of them."""
    words = _DEFINITIONS[definition]
    return words.replace("events", "event") if count == 1 else words


def say_event_of(fact: Fact) -> str:
    """Return what happened on a date: that of the "Date of diagnosis" is the diagnosis."""
    return lower_first(fact.label.removeprefix("Date of "))


def say_amount(value: float, unit: str) -> str:
    """Return a number with its unit."""
    label = LABELS.get(unit, "")
    return f"{write_number(value)} {label}".rstrip()


def lower_first(text: str) -> str:
    """Return `text` to stand inside a sentence: its first letter small, unless it is a name or an acronym."""
    first = text.split()[0].rstrip(":,")
    fixed = first in ("Clarke", "Gold") or (len(first) > 1 and not first[1:].replace("-", "X").islower())
    return text if fixed else text[:1].lower() + text[1:]


def upper_first(text: str) -> str:
    """Return `text` to start a sentence: its first letter large, unless the word has its own, like eGFR."""
    return text if any(map(str.isupper, text.split()[0])) else text[:1].upper() + text[1:]


def say_days(days: int) -> str:
    """Return a number of days as a reader takes it in: from two on, whole months or years."""
    for length, unit in ((365.2425, "year"), (30.436875, "month")):
        if days >= 2 * length:
            return f"over {int(days / length)} {unit}s"
    return f"{days} {'day' if days == 1 else 'days'}"


def say(catalogue: Catalogue, tree: Condition, *, subject: bool = True) -> str:
    """Return `tree` in words.

    Args:
        catalogue: where labels and units are from.
        tree: the rule.
        subject: whether to name what is asked about; without it `7 to 9.5 %` is enough.
    """
    return _Speaker(catalogue, subject).condition(tree)


def is_about_one(tree: Condition) -> bool:
    """Whether a rule names one thing only, so that its words need not repeat it."""
    return len(set(names_in(tree))) == 1


class _Speaker:
    def __init__(self, catalogue: Catalogue, subject: bool) -> None:
        self.catalogue, self.subject = catalogue, subject

    def event_of(self, name: Name) -> str:
        return say_event_of(self.catalogue.facts[name.fact])

    def condition(self, tree: Condition) -> str:
        match tree:
            case And(limbs):
                return ", and ".join(map(self.inside, limbs))
            case Or(limbs):
                return ", or ".join(map(self.inside, limbs))
            case AtLeast(count, limbs):
                return self.at_least(count, limbs)
            case Not(limb):
                return self.negated(limb)
            case Compare(left, operator, right):
                return self.compared(left, operator, right)
            case Between(value, low, high):
                return self.ranged(value, f"{self.number(low)} to", high)
            case OneOf(name, options):
                return self.chosen(name, options, "")
            case Holds(name):
                return self.held(name, negated=False)
        raise TypeError(tree)

    def at_least(self, count: int, limbs: tuple[Condition, ...]) -> str:
        names = [self.catalogue.names[limb.name] for limb in limbs if isinstance(limb, Holds)]
        facts = {name.fact for name in names}
        if len(names) < len(limbs) or len(facts) > 1 or not names[0].part:
            return f"at least {count} of these: {'; '.join(map(self.condition, limbs))}"
        fact = self.catalogue.facts[facts.pop()]
        options = ", ".join(fact.choices[name.part] for name in names)
        return f"{lower_first(fact.label)}: at least {count} of {options}"

    def inside(self, tree: Condition) -> str:
        return f"({self.condition(tree)})" if isinstance(tree, And | Or | AtLeast) else self.condition(tree)

    def negated(self, limb: Condition) -> str:
        match limb:
            case Holds(name):
                return self.held(name, negated=True)
            case OneOf(name, options):
                return self.chosen(name, options, "not ")
            case Compare(left, operator, right):
                return self.compared(left, OPPOSITE[operator], right)
            case Between(Named() as value, Number() as low, Number() as high):
                about = self.catalogue.names[value.name]
                outside = f"less than {write_number(low.value)} or more than {self.amount(about, high.value)}"
                return self.with_subject(value, about, outside)
            case Not(inner):
                return self.condition(inner)
        return f"not ({self.condition(limb)})"

    def held(self, text: str, *, negated: bool) -> str:
        if not self.subject:
            return "no" if negated else "yes"
        name = self.catalogue.names[text]
        fact = self.catalogue.facts[name.fact]
        if name.part:
            return f"{fact.label}: {'not ' if negated else ''}{fact.choices[name.part]}"
        return f"no {lower_first(fact.label)}" if negated else lower_first(fact.label)

    def chosen(self, text: str, options: tuple[str, ...], negation: str) -> str:
        fact = self.catalogue.facts[self.catalogue.names[text].fact]
        labels = " or ".join(fact.choices[option] for option in options)
        return f"{lower_first(fact.label)}: {negation}{labels}" if self.subject else f"{negation}{labels}"

    def compared(self, left: Expression, operator: str, right: Expression) -> str:
        if isinstance(left, Number):
            flipped = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
            left, operator, right = right, flipped.get(operator, operator), left
        name = self.catalogue.names[left.name] if isinstance(left, Named) else None
        if not isinstance(right, Number):
            signs = {">=": "at least", ">": "more than", "<": "less than", "<=": "at most", "=": "equal to"}
            return f"{self.expression(left)} {signs.get(operator, 'other than')} {self.expression(right)}"
        amount = self.amount(name, right.value)
        said = {
            ">=": f"{amount} or more",
            ">": f"more than {amount}",
            "<": f"less than {amount}",
            "<=": f"{amount} or less",
            "=": f"exactly {amount}",
            "<>": f"other than {amount}",
        }[operator]
        return self.with_subject(left, name, said)

    def ranged(self, value: Expression, start: str, high: Expression) -> str:
        name = self.catalogue.names[value.name] if isinstance(value, Named) else None
        end = self.amount(name, high.value) if isinstance(high, Number) else self.number(high)
        return self.with_subject(value, name, f"{start} {end}")

    def with_subject(self, value: Expression, name: Name | None, said: str) -> str:
        if name is None:
            return f"{self.expression(value)} {said}"
        match name.kind:
            case "elapsed":
                return f"{said} since {self.event_of(name)}" if self.subject else said
            case "events":
                window = (
                    "since AID start" if name.unit == "since_aid_start" else f"in {name.unit[:-1]} months"
                )
                events = say_events(name.part, 1 if said.endswith(" 1") else None)
                return f"{said} {events} {window}" if self.subject else said
            case "age":
                return f"age {said}" if self.subject else said
            case "age_at":
                return f"age at {self.event_of(name)} {said}" if self.subject else said
        return f"{lower_first(self.catalogue.facts[name.fact].label)} {said}" if self.subject else said

    def amount(self, name: Name | None, value: float) -> str:
        if name is None:
            return write_number(value)
        if name.kind == "elapsed":
            return f"{write_number(value)} {name.unit.removesuffix('s') if value == 1 else name.unit}"
        return say_amount(value, name.unit)

    def number(self, tree: Expression) -> str:
        return write_number(tree.value) if isinstance(tree, Number) else self.expression(tree)

    def expression(self, tree: Expression) -> str:
        match tree:
            case Number(value):
                return write_number(value)
            case Named(text):
                name = self.catalogue.names[text]
                match name.kind:
                    case "age":
                        return "age"
                    case "elapsed":
                        return f"{name.unit} since {self.event_of(name)}"
                    case "age_at":
                        return f"age at {self.event_of(name)}"
                    case "events":
                        return say_events(name.part)
                return lower_first(self.catalogue.facts[name.fact].label)
            case Arithmetic(operator, left, right):
                signs = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}
                return f"{self.expression(left)} {signs[operator]} {self.expression(right)}"
            case Call():
                raise TypeError("a rule calls no function")
        raise TypeError(tree)
