"""The article's four rows of a run, judged: marked only beyond their own measurement error.

The article names four things that may contribute to the load on the spine, and a direction for each:
the head forward, the two sides uneven, the arms across the body, the heel first. It names no limits, and
no others are put in their place: a row is marked where the whole 95 % interval of its value lies on the side
that the article names, and never for its size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from neckrom.body.result import Interval, Value
from neckrom.result import Flag
from neckrom.running.result import (
    ROWS,
    Measure,
    Moment,
    Row,
    RowName,
    RunResult,
    Step,
    Strike,
    Unit,
)
from neckrom.saying.sentences import in_english
from neckrom.statement import Statement, state

FEWEST_FPS = 60.0
"""Below it a foot turns 10 to 17 degrees from one picture to the next, more than the classes are apart."""
COARSE_PERCENT = 6.0
"""An interval of the step times' difference that reaches further to either side says nothing of an even gait."""

STATEMENT_KEY = "run.statement"

_Judged = tuple[Flag, tuple[Statement, ...]]
_Parts = tuple[float | None, Unit, Interval | None, Measure, _Judged]


def judged(result: RunResult, moments: Mapping[RowName, Moment] | None = None) -> RunResult:
    """Put the four rows into a result, from the numbers in it.

    Parameters
    ----------
    result : RunResult
        Its own rows, if it has any, give way.
    moments : mapping of row name to Moment, optional
        The picture that each row speaks of; of gait and strike the contact of a typical step stands in.

    Returns
    -------
    RunResult
    """
    given = dict(moments or {})
    judges = {
        "head_forward": _head_forward,
        "uneven_gait": _uneven_gait,
        "arms_across": _arms_across,
        "rearfoot_strike": _rearfoot_strike,
    }
    rows = []
    for name in ROWS:
        value, unit, interval, measure, (flag, reasons) = judges[name](result)
        rows.append(
            Row(
                name=name,
                value=value,
                unit=unit,
                interval95=interval,
                measure=measure,
                flag=flag,
                reason=in_english(*reasons),
                reason_statements=reasons,
                moment=given.get(name) or _moment(result, name),
            )
        )
    return result.model_copy(update={"rows": tuple(rows)})


# ----------------------------------------------------------------------- the head


def _head_forward(result: RunResult) -> _Parts:
    head = result.head_forward
    if head is None or head.ear_shoulder_deg is None:
        open_ = _open("run.reason.head.view" if not _from_the_side(result) else "run.reason.head.unseen")
        return None, "deg", None, "change_from_standing", open_
    drift = _value(head.change_over_run_deg, head.change_over_run_interval95_deg)
    change = _value(head.change_from_standing_deg, head.change_from_standing_interval95_deg)
    reasons: list[Statement] = []
    flag: Flag = "not_flagged"
    if change is None or change.interval95 is None:
        flag = "could_not_judge"
        reasons.append(state("run.reason.head.no_standing"))
    else:
        where = _side_of_zero(change.interval95)
        flag = "flagged" if where > 0 else "not_flagged"
        key = {1: "forward", 0: "as_standing", -1: "back"}[where]
        reasons.append(_with_interval(f"run.reason.head.{key}", change))
    if drift is not None and drift.interval95 is not None:
        where = _side_of_zero(drift.interval95)
        key = {1: "came_forward", 0: "stayed", -1: "went_back"}[where]
        reasons.append(_with_interval(f"run.reason.head.{key}", drift))
        if where > 0:
            flag = "flagged"
    if flag == "flagged":
        reasons.append(state("run.reason.head.may"))
    if change is None and drift is not None:
        return drift.value, "deg", drift.interval95, "change_over_run", (flag, tuple(reasons))
    value, interval = (None, None) if change is None else (change.value, change.interval95)
    return value, "deg", interval, "change_from_standing", (flag, tuple(reasons))


# ----------------------------------------------------------------------- the gait


def _uneven_gait(result: RunResult) -> _Parts:
    percent, interval = result.step_asymmetry_percent, result.step_asymmetry_interval95
    if percent is None or interval is None:
        return percent, "percent", interval, "step_time", _open("run.reason.gait.too_few")
    where = _side_of_zero(interval)
    values = {"percent": abs(percent), "low": interval[0], "high": interval[1]}
    said: _Judged
    if where == 0 and interval[1] - interval[0] > 2 * COARSE_PERCENT:
        said = _open("run.reason.gait.coarse", **values)
    elif where == 0:
        said = ("not_flagged", (state("run.reason.gait.even", **values),))
    else:
        ends = sorted(abs(end) for end in interval)
        said = (
            "flagged",
            (
                state(
                    "run.reason.gait.uneven",
                    percent=abs(percent),
                    low=ends[0],
                    high=ends[1],
                    side="side.left" if where > 0 else "side.right",
                ),
                state("run.reason.gait.may"),
            ),
        )
    return percent, "percent", interval, "step_time", said


# ----------------------------------------------------------------------- the arms


