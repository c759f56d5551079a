"""Which of a trial's countries, as its sources name them, take in a site's country."""

from __future__ import annotations

from collections.abc import Iterable

NAMES = {
    "AT": "Austria",
    "AU": "Australia",
    "BE": "Belgium",
    "CA": "Canada",
    "CH": "Switzerland",
    "CN": "China",
    "CZ": "Czechia",
    "DE": "Germany",
    "DK": "Denmark",
    "ES": "Spain",
    "FI": "Finland",
    "FR": "France",
    "GB": "United Kingdom",
    "IE": "Ireland",
    "IT": "Italy",
    "JP": "Japan",
    "NL": "Netherlands",
    "NO": "Norway",
    "PL": "Poland",
    "PT": "Portugal",
    "SE": "Sweden",
    "US": "United States",
}
REGIONS = {
    "North America": frozenset({"US", "CA"}),
    "Europe": frozenset(
        {
            "AT",
            "BE",
            "BG",
            "CH",
            "CY",
            "CZ",
            "DE",
            "DK",
            "EE",
            "ES",
            "FI",
            "FR",
            "GB",
            "GR",
            "HR",
            "HU",
            "IE",
            "IS",
            "IT",
            "LT",
            "LU",
            "LV",
            "MT",
            "NL",
            "NO",
            "PL",
            "PT",
            "RO",
            "SE",
            "SI",
            "SK",
        }
    ),
}
WITH_ARTICLE = frozenset({"GB", "NL", "US"})
CODES = {name: code for code, name in NAMES.items()} | {"UK": "GB", "USA": "US", "US": "US"}


def country_name(code: str) -> str:
    """Return the name of an ISO 3166-1 code as in a sentence, or the code where none is kept here."""
    name = NAMES.get(code, code)
    return f"the {name}" if code in WITH_ARTICLE else name


def takes_in(countries: Iterable[str], code: str) -> bool:
    """Whether one of `countries`, by name or region, is or contains the country `code`."""
    return any(CODES.get(place, place) == code or code in REGIONS.get(place, ()) for place in countries)


def spelled(countries: Iterable[str]) -> str:
    """Return the places a trial's sources name, with codes and abbreviations written out."""
    return ", ".join(NAMES.get(CODES.get(place, place), place) for place in countries)
