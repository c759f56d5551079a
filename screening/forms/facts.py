"""One question of the form: a field of Django whose look is one flat template for each kind of fact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from screening.interop.typed import REASONS, asked_today, has_results_date
from screening.rules.facts import BIRTH, Fact

if TYPE_CHECKING:
    from screening.forms.stages import StageForm

SHORT_LIST = 6
"""More choices than these are a list to open instead of buttons."""


class FactWidget(forms.Widget):
    """Takes what was typed about a fact; templates/fields/ draw it."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        return data.get(name, "")

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return id_


class BoundFact(forms.BoundField):
    """A question with what was typed."""

    field: FactField
    form: StageForm

    def get_context(self) -> dict[str, Any]:
        """Return what a template of templates/fields/ reads, all at the top: no lookups inside lookups."""
        form = self.form
        typed = form.data
        name = self.name
        context = self.field.fixed.copy()
        value = typed.get(name, "")
        errors = form.errors.get(name, ())
        why = typed.get(f"{name}-why", "")
        unknown = f"{name}-unknown" in typed or value in ("unknown", "?")
        context["value"] = value
        context["unknown"] = unknown
        context["why"] = why
        context["due"] = typed.get(f"{name}-due", "")
        context["on"] = typed.get(f"{name}-on", "")
        context["errors"] = errors
        if errors and form.first_error == name:
            context["focus"] = True
        if unknown:
            context["reason"] = _reason(why, context["due"])
            context["effect"] = form.effects.get(name, "")
        fact = self.field.fact
        if fact.units:
            context["unit"] = typed.get(f"{name}-unit") or form.units.get(name, fact.canonical_unit)
        elif fact.kind == "choices":
            context["parts"] = [
                (part, label, typed.get(f"{name}-is-{part}", "")) for part, label in self.field.choices
            ]
            context["answered"] = unknown or any(said for _, _, said in context["parts"])
            return context
        elif name == BIRTH:
            context["age"] = typed.get(f"{name}-age", "")
        context["answered"] = unknown or value != "" or context.get("age", "") != ""
        return context


class FactField(forms.Field):
    """A question of the catalogue. Any answer may be left blank; the reader of answers judges them all.

    Args:
        fact: what is asked.
        counted_on: the stage that asks what this score is added up from; empty for any other fact.
    """

    widget = FactWidget
    bound_field_class = BoundFact

    def __init__(self, fact: Fact, *, counted_on: str = "") -> None:
        template = "choice_list" if fact.kind == "choice" and len(fact.choices) > SHORT_LIST else fact.kind
        super().__init__(
            required=False,
            label=fact.question,
            help_text=fact.help,
            template_name=f"fields/{template}.html",
        )
        self.fact = fact
        self.choices = _safe_pairs(fact.choices)
        self.fixed: dict[str, Any] = {
            "name": fact.name,
            "question": _safe(fact.question),
            "help": _safe(fact.help),
            "label": _safe(fact.label),
            "choices": self.choices,
            "units": _safe_pairs(fact.units) if len(fact.units) > 1 else [],
            "unit_label": _safe(fact.units.get(fact.canonical_unit, "")),
            "ages": fact.ages,
            "date_hint": "as above" if has_results_date(fact) else "today" if asked_today(fact) else "",
            "range": _safe(_range(fact)),
            "birth": fact.name == BIRTH,
            "counted_on": counted_on,
        }

    def __deepcopy__(self, memo: dict[int, Any]) -> FactField:
        """Every form uses the same field: nothing in it depends on an answer."""
        return self


def _reason(why: str, due: str) -> str:
    if why == "sent" and due:
        return f"Sent, result due {due}"
    return REASONS.get(why, "").capitalize()


def _range(fact: Fact) -> str:
    """Return the range of a count or a score, where it is narrow enough to help: `1 to 7`."""
    if fact.kind != "score":
        return ""
    low, high = fact.plausible[""]
    return f"{low:g} to {high:g}" if high <= 10 else ""


def _safe(text: str) -> SafeString:
    """Return `text` escaped once, so that drawing the form does not escape it again each time."""
    return mark_safe(escape(text))


def _safe_pairs(labels: Mapping[str, str]) -> list[tuple[str, SafeString]]:
    return [(key, _safe(label)) for key, label in labels.items()]
