"""python -m tests.load.seed USERS SITES PEOPLE: fill a fresh database; prints who is signed in, as JSON."""

from __future__ import annotations

import itertools
import json
import os
import string
import sys

import django


def seed(users: int, sites: int, people: int) -> list[dict[str, object]]:
    """Return clinicians, spread over sites whose references begin with letters of their own."""
    from django.conf import settings
    from django.test import Client

    from screening.models.participants import reference_prefix
    from tests.factories import make_site, make_user
    from tests.web.recorded import record

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.ALLOWED_HOSTS = ["testserver"]
    slugs = ["".join(letters) for letters in itertools.product(string.ascii_lowercase, repeat=3)]
    step = len(slugs) // sites
    told = []
    at = {}
    for number in range(users):
        slug = slugs[step * (number % sites)]
        site = make_site(f"{slug}-clinic")
        user = make_user(site=site, email=f"visitor{number}@example.org")
        if slug not in at:
            at[slug] = [record(user, site=site).get_absolute_url() for _ in range(people)]
        client = Client()
        client.force_login(user)
        told.append(
            {
                "name": user.name,
                "prefix": reference_prefix(site),
                "cookies": {name: morsel.value for name, morsel in client.cookies.items()},
                "results": at[slug],
            }
        )
    return told


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    print(json.dumps(seed(*map(int, sys.argv[1:4]))))
