"""A synthetic clinic for the demo: nobody in it is real."""

from __future__ import annotations

from screening.demo.staff import seed_staff


def seed_clinic() -> None:
    """Make the sites, accounts and people that are not there yet."""
    seed_staff()
