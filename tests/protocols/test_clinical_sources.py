"""docs/clinical-sources.md says of every protocol what was read, and how well each criterion is known."""

from pathlib import Path

from screening.rules.content import load_content
from screening.rules.protocol import Protocol, Source

PAGE = Path(__file__).parents[2] / "docs" / "clinical-sources.md"
INTRODUCTION = """\
# Clinical sources

What the shipped protocols rest on. A test writes this page from the protocol files: change those, not this.

Criteria are paraphrased. A: seen in a registry record or its mirror, a sponsor's, site's or consortium's
page, a label or a paper. B: seen in a secondary summary; decides, and says so. M: recalled, seen
nowhere; never decides. An advisory criterion was seen and still never decides: it was seen for another
phase, or a laboratory or a centre interprets it. A gap was looked for and is not public. For no trial
was a complete list of criteria public, so the best answer is a likely candidate on the published key
criteria.
"""
HEADINGS = ["protocol", "registry", "public", "status", "seen", "A", "B", "M", "advisory", "gaps", "best"]


def page() -> str:
    content = load_content()
    lines = [INTRODUCTION, _row(HEADINGS), _row(["---"] * len(HEADINGS)), *map(_counts, content.protocols)]
    for protocol in content.protocols:
        lines += ["", f"## {protocol.title}", "", f"`{protocol.id}`", "", *_sources(protocol.sources)]
    for shared in content.cautions.values():
        lines += ["", f"## {shared.title}", "", f"`cautions/{shared.id}`", "", *_sources(shared.sources)]
    return "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _counts(protocol: Protocol) -> str:
    grades = [criterion.grade for criterion in protocol.criteria if not criterion.advisory]
    advisory = sum(1 for criterion in protocol.criteria if criterion.advisory)
    return _row(
        [
            f"`{protocol.id}`",
            protocol.registry_id or "none",
            protocol.completeness,
            protocol.recruitment.status,
            protocol.recruitment.seen_on.isoformat(),
            *(str(grades.count(grade)) for grade in ("A", "B", "M")),
            str(advisory),
            str(len(protocol.gaps)),
            protocol.best or "likely",
        ]
    )


def _sources(sources: dict[str, Source]) -> list[str]:
    return [
        f"- {key}: {source.title}{f', <{source.url}>' if source.url else ''}"
        for key, source in sources.items()
    ]


def test_the_page_says_what_the_protocols_say() -> None:
    written, due = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else "", page()
    if written != due:
        PAGE.write_text(due, encoding="utf-8")
    assert written == due, "docs/clinical-sources.md was out of date and has been written anew: commit it"
