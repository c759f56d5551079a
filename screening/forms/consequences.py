"""What follows from the answers at once: questions that open, and numbers worked out."""

from __future__ import annotations

import math

from screening.rules.answers import Answers
from screening.rules.conditions import Compiler
from screening.rules.facts import Catalogue, Fact
from screening.rules.language import And, Condition, Holds, Not, OneOf, Or, names_in, write
from screening.rules.reader import Reader
from screening.rules.truth import Truth


class Consequences:
    """The gates of a catalogue, each by the text of its rule, and its facts with a formula."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._reader = Reader(catalogue)
        compiler = Compiler(self._reader, catalogue.trees)
        texts = {fact.gate for fact in catalogue.facts.values() if fact.gate is not None}
        self._tests = {text: compiler.test(catalogue.trees[text]) for text in sorted(texts)}
        self._derived = [
            (fact, self._reader.number(fact.name, None).place)
            for fact in catalogue.facts.values()
            if fact.derived and fact.numeric
        ]
        self.opened_by = {
            fact.name: frozenset(catalogue.names[name].fact for name in names_in(catalogue.trees[fact.gate]))
            for fact in catalogue.facts.values()
            if fact.gate is not None
        }
        self.words = {text: gate_in_words(catalogue, catalogue.trees[text]) for text in self._tests}

    def open_gates(self, answers: Answers | None) -> frozenset[str]:
        """Return the gates that surely hold."""
        if answers is None:
            return frozenset()
        known = self._reader.known(answers)
        return frozenset(text for text, test in self._tests.items() if test(known) is Truth.TRUE)

    def worked_out(self, answers: Answers | None) -> list[tuple[str, str]]:
        """Return label and value of each number that a formula gives and nobody typed."""
        if answers is None:
            return []
        known = self._reader.known(answers)
        found = []
        for fact, place in self._derived:
            value = None if fact.name in answers.known else known[place]
            if value is not None and all(map(math.isfinite, value[:2])):
                found.append((fact.label, _shown(fact, value[0], value[1])))
        return found


def _shown(fact: Fact, low: float, high: float) -> str:
    """Return a number to two decimals at most, or the two ends it lies between."""
    ends = list(dict.fromkeys(f"{end:.0f}" if end >= 30 else f"{end:.3g}" for end in (low, high)))
    return f"{' to '.join(ends)} {fact.units.get(fact.canonical_unit, '')}".rstrip()


def gate_in_words(catalogue: Catalogue, tree: Condition) -> str:
    """Return what opens a gate, as the end of a sentence that starts with "Opens if"."""
    match tree:
        case Holds(name):
            return f"“{catalogue.facts[catalogue.names[name].fact].question}” is yes"
        case OneOf(name, options):
            fact = catalogue.facts[catalogue.names[name].fact]
            chosen = " or ".join(fact.choices[option] for option in options)
            return f"“{fact.question}” is {chosen}"
        case And(limbs):
            return " and ".join(gate_in_words(catalogue, limb) for limb in limbs)
        case Or(limbs):
            return " or ".join(gate_in_words(catalogue, limb) for limb in limbs)
        case Not(limb):
            return f"not: {gate_in_words(catalogue, limb)}"
    return write(tree)
