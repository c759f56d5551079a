"""What the product costs in CPU time, against its limits: `python -m tests.benchmarks`.

A comparison is the median of many rounds in which its sides take turns; a cost by itself is the best of
many, so that what else the machine does is left out. The garbage collector is off inside a round. The
exit status is 1 if a limit is not kept.
"""

import gc
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from screening.rules.content import FACTS, PROTOCOLS, Content, parse_content, read_content
from screening.rules.evaluate import Outcome
from screening.rules.masks import MaskPlan
from screening.rules.screening import rulebook, screen
from tests.benchmarks import baseline, explaining, form
from tests.benchmarks.figures import Figure, printed
from tests.benchmarks.people import people, texts

ROUNDS = 80
LOADS = 7
LIST = 100
"""How often everyone stands on the list whose masks are worked out in one go: 1200 rows."""


@contextmanager
def no_collecting() -> Iterator[None]:
    """Keep the garbage collector out of what is timed."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def seconds(act: Callable[[], Any]) -> float:
    """Return the CPU time of one call."""
    with no_collecting():
        before = time.process_time()
        act()
        return time.process_time() - before


def evaluation(content: Content) -> Iterator[Figure]:
    """Compare records of protocols with those written out by hand, and time the records of all."""
    everyone = people(content)
    known_texts = texts(content, everyone[0].as_of)
    for answers in everyone:
        assert baseline.screen(known_texts, answers) == screen(content, answers, baseline.TRIALS)

    def engine() -> float:
        fresh = people(content)
        return seconds(lambda: [screen(content, answers, baseline.TRIALS) for answers in fresh])

    def everything() -> float:
        fresh = people(content)
        return seconds(lambda: [screen(content, answers) for answers in fresh])

    def by_hand() -> float:
        fresh = people(content)
        return seconds(lambda: [baseline.screen(known_texts, answers) for answers in fresh])

    pairs = []
    for turn in range(ROUNDS):
        first, second = (engine, by_hand) if turn % 2 else (by_hand, engine)
        spent = {first: first(), second: second()}
        pairs.append((spent[engine], spent[by_hand]))
    per_person = 1000 / len(everyone)
    number = len(baseline.TRIALS)
    yield Figure(
        f"records of {number} protocols", statistics.median(one for one, _ in pairs) * per_person, "ms"
    )
    yield Figure("the same, written by hand", statistics.median(two for _, two in pairs) * per_person, "ms")
    ratio = statistics.median(one / two for one, two in pairs)
    yield Figure("records, times the time of those by hand", ratio, "", 2)
    all_of_them = statistics.median(everything() for _ in range(ROUNDS))
    yield Figure("records of all protocols", all_of_them * per_person, "ms")


@contextmanager
def written_out() -> Iterator[Path]:
    """Give a directory with the protocols of baseline.TRIALS and what they share: limits are theirs."""
    with tempfile.TemporaryDirectory() as directory:
        protocols = Path(directory) / "protocols"
        for path in PROTOCOLS.rglob("*.toml"):
            if path.parent != PROTOCOLS or path.stem in baseline.TRIALS:
                copied = protocols / path.relative_to(PROTOCOLS)
                copied.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, copied)
        yield protocols


def masks(content: Content, derived_limit: float | None, limit: float | None) -> Iterator[Figure]:
    """Time the bits of failing and unknown criteria, as lists need them."""
    book = rulebook(content)
    plan = MaskPlan(book)
    for answers in people(content):
        known = book.reader.known(answers)
        outcomes = [[one.outcome(known) for one in protocol.deciding] for protocol in book.protocols]
        assert plan.masks(known) == [
            (_bits(found, Outcome.FAIL), _bits(found, Outcome.UNKNOWN)) for found in outcomes
        ]
    derived = [(plan.facts(book.reader.known(answers)), answers.as_of) for answers in people(content)]
    repeats = 50

    def bits() -> None:
        for _ in range(repeats):
            for facts, day in derived:
                plan.masks_of(facts, day)

    def with_derivation() -> float:
        fresh = [answers for _ in range(LIST) for answers in people(content)]

        def derive_all() -> None:
            for answers in fresh:
                plan.masks(book.reader.known(answers))

        return seconds(derive_all) / LIST

    with_derivation()
    each = 1_000_000 / len(derived)
    spent = [(seconds(bits) / repeats, with_derivation()) for _ in range(ROUNDS // 4)]
    of_them = f"masks of {len(content.protocols)} protocols"
    yield Figure(f"{of_them} on derived facts", _best(spent, 0) * each, "µs", derived_limit)
    yield Figure(f"{of_them} with derivation", _best(spent, 1) * each, "µs", limit)


def _bits(outcomes: list[Outcome], wanted: Outcome) -> int:
    return sum(1 << place for place, outcome in enumerate(outcomes) if outcome is wanted)


def _best(rounds: list[tuple[float, ...]], place: int) -> float:
    return min(one[place] for one in rounds)


def loading(protocols: Path, limit: float | None, cached_limit: float | None) -> Iterator[Figure]:
    """Time the reading and checking of files in a process that has done it once."""
    files = sorted([*FACTS.rglob("*.toml"), *protocols.rglob("*.toml")])
    with tempfile.TemporaryDirectory() as directory:
        cache = Path(directory)
        parse_content([FACTS], [protocols])
        read_content([FACTS], [protocols], cache)
        read_content([FACTS], [protocols], cache)
        spent = []
        for _ in range(LOADS):
            parsing = seconds(lambda: parse_content([FACTS], [protocols]))
            cached = statistics.median(
                seconds(lambda: read_content([FACTS], [protocols], cache)) for _ in range(LOADS)
            )
            plain = statistics.median(
                seconds(lambda: [path.read_bytes() for path in files]) for _ in range(LOADS)
            )
            spent.append((parsing, cached, plain))
    yield Figure(f"plain reading of {len(files)} files", _best(spent, 2) * 1000, "ms")
    yield Figure("loading and checking them", _best(spent, 0) * 1000, "ms", limit)
    yield Figure("loading them from the cache", _best(spent, 1) * 1000, "ms", cached_limit)


def main() -> int:
    content = parse_content([FACTS], [PROTOCOLS])
    print(f"{len(content.protocols)} protocols, {len(people(content))} people, CPU time per person")
    with written_out() as protocols:
        held = parse_content([FACTS], [protocols])
        figures = chain(
            evaluation(content),
            explaining.explanation(content),
            masks(held, 10, 40),
            masks(content, None, None),
            loading(protocols, 250, 5),
            loading(PROTOCOLS, None, None),
            form.pages(),
        )
        return printed(figures)


if __name__ == "__main__":
    sys.exit(main())
