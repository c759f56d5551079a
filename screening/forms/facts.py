"""One question of the form: a field of Django whose look is one flat template for each kind of fact."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString, mark_safe

from screening.interop.typed import REASONS, asked_today, has_results_date, tick_over, typed_value
from screening.rules.facts import BIRTH, Fact

if TYPE_CHECKING:
    from screening.forms.stages import StageForm

SHORT_LIST = 6
"""More choices than these are a list to open instead of buttons."""
MAX_LOOKS = 400
"""How many drawings of one question are kept, at most."""
_GAP = "\ue000"
"""Around the name of a text that is filled in later; a character that no template has."""

_NOTHING = SafeString("")

Choices = tuple[tuple[str, str], ...]


@lru_cache(maxsize=512)
def options(choices: Choices, chosen: str) -> SafeString:
    """Return the options of a list to choose from; `chosen` is one of its keys, or empty."""
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((key, _selected(key == chosen), label) for key, label in choices),
    )


def _selected(is_chosen: bool) -> SafeString:
    return mark_safe(" selected" if is_chosen else "")


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

    def as_field_group(self) -> SafeString:
        """Return the question as HTML: drawn once for each state it can be in, then filled in."""
        field, typed, name = self.field, self.form.data, self.name
        value, age = typed.get(name, ""), typed.get(f"{name}-age", "")
        if (
            name in self.form.errors
            or not typed.keys().isdisjoint(field.drawn_by)
            or not (field.takes_text or value in field.set_values)
        ):
            return self.render()
        unknown = f"{name}-unknown" in typed or value in ("unknown", "?")
        effect = self.form.effects.get(name, "") if unknown else ""
        look = (bool(value or age) if field.takes_text else value, unknown, self._unit, effect)
        drawn = field.looks.get(look)
        if drawn is None:
            if len(field.looks) >= MAX_LOOKS:
                field.looks.clear()
            drawn = field.looks[look] = self._drawn()
        if len(drawn) == 1:
            return drawn[0]
        texts = {"value": value, "age": age, "on": typed.get(f"{name}-on", ""), "tick": self._tick}
        filled = list(drawn)
        filled[1::2] = [escape(text) if (text := texts[part]) else _NOTHING for part in drawn[1::2]]
        return SafeString("".join(filled))

    def _drawn(self) -> tuple[SafeString, ...]:
        """Return the HTML around the texts that are typed, by turns with their names."""
        names = ("value", "age", "on", "tick") if self.field.takes_text else ("on",)
        html = self.render(context=self.get_context() | {name: f"{_GAP}{name}{_GAP}" for name in names})
        return tuple(map(SafeString, html.split(_GAP)))

    @property
    def _unit(self) -> str:
        chosen = self.form.data.get(f"{self.name}-unit", "")
        units = self.field.fact.units
        return chosen if chosen in units else self.form.units.get(self.name, self.field.fact.canonical_unit)

    @property
    def _tick(self) -> str:
        """What the box "not known" sends: what it was set over, or would be set over now."""
        typed, fact = self.form.data, self.field.fact
        set_over = typed.get(f"{self.name}-unknown", "")
        return set_over if set_over and typed_value(fact, typed) else tick_over(fact, typed)

    def get_context(self) -> dict[str, Any]:
        """Return what a template of templates/fields/ reads, all at the top: no lookups inside lookups."""
        form, field, name = self.form, self.field, self.name
        typed = form.data
        value = typed.get(name, "")
        why, due = typed.get(f"{name}-why", ""), typed.get(f"{name}-due", "")
        unknown = f"{name}-unknown" in typed or value in ("unknown", "?")
        errors = form.errors.get(name, ())
        context = {
            **field.fixed,
            "value": value,
            "unknown": unknown,
            "tick": self._tick,
            "why": why,
            "due": due,
            "on": typed.get(f"{name}-on", ""),
            "age": typed.get(f"{name}-age", ""),
            "errors": errors,
            "focus": bool(errors) and form.first_error == name,
            "reason": _reason(why, due) if unknown else "",
            "effect": form.effects.get(name, "") if unknown else "",
        }
        if field.units:
            context["unit_options"] = options(field.units, self._unit)
        if field.listed:
            chosen = value if value in field.fact.choices or value == "unknown" else ""
            context["choice_options"] = options(field.choices, chosen)
        context["parts"] = parts = [
            (key, label, typed.get(f"{name}-is-{key}", "")) for key, label in field.choices if field.several
        ]
        context["answered"] = unknown or any(said for _, _, said in parts) or bool(value or context["age"])
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
        self.fact = fact
        self.several = fact.kind == "choices"
        self.listed = fact.kind == "choice" and len(fact.choices) > SHORT_LIST
        super().__init__(
            required=False,
            label=fact.question,
            help_text=fact.help,
            template_name=f"fields/{'choice_list' if self.listed else fact.kind}.html",
        )
        self.choices: Choices = tuple(fact.choices.items())
        if self.listed:
            self.choices = (("", "Not asked"), *self.choices, ("unknown", "Not known"))
        self.units: Choices = tuple(fact.units.items()) if len(fact.units) > 1 else ()
        self.fixed: dict[str, Any] = {
            "name": _safe(fact.name),
            "question": _safe(fact.question),
            "help": _safe(fact.help),
            "label": _safe(fact.label),
            "choices": self.choices,
            "several_units": bool(self.units),
            "unit_label": _safe(fact.units.get(fact.canonical_unit, "")),
            "ages": fact.ages,
            "date_hint": "as above" if has_results_date(fact) else "today" if asked_today(fact) else "",
            "range": _range(fact),
            "birth": fact.name == BIRTH,
            "counted_on": counted_on,
        }
        self.set_values = frozenset({"", "unknown", *(fact.choices if fact.kind == "choice" else ())})
        if fact.kind == "yes_no":
            self.set_values |= {"yes", "no"}
        self.takes_text = fact.numeric or fact.kind == "date"
        self.drawn_by = tuple(
            f"{fact.name}-{part}" for part in ("why", "due", *(f"is-{key}" for key in fact.choices))
        )
        """The inputs that make a drawing of their own."""
        self.looks: dict[tuple[Any, ...], tuple[SafeString, ...]] = {}

    def __deepcopy__(self, memo: dict[int, Any]) -> FactField:
        """Every form uses the same field: nothing in it depends on an answer of anybody's."""
        return self


def _reason(why: str, due: str) -> str:
    if why == "sent" and due:
        return f"Sent, result due {due}"
    return REASONS.get(why, "").capitalize()


def _range(fact: Fact) -> str:
    """Return the range of a score where it is narrow enough to help: `1 to 7`."""
    if fact.kind != "score":
        return ""
    low, high = fact.plausible[""]
    return f"{low:g} to {high:g}" if high <= 10 else ""


def _safe(text: str) -> SafeString:
    """Return `text` escaped once, so that drawing the form does not escape it again each time."""
    return mark_safe(escape(text))
