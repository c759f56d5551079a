"""People for tests of time: dates, windows and events, made from a seed."""

import random
from datetime import date, timedelta
from typing import Any

AS_OF = date(2026, 11, 20)


def someone(seed: int) -> dict[str, Any]:
    """Return the answers of a made-up person whose dates lie where rules look."""
    chance = random.Random(seed)

    def some(share: float) -> bool:
        return chance.random() < share

    def day_ago(most: int) -> date:
        return AS_OF - timedelta(days=chance.randrange(most))

    def partial(day: date) -> Any:
        precision = chance.choice(("day", "day", "month", "year"))
        return day.isoformat()[: {"day": 10, "month": 7, "year": 4}[precision]]

    def near(years: int) -> str:
        return partial(AS_OF - timedelta(days=round(years * 365.25) + chance.randrange(-900, 900)))

    facts: dict[str, Any] = {
        "diabetes_type": chance.choice(("type_1", "type_1", "type_2")),
        "birth_date": near(chance.choice((18, 35, 45, 65, 68, 75))),
        "hba1c": {"value": chance.choice((6.8, 7.8, 9.6)), "unit": "%", "on": day_ago(120).isoformat()},
        "gold_score": {"value": chance.randrange(1, 8), "on": day_ago(200).isoformat()},
    }
    if some(0.8):
        facts["diagnosis_date"] = partial(AS_OF - timedelta(days=chance.choice((90, 170, 1400, 1800, 9000))))
    if some(0.8):
        facts["insulin_start_date"] = partial(AS_OF - timedelta(days=chance.choice((80, 1400, 1815, 8000))))
    if some(0.6):
        facts["insulin_delivery"] = chance.choice(("injections", "pump", "aid"))
        facts["aid_start_date"] = partial(day_ago(400))
    if some(0.5):
        facts["kidney_transplant"] = chance.choice(("none", "functioning", "failed"))
        facts["kidney_transplant_date"] = partial(day_ago(200))
        facts["immunosuppression"] = some(0.8)
    if some(0.5):
        facts["myocardial_infarction"] = some(0.7)
        facts["myocardial_infarction_date"] = partial(day_ago(400))
    if some(0.5):
        facts["invasive_fungal_infection"] = some(0.7)
        facts["invasive_fungal_infection_date"] = partial(day_ago(600))
    if some(0.5):
        facts["cgm_use"] = some(0.8)
        facts["cgm_start_date"] = partial(day_ago(200))
    for name in ("islet_transplant", "cell_therapy", "steroid_need", "organ_transplant", "substance_use"):
        if some(0.6):
            facts[name] = some(0.2)
    known_since_birth = facts["birth_date"][:4]
    for name, value in list(facts.items()):
        if name.endswith("_date") and name != "birth_date" and value[:4] < known_since_birth:
            del facts[name]
    return {"as_of": AS_OF.isoformat(), "facts": facts, **_events(chance)}


def _events(chance: random.Random) -> dict[str, Any]:
    if chance.random() < 0.2:
        return {}
    events = []
    for _ in range(chance.randrange(5)):
        first = AS_OF - timedelta(days=chance.randrange(1200))
        span = {"from": first.isoformat(), "to": (first + timedelta(days=chance.randrange(80))).isoformat()}
        event: dict[str, Any] = {
            "on": chance.choice((first.isoformat(), first.isoformat()[:7], span)),
            "assistance": chance.choice((True, True, True, False, None)),
            "impaired": chance.choice((True, True, True, None)),
            "recovered_after_treatment": chance.choice((True, None)),
            "cause": chance.choice(("none_found", "missed_meal", None)),
            "documented": chance.choice(("chart", "recall", None)),
        }
        events.append({key: value for key, value in event.items() if value is not None})
    found: dict[str, Any] = {"severe_hypoglycemic_events": events}
    kind = chance.random()
    if kind < 0.3:
        since = AS_OF - timedelta(days=chance.choice((200, 365, 500)))
        found["severe_hypoglycemic_events_complete_since"] = since.isoformat()
    elif kind < 0.45:
        found["severe_hypoglycemic_events_at_least_more"] = 1
    elif kind < 0.6:
        found["severe_hypoglycemic_events_complete_since"] = None
    return found
