"""What a number of a result can be at all: checked where results come in from outside.

A value past these ranges is none that a measurement gives, so the file is damaged or made up. The ranges
are wide: they say what is possible, not what is healthy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from neckrom.records.kinds import AnyResult
from neckrom.result import Result

ANGLE_DEG = 360.0
MAX_FRAMES = 1_000_000
"""More than four hours at 60 frames a second."""
MAX_TEXT = 20_000
MAX_ITEMS = 5_000
"""Of any list or table within a result."""

_TIME_S = (-1e11, 1e11)
"""A folder of pictures keeps the times that it states, and these may be counted from some epoch."""
_ANGLE = (-ANGLE_DEG, ANGLE_DEG)
_SPREAD = (0.0, 1e5)
_ANY = (-1e12, 1e12)
_PIXELS = (1, 1_000_000)

RANGES: dict[str, tuple[float, float]] = {
    "duration_s": (0, 1e9),
    "frames": (0, MAX_FRAMES),
    "fps": (0, 1e6),
    "width": _PIXELS,
    "height": _PIXELS,
    "measured_width": _PIXELS,
    "measured_height": _PIXELS,
    "hfov_deg": (0.1, 180),
    "start_s": _TIME_S,
    "end_s": _TIME_S,
    "peak_s": _TIME_S,
    "hold_start_s": _TIME_S,
    "hold_end_s": _TIME_S,
    "neutral": _TIME_S,
    "other_s": _TIME_S,
    "warm_ups": (0, 1000),
    "drift_deg": (0, ANGLE_DEG),
    "best_deg": _ANGLE,
    "mean_deg": _ANGLE,
    "peak_deg": _ANGLE,
    "left_deg": _ANGLE,
    "right_deg": _ANGLE,
    "difference_deg": (0, 2 * ANGLE_DEG),
    "error_limit_deg": _SPREAD,
    "cv_percent": (0, 1e7),
    "sd_deg": _SPREAD,
    "interval95_deg": (-1e5, 1e5),
    "reference_deg": (1, ANGLE_DEG),
    "healthy_low_deg": (0, ANGLE_DEG),
    "healthy_high_deg": (0, ANGLE_DEG),
    "percent_of_reference": (-36_000, 36_000),
    "pain": (0, 10),
    "chin_fingers": (0, 20),
    "pain_onset_deg": _ANGLE,
    "compensation_deg": _ANGLE,
    "coupling_deg": _ANGLE,
    "peak_speed_deg_s": (0, 1e5),
    "mean_speed_deg_s": (0, 1e5),
    "speed_peaks": (0, 10_000),
    "percent": (0, 1e7),
    "percent_limit": (0, 1e4),
    "frames_measured_percent": (0, 100.001),
    "face_found_percent": (0, 100.001),
    "distance_m": (0.01, 1000),
    "hfov_interval95_deg": (0, 180),
    "settings": _ANY,
    "values": _ANY,
    # runs and postures
    "clip": (0, 100),
    "measured_on": (0, 100),
    "against": (0, 100),
    "true_fps": (0, 1e6),
    "roll_deg": _ANGLE,
    "yaw_deg": _ANGLE,
    "rotate_deg": _ANGLE,
    "used_s": _TIME_S,
    "time_s": _TIME_S,
    "moment_s": _TIME_S,
    "speed_kmh": (0, 200),
    "cadence_spm": (0, 10_000),
    "cadence_interval95_spm": (-1e5, 1e5),
    "contact_s": _TIME_S,
    "off_s": _TIME_S,
    "step_s": (0, 1e4),
    "flight_s": (-1e4, 1e4),
    "contact_sd_s": _SPREAD,
    "strike_deg": _ANGLE,
    "strike_interval95_deg": (-1e5, 1e5),
    "shank_deg": _ANGLE,
    "knee_deg": _ANGLE,
    "median_deg": _ANGLE,
    "steps": (0, MAX_ITEMS),
    "rear_share": (0, 1),
    "class_certainty": (0, 1),
    "strike_certainty": (0, 1),
    "value": (-1e5, 1e5),
    "interval95": (-1e5, 1e5),
    "asymmetry_percent": (-1e4, 1e4),
    "asymmetry_interval95": (-1e5, 1e5),
    "step_asymmetry_percent": (-1e4, 1e4),
    "step_asymmetry_interval95": (-1e5, 1e5),
    "trunk_lean_deg": _ANGLE,
    "trunk_lean_interval95_deg": (-1e5, 1e5),
    "ear_shoulder_deg": _ANGLE,
    "ear_shoulder_interval95_deg": (-1e5, 1e5),
    "change_from_standing_deg": (-2 * ANGLE_DEG, 2 * ANGLE_DEG),
    "change_from_standing_interval95_deg": (-1e5, 1e5),
    "first_third_deg": _ANGLE,
    "last_third_deg": _ANGLE,
    "change_over_run_deg": (-2 * ANGLE_DEG, 2 * ANGLE_DEG),
    "change_over_run_interval95_deg": (-1e5, 1e5),
    "pitch_deg": _ANGLE,
    "pitch_change_over_run_deg": (-2 * ANGLE_DEG, 2 * ANGLE_DEG),
    "left_share": (0, 1),
    "right_share": (0, 1),
    "left_told_share": (0, 1),
    "right_told_share": (0, 1),
    "left_max_shoulder_widths": (-100, 100),
    "right_max_shoulder_widths": (-100, 100),
    "left_interval95_deg": (-1e5, 1e5),
    "right_interval95_deg": (-1e5, 1e5),
    "shoulder_line_range_deg": (0, 2 * ANGLE_DEG),
    "shoulder_line_range_interval95_deg": (-1e5, 1e5),
    "person_found_percent": (0, 100.001),
    "most_people": (0, 1000),
    "leg_swaps_mended": (0, MAX_FRAMES),
    "craniovertebral_deg": _ANGLE,
    "craniovertebral_interval95_deg": (-1e5, 1e5),
    "head_pitch_deg": _ANGLE,
    "ear": (-1e6, 1e6),
    "shoulder": (-1e6, 1e6),
    "hip": (-1e6, 1e6),
    "knee": (-1e6, 1e6),
    "ankle": (-1e6, 1e6),
    "left_px": (-1e6, 1e6),
    "top_px": (-1e6, 1e6),
    "edge_px": (0, 1e6),
    # plans
    "version": (1, 1000),
    "angle_deg": _ANGLE,
    "seen_deg": _ANGLE,
    "furthest_deg": _ANGLE,
    "mark_deg": _ANGLE,
    "limit_deg": _ANGLE,
    "error_deg": _SPREAD,
    "wanted": (0, 1000),
    "counted": (0, 1000),
    "felt": (0, 1000),
    "change_deg": (-2 * ANGLE_DEG, 2 * ANGLE_DEG),
    "change_interval95_deg": (-1e5, 1e5),
    "pain_before": (0, 10),
    "pain_after": (0, 10),
    # nerve tests
    "leg_raise_deg": _ANGLE,
    "ankle_deg": _ANGLE,
    "neck_flexion_deg": _ANGLE,
    "neck_side_bend_deg": _ANGLE,
    "abduction_deg": _ANGLE,
    "elbow_deg": _ANGLE,
    "symptom_s": _TIME_S,
    "symptom_angle_deg": _ANGLE,
    "moved_deg": (-2 * ANGLE_DEG, 2 * ANGLE_DEG),
    "by_deg": (-2 * ANGLE_DEG, 2 * ANGLE_DEG),
    "at_s": _TIME_S,
    "side_difference_deg": (0, 2 * ANGLE_DEG),
    "side_difference_interval95_deg": (-1e5, 1e5),
    # turns of the trunk
    "turn_deg": _ANGLE,
    "thighs_deg": _ANGLE,
    "repetitions": (0, 1000),
    "c7": (-1e6, 1e6),
    "tragus": (-1e6, 1e6),
}
"""By the name of the field, wherever it stands; a test looks for every number of a result in it."""


def first_implausible(result: AnyResult) -> str | None:
    """Say where a result holds what no measurement gives, and what; None where it is sound."""
    content = result.model_dump()
    disorder = _disorder(result) if isinstance(result, Result) else _turned_intervals(content, "")
    return next(_faults(content, "", ""), None) or next(disorder, None)


def _faults(value: Any, name: str, where: str) -> Iterator[str]:
    if isinstance(value, dict):
        if len(value) > MAX_ITEMS:
            yield f"{where} has more than {MAX_ITEMS} entries"
            return
        for key, inner in value.items():
            if len(key) > 200:
                yield f"{where} has a name of more than 200 letters"
                return
            yield from _faults(inner, name if name == "settings" else key, f"{where}.{key}".lstrip("."))
    elif isinstance(value, list | tuple):
        if len(value) > MAX_ITEMS:
            yield f"{where} has more than {MAX_ITEMS} entries"
            return
        for place, inner in enumerate(value):
            yield from _faults(inner, name, f"{where}.{place}")
    elif isinstance(value, str):
        if len(value) > MAX_TEXT:
            yield f"{where} is longer than {MAX_TEXT} letters"
    elif isinstance(value, int | float) and not isinstance(value, bool):
        low, high = RANGES.get(name, _ANY)
        if not low <= value <= high:
            said = f"{value:.6g}" if abs(value) < 1e300 else "beyond all measure"
            yield f"{where} is {said}, and can only be from {low:g} to {high:g}"


def _turned_intervals(value: Any, where: str) -> Iterator[str]:
    """Intervals that end before they begin, wherever they stand."""
    if isinstance(value, dict):
        for key, inner in value.items():
            place = f"{where}.{key}".lstrip(".")
            if "interval95" in key and isinstance(inner, list | tuple) and inner[1] < inner[0]:
                yield f"{place} ends before it begins"
            else:
                yield from _turned_intervals(inner, place)
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _turned_intervals(inner, f"{where}.{number}")


def _disorder(result: Result) -> Iterator[str]:
    """Ends of a range that stand the wrong way round."""
    for item in result.movements:
        intervals = [item.interval95_deg, *(trial.interval95_deg for trial in item.trials)]
        for interval in intervals:
            if interval is not None and interval[1] is not None and interval[1] < interval[0]:
                yield f"{item.movement.value}: an interval ends before it begins"
        low, high = item.healthy_low_deg, item.healthy_high_deg
        if low is not None and high is not None and high < low:
            yield f"{item.movement.value}: the healthy range ends before it begins"
