"""docs/referrals.md and its diagram say what screening.flow says."""

from __future__ import annotations

import os
from html import escape

from screening.flow import MOVES, SAME, STATES
from tests.docs.markdown import DOCS, read
from tests.docs.referral_states import PLACES, diagram, table

PAGE = DOCS / "referrals.md"
IMAGE = DOCS / "images" / "referral-states.svg"
BEGIN = "<!-- Written by the tests: WRITE_DOCS=1 python3 manage.py test tests/docs/test_referrals.py -->"
END = "<!-- End of what the tests write -->"
STALE = "run WRITE_DOCS=1 python3 manage.py test tests/docs/test_referrals.py"


def page(written: str) -> str:
    """Return the page with the table of moves as it is now."""
    before, _, rest = written.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def test_the_table_of_moves_is_that_of_the_program() -> None:
    """Seen to fail with a reason taken out of screening.flow."""
    written = read(PAGE)
    if os.environ.get("WRITE_DOCS"):
        PAGE.write_text(page(written), encoding="utf-8")
    assert read(PAGE) == page(written), STALE


def test_the_diagram_is_that_of_the_program() -> None:
    """Seen to fail with a move taken out of screening.flow."""
    if os.environ.get("WRITE_DOCS"):
        IMAGE.write_text(diagram(), encoding="utf-8")
    assert read(IMAGE) == diagram(), STALE


def test_the_diagram_names_every_state_and_every_move() -> None:
    drawn = diagram()
    assert set(PLACES) == set(STATES)
    assert all(f">{words}</text>" in drawn for words in STATES.values())
    assert all(escape(move.label) in drawn for move in MOVES)
    assert any(move.target == SAME for move in MOVES)
