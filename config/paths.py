"""Where things lie. Standard library only: manage.py needs it before any package is there."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


def var_directory() -> Path:
    """Return the directory of everything this installation writes: ISLETSCREEN_VAR_DIR, or var/ here."""
    return Path(os.environ.get("ISLETSCREEN_VAR_DIR", "").strip() or ROOT / "var")
