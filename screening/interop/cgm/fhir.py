"""FHIR R4: sensor readings among the Observations of a Bundle, as in HL7's CGM guide and elsewhere.

Only codes of one sensor reading count: a summary, a laboratory's glucose and eaten carbohydrates do not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from screening.clinical.cgm.units import Unit
from screening.interop.cgm.found import NO_ENTRY, Found
from screening.interop.cgm.json_values import cell_of, one_unit
from screening.interop.cgm.report import Tally
from screening.interop.cgm.values import Cell, unit_written

FORMAT = "FHIR"

LOINC = "http://loinc.org"
SENSOR_READINGS = frozenset({"99504-3", "105272-9", "14745-4"})
"""Of HL7's CGM guide 1.0.0 in mg/dL and in mmol/L, and of Finland's personal health record."""
WITHDRAWN = frozenset({"entered-in-error", "cancelled"})
CANCELLED = "Withdrawn observations"


def read(document: Any) -> Found | None:
    """Return the sensor readings of a Bundle or an Observation, or None for another kind of file."""
    resources = list(_resources(document))
    if not resources:
        return None
    tally = Tally("entry")
    rows, times, devices, people = [], [], [], []
    cells: list[Cell] = []
    units: list[Unit | None] = []
    for number, resource in resources:
        if resource.get("resourceType") != "Observation" or not _codes(resource) & SENSOR_READINGS:
            tally.put_aside(NO_ENTRY, number)
        elif str(resource.get("status")) in WITHDRAWN:
            tally.put_aside(CANCELLED, number)
        else:
            quantity = _mapping(resource.get("valueQuantity"))
            rows.append(number)
            cells.append(_cell(quantity))
            times.append(str(resource.get("effectiveDateTime", resource.get("effectiveInstant", "-"))))
            units.append(unit_written(f"{quantity.get('code', '')} {quantity.get('unit', '')}"))
            devices.append(_reference(resource, "device"))
            people.append(_reference(resource, "subject"))
    with_value = [place for place, cell in enumerate(cells) if cell != ""]
    unit = one_unit([units[place] for place in with_value], [rows[place] for place in with_value], tally.word)
    return Found(FORMAT, rows, cells, times=times, unit=unit, devices=devices, people=people, tally=tally)


def _resources(document: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if not isinstance(document, dict) or not isinstance(document.get("resourceType"), str):
        return
    if document["resourceType"] != "Bundle":
        yield 1, document
        return
    entries = document.get("entry")
    for number, entry in enumerate(entries if isinstance(entries, list) else (), 1):
        yield number, _mapping(_mapping(entry).get("resource"))


def _codes(resource: Mapping[str, Any]) -> set[str]:
    codings = _mapping(resource.get("code")).get("coding")
    found = (_mapping(coding) for coding in (codings if isinstance(codings, list) else ()))
    return {str(coding.get("code")) for coding in found if coding.get("system") == LOINC}


def _cell(quantity: Mapping[str, Any]) -> Cell:
    value = cell_of(quantity.get("value"))
    comparator = quantity.get("comparator", "")
    return f"{comparator[0]}{value}" if comparator in ("<", "<=", ">", ">=") else value


def _reference(resource: Mapping[str, Any], field: str) -> str:
    return str(_mapping(resource.get(field)).get("reference", ""))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
