"""What people see when the database or the disk fails under them: that nothing was saved, and what to do."""

from __future__ import annotations

import sys

from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views.defaults import server_error

RETRY_AFTER = "30"
_READ_ONLY = "25006"
"""PostgreSQL's code for writing to a server that takes no writes, such as a standby."""


def failed(request: HttpRequest) -> HttpResponse:
    """Return the page for an error nobody caught: 503 when it passes by itself, else 500.

    A write is one transaction: it was kept whole or not at all. Where the database failed between keeping
    it and answering, it is sent again for nothing; tokens see to it that it stays one. The page reads
    nothing: neither the session nor the account could be read either.
    """
    if not is_outage(sys.exc_info()[1]):
        return server_error(request)
    page = loader.render_to_string("503.html", {"sent": request.method == "POST"})
    response = HttpResponse(page, status=503)
    response["Retry-After"] = RETRY_AFTER
    return response


def is_outage(error: BaseException | None) -> bool:
    """Return whether the database could not be reached, written or waited for."""
    if isinstance(error, OperationalError | InterfaceError):
        return True
    return isinstance(error, DatabaseError) and getattr(error.__cause__, "sqlstate", None) == _READ_ONLY
