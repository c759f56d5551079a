"""The published summary metrics of the last 14 days of a trace."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor, fsum, sqrt

from screening.clinical.cgm.episodes import Episode, episodes
from screening.clinical.cgm.trace import DAY, MINUTE, WINDOW_DAYS, Trace
from screening.clinical.cgm.units import MG_DL, MMOL_L, Unit
from screening.clinical.units import convert

SUFFICIENT_PERCENT = 70
"""Of 14 days; below, the metrics do not stand for the person. Source: Battelino et al. 2019."""
WINDOW_MINUTES = WINDOW_DAYS * DAY // MINUTE
GRI_ZONES = ((20, "A"), (40, "B"), (60, "C"), (80, "D"), (100, "E"))
GRI_MOST = 100


@dataclass(frozen=True, slots=True)
class Metrics:
    """What a report of 14 days says, unrounded; None is not known.

    Attributes:
        timezone: the zone of the person's clock.
        unit: of `mean`, `sd` and `modd`.
        percent_active: readings in the window by those that 14 days have room for, at most 100.
        sufficient_70pct_14d: whether that is 70 % or more; if not, no criterion may use the metrics.
        tbr_lt54 ... tar_gt250: per cent of readings in each range, named by its limits in mg/dL. In mmol/L
            the limits are 3.0, 3.9, 10.0 and 13.9. They add up to 100.
        cv: per cent; gri: 0 to 100, higher is worse; episodes: see `episodes`; modd: in `unit`.
        low, high: readings in the window that the sensor gave as `Low` or `High`.
    """

    timezone: str
    unit: str
    interval_min: int
    n_in_window: int
    expected_readings: int
    percent_active: float
    sufficient_70pct_14d: bool
    tbr_lt54: float
    tbr_54_69: float
    tir_70_180: float
    tar_181_250: float
    tar_gt250: float
    mean: float
    sd: float | None
    cv: float | None
    gmi_percent: float
    gmi_mmol_mol: float
    gri_hypo_component: float
    gri_hyper_component: float
    gri: float
    gri_zone: str
    episodes_lt70: int
    episodes_lt70_total_min: float
    episodes_lt70_per_week: float
    episodes_lt54: int
    episodes_lt54_total_min: float
    episodes_lt54_per_week: float
    episodes_lt54_end70: int
    episodes_lt54_end70_total_min: float
    episodes_lt70_over120min: int
    modd: float | None
    low: int
    high: int


def metrics(trace: Trace) -> Metrics:
    """Return the metrics of the last 14 x 24 hours of `trace`, see `Trace.window`."""
    window, unit = trace.window(), trace.unit
    count, room = len(window), WINDOW_MINUTES / trace.interval
    active = min(100 * count / room, 100)
    very_low, low, within, high, very_high = time_in_ranges(window.values, unit)
    mean = fsum(window.values) / count
    sd = standard_deviation(window.values, mean)
    hypo, hyper = gri_components(very_low, low, high, very_high)
    gri = glycemia_risk_index(hypo, hyper)
    level_1 = episodes(window, unit.low, unit.low)
    level_2 = episodes(window, unit.very_low, unit.very_low)
    recovered = episodes(window, unit.very_low, unit.low)
    recorded = count * trace.interval
    return Metrics(
        timezone=trace.clock.name,
        unit=unit.label,
        interval_min=trace.interval,
        n_in_window=count,
        expected_readings=int(room),
        percent_active=active,
        sufficient_70pct_14d=active >= SUFFICIENT_PERCENT,
        tbr_lt54=very_low,
        tbr_54_69=low,
        tir_70_180=within,
        tar_181_250=high,
        tar_gt250=very_high,
        mean=mean,
        sd=sd,
        cv=None if sd is None else 100 * sd / mean,
        gmi_percent=gmi_percent(convert(mean, unit.key, MG_DL.key)),
        gmi_mmol_mol=gmi_mmol_mol(convert(mean, unit.key, MMOL_L.key)),
        gri_hypo_component=hypo,
        gri_hyper_component=hyper,
        gri=gri,
        gri_zone=gri_zone(gri),
        episodes_lt70=len(level_1),
        episodes_lt70_total_min=_minutes(level_1),
        episodes_lt70_per_week=per_week(len(level_1), recorded),
        episodes_lt54=len(level_2),
        episodes_lt54_total_min=_minutes(level_2),
        episodes_lt54_per_week=per_week(len(level_2), recorded),
        episodes_lt54_end70=len(recovered),
        episodes_lt54_end70_total_min=_minutes(recovered),
        episodes_lt70_over120min=sum(episode.prolonged for episode in level_1),
        modd=mean_of_daily_differences(window),
        low=len(window.low_at),
        high=len(window.high_at),
    )


def time_in_ranges(glucose: Sequence[float], unit: Unit) -> tuple[float, float, float, float, float]:
    """Return the per cent of readings that are very low, low, in range, high and very high.

    The limits are those published in `unit`: 70 and 180 mg/dL (3.9 and 10.0 mmol/L) are in range, 54 (3.0)
    is low, 250 (13.9) is high.

    Args:
        glucose: evenly spaced readings in `unit`, at least one, gaps left out.

    Source: ADA/EASD consensus on type 1 diabetes 2021, table 1; Battelino et al. 2019.
    """
    ordered = sorted(glucose)
    ends = (
        0,
        bisect_left(ordered, unit.very_low),
        bisect_left(ordered, unit.low),
        bisect_right(ordered, unit.high),
        bisect_right(ordered, unit.very_high),
        len(ordered),
    )
    very_low, low, within, high, very_high = (
        100 * (end - start) / len(ordered) for start, end in pairwise(ends)
    )
    return very_low, low, within, high, very_high


def standard_deviation(glucose: Sequence[float], mean: float) -> float | None:
    """Return the standard deviation of readings round their mean, with n - 1; None for a single one."""
    if len(glucose) < 2:
        return None
    return sqrt(fsum([(value - mean) * (value - mean) for value in glucose]) / (len(glucose) - 1))


def gmi_percent(mean_mg_dl: float) -> float:
    """Return the glucose management indicator in %, from the mean in mg/dL. It is not an HbA1c.

    Source: jaeb.org/gmi.
    """
    return 3.31 + 0.02392 * mean_mg_dl


def gmi_mmol_mol(mean_mmol_l: float) -> float:
    """Return the glucose management indicator in mmol/mol, from the mean in mmol/L; source as in %."""
    return 12.71 + 4.70587 * mean_mmol_l


def gri_components(very_low: float, low: float, high: float, very_high: float) -> tuple[float, float]:
    """Return what hypo- and hyperglycaemia bring to the glycemia risk index, from per cent of readings.

    Source: Klonoff et al. 2022, diabetestechnology.org/gri.
    """
    return very_low + 0.8 * low, very_high + 0.5 * high


def glycemia_risk_index(hypo_component: float, hyper_component: float) -> float:
    """Return the glycemia risk index, 0 to 100, higher is worse.

    Args:
        hypo_component, hyper_component: as `gri_components` gives them.

    Source: Klonoff et al. 2022, diabetestechnology.org/gri.
    """
    return min(3.0 * hypo_component + 1.6 * hyper_component, GRI_MOST)


def gri_zone(gri: float) -> str:
    """Return the zone A (0 to 20) to E (81 to 100) of a glycemia risk index, rounded half up first."""
    rounded = floor(gri + 0.5)
    return next(zone for most, zone in GRI_ZONES if rounded <= most)


def per_week(count: int, recorded_minutes: float) -> float:
    """Return `count` episodes as a rate in a week of recorded time, which is above 0 minutes."""
    return count * 7 * DAY / MINUTE / recorded_minutes


def mean_of_daily_differences(trace: Trace) -> float | None:
    """Return MODD: how far readings lie from those exactly 24 hours before, in the mean, in the trace's unit.

    Elapsed time counts in whole minutes. None for less than two days, or where no reading has a partner.

    Source: as implemented in AGATA and rGV, which agree to four decimals.
    """
    if trace.end - trace.instants[0] < 2 * DAY:
        return None
    minutes = [(instant + MINUTE // 2) // MINUTE for instant in trace.instants]
    by_minute = dict(zip(minutes, trace.values, strict=True))
    a_day = DAY // MINUTE
    partners = map(by_minute.get, [minute - a_day for minute in minutes])
    differences = [
        abs(value - partner)
        for value, partner in zip(trace.values, partners, strict=True)
        if partner is not None
    ]
    return fsum(differences) / len(differences) if differences else None


def _minutes(found: Sequence[Episode]) -> float:
    return fsum(episode.minutes for episode in found)
