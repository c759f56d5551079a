"""The app's start-up."""

from django.apps import AppConfig


class ScreeningConfig(AppConfig):
    name = "screening"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from screening import (
            account_events,
            checks,  # noqa: F401  registers the start-up checks
        )
        from screening.sessions import start_clock

        # Django's own hook: whatever way of signing in there is or will be, its session has a clock.
        user_logged_in.connect(start_clock, dispatch_uid="screening.sessions.start_clock")
        account_events.connect()
