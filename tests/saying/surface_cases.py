"""Results whose figures lie at the edges of every rounding rule, and what guided sessions were told."""

from __future__ import annotations

from functools import cache

from neckrom.assessment.judgement import JudgementSettings, PainReport, judge
from neckrom.assessment.norms import load_norms
from neckrom.result import ClinicianOverride, MovementResult, Result, SessionFacts
from neckrom.types import MOVEMENTS, Interval, Movement, Neutral, RangeOfMotion, Trial
from tests.records.folders import case_of

EDGES_OF_A_NORM = (
    0.40, 0.4956, 0.4944, 0.49944, 0.4999, 0.5001, 0.5, 0.5006, 0.49555, 0.5044, 0.5055, 0.5499, 0.5555,
    0.4991, 0.5009, 0.749, 0.9, 0.9949, 0.9951, 1.0, 1.004,
)  # fmt: skip
"""Shares of the norm, many of them about its half."""
ANGLES = (12.5, 13.49, 13.5, 24.5, 25.49, 25.5, 44.4, 44.6, 44.99, 45.0, 45.01, 45.4, 49.5, 89.5, 90.0)


def trial(movement: Movement, peak: float, *, bound: bool, wide: float | None, trunk: float = 1.0) -> Trial:
    start = 2.0 + 5.0 * MOVEMENTS.index(movement)
    interval = (
        None if wide is None else Interval(round(peak - wide, 2), None if bound else round(peak + wide, 2))
    )
    return Trial(
        movement=movement,
        start_s=start,
        peak_s=start + 1.5,
        end_s=start + 3.0,
        hold_start_s=start + 1.0,
        hold_end_s=start + 2.0,
        peak_deg=peak,
        sd_deg=float("nan"),
        interval95=interval,
        lower_bound=bound,
        compensation_deg=trunk,
        coupling_deg=(0.0, 0.0),
        source="fused",
    )


def result_with(
    trials: list[Trial],
    name: str,
    *,
    pain: dict[Movement, PainReport] | None = None,
    session: SessionFacts | None = None,
) -> Result:
    """A whole result around some trials, judged by the rules."""
    rom = RangeOfMotion(Neutral(0.2, 1.9, "found"), tuple(trials))
    movements, asymmetry = judge(rom, load_norms("article"), pain or {}, JudgementSettings())
    base = case_of("healthy").result
    clip = base.clip.model_copy(update={"name": name})
    return base.model_copy(
        update={"movements": movements, "asymmetry": asymmetry, "clip": clip, "session": session}
    )


@cache
def edge_results() -> tuple[Result, ...]:
    """At least 200 values: with and without an interval, and as bounds."""
    norms = load_norms("article")
    peaks: dict[Movement, list[float]] = {}
    for movement in MOVEMENTS:
        reference = norms.of(movement).reference_deg or 90.0
        shares = [round(share * reference, 2) for share in EDGES_OF_A_NORM]
        peaks[movement] = [*shares, *ANGLES]
    results = []
    for place in range(len(peaks[Movement.FLEXION])):
        bound, wide = place % 3 == 1, (None, 3.3, 4.4)[place % 3]
        trials = [trial(m, peaks[m][place], bound=bound, wide=wide) for m in MOVEMENTS]
        results.append(result_with(trials, f"edge-{place}"))
    return tuple(results)


def values() -> list[MovementResult]:
    return [item for result in edge_results() for item in result.movements]


# ------------------------------------------------------------------- sessions

DIZZY = SessionFacts(
    protocol="full",
    stop_reason="dizziness",
    answers={"arterial": "unsure", "long_tingling": "yes", "cancer": "no"},
    refused_by=("arterial",),
    override=ClinicianOverride(clinician="Dr. Weber", reason="examined"),
    chin_fingers=2,
    notes=("Pale, sat down at once.",),
    directions={
        Movement.FLEXION: "done",
        Movement.EXTENSION: "skipped",
        Movement.ROTATION_LEFT: "broken_off",
        Movement.ROTATION_RIGHT: "not_reached",
        Movement.LATERAL_LEFT: "not_reached",
        Movement.LATERAL_RIGHT: "not_reached",
    },
)
DONE = SessionFacts(protocol="full", directions=dict.fromkeys(MOVEMENTS, "done"))
NO_PAIN = dict.fromkeys(MOVEMENTS, PainReport(0))


@cache
def told_results() -> dict[str, Result]:
    """A session stopped for dizziness, one with trunk moving along, one painful and uneven, one healthy."""
    full = {
        Movement.FLEXION: 55.0, Movement.EXTENSION: 65.0, Movement.ROTATION_LEFT: 82.0,
        Movement.ROTATION_RIGHT: 83.0, Movement.LATERAL_LEFT: 46.0, Movement.LATERAL_RIGHT: 47.0,
    }  # fmt: skip

    def trials(trunk: float = 1.0, **peaks: float) -> list[Trial]:
        angles = {movement: peaks.get(movement.value, angle) for movement, angle in full.items()}
        return [trial(m, angle, bound=False, wide=3.0, trunk=trunk) for m, angle in angles.items()]

    hurts = NO_PAIN | {Movement.ROTATION_LEFT: PainReport(5, 40.0)}
    return {
        "dizzy": result_with(trials()[:1], "dizzy", session=DIZZY),
        "trunk": result_with(trials(trunk=22.0), "trunk", pain=NO_PAIN, session=DONE),
        "uneven": result_with(trials(rotation_left=56.0), "uneven", pain=hurts, session=DONE),
        "healthy": result_with(trials(), "healthy", pain=NO_PAIN, session=DONE),
    }
