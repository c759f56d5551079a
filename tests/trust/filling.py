"""What somebody would type into the forms, by the name of the input: enough that each is taken."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from screening.clinical.dates import say_day
from tests.trust.walk import Form

PAST = ("contact_consent_on", "consented_on", "first_try", "second_try", "third_try", "first", "last", "day")
TO_COME = ("recheck_on", "hold_until", "until", "due_on")
ANY_DAY = ("birth_date", "as_of")
DAYS = frozenset((*PAST, *TO_COME, *ANY_DAY))
"""The inputs that take a day, beside those of the facts."""
NUMBERS = frozenset({"rests_on", "notice"})
"""The inputs that take a number, beside versions and facts; rows of the queue have theirs in one text."""
WORDS = {
    "reason": "Three collapses last winter in spite of a sensor",
    "text": "Is there an ambulance record of last winter?",
    "note": "Discussed with the whole team",
    "words": "Moved away, treated there now",
    "subject_no": "S-4711",
    "consent_version": "4.0",
    "enrolment_no": "E-4711",
    "next_action": "call the ward",
    "name": "This week",
    "document": "Discharge letter",
    "phone": "+1 312 555 0100",
    "email": "someone@example.org",
    "record_number": "0012345",
    "contact_way": "phone",
    "contact_time": "mornings",
    "contact_language": "English",
    "therapies": "Closed loop since 2024",
    "medicines": "None",
    "circumstances": "Lives with a partner",
    "told": "That it is a first check",
    "despite": "They are being looked up",
    "first_password": "four unrelated words here",
}
PRESSED = {"notices": ("snooze", "until")}
"""By the name of the URL: the button that what is typed goes with, where that is not the first."""
ENDS_THE_WALK = {"account_logout", "account_change_password", "erase_identity", "discard"}
"""Forms after which there is nothing left to look at."""


def filled(form: Form, today: date) -> dict[str, Any]:
    """Return a form as somebody would send it: what a browser sends untouched, with the blanks filled in."""
    sent: dict[str, Any] = form.untouched()
    for number, one in enumerate(form.fields):
        if one.name in PAST:
            sent[one.name] = say_day(today - timedelta(days=number + 1))
        elif one.name in TO_COME:
            sent[one.name] = say_day(today + timedelta(days=30))
        elif one.name == "birth_date" and len(form.fields) < 100:
            sent[one.name] = "1 May 1983"
        elif one.name in WORDS and one.takes_text and not one.value:
            sent[one.name] = WORDS[one.name]
        elif one.options and sent.get(one.name) in (None, "", [""]):
            sent[one.name] = one.options[-1]
    name, value = PRESSED.get(form.name) or next(((name, value) for name, value, _ in form.buttons), ("", ""))
    if name:
        sent[name] = value
    return sent
