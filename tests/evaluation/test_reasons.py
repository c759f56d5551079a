"""Why a criterion is not known, where more than one value is in the way."""

from typing import Any

import pytest

from screening.content import installed_content
from screening.rules.reading import read_answers
from screening.rules.screening import screen

AS_OF = "2026-11-20"
STALE = {"value": 2, "on": "2020-01-01"}
UNDATED = {"value": 2}
NOT_DONE = {"unknown": "not done"}


@pytest.mark.parametrize(
    ("clarke", "gold", "reason"),
    [
        (NOT_DONE, STALE, "stale"),
        (STALE, NOT_DONE, "stale"),
        (STALE, UNDATED, "undated"),
        (UNDATED, STALE, "undated"),
        (NOT_DONE, UNDATED, "undated"),
        (NOT_DONE, NOT_DONE, "missing"),
    ],
)
def test_of_several_reasons_the_one_about_an_answer_is_said(
    clarke: dict[str, Any], gold: dict[str, Any], reason: str
) -> None:
    """Seen to fail with the reason of whichever value the rule names first."""
    content = installed_content()
    told = {"as_of": AS_OF, "facts": {"clarke_score": clarke, "gold_score": gold}}
    result = screen(content, read_answers(content.catalogue, told), ["zimislecel-forward"])
    [trial] = result["trials"]
    [awareness] = [one for one in trial["criteria"] if one["id"] == "I5"]
    assert (awareness["outcome"], awareness["reason"]) == ("unknown", reason)
