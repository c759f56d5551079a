"""docs/facts.md lists every fact that an answer can be about."""

from __future__ import annotations

from screening.rules.content import load_content
from screening.rules.facts import Fact
from tests.docs.markdown import DOCS

PAGE = DOCS / "facts.md"
INTRODUCTION = """\
# Facts

Every fact an answer can be about, by the name it has in [answers as JSON](json.md). A test writes this page
from the catalogue in `screening/facts/`: change that, not this.

A number outside its limits is refused; without a unit it is taken to be in the first one. In a rule a
quantity carries the id of its unit, like `hba1c_percent`, and a fact of several choices the choice, like
`autoantibodies_positive_gad65`. *Current for* says how long an answer counts; older, it is shown but not
known to any criterion without a window of its own. *After* names the answer that opens the question.
"""
HEADINGS = ["fact", "what", "kind", "limits or choices", "current for", "found out by", "after"]


def page() -> str:
    lines = [INTRODUCTION]
    for section in load_content().catalogue.sections:
        lines += [f"## {section.title}", "", _row(HEADINGS), _row(["---"] * len(HEADINGS))]
        lines += [*map(_fact, section.facts), ""]
    return "\n".join(lines)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _fact(fact: Fact) -> str:
    return _row(
        [
            f"`{fact.name}`",
            fact.label,
            fact.kind if fact.asked else f"{fact.kind}, worked out",
            _limits(fact),
            _life(fact) if fact.asked else "as what it is worked out from",
            fact.obtained_by if fact.asked else "",
            f"`{fact.gate}`" if fact.gate is not None else "",
        ]
    )


def _limits(fact: Fact) -> str:
    if fact.numeric:
        return "; ".join(
            f"{low:.9g} to {high:.9g} {fact.units[unit]} (`{unit}`)" if unit else f"{low:.9g} to {high:.9g}"
            for unit, (low, high) in fact.plausible.items()
        )
    return ", ".join(f"`{choice}`" for choice in fact.choices)


def _life(fact: Fact) -> str:
    by_answer = fact.fresh_for if isinstance(fact.fresh_for, dict) else {}
    life = "; ".join(f"{answer}: {how_long}" for answer, how_long in by_answer.items()) or str(fact.fresh_for)
    shorter = fact.fresher_when
    return life if shorter is None else f"{life}; {shorter.fresh_for} unless `{shorter.rule}` is false"


def test_the_page_says_what_the_catalogue_says() -> None:
    written, due = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else "", page()
    if written != due:
        PAGE.write_text(due, encoding="utf-8")
    assert written == due, "docs/facts.md was out of date and has been written anew: commit it"
