"""Charts as data: shapes with their places, which a template writes as SVG. No number stands here alone:
the table beside each chart has them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 400
"""Of every chart, in its own units: narrow enough to be read on a phone."""
LINE = 18
CHARACTER = 7.2
"""The width of an average letter."""
PAD = 10


@dataclass(frozen=True)
class Text:
    """One line of text; `y` is its base line."""

    x: float
    y: float
    words: str
    kind: str = ""
    anchor: str = "start"


@dataclass(frozen=True)
class Box:
    """A frame with lines of text in it."""

    x: float
    y: float
    width: float
    height: float
    texts: tuple[Text, ...]
    kind: str


@dataclass(frozen=True)
class Arrow:
    """A line that ends in a head: the shaft and the head as paths."""

    shaft: str
    head: str


@dataclass(frozen=True)
class Flow:
    """Boxes one under the other, and what leaves between them to the side."""

    id: str
    title: str
    description: str
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    width: int = WIDTH


@dataclass(frozen=True)
class Bar:
    """One bar with its label above it and its number behind it."""

    label: Text
    number: Text
    y: float
    width: float
    height: float = 14


@dataclass(frozen=True)
class Bars:
    """Bars one under the other, to one scale from nought."""

    id: str
    title: str
    description: str
    height: float
    bars: tuple[Bar, ...]
    width: int = WIDTH


BAR_ROW = 46
LONGEST_BAR = 330
THINNEST_BAR = 2


def bars(id: str, title: str, description: str, counts: Sequence[tuple[str, int]]) -> Bars:
    """Return a bar for each label and count, in the order given."""
    most = max((count for _, count in counts), default=0) or 1
    drawn = []
    for place, (label, count) in enumerate(counts):
        top = place * BAR_ROW
        width = max(LONGEST_BAR * count / most, THINNEST_BAR if count else 0)
        drawn.append(
            Bar(
                label=Text(0, top + 15, _shortened(label, int(WIDTH / CHARACTER))),
                number=Text(_rounded(width + 8), top + 34, str(count), "number"),
                y=top + 22,
                width=_rounded(width),
            )
        )
    return Bars(id, title, description, max(len(counts), 1) * BAR_ROW, tuple(drawn))


@dataclass(frozen=True)
class Stage:
    """One box of a flow, and what leaves after it: labels with their numbers."""

    label: str
    number: str
    leaving: tuple[tuple[str, str], ...] = ()
    leaving_label: str = ""


MAIN, GAP = 160, 26
SIDE = WIDTH - MAIN - GAP


def flow(id: str, title: str, description: str, stages: Sequence[Stage]) -> Flow:
    """Return the stages from top to bottom, joined by arrows, with what leaves to their side."""
    boxes: list[Box] = []
    arrows: list[Arrow] = []
    middle, y = MAIN / 2, 1.0
    for place, stage in enumerate(stages):
        lines = [*_wrapped(stage.label, MAIN), f"n = {stage.number}"]
        kinds = ["strong"] * (len(lines) - 1) + ["number"]
        main = _box(1, y, MAIN - 2, lines, kinds, "main")
        boxes.append(main)
        y = main.y + main.height
        if place == len(stages) - 1:
            break
        side = _side(MAIN + GAP, y + 14, stage) if stage.leaving else None
        below = side.y + side.height + 14 if side is not None else y + 30
        arrows.append(_down(middle, y, below))
        if side is not None:
            boxes.append(side)
            arrows.append(_right(middle, side.y + side.height / 2, side.x))
        y = below
    return Flow(id, title, description, y + 1, tuple(boxes), tuple(arrows))


def _side(x: float, y: float, stage: Stage) -> Box:
    lines: list[str] = [stage.leaving_label] if stage.leaving_label else []
    kinds = ["strong"] * len(lines)
    for label, number in stage.leaving:
        whole = f"{label}: {number}"
        parts = [whole] if len(whole) * CHARACTER <= SIDE - 2 * PAD else [f"{label}:", number]
        lines += parts
        kinds += [""] * len(parts)
    return _box(x, y, SIDE - 1, lines, kinds, "side")


def _box(x: float, y: float, width: float, lines: Sequence[str], kinds: Sequence[str], kind: str) -> Box:
    texts = tuple(
        Text(x + PAD, y + PAD + 13 + place * LINE, line, text_kind)
        for place, (line, text_kind) in enumerate(zip(lines, kinds, strict=True))
    )
    return Box(x, y, width, 2 * PAD + len(lines) * LINE, texts, kind)


def _down(x: float, top: float, bottom: float) -> Arrow:
    tip = bottom - 1
    return Arrow(f"M{x:g} {top:g}V{tip - 6:g}", f"M{x - 5:g} {tip - 7:g}H{x + 5:g}L{x:g} {tip:g}Z")


def _right(left: float, y: float, right: float) -> Arrow:
    tip = right - 1
    return Arrow(f"M{left:g} {y:g}H{tip - 6:g}", f"M{tip - 7:g} {y - 5:g}V{y + 5:g}L{tip:g} {y:g}Z")


def _wrapped(text: str, width: float) -> list[str]:
    """Return `text` in lines that fit into `width`."""
    room = int((width - 2 * PAD) / CHARACTER)
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > room:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _shortened(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1].rstrip()}…"


def _rounded(number: float) -> float:
    return round(number, 1)
