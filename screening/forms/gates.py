"""Questions that open by the answer to another one."""

from __future__ import annotations

from screening.rules.answers import Answers
from screening.rules.conditions import Compiler
from screening.rules.facts import Catalogue
from screening.rules.inputs import Reader
from screening.rules.language import And, Condition, Holds, Not, OneOf, Or, write
from screening.rules.truth import Truth


class Gates:
    """The gates of a catalogue, each by the text of its rule."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._reader = Reader(catalogue)
        compiler = Compiler(self._reader, catalogue.trees)
        texts = {fact.gate for fact in catalogue.facts.values() if fact.gate is not None}
        self._tests = {text: compiler.test(catalogue.trees[text]) for text in sorted(texts)}
        self.words = {text: gate_in_words(catalogue, catalogue.trees[text]) for text in self._tests}

    def open(self, answers: Answers | None) -> frozenset[str]:
        """Return the gates that surely hold."""
        if answers is None:
            return frozenset()
        known = self._reader.known(answers)
        return frozenset(text for text, test in self._tests.items() if test(known) is Truth.TRUE)


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
