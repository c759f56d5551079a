"""The tables, split by subject."""

from screening.models.append_only import AppendOnlyError
from screening.models.audit import AuditEvent
from screening.models.drafts import Draft
from screening.models.emergencies import EmergencyAccess, EmergencyEnd
from screening.models.identities import Contact, Details, Identity, contact_for
from screening.models.interpretations import Interpretation
from screening.models.observations import Observation
from screening.models.participants import Participant
from screening.models.people import MailPace, Membership, Role, Site, TrialSite, Units, User, UserManager
from screening.models.referrals import (
    ClinicDecision,
    Confirmation,
    ContactWay,
    Notice,
    OwnView,
    Referral,
    SavedView,
    Step,
    ThreadEntry,
    TrialReferral,
)
from screening.models.rescreening import CandidacyChange, RescreeningRun
from screening.models.screenings import Candidacy, Screening, Verdict
from screening.models.sensors import SensorRecord
from screening.models.texts import StoredText

__all__ = [
    "AppendOnlyError",
    "AuditEvent",
    "Candidacy",
    "CandidacyChange",
    "ClinicDecision",
    "Confirmation",
    "Contact",
    "ContactWay",
    "Details",
    "Draft",
    "EmergencyAccess",
    "EmergencyEnd",
    "Identity",
    "Interpretation",
    "MailPace",
    "Membership",
    "Notice",
    "Observation",
    "OwnView",
    "Participant",
    "Referral",
    "RescreeningRun",
    "Role",
    "SavedView",
    "Screening",
    "SensorRecord",
    "Site",
    "Step",
    "StoredText",
    "ThreadEntry",
    "TrialReferral",
    "TrialSite",
    "Units",
    "User",
    "UserManager",
    "Verdict",
    "contact_for",
]
