"""Draws docs/images/referral-states.svg, and writes the tables of docs/referrals.md, from screening.flow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from screening.flow import (
    BEFORE_HOLD,
    CLOSED,
    MOVES,
    NEEDS,
    SAME,
    STATES,
    UNDER_WAY,
    Move,
    State,
)
from screening.models.people import Role

WIDTH, HEIGHT = 900, 792
BOX = (170, 40)
PLACES = {
    State.DRAFT: (380, 40),
    State.SUBMITTED: (380, 135),
    State.INFORMATION_REQUESTED: (150, 196),
    State.IN_REVIEW: (380, 245),
    State.ACCEPTED: (380, 340),
    State.CONSENTED: (380, 435),
    State.IN_SCREENING: (380, 530),
    State.ENROLLED: (380, 640),
    State.ON_HOLD: (150, 640),
    State.NOT_ACCEPTED: (790, 245),
    State.WITHDRAWN: (790, 360),
    State.SCREEN_FAILURE: (790, 482),
}
"""The middle of each state's box."""
FRAME = (40, 95, 590, 575)
"""Left, top, right and bottom of the frame round what is with the centre and not at an end."""
STYLE = """
  .ink { fill: #14202a; } .soft { fill: #43505c; }
  .box { fill: #fff; stroke: #576470; } .end { fill: #eef1f4; stroke: #576470; }
  .frame { fill: none; stroke: #76828e; stroke-dasharray: 6 4; }
  .way { fill: none; stroke: #0b5a82; stroke-width: 1.6; } .tip { fill: #0b5a82; }
  .back { fill: #f3f5f7; }
  text { font: 13px system-ui, "Segoe UI", Roboto, Arial, sans-serif; }
  .state { font-weight: 600; text-anchor: middle; }
  @media (prefers-color-scheme: dark) {
    .ink { fill: #e7edf2; } .soft { fill: #b9c5cf; }
    .box { fill: #161f27; stroke: #9eacb8; } .end { fill: #1d2832; stroke: #9eacb8; }
    .frame { stroke: #74838f; } .way { stroke: #7fc1e8; } .tip { fill: #7fc1e8; } .back { fill: #0e151b; }
  }
"""

Point = tuple[float, float]


@dataclass(frozen=True)
class Way:
    """One arrow, with its words and where they stand."""

    points: tuple[Point, ...]
    words: str
    at: Point
    anchor: str = "start"


