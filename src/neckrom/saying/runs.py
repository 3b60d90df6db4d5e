"""A run in the reader's language: the article's four rows, the verdict, and everything else that was measured.

Terminal, report, hand-outs, pages and exports take their strings from here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from neckrom import rounding
from neckrom.body.result import Interval, LeftRight, Value
from neckrom.messages import Messages
from neckrom.running.result import Row, RowName, RunResult, Strike
from neckrom.saying import figures
from neckrom.saying.grades import LOOKS, Grade, gravest
from neckrom.saying.names import display_name, sentence
from neckrom.saying.sentences import said_or
from neckrom.saying.verdict import Finding, Verdict

NONE = figures.NONE

_GRADES = {"flagged": Grade.CAUTION, "not_flagged": Grade.CALM, "could_not_judge": Grade.OPEN}
"""A marked row is to be read with care and is no alarm: what speaks against alarm stands beside it."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """The person's own run before this one.

    Attributes
    ----------
    result : RunResult
    day : str
        When it was, as it is to be read.
    """

    result: RunResult
    day: str


@dataclass(frozen=True, slots=True)
class RowSaid:
    """One of the four as finished strings.

    Attributes
    ----------
    name : str
    title : str
        As the article calls it.
    measure : str
        What the value is.
    value, interval, earlier : str
        A dash where there is none; ``earlier`` names its day.
    meaning : str
        "marked", "not marked", "could not be told".
    reason : str
    against : str
        What speaks against alarm, with its sources.
    grade : Grade
    """

    name: RowName
    title: str
    measure: str
    value: str
    interval: str
    earlier: str
    meaning: str
    reason: str
    against: str
    grade: Grade

    @property
    def sign(self) -> str:
        """Tells the grade without colour."""
        return LOOKS[self.grade].sign

    @property
    def with_interval(self) -> str:
        """The value with its interval behind it."""
        return self.value if NONE in (self.value, self.interval) else f"{self.value} ({self.interval})"


def rows_said(result: RunResult, texts: Messages, earlier: Earlier | None = None) -> tuple[RowSaid, ...]:
    """The four rows, in the article's order."""
    return tuple(_row(row, texts, earlier) for row in result.rows)


def _row(row: Row, texts: Messages, earlier: Earlier | None) -> RowSaid:
    return RowSaid(
        name=row.name,
        title=texts.text(f"run.row.{row.name}"),
        measure=texts.text(f"run.measure.{row.measure}"),
        value=_size(row.value, _ROW_UNIT[row.unit], texts),
        interval=_ends(row.interval95, _ROW_UNIT[row.unit], texts),
        earlier=_earlier(row, earlier, texts),
        meaning=texts.text(f"run.flag.{row.flag}"),
        reason=_safe(said_or(row.reason_statements, row.reason, texts)),
        against=texts.text(f"run.against.{row.name}"),
        grade=_GRADES[row.flag],
    )


def _safe(text: str) -> str:
    """A reason may have come from anywhere: on one line, without what steers a terminal."""
    return sentence(display_name(text, 1000)) if text.strip() else NONE


def _earlier(row: Row, earlier: Earlier | None, texts: Messages) -> str:
    """The same quantity of the earlier run, with its day; another quantity is none."""
    if earlier is None:
        return NONE
    before = next((item for item in earlier.result.rows if item.name == row.name), None)
    if before is None or before.value is None or before.measure != row.measure:
        return NONE
    return texts.text(
        "run.earlier", value=_size(before.value, _ROW_UNIT[before.unit], texts), day=earlier.day
    )


def changed_beyond_error(now: Row, before: Row) -> bool | None:
    """Whether a row's value changed by more than both measurements can be off together (95 %); None if not known."""
    if now.measure != before.measure or now.value is None or before.value is None:
        return None
    if now.interval95 is None or before.interval95 is None:
        return None
    halves = [(ends[1] - ends[0]) / 2 for ends in (now.interval95, before.interval95)]
    return abs(now.value - before.value) > math.hypot(*halves)


