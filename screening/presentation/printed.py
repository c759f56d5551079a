"""The result page as one document: what paper shows, with its styles and shapes in itself."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders

from screening.presentation.result import ResultPage, TrialCard

STYLES = (
    "vendor/bootstrap/bootstrap.min.css",
    "screening/css/tokens.css",
    "screening/css/base.css",
    "screening/css/site-header.css",
    "screening/css/controls.css",
    "screening/css/card.css",
    "screening/css/notice.css",
    "screening/css/result.css",
    "screening/css/trial.css",
    "screening/css/criterion.css",
    "screening/css/safety-box.css",
    "screening/css/todo.css",
    "screening/css/decision.css",
    "screening/css/explanation.css",
    "screening/css/print.css",
)
"""The style sheets of the result page, in its order; a test holds the two equal."""
FOR_PDF = "screening/css/pdf.css"
_SYMBOL = re.compile(r'<symbol id="([\w-]+)" viewBox="([\d ]+)">(.*?)</symbol>', re.DOTALL)
_USE = re.compile(r'<svg([^<>]*)><use href="#([\w-]+)"/></svg>')
_COLOUR = re.compile(r"var\(--[\w-]+, (#\w+)\)")


def printed(page: ResultPage) -> ResultPage:
    """Return `page` without what print.css hides: guidance, and criteria of what is closed or unlikely."""
    groups = [
        replace(
            group,
            cards=[
                card if group.id in ("here", "elsewhere") and card.candidacy != "unlikely" else _line(card)
                for card in group.cards
            ],
        )
        for group in page.groups
        if group.id != "guidance"
    ]
    return replace(page, groups=groups, later_errands=())


def _line(card: TrialCard) -> TrialCard:
    """Return the line of a trial alone; how many cautions stand against is part of it."""
    nothing: tuple[()] = ()
    return replace(
        card,
        groups=nothing,
        would_change=nothing,
        to_confirm=nothing,
        limitations_raised=nothing,
        limitations_not_raised=nothing,
        cautions_unknown=nothing,
        safety=nothing,
        gaps=nothing,
    )


def one_document(html: str) -> str:
    """Return a page with every style sheet in its head, and every shape where it is used."""
    shapes = {name: (box, _COLOUR.sub(r"\1", drawn)) for name, box, drawn in _SYMBOL.findall(html)}

    def in_place(found: re.Match[str]) -> str:
        box, drawn = shapes[found[2]]
        return f'<svg{found[1]} viewBox="{box}">{drawn}</svg>'

    whole = _SYMBOL.sub("", _USE.sub(in_place, html))
    return whole.replace("</head>", f"<style>{_styles()}</style></head>", 1)


@cache
def _styles() -> str:
    """Return what print.css says for print, and all other rules as they stand."""
    found = {name: Path(str(finders.find(name))).read_text(encoding="utf-8") for name in (*STYLES, FOR_PDF)}
    return "\n".join(found.values())
