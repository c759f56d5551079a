"""What a test counted, told to the trust report beside whether it passed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Figure = Callable[..., None]
PROPERTY = "figure"


def recorder(node: pytest.Item) -> Figure:
    """Return the function by which the test `node` says what it counted."""

    def record(promise: str, what: str, **counts: int) -> None:
        node.user_properties.append((PROPERTY, {"promise": promise, "what": what, "counts": counts}))

    return record
