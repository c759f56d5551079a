"""The project's table of worked examples for scores, units and dates."""

import json
from pathlib import Path
from typing import Any

import pytest

_TABLE = json.loads((Path(__file__).parent.parent / "data" / "score_vectors.json").read_text("utf-8"))


def vectors(score: str) -> list[Any]:
    """Return the examples of one score as parameters (inputs, expected, tolerance), named by their ids."""
    examples = [
        pytest.param(example["inputs"], example["expected"], example["tolerance"], id=example["id"])
        for example in _TABLE["vectors"]
        if example["score"] == score
    ]
    assert examples, f"no worked example of {score}"
    return examples
