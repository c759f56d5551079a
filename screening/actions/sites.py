"""How a site works: what its administrators switch."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from screening.actions.trail import write_event
from screening.models import Site, User

logger = logging.getLogger(__name__)


class SwitchedMeanwhile(Exception):
    """Somebody else changed the settings after they were shown."""


@dataclass(frozen=True)
class SiteSettings:
    """What may be switched; the columns of Site by the same names."""

    own_view_first: bool
    own_view_to_decide: bool
    units: str
    phone: str

    @classmethod
    def of(cls, site: Site) -> SiteSettings:
        return cls(site.own_view_first, site.own_view_to_decide, site.units, site.phone)

    @property
    def mark(self) -> str:
        """What a form carries to tell that nothing changed since it was shown."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:16]


@transaction.atomic
def change_settings(site: Site, *, wanted: SiteSettings, seen: str, by: User, at: datetime) -> list[str]:
    """Return the names of what changed; nothing where the site has it so already.

    Args:
        seen: the mark of the settings that `by` was shown.

    Raises:
        SwitchedMeanwhile: they are others by now.
    """
    current = Site.objects.select_for_update().get(pk=site.pk)
    held = SiteSettings.of(current)
    changed = [name for name, value in asdict(wanted).items() if value != getattr(held, name)]
    if not changed:
        return []
    if held.mark != seen:
        raise SwitchedMeanwhile
    for name in changed:
        setattr(current, name, getattr(wanted, name))
    current.save(update_fields=changed)
    logger.info("site settings changed", extra={"site": current.pk})
    write_event(
        "site.settings_changed",
        by=by,
        at=at,
        site=current,
        subject=f"site:{current.pk}",
        details={"changed": changed},
    )
    return changed
