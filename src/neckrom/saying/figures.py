"""Angles, bounds, percent, intervals, differences, changes and dates as words and signs.

Each has a long form for sentences and wide tables ("at least 44°") and a short one for narrow
columns ("≥ 44°"); both show the same number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime

from neckrom import rounding
from neckrom.messages import Messages
from neckrom.result import MovementResult

NONE = "–"
"""Not measured, in a narrow column."""
AT_LEAST, AT_MOST = "≥", "≤"


def is_known(value: float | None) -> bool:
    """Whether there is a number."""
    return value is not None and math.isfinite(value)


# ---------------------------------------------------------------------- angles


def short_angle(angle_deg: float | None, *, bound: bool = False) -> str:
    """Whole degrees: "25°", "≥ 55°", or a dash where there is none. A bound is rounded down."""
    if angle_deg is None or not math.isfinite(angle_deg):
        return NONE
    digits = rounding.angle_digits(angle_deg, bound=bound)
    return f"{AT_LEAST} {digits}°" if bound else f"{digits}°"


def angle(angle_deg: float | None, texts: Messages, *, bound: bool = False) -> str:
    """Whole degrees: "25°", "at least 55°" or "not measured". A bound is rounded down."""
    if angle_deg is None or not math.isfinite(angle_deg):
        return texts.text("figure.not_measured")
    digits = f"{rounding.angle_digits(angle_deg, bound=bound)}°"
    return texts.text("figure.at_least", what=digits) if bound else digits


def reference(reference_deg: float | None, texts: Messages) -> str:
    """A norm in degrees as it stands in its file, or a dash where there is none."""
    return NONE if reference_deg is None else f"{f'{reference_deg:g}'.replace('.', texts.point)}°"


def short_interval(low: float | None, high: float | None) -> str:
    """95 % interval: "22–28°", "≥ 52°" where it is open, or a dash."""
    if low is None:
        return NONE
    if high is None:
        return short_angle(low, bound=True)
    return f"{rounding.angle_digits(low)}–{rounding.angle_digits(high)}°"


def in_brackets(low: float | None, high: float | None) -> str:
    """95 % interval behind an angle: " (40–48°)", or nothing where it is open or not known."""
    return "" if low is None or high is None else f" ({short_interval(low, high)})"


def interval(ends: Sequence[float | None] | None, texts: Messages) -> str:
    """95 % interval: "22 to 28°", "52° or more" where it is open, or "no interval"."""
    if ends is None or ends[0] is None:
        return texts.text("figure.no_interval")
    low, high = ends[0], ends[1]
    if high is None:
        return texts.text("figure.or_more", what=f"{rounding.angle_digits(low, bound=True)}°")
    return _from_to(low, high, texts)


def span(low: float | None, high: float | None, texts: Messages) -> str:
    """A cited range such as "72 to 80°", one number where both ends agree, a dash where there is none."""
    ends = [end for end in (low, high) if end is not None]
    if not ends:
        return NONE
    if rounding.whole(ends[0]) == rounding.whole(ends[-1]):
        return short_angle(ends[0])
    return _from_to(ends[0], ends[-1], texts)


def _from_to(low: float, high: float, texts: Messages) -> str:
    ends = {"low": rounding.angle_digits(low), "high": f"{rounding.angle_digits(high)}°"}
    return texts.text("figure.interval", **ends)


def mean(item: MovementResult, texts: Messages) -> str:
    """Mean of the trials with their number and spread: "24° (3 trials, CV 4.1 %)"."""
    number = len(item.trials)
    if number == 0:
        return NONE
    told = texts.text("figure.no_mean") if item.mean_deg is None else short_angle(item.mean_deg)
    behind = texts.text("figure.trial") if number == 1 else texts.text("figure.trials", number=number)
    if item.cv_percent is not None:
        behind += f", {texts.text('figure.spread', percent=item.cv_percent)}"
    return f"{told} ({behind})"


# --------------------------------------------------------------------- percent


def short_percent(percent: float | None, texts: Messages, *, bound: bool = False) -> str:
    """Whole percent: "42 %", "≥ 79 %", or a dash; never rounded across the 50 % line."""
    if percent is None or not math.isfinite(percent):
        return NONE
    digits = rounding.percent_digits(percent, bound=bound, point=texts.point)
    return f"{AT_LEAST} {digits} %" if bound else f"{digits} %"


def percent(value: float | None, texts: Messages, *, bound: bool = False) -> str:
    """Whole percent: "42 %", "at least 79 %" or "not measured"; never rounded across the 50 % line."""
    if value is None or not math.isfinite(value):
        return texts.text("figure.not_measured")
    digits = rounding.percent_digits(value, bound=bound, point=texts.point)
    if bound:
        return texts.text("figure.at_least", what=f"{digits} %")
    if digits[0] in "<>":
        side = "over" if digits[0] == ">" else "under"
        return texts.text(f"figure.just_{side}", what=f"{digits[2:]} %")
    return f"{digits} %"


# --------------------------------------------------------------------- changes


def change(change_deg: float | None, texts: Messages, *, bound: bool = False) -> str:
    """A change with its sign: "+25°", "−3°"; with ``bound`` "≥ +25°" or "≤ −25°", which is at least as much."""
    if change_deg is None or not math.isfinite(change_deg):
        return NONE
    digits = f"{rounding.change_digits(change_deg, bound=bound, point=texts.point)}°"
    if not bound:
        return digits
    return f"{AT_LEAST if change_deg > 0 else AT_MOST} {digits}"


def signed(angle_deg: float | None) -> str:
    """A signed angle of a table of planes: "+4°", "−4°", "0°", or a dash."""
    if angle_deg is None or not math.isfinite(angle_deg):
        return NONE
    digits = rounding.angle_digits(angle_deg)
    return f"+{digits}°" if rounding.whole(angle_deg) > 0 else f"{digits}°"


def plus_minus(limit_deg: float, texts: Messages) -> str:
    """What measuring alone may change: "±9.6°"."""
    return f"±{rounding.number_digits(limit_deg, point=texts.point)}°"


# ------------------------------------------------------------------------ pain


def pain(item: MovementResult, texts: Messages) -> str:
    """Pain in words: "4 of 10, from 30°", "none (0 of 10)", "not asked"."""
    onset = item.pain_onset_deg
    if item.pain is None:
        if onset is not None:
            return texts.text("figure.pain_onset", onset=onset)
        return texts.text(f"figure.pain_{'yes' if item.pain_flag == 'flagged' else 'not_asked'}")
    if item.pain == 0 and onset is None:
        return texts.text("figure.pain_none")
    if onset is not None:
        return texts.text("figure.pain_from", score=item.pain, onset=onset)
    return texts.text("figure.pain", score=item.pain)


def short_pain(score: int | None) -> str:
    """Pain in a narrow column: "4/10", or a dash."""
    return NONE if score is None else f"{score}/10"


# ----------------------------------------------------------------------- times


def seconds(time_s: float, texts: Messages) -> str:
    """Clip time with a tenth of a second: "12.3 s", from a minute on "2:05.3"."""
    tenths = rounding.whole(time_s * 10)
    if tenths < 600:
        return f"{tenths / 10:.1f} s".replace(".", texts.point)
    minutes, rest = divmod(tenths, 600)
    return f"{minutes}:{rest / 10:04.1f}".replace(".", texts.point)


def tenths(time_s: float, texts: Messages) -> str:
    """Seconds of a table, always with one decimal and without a unit."""
    return f"{rounding.rounded(time_s, 1):.1f}".replace(".", texts.point)


def day(moment: datetime | date) -> str:
    """As in 2026-03-14: the day where the reader is."""
    return (moment.astimezone() if isinstance(moment, datetime) else moment).strftime("%Y-%m-%d")


def clock(moment: datetime) -> str:
    """Day and time, where the reader is: "2026-03-14 10:20"."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def long_day(moment: datetime | date, texts: Messages) -> str:
    """As people write a date: "14 March 2025". A moment counts in its own zone."""
    month = texts.text(f"figure.month.{moment.month}")
    return texts.text("figure.date", day=moment.day, month=month, year=f"{moment.year}")


def long_moment(moment: datetime, texts: Messages) -> str:
    """Date and time as people write them, in the zone that the moment names: "14 March 2025, 10:20"."""
    return texts.text("figure.moment", date=long_day(moment, texts), time=f"{moment:%H:%M}")