def diagram() -> str:
    """Return the states and every move between them, as SVG."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'aria-labelledby="title">',
        '<title id="title">The states of a referral and the moves between them</title>',
        f"<style>{STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
        'orient="auto-start-reverse"><path class="tip" d="M0 0 10 5 0 10z"/></marker></defs>',
        f'<rect class="back" width="{WIDTH}" height="{HEIGHT}" rx="8"/>',
        f'<rect class="frame" x="{FRAME[0]}" y="{FRAME[1]}" width="{FRAME[2] - FRAME[0]}" '
        f'height="{FRAME[3] - FRAME[1]}" rx="8"/>',
        f'<text class="soft" x="{FRAME[0] + 12}" y="{FRAME[3] - 12}">With the centre</text>',
    ]
    ways = list(_ways())
    lines += [
        f'<path class="way" d="M{" L".join(f"{x:g} {y:g}" for x, y in way.points)}" marker-end="url(#tip)"/>'
        for way in ways
    ]
    for state, (x, y) in PLACES.items():
        kind = "end" if state in CLOSED else "box"
        width, height = BOX
        lines += [
            f'<rect class="{kind}" x="{x - width / 2:g}" y="{y - height / 2:g}" width="{width}" '
            f'height="{height}" rx="6"/>',
            f'<text class="state ink" x="{x}" y="{y + 4}">{escape(STATES[state])}</text>',
        ]
    lines += [
        f'<text class="soft" x="{way.at[0]:g}" y="{way.at[1]:g}" text-anchor="{way.anchor}">'
        f"{escape(way.words)}</text>"
        for way in ways
    ]
    lines += [
        f'<text class="soft" x="20" y="{HEIGHT - 102 + 22 * place}">{escape(text)}</text>'
        for place, text in enumerate(_notes())
    ]
    lines.append("</svg>")
    return "\n".join(lines) + "\n"


def _ways() -> Iterator[Way]:
    """Yield an arrow for each move; those that start from many states start from the frame."""
    for move in MOVES:
        if move.target == SAME:
            continue
        if move.target == BEFORE_HOLD:
            yield from _beside(State.ON_HOLD, move, back=True)
        elif set(move.sources) >= set(UNDER_WAY) and move.target == State.ON_HOLD:
            yield from _beside(State.ON_HOLD, move, back=False)
        elif set(move.sources) >= set(UNDER_WAY) or len(move.sources) > 3:
            yield _out_of_frame(move)
        elif set(move.sources) <= set(CLOSED):
            yield _reopened(move)
        else:
            yield from (_between(State(source), State(move.target), move) for source in move.sources)


def _between(source: State, target: State, move: Move) -> Way:
    (x1, y1), (x2, y2) = PLACES[source], PLACES[target]
    half_width, half_height = BOX[0] / 2, BOX[1] / 2
    if x1 == x2:
        way = ((x1, y1 + half_height), (x2, y2 - half_height))
        return Way(way, move.label, (x1 + 8, (y1 + y2) / 2 + 4))
    if target == State.INFORMATION_REQUESTED:
        up = source == State.SUBMITTED
        y = y1 + (-8 if up else 8)
        end = (x2 + (-30 if up else 0), y2 + (-half_height if up else half_height))
        return Way(
            ((x1 - half_width, y), (end[0], y), end), move.label, (end[0] + 8, y - 5 if up else y + 16)
        )
    if source == State.INFORMATION_REQUESTED:
        start = (x1 + 50, y1 - half_height)
        return Way(
            (start, (start[0], y2 + 10), (x2 - half_width, y2 + 10)), move.label, (start[0] + 8, y2 + 33)
        )
    middle = (x1 + half_width + x2 - half_width) / 2 + 55
    end = (x2 - half_width, y2 + (-8 if y1 < y2 else 8))
    return Way(
        ((x1 + half_width, y1), (middle, y1), (middle, end[1]), end),
        move.label,
        (x1 + half_width + 28, y1 - 6),
    )


def _out_of_frame(move: Move) -> Way:
    x, y = PLACES[State(move.target)]
    below = 9 if move.target == State.NOT_ACCEPTED else 0
    return Way(
        ((FRAME[2], y + below), (x - BOX[0] / 2, y + below)), move.label, (FRAME[2] + 8, y + below + 17)
    )


def _beside(state: State, move: Move, *, back: bool) -> Iterator[Way]:
    x, y = PLACES[state]
    points = ((x, FRAME[3]), (x, y - BOX[1] / 2))
    at = x + (14 if back else -14)
    ordered = tuple((at, height) for _, height in (points[::-1] if back else points))
    middle = (FRAME[3] + y - BOX[1] / 2) / 2 + 4
    yield Way(ordered, move.label, (at + (8 if back else -8), middle), "start" if back else "end")


def _reopened(move: Move) -> Way:
    x, y = PLACES[State(move.target)]
    right = PLACES[State.NOT_ACCEPTED][0]
    return Way(((right - BOX[0] / 2, y - 9), (x + BOX[0] / 2, y - 9)), move.label, (FRAME[2] + 8, y - 15))


def _notes() -> Iterator[str]:
    """Yield where the moves start that are drawn from the frame, or change no state."""
    for move in MOVES:
        if move.target == SAME:
            yield f"{move.label}: in {_listed(move)}; the state stays."
        elif set(move.sources) > set(UNDER_WAY) or set(move.sources) <= set(CLOSED) or len(move.sources) > 3:
            yield f"{move.label}: from {_listed(move)}."


def _who(move: Move) -> list[str]:
    return [str(role.label) for role in Role if role in move.who]


def _listed(move: Move) -> str:
    return ", ".join(STATES[State(source)] for source in move.sources)


def table() -> str:
    """Return every move: who, from where, to where, the reasons, what it needs."""
    lines = ["| move | who | from | to | needs | reasons |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {move.label} | {', '.join(_who(move))} | {_listed(move)} "
        f"| {_target(move)} | {'; '.join(NEEDS[need] for need in move.needs)} "
        f"| {'; '.join(map(str, move.reasons.values()))} |"
        for move in MOVES
    ]
    return "\n".join(lines)


def _target(move: Move) -> str:
    if move.target == SAME:
        return "the same"
    return "the state before" if move.target == BEFORE_HOLD else STATES[State(move.target)]
