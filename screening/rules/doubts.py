"""Answers that sit oddly together without contradicting each other: shown, never resolved."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from screening.clinical.dates import say_day
from screening.rules.answers import Answers
from screening.rules.facts import EVENTS

SENSOR_DAYS = 14
"""The days before its date that a summary of a sensor stands for, that day included."""
BELOW_54 = "cgm_time_below_54"


def diary_against_sensor(answers: Answers) -> Iterator[dict[str, Any]]:
    """Yield the severe events of days on which the sensor shows no time below 54 mg/dL at all.

    Only where the two surely overlap: the day of the event is known, and lies in the sensor's days.
    """
    sensor, history = answers.known.get(BELOW_54), answers.history
    if sensor is None or sensor.on is None or not sensor.on.exact or history is None or sensor.value[1] != 0:
        return
    last = sensor.on.last
    first = last - timedelta(days=SENSOR_DAYS - 1)
    for event in history.events:
        if event.on.exact and first <= event.on.first <= last and event.assistance is not False:
            yield {
                "facts": [EVENTS, BELOW_54],
                "text": (
                    f"The severe event of {say_day(event.on.first)} lies in the {SENSOR_DAYS} days to "
                    f"{say_day(last)} for which the sensor shows no time below 54 mg/dL: look at its trace, "
                    "and whether it was worn."
                ),
            }
