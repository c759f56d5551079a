"""Write down that a log or a report left the application."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from screening.actions.trail import write_event
from screening.models import Site, User

logger = logging.getLogger(__name__)


@transaction.atomic
def record_export(
    *,
    what: str,
    form: str,
    file_format: str,
    rows: int,
    site: Site,
    protocol: str,
    by: User | None,
    at: datetime,
) -> None:
    """Put an export into the trail, before its first row leaves.

    Args:
        protocol: the trial it is of; empty for all.
        by: who took it; None for the command line.
    """
    details = {"what": what, "form": form, "format": file_format, "rows": rows, "protocol": protocol}
    write_event("log.exported", by=by, at=at, site=site, subject=f"site:{site.pk}", details=details)
    logger.info("log exported", extra={"site": site.pk, "what": what, "rows": rows})
