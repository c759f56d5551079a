"""The WSGI entry point: gunicorn config.wsgi. It refuses to start where a check finds an error."""

import os

from django.core import checks
from django.core.management.base import SystemCheckError
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

errors = [message for message in checks.run_checks() if message.is_serious() and not message.is_silenced()]
if errors:
    raise SystemCheckError("\n".join(map(str, errors)))
