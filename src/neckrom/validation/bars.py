"""What the tool wants of itself at the end of range, beside what validation measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from neckrom.types import MOVEMENTS, FloatArray, Movement
from neckrom.validation.summary import TrialReport, TrialRow, ValidationReport


@dataclass(frozen=True, slots=True)
class Bar:
    """What is asked for (degrees, where nothing else is said), the bar, and the figure."""

    what: str
    bar: str
    measured: str


_ROTATION = (Movement.ROTATION_LEFT, Movement.ROTATION_RIGHT)
_TRUNK_ALONG_DEG = 12.0
"""A trunk that truly turns by so much along with the head: where trunk and neck are most easily taken for each
other."""


def _per_movement(report: ValidationReport, value: Callable[[TrialRow], float | None]) -> str:
    """One figure for each of the six movements, in their fixed order."""
    rows = {row.movement: row for row in report.by_movement if row.movement is not None}
    return " / ".join(
        "–" if (figure := value(rows[movement])) is None else f"{figure:.1f}" for movement in MOVEMENTS
    )


def _errors(trials: list[TrialReport]) -> FloatArray:
    """Errors of the end-range values that were measured."""
    return np.array([trial.error_deg for trial in trials if trial.error_deg is not None])


def _near_the_end(report: ValidationReport, movements: tuple[Movement, ...], low: float, high: float) -> str:
    """Bias over the trials whose true end range lies between two angles."""
    found = _errors([t for t in report.trials if t.movement in movements and low <= t.truth_deg < high])
    return f"{found.mean():+.1f} (n {len(found)})" if len(found) else "none"


def _sides(report: ValidationReport) -> str:
    """Differences found and equal sides called asymmetric."""
    different = [s for s in report.sides if abs(s.truth_difference_deg) >= 15]
    equal = [s for s in report.sides if abs(s.truth_difference_deg) <= 3]
    found = sum(s.flag == "flagged" for s in different)
    unsure = sum(s.flag == "could_not_judge" for s in different)
    wrong = sum(s.flag == "flagged" for s in equal)
    return f"{found} of {len(different)} found ({unsure} could not be judged); {wrong} of {len(equal)}"


def bars(report: ValidationReport) -> list[Bar]:
    """Every bar with its figure.

    Parameters
    ----------
    report : ValidationReport
        With repetitions of all six movements.

    Returns
    -------
    list of Bar
        Degrees, where the line does not say otherwise.

    Raises
    ------
    KeyError
        A movement has no repetition.
    StopIteration
        There are no repetitions or frames from the front.
    """
    everything = next(row for row in report.by_movement if row.movement is None)
    geodesic = next(row for row in report.all_frames if "geodesic" in row.quantity)
    along = [
        t for t in report.trials if t.movement in _ROTATION and t.truth_compensation_deg >= _TRUNK_ALONG_DEG
    ]
    cross = [t.cross_talk_end_deg for t in report.trials if t.movement in _ROTATION and t.truth_deg <= 80]
    talk = np.array([value for value in cross if value is not None])
    trunk = np.array([t.compensation_error_deg for t in along if t.compensation_error_deg is not None])
    flags = report.flags
    far = 100 * flags.unjudged_far / max(flags.far, 1)
    coverage = everything.coverage
    along_errors = np.abs(_errors(along))
    rows = [
        ("end-range MAE", "3.0", _per_movement(report, lambda row: row.accuracy.mae_deg)),
        ("95th percentile", "6", _per_movement(report, lambda row: row.accuracy.p95_deg)),
        ("bias at 85 to 90 of rotation", "4", _near_the_end(report, _ROTATION, 85, 90)),
        ("bias at 55 to 60 of flexion", "4", _near_the_end(report, (Movement.FLEXION,), 55, 60)),
        ("bias at 65 to 70 of extension", "4", _near_the_end(report, (Movement.EXTENSION,), 65, 70)),
        ("geodesic error, all frames, median", "2.5", f"{geodesic.median_deg:.1f}"),
        ("healthy flagged", "0", f"{flags.healthy_flagged}"),
        ("half or more lost, not flagged", "0", f"{flags.losses_cleared} cleared, "
         f"{flags.losses_flagged} of {flags.losses} flagged, the others could not be judged"),
        ("side difference of 15 found; equal sides flagged", "all; none", _sides(report)),
        ("cross-talk at the end of rotation up to 80: median, 95th percentile", "4",
         f"{np.median(talk):.1f}, {np.percentile(talk, 95):.1f} (n {len(talk)})" if len(talk) else "none"),
        ("trunk along by 12 to 22: neck rotation, MAE", "4",
         f"{along_errors.mean():.1f} (n {len(along_errors)}; trunk itself {np.abs(trunk).mean():.1f})"
         if len(along_errors) and len(trunk) else "none"),
        ("intervals that hold the truth", "90 to 98 %", f"{coverage.percent:.0f} % of {coverage.n}"),
        ("half-width of the intervals, median", "6", f"{coverage.median_half_width_deg:.1f}"),
        ("not judged, or only bounded, though 8 deg from the line", "5 %",
         f"{far:.0f} % ({flags.unjudged_far} of {flags.far})"),
        ("test-retest: SEM / MDC95", "1.5 / 4",
         f"{report.retest.sem_deg:.1f} / {report.retest.mdc95_deg:.1f} ({report.retest.pairs} pairs)"
         if report.retest.sem_deg is not None and report.retest.mdc95_deg is not None else "none"),
    ]  # fmt: skip
    return [Bar(*row) for row in rows]