# -------------------------------------------------------------------------- verdict


def run_verdict(result: RunResult, texts: Messages) -> Verdict:
    """Everything to be said of a run, the marked rows first."""
    said = rows_said(result, texts)
    marked = [row for row in said if row.grade is Grade.CAUTION]
    calm = [row.title for row in said if row.grade is Grade.CALM]
    open_ = [row.title for row in said if row.grade is Grade.OPEN]
    findings = [
        Finding(
            "row", Grade.CAUTION, texts.text("run.verdict.marked", row=row.title, value=row.with_interval)
        )
        for row in marked
    ]
    if open_:
        told = "none_judged" if len(open_) == len(said) else "open"
        findings.append(
            Finding("open", Grade.OPEN, texts.text(f"run.verdict.{told}", what=_listed(open_, texts)))
        )
    if calm:
        key = "calm" if marked or open_ else "all_calm"
        findings.append(
            Finding("calm", Grade.CALM, texts.text(f"run.verdict.{key}", what=_listed(calm, texts)))
        )
    return Verdict(
        findings=tuple(findings),
        grade=gravest(*(finding.grade for finding in findings)),
        meaning=texts.text("run.verdict.may") if marked else "",
    )


def _listed(titles: list[str], texts: Messages) -> str:
    return texts.joined(titles)


# ------------------------------------------------------------- everything measured


@dataclass(frozen=True, slots=True)
class QuantitySaid:
    """One quantity as finished strings; a dash where a side has none.

    Attributes
    ----------
    name, left, right : str
    both : str
        Of the whole body, or how far the sides are apart.
    """

    name: str
    left: str
    right: str
    both: str

    @property
    def known(self) -> bool:
        """Whether anything was measured."""
        return not self.left == self.right == self.both == NONE


def quantities_said(result: RunResult, texts: Messages) -> tuple[QuantitySaid, ...]:
    """Everything that was measured beside the four rows, in a fixed order; what the view cannot tell is left out."""
    return tuple(item for item in _quantities(result, texts) if item.known)


def _quantities(result: RunResult, texts: Messages) -> Iterator[QuantitySaid]:
    def named(key: str, left: str = NONE, right: str = NONE, both: str = NONE) -> QuantitySaid:
        return QuantitySaid(texts.text(f"run.quantity.{key}"), left, right, both)

    times, feet = result.times, result.strikes
    yield named("cadence", both=_told(result.cadence_spm, result.cadence_interval95_spm, "steps", texts))
    for key, pair in (("step", times.step), ("contact", times.contact), ("flight", times.flight)):
        if pair is not None:
            yield named(key, *_sides(pair, "ms", texts), _apart(pair, texts))
    yield named("strike", _strike(feet.left, texts), _strike(feet.right, texts))
    for key in ("shank", "knee"):
        left, right = (
            None if foot is None else getattr(foot, f"{key}_deg") for foot in (feet.left, feet.right)
        )
        yield named(key, _of(left, "deg", texts), _of(right, "deg", texts))
    lean = _told(result.trunk_lean_deg, result.trunk_lean_interval95_deg, "change", texts)
    yield named("trunk_lean", both=lean)
    yield named("trunk_lean_change", both=_of(result.trunk_lean_change_over_run_deg, "change", texts))
    head = result.head_forward
    if head is not None:
        ear = _told(head.ear_shoulder_deg, head.ear_shoulder_interval95_deg, "change", texts)
        yield named("ear_shoulder", both=ear)
        drift = _told(head.change_over_run_deg, head.change_over_run_interval95_deg, "change", texts)
        yield named("head_drift", both=drift)
        yield named("pitch", both=_told(head.pitch_deg, None, "change", texts))
    arms = result.arm_cross
    if arms is not None:
        yield named("wrist_share", _share(arms.left_share, texts), _share(arms.right_share, texts))
        yield named(
            "wrist_median",
            _of(arms.left_median_shoulder_widths, "width", texts),
            _of(arms.right_median_shoulder_widths, "width", texts),
        )
        yield named(
            "wrist_most",
            _told(arms.left_max_shoulder_widths, None, "width", texts),
            _told(arms.right_max_shoulder_widths, None, "width", texts),
        )
    turn = _told(result.shoulder_line_range_deg, result.shoulder_line_range_interval95_deg, "deg", texts)
    yield named("shoulder_line", both=turn)
    yield named("shoulder_pelvis", both=_of(result.shoulder_against_pelvis_range_deg, "deg", texts))
    drop = result.pelvic_drop
    if drop is not None:
        yield named(
            "pelvic_drop",
            _told(drop.left_deg, drop.left_interval95_deg, "deg", texts),
            _told(drop.right_deg, drop.right_interval95_deg, "deg", texts),
        )
    yield named("vertical", both=_of(result.vertical_movement_leg_lengths, "leg", texts))


