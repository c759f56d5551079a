"""A result as plain text, to be pasted into the notes of the record."""

from __future__ import annotations

from screening.presentation.result import Against, ResultPage

CLOSING = (
    "Checked against the published key criteria only. "
    "This is a first check, not a decision: the trial's site decides."
)


def _told(against: Against) -> list[str]:
    where = f"({against.trials})" if against.trials else ""
    return [part for part in (against.text, against.why, where) if part]


def as_notes(page: ResultPage, *, reference: str, person: str, author: str) -> str:
    """Return the result as lines of text without markup.

    Args:
        page: the result.
        reference: the person's pseudonymous reference.
        person: age, sex and duration in one phrase.
        author: who recorded it.
    """
    lines = [
        f"Pre-screen for cell-therapy trials, {page.as_of}",
        f"{reference}: {person}",
        f"Recorded by {author}",
        "",
    ]
    lines += [
        f"TIME-CRITICAL: {deadline.title}: {deadline.phrase[:1].lower()}{deadline.phrase[1:]}."
        + (f" {deadline.why}." if deadline.why else "")
        for deadline in page.deadlines
    ]
    lines += [" ".join(["AGAINST:", f"{against.kind}:", *_told(against)]) for against in page.against]
    if page.indication is not None:
        short = f": {page.indication.short}" if page.indication.short else ""
        lines.append(f"Indication, problematic hypoglycaemia: {page.indication.word.lower()}{short}.")
        lines += [f"  {step.word.lower()}: {step.text}" for step in page.indication.open_steps]
    lines += page.notices
    for group in page.groups:
        lines += ["", group.title.upper()]
        for card in group.cards:
            name = f"{card.title} ({card.registry_id})" if card.registry_id else card.title
            cautions = f", {card.cautions_words}" if card.cautions_words else ""
            lines.append(f"- {name}: {card.line}{cautions}. {card.why}")
            if card.ask_first:
                lines.append(f"  Ask the site first: {card.ask_first}.")
    for errand in page.errands:
        lines += ["", errand.title.upper()]
        lines += [f"- {fact.label}{f' ({fact.why})' if fact.why else ''}" for fact in errand.facts]
    lines += ["", CLOSING]
    return "\n".join(lines) + "\n"
