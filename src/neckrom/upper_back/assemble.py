"""A measurement as the result that is written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neckrom.body.result import BodyQuality
from neckrom.result import ClipInfo, ToolInfo
from neckrom.saying.sentences import in_english, statement_of
from neckrom.statement import Statement, state
from neckrom.upper_back.measure import Repetition, SideTurned, UpperBackMeasurement
from neckrom.upper_back.result import TrunkTurn, TurnedSide, UpperBackResult


@dataclass(frozen=True, slots=True)
class About:
    """What a result says beside what was measured.

    Attributes
    ----------
    clip : ClipInfo
    tool : ToolInfo
    created : str
        ISO 8601, with its zone.
    warnings : tuple of str
        What reading the clip gave to say; before those of the measurement.
    """

    clip: ClipInfo
    tool: ToolInfo
    created: str
    warnings: tuple[str, ...] = ()


def upper_back_result(measured: UpperBackMeasurement, about: About) -> UpperBackResult:
    """The result of turning the trunk.

    Parameters
    ----------
    measured : UpperBackMeasurement
    about : About

    Returns
    -------
    UpperBackResult
        NaN has become null.
    """
    statements = read_turns(measured)
    said = (*about.warnings, *measured.notices)
    note = state("upper_back.interval_note")
    sides = measured.sides
    return UpperBackResult(
        tool=about.tool,
        clip=about.clip,
        rotation_left=_side(measured.left),
        rotation_right=_side(measured.right),
        side_difference_deg=None if sides is None else round(sides.difference_deg, 2),
        side_difference_interval95_deg=None if sides is None else _both(sides.interval95_deg),
        smaller_side=None if sides is None else sides.smaller,
        side_difference="one_side" if sides is None else sides.verdict,
        turns=tuple(map(_turn, measured.repetitions)),
        reading=in_english(*statements),
        reading_statements=statements,
        quality=BodyQuality(
            frames_measured_percent=round(100 * measured.measured_share, 2),
            person_found_percent=round(100 * measured.found_share, 2),
            warnings=tuple(str(sentence) for sentence in said),
            warning_statements=tuple(statement_of(sentence) for sentence in said),
            interval_note=in_english(note),
            interval_statement=note,
        ),
        created=about.created,
        statement=in_english(state("upper_back.statement")),
    )


def read_turns(measured: UpperBackMeasurement) -> tuple[Statement, ...]:
    """What the turns say: both sides against each other, each by itself, and that there is no norm.

    Parameters
    ----------
    measured : UpperBackMeasurement

    Returns
    -------
    tuple of Statement
    """
    turned = []
    for name, side in (("left", measured.left), ("right", measured.right)):
        if side is not None:
            low, high = side.interval95_deg
            to = f"upper_back.to.{name}"
            turned.append(
                state("upper_back.turned", side=to, angle_deg=side.turn_deg, low_deg=low, high_deg=high)
            )
    return (
        _compared(measured, any_turned=bool(turned)),
        *turned,
        state("upper_back.no_norm"),
        state("upper_back.no_extension"),
    )


def _compared(measured: UpperBackMeasurement, *, any_turned: bool) -> Statement:
    """What lists show: both sides against each other, or what is missing for that."""
    sides = measured.sides
    if sides is None:
        return state("upper_back.one_side" if any_turned else "upper_back.neither")
    low, high = sides.interval95_deg
    values = {"difference_deg": sides.difference_deg, "low_deg": low, "high_deg": high}
    if sides.verdict == "within_error":
        return state("upper_back.within_error", **values)
    return state("upper_back.apart", side=f"upper_back.to.{sides.smaller}", **values)


def _turn(one: Repetition) -> TrunkTurn:
    return TrunkTurn(
        side=one.side,
        start_s=round(one.start_s, 3),
        end_s=round(one.end_s, 3),
        at_s=round(one.at_s, 3),
        turn_deg=_rounded(one.turn_deg),
        thighs_deg=_rounded(one.thighs_deg),
    )


def _side(side: SideTurned | None) -> TurnedSide | None:
    if side is None:
        return None
    return TurnedSide(
        turn_deg=round(side.turn_deg, 2),
        interval95_deg=_both(side.interval95_deg),
        repetitions=side.repetitions,
    )


def _rounded(angle_deg: float) -> float | None:
    return round(angle_deg, 2) if np.isfinite(angle_deg) else None


def _both(interval: tuple[float, float]) -> tuple[float, float]:
    return round(interval[0], 2), round(interval[1], 2)
