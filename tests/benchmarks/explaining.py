"""What an explanation costs beside its records: what would change them, when, and what is next."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from screening.rules.content import Content
from screening.rules.inputs import Known
from screening.rules.next_best import next_best
from screening.rules.screening import rulebook
from screening.rules.turning import changes, turns
from screening.rules.ways import Changes
from tests.benchmarks.figures import Figure
from tests.benchmarks.people import people
from tests.benchmarks.timing import seconds

ROUNDS = 7
LIMIT = 150


def explanation(content: Content) -> Iterator[Figure]:
    """Time all three together, for the person they cost most and over everyone."""
    book = rulebook(content)

    def explain(known: Known) -> None:
        what_would_change = Changes(book, known)
        for protocol in book.protocols:
            what_would_change.of(protocol.deciding)
            turns(protocol, known)
            for compiled in protocol.criteria:
                changes(compiled, known)
        next_best(book, known)

    rounds = [
        [seconds(partial(explain, book.reader.known(answers))) for answers in people(content)]
        for _ in range(ROUNDS)
    ]
    best = [min(spent) for spent in zip(*rounds, strict=True)]
    of_them = f"explanation of {len(content.protocols)} protocols"
    yield Figure(f"{of_them}, the dearest person", max(best) * 1000, "ms", LIMIT)
    yield Figure(f"{of_them}, the mean", sum(best) / len(best) * 1000, "ms")
