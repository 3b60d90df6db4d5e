"""Turns of the trunk in words: verdict, each turn in a row, one session in a line. No norm, so nothing is marked."""

from __future__ import annotations

from dataclasses import dataclass

from neckrom.messages import Messages
from neckrom.saying import figures
from neckrom.saying.grades import Grade, gravest
from neckrom.saying.names import display_name
from neckrom.saying.sentences import said_or
from neckrom.saying.verdict import Finding, Verdict
from neckrom.upper_back.result import LeftOrRight, TrunkTurn, TurnedSide, UpperBackResult

NONE = figures.NONE
SIDES: tuple[LeftOrRight, ...] = ("left", "right")
ROWS = ("side", "time", "turn", "thighs")
"""Columns of the table of turns; each has a title ``upper_back.table.<row>``."""
_OPEN = frozenset({"upper_back.one_side", "upper_back.neither"})


def upper_back_verdict(result: UpperBackResult, texts: Messages) -> Verdict:
    """Each side, and both against each other; where it cannot be said in this language, as it was kept.

    Parameters
    ----------
    result : UpperBackResult
    texts : Messages
    """
    findings = []
    for statement in result.reading_statements:
        text = said_or((statement,), "", texts) if statement.key.startswith("upper_back.") else ""
        grade = Grade.OPEN if statement.key in _OPEN else Grade.NOTE
        findings.append(Finding(statement.key.rsplit(".", 1)[1], grade, text))
    if not findings or not all(finding.text for finding in findings):
        findings = [Finding("reading", Grade.NOTE, display_name(result.reading, 2000) or NONE)]
    return Verdict(tuple(findings), gravest(*(finding.grade for finding in findings)), "")


def turn_rows(result: UpperBackResult, texts: Messages) -> tuple[tuple[str, ...], ...]:
    """One row a turn, in the order of ``ROWS``.

    Parameters
    ----------
    result : UpperBackResult
    texts : Messages
    """
    return tuple(
        (
            texts.text(f"upper_back.to.{turn.side}"),
            texts.text("nerve.table.from_to", start_s=turn.start_s, end_s=turn.end_s),
            _angle(turn.turn_deg, texts),
            NONE if turn.thighs_deg is None else figures.signed(turn.thighs_deg),
        )
        for turn in result.turns
    )


def furthest_turn(result: UpperBackResult, side: LeftOrRight) -> TrunkTurn | None:
    """The turn of a side that went furthest; None where none was measured.

    Parameters
    ----------
    result : UpperBackResult
    side : {"left", "right"}
    """
    turns = [turn for turn in result.turns if turn.side == side and turn.turn_deg is not None]
    return max(turns, key=lambda turn: turn.turn_deg or 0.0, default=None)


def upper_back_warnings(result: UpperBackResult, texts: Messages) -> list[str]:
    """What there is to know of the clip and the turns.

    Parameters
    ----------
    result : UpperBackResult
    texts : Messages
    """
    statements = result.quality.warning_statements
    return [
        said_or((statement,) if statement is not None else (), kept, texts)
        for kept, statement in zip(result.quality.warnings, statements, strict=True)
    ]


def side_said(side: TurnedSide | None, texts: Messages) -> str:
    """The angle of a side with its interval; a dash where there is none.

    Parameters
    ----------
    side : TurnedSide or None
    texts : Messages
    """
    return NONE if side is None else with_interval(side.turn_deg, side.interval95_deg, texts)


def with_interval(angle_deg: float | None, ends_deg: tuple[float, float] | None, texts: Messages) -> str:
    """An angle with its interval; a dash where there is none.

    Parameters
    ----------
    angle_deg : float or None
    ends_deg : tuple of float or None
    texts : Messages
    """
    if angle_deg is None or ends_deg is None:
        return NONE
    low, high = ends_deg
    return texts.text("nerve.table.angle_interval", angle_deg=angle_deg, low_deg=low, high_deg=high)


def _angle(angle_deg: float | None, texts: Messages) -> str:
    if angle_deg is None:
        return texts.text("nerve.table.not_measured")
    return texts.text("nerve.table.angle", angle_deg=angle_deg)


@dataclass(frozen=True, slots=True)
class UpperBackLine:
    """One session in a line, as its course shows it: each side, and both against each other, with intervals."""

    left: str
    right: str
    difference: str


def upper_back_line(result: UpperBackResult, texts: Messages) -> UpperBackLine:
    """Put a session into a line.

    Parameters
    ----------
    result : UpperBackResult
    texts : Messages
    """
    difference = with_interval(result.side_difference_deg, result.side_difference_interval95_deg, texts)
    return UpperBackLine(
        side_said(result.rotation_left, texts), side_said(result.rotation_right, texts), difference
    )
