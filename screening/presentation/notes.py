"""A result as plain text, to be pasted into the notes of the record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from screening.presentation import words
from screening.presentation.result import Against, ResultPage, TrialCard

CLOSING = (
    "Checked against the published key criteria only. "
    "This is a first check, not a decision: the trial's site decides."
)


def as_notes(page: ResultPage, *, reference: str, person: str, author: str, key_data: Sequence[str]) -> str:
    """Return the result as lines of text without markup; trials that take nobody are left out.

    Args:
        page: the result.
        reference: the person's pseudonymous reference.
        person: age, sex and duration in one phrase.
        author: who recorded it.
        key_data: the values that a reader of the record looks for.
    """
    lines = [
        f"Pre-screen for cell-therapy trials, {page.as_of}",
        f"{reference}: {person}",
        f"Recorded by {author}",
        *key_data,
        "",
        *_alerts(page),
    ]
    for group in page.groups:
        if not group.folded:
            lines += [group.title.upper(), *_trials(group.cards)]
    lines.append("")
    if page.next_steps:
        lines.append(f"NEXT: {' '.join(_steps(page))}")
    for errand in page.errands:
        facts = "; ".join(f"{fact.label}{f' ({fact.why})' if fact.why else ''}" for fact in errand.facts)
        lines.append(f"{errand.title.upper()}: {facts}")
    lines.append(CLOSING)
    return "\n".join(lines) + "\n"


def _steps(page: ResultPage) -> Iterator[str]:
    """Yield what to do next; a referral names its trials."""
    for place, step in enumerate(page.next_steps, 1):
        trials = f" ({words.listed([title for _, title in step.trials])})" if step.kind == "refer" else ""
        yield f"{place}. {step.verb} {step.what}{trials}: {step.why}."


def _alerts(page: ResultPage) -> Iterator[str]:
    for deadline in page.deadlines:
        said = f"TIME-CRITICAL: {deadline.title}: {deadline.phrase[:1].lower()}{deadline.phrase[1:]}."
        yield f"{said} {deadline.why}." if deadline.why else said
    for against in page.against:
        yield " ".join(["AGAINST:", f"{against.kind}:", *_told(against)])
    indication = page.indication
    if indication is not None:
        short = f": {indication.short}" if indication.short else ""
        yield f"Indication, problematic hypoglycaemia: {indication.word.lower()}{short}."
        if indication.open_steps:
            steps = "; ".join(f"{step.text} ({step.word.lower()})" for step in indication.open_steps)
            yield f"Steps of optimised insulin therapy still open: {steps}."
    yield from page.notices
    yield ""


def _told(against: Against) -> list[str]:
    where = f"({against.trials})" if against.trials else ""
    return [part for part in (against.text, against.why, where) if part]


def _trials(cards: Sequence[TrialCard]) -> Iterator[str]:
    """Yield a line for each trial in reach, and one for all that are unlikely."""
    yield from (_trial(card) for card in cards if card.candidacy != "unlikely")
    unlikely = [_name(card) for card in cards if card.candidacy == "unlikely"]
    if unlikely:
        yield f"- Unlikely on their own rules: {'; '.join(unlikely)}."


def _name(card: TrialCard) -> str:
    return f"{card.title} ({card.registry_id})" if card.registry_id else card.title


def _trial(card: TrialCard) -> str:
    """Return a trial on one line; what a possible one waits for is said once, for all, under what to do."""
    cautions = f", {card.cautions_words}" if card.cautions_words else ""
    ask = f" Ask the site first: {card.ask_first}." if card.ask_first else ""
    why = f" {card.why}" if card.candidacy == "not_yet" else ""
    return f"- {_name(card)}: {card.line}{cautions}.{ask}{why}"
