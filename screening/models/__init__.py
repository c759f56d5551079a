"""The tables, split by subject."""

from screening.models.append_only import AppendOnlyError
from screening.models.drafts import Draft
from screening.models.participants import Participant
from screening.models.people import Membership, Role, Site, Units, User, UserManager
from screening.models.screenings import Candidacy, Screening, Verdict
from screening.models.texts import StoredText

__all__ = [
    "AppendOnlyError",
    "Candidacy",
    "Draft",
    "Membership",
    "Participant",
    "Role",
    "Screening",
    "Site",
    "StoredText",
    "Units",
    "User",
    "UserManager",
    "Verdict",
]