def _arms_across(result: RunResult) -> _Parts:
    arms = result.arm_cross
    if arms is None:
        key = "view" if _from_the_side(result) and not _seen_from_behind(result) else "unseen"
        return None, "shoulder_widths", None, "wrist", _open(f"run.reason.arms.{key}")
    wrists = {"left": arms.left_median_shoulder_widths, "right": arms.right_median_shoulder_widths}
    known = {
        side: wrist for side, wrist in wrists.items() if wrist is not None and wrist.interval95 is not None
    }
    if not known:
        return None, "shoulder_widths", None, "wrist", _open("run.reason.arms.unseen")
    furthest = max(known.values(), key=lambda wrist: wrist.value)
    crossing = [
        side for side, wrist in known.items() if wrist.interval95 and _side_of_zero(wrist.interval95) > 0
    ]
    shares = {"left": arms.left_share, "right": arms.right_share}
    reasons = [
        state(
            "run.reason.arms.crosses",
            side=f"side.{side}",
            share=100 * (shares[side] or 0.0),
            across=100 * known[side].value,
        )
        for side in crossing
    ]
    flag: Flag = "flagged"
    if crossing:
        reasons.append(state("run.reason.arms.may"))
    elif len(known) < len(wrists):
        flag = "could_not_judge"
        reasons.append(state("run.reason.arms.one", side=f"side.{next(iter(known))}"))
    elif all(wrist.interval95 is not None and wrist.interval95[1] < 0 for wrist in known.values()):
        flag = "not_flagged"
        reasons.append(state("run.reason.arms.own_side"))
    else:
        flag = "could_not_judge"
        reasons.append(state("run.reason.arms.undecided"))
    return furthest.value, "shoulder_widths", furthest.interval95, "wrist", (flag, tuple(reasons))


# ----------------------------------------------------------------------- the foot


def _rearfoot_strike(result: RunResult) -> _Parts:
    feet = {"left": result.strikes.left, "right": result.strikes.right}
    seen = {side: foot for side, foot in feet.items() if foot is not None and foot.median_deg is not None}
    if not seen:
        key = "view" if not _from_the_side(result) else "unseen"
        return None, "deg", None, "foot_angle", _open(f"run.reason.foot.{key}")
    main = _better(seen)
    foot = seen[main]
    reasons = list(_strikes_said(seen))
    classes = {foot.strike_class for foot in feet.values() if foot is not None}  # None for one that was lost
    if "rear" in classes:
        flag: Flag = "flagged"
        reasons.append(state("run.reason.foot.may"))
    elif classes == {None}:
        flag = "could_not_judge"
        fps = result.clips[0].true_fps or result.clips[0].clip.fps
        slow = fps < FEWEST_FPS
        reasons.append(state("run.reason.foot.slow", fps=fps) if slow else state("run.reason.foot.between"))
    elif None in classes:
        flag = "could_not_judge"
        reasons.append(state("run.reason.foot.one"))
    else:
        flag = "not_flagged"
    return foot.median_deg, "deg", foot.interval95_deg, "foot_angle", (flag, tuple(reasons))


def _better(feet: Mapping[str, Strike]) -> str:
    """The foot that the row shows: one whose class is known, the near one before the far one."""
    return min(feet, key=lambda side: (feet[side].strike_class is None, not feet[side].near))


def _strikes_said(feet: Mapping[str, Strike]) -> Iterator[Statement]:
    for side, foot in feet.items():
        if foot.median_deg is None:
            continue
        where = foot.strike_class or "open"
        low, high = foot.interval95_deg or (None, None)
        if low is None or high is None:
            yield state(f"run.reason.foot.{where}", side=f"side.{side}", angle=foot.median_deg)
        else:
            yield state(
                f"run.reason.foot.{where}_interval",
                side=f"side.{side}",
                angle=foot.median_deg,
                low=low,
                high=high,
            )


# ------------------------------------------------------------------------ shared


def _open(key: str, **values: float) -> _Judged:
    return "could_not_judge", (state(key, **values),)


def _from_the_side(result: RunResult) -> bool:
    return result.view in ("side_left", "side_right")


def _seen_from_behind(result: RunResult) -> bool:
    return any(clip.role != "standing" and clip.view in ("back", "front") for clip in result.clips)


def _value(value: float | None, interval: Interval | None) -> Value | None:
    return None if value is None else Value(value=value, interval95=interval)


def _side_of_zero(interval: Interval) -> int:
    """1 where all of it lies above zero, -1 below, 0 where it holds zero."""
    return 1 if interval[0] > 0 else -1 if interval[1] < 0 else 0


def _with_interval(key: str, value: Value) -> Statement:
    """A size with both ends, the smaller first, none of them negative where they do not hold zero."""
    low, high = value.interval95 or (value.value, value.value)
    if high < 0:
        return state(key, angle=-value.value, low=-high, high=-low)
    return state(key, angle=value.value, low=low, high=high)


def _moment(result: RunResult, name: RowName) -> Moment | None:
    """The contact of a typical step: of the foot that the row shows, with its angle next to the median."""
    steps = [step for step in result.steps if step.clip == 0]
    if not steps or name in ("head_forward", "arms_across"):
        return None
    step = _typical(result, steps) if name == "rearfoot_strike" else steps[len(steps) // 2]
    if step is None:
        return None
    recording = result.clips[step.clip]
    fps = recording.clip.fps
    slower = 1.0 if recording.true_fps is None or fps <= 0 else recording.true_fps / fps
    return Moment(clip=step.clip, time_s=step.contact_s * slower)


def _typical(result: RunResult, steps: list[Step]) -> Step | None:
    feet = {
        side: foot
        for side, foot in (("left", result.strikes.left), ("right", result.strikes.right))
        if foot is not None and foot.median_deg is not None
    }
    if not feet:
        return None
    side = _better(feet)
    median = feet[side].median_deg or 0.0
    own = [step for step in steps if step.foot == side and step.strike_deg is not None]
    return min(own, key=lambda step: abs((step.strike_deg or 0.0) - median), default=None)
