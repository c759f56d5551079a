"""A synthetic clinic for the demo: nobody in it is real."""

from __future__ import annotations

import logging

from django.utils import timezone

from screening.content import installed_content
from screening.demo.people import seed_people
from screening.demo.staff import ACCOUNTS, seed_staff
from screening.models.people import Role, User


def seed_clinic() -> None:
    """Make the sites, accounts and people that are not there yet."""
    seed_staff()
    emails = [account.email for account in ACCOUNTS if account.role == Role.CLINICIAN]
    found = {user.email: user for user in User.objects.filter(email__in=emails)}
    clinicians = [found[email] for email in emails]
    logging.disable(logging.INFO)  # a line for each person made up would bury the accounts to sign in with
    try:
        seed_people(clinicians, installed_content(), now=timezone.now())
    finally:
        logging.disable(logging.NOTSET)
