"""A synthetic clinic for the demo: nobody in it is real."""

from __future__ import annotations

import logging

from django.utils import timezone

from screening.actions.rescreening import rescreen
from screening.content import installed_content
from screening.demo.people import seed_people
from screening.demo.referrals import seed_referrals
from screening.demo.sensors import seed_sensor_records
from screening.demo.staff import ACCOUNTS, seed_staff
from screening.models.people import Role, User
from screening.models.rescreening import RescreeningRun


def seed_clinic() -> None:
    """Make the sites, accounts, people, sensor records, referrals and nightly run that are not there yet."""
    seed_staff()
    found = {user.email: user for user in User.objects.filter(email__in=[one.email for one in ACCOUNTS])}
    in_role = {role: [found[one.email] for one in ACCOUNTS if one.role == role] for role in Role}
    clinicians = in_role[Role.CLINICIAN]
    logging.disable(logging.INFO)  # a line for each person made up would bury the accounts to sign in with
    try:
        now, content = timezone.now(), installed_content()
        seed_people(clinicians, content, now=now)
        seed_sensor_records(clinicians, now=now)
        (coordinator, *_), (investigator, *_) = in_role[Role.COORDINATOR], in_role[Role.INVESTIGATOR]
        seed_referrals(coordinator, investigator, clinicians, content, now=now)
        if not RescreeningRun.objects.exists():
            rescreen(content, as_of=None, at=now)
    finally:
        logging.disable(logging.NOTSET)