def _sides(pair: LeftRight, unit: str, texts: Messages) -> tuple[str, str]:
    return _of(pair.left, unit, texts), _of(pair.right, unit, texts)


def _apart(pair: LeftRight, texts: Messages) -> str:
    return _told(pair.asymmetry_percent, pair.asymmetry_interval95, "percent", texts)


def _strike(foot: Strike | None, texts: Messages) -> str:
    if foot is None:
        return NONE
    told = _told(foot.median_deg, foot.interval95_deg, "change", texts)
    if told == NONE or foot.strike_class is None:
        return told
    return f"{told}, {texts.text(f'run.strike.{foot.strike_class}')}"


def _share(share: float | None, texts: Messages) -> str:
    return NONE if share is None else texts.text("run.share", percent=100 * share)


def _of(value: Value | None, unit: str, texts: Messages) -> str:
    return NONE if value is None else _told(value.value, value.interval95, unit, texts)


def _told(value: float | None, interval: Interval | None, unit: str, texts: Messages) -> str:
    """A value with its interval in brackets: "245 ms (238 to 251)"."""
    size, ends = _size(value, unit, texts), _ends(interval, unit, texts)
    return size if NONE in (size, ends) else f"{size} ({ends})"


def _size(value: float | None, unit: str, texts: Messages) -> str:
    if value is None:
        return NONE
    digits = _digits(value, unit, texts)
    if unit in ("deg", "change"):
        return f"{digits}°"
    if unit == "percent":
        return f"{digits} %"
    return texts.text(f"run.unit.{_UNIT_TEXT[unit]}", value=digits)


def _ends(interval: Interval | None, unit: str, texts: Messages) -> str:
    if interval is None:
        return NONE
    low, high = (_digits(end, unit, texts) for end in interval)
    return texts.text("figure.interval", low=low, high=high)


_ROW_UNIT = {"deg": "change", "percent": "percent", "shoulder_widths": "width"}
_UNIT_TEXT = {"ms": "ms", "steps": "steps", "width": "shoulder_widths", "leg": "leg"}


def _digits(value: float, unit: str, texts: Messages) -> str:
    """Rounded as the unit asks: times in whole milliseconds, widths in whole percent, percent with a decimal.

    What may be on either side of zero by its meaning (changes, asymmetry, the foot) carries its sign.
    """
    if unit == "ms":
        return rounding.whole_digits(1000 * value)
    if unit in ("width", "leg"):
        return rounding.whole_digits(100 * value)
    if unit == "steps":
        return rounding.whole_digits(value)
    if unit == "percent":
        return _signed(rounding.number_digits(value, point=texts.point))
    digits = rounding.angle_digits(value)
    return _signed(digits) if unit == "change" else digits


def _signed(digits: str) -> str:
    return digits if digits[0] in (rounding.MINUS, "0") else f"+{digits}"
