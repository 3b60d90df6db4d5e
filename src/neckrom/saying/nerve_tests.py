"""Nerve tests of legs and arms in words: the reading, the sides beside each other, one session in a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from neckrom.messages import Messages
from neckrom.nerve.marking import was_felt
from neckrom.nerve.result import LeftOrRight, NerveResult, NerveTrial
from neckrom.nerve.sides import SidesCompared
from neckrom.nerve.wording import ROWS, pain_key
from neckrom.saying.grades import GRADES, Grade
from neckrom.saying.names import display_name
from neckrom.saying.sentences import said_or
from neckrom.saying.verdict import SAFETY_STOPS, Finding, Verdict
from neckrom.statement import Statement

NONE = "–"
SIDES: tuple[LeftOrRight, ...] = ("left", "right")
_MARKED = frozenset({"nerve.reading.nerve", "nerve.reading.arm_nerve", "nerve.reading.arm_sign"})
_OPEN = frozenset(
    f"nerve.reading.{name}"
    for name in (
        "not_marked",
        "unplaced",
        "holding_unknown",
        "not_held",
        "no_change",
        "no_answer",
        "answer_left",
        "stopped",
        "changes_pain_unknown",
        "arm_changes_pain_unknown",
    )
)
_BEGINS_A_TRIAL = frozenset(
    f"nerve.reading.{name}" for name in ("came_at", "came", "arm_came_at", "elbow_came_at", "arm_came")
)
_OF_A_TRIAL = _OPEN - {f"nerve.reading.{name}" for name in ("not_marked", "unplaced", "stopped")} | {
    f"nerve.reading.{name}"
    for name in ("stretch", "own", "stays", "stays_own", "nerve", "arm_painful", "arm_nerve")
}
"""What goes on with the symptom that was said before it."""
_READINGS = ("nerve.reading.", "screen.reading.")
"""Texts that a reading is made of: a file from elsewhere may name any."""


def nerve_verdict(result: NerveResult, texts: Messages) -> Verdict:
    """The reading, a line for each trial and for the sides, the most important first.

    Where it cannot be said in this language, it stands as it was kept.

    Parameters
    ----------
    result : NerveResult
    texts : Messages
    """
    lines = _lines(result.reading_statements)
    findings = sorted((_finding(line, texts) for line in lines), key=lambda one: GRADES.index(one.grade))
    if not findings or not all(finding.text for finding in findings):
        findings = [Finding("reading", Grade.NOTE, display_name(result.reading, 2000) or NONE)]
    if result.stop_reason in SAFETY_STOPS:
        findings.insert(0, Finding("stopped", Grade.STOP, texts.text(f"plan.stopped.{result.stop_reason}")))
    return Verdict(findings=tuple(findings), grade=findings[0].grade, meaning="")


def nerve_advice(result: NerveResult, texts: Messages) -> tuple[str, ...]:
    """What to do next, by what the test said; after a stop never the test again.

    Parameters
    ----------
    result : NerveResult
    texts : Messages

    Returns
    -------
    tuple of str
    """
    keys = {statement.key for statement in result.reading_statements}
    if result.stop_reason in SAFETY_STOPS:
        names = ["stopped", "urgent"]
    elif keys & _MARKED:
        names = ["nerve_arm" if result.kind == "arms" else "nerve_leg", "same_way", "urgent"]
    else:
        names = ["show"]
        if keys & _OPEN:
            names.append("open")
        names += ["same_way", "urgent"]
    plan = {"plan": f"neckrom live --plan {result.kind}_slider"}
    return tuple(texts.text(f"nerve.next.{name}", **(plan if name == "nerve_leg" else {})) for name in names)


def _lines(statements: Sequence[Statement]) -> list[list[Statement]]:
    """Statements that belong together: a symptom and what became of it; every other one for itself."""
    lines: list[list[Statement]] = []
    for statement in statements:
        if statement.key in _OF_A_TRIAL and lines and lines[-1][0].key in _BEGINS_A_TRIAL:
            lines[-1].append(statement)
        else:
            lines.append([statement])
    return lines


def _finding(line: Sequence[Statement], texts: Messages) -> Finding:
    sound = all(statement.key.startswith(_READINGS) for statement in line)
    gravest_one = min(line, key=lambda statement: GRADES.index(_grade(statement.key)))
    text = said_or(line, "", texts) if sound else ""
    return Finding(gravest_one.key.rsplit(".", 1)[1], _grade(gravest_one.key), text)


def _grade(key: str) -> Grade:
    """Only what points to a nerve is marked, and the article's sign of the arms; a range never is."""
    if key in _MARKED:
        return Grade.CAUTION
    return Grade.OPEN if key in _OPEN else Grade.NOTE


def sides_row(result: NerveResult, texts: Messages) -> tuple[str, ...] | None:
    """How far both sides are apart, as a row below the trials; None where only one was done.

    Parameters
    ----------
    result : NerveResult
    texts : Messages

    Returns
    -------
    tuple of str or None
        A cell for each of :data:`neckrom.nerve.wording.ROWS`. It stands below the angle that was compared: that of
        the first symptom, or of the end of the way where a side has none.
    """
    if result.side_difference_deg is None:
        return None
    compared = result.side_differences[0].position if result.side_differences else None
    felt = {
        limb_side(trial)
        for trial in result.trials
        if trial.symptom_angle_deg is not None and compared in (None, trial.position)
    }
    cells = dict.fromkeys(ROWS, NONE)
    cells["limb"] = texts.text("nerve.course.difference")
    if result.side_differences:
        position = f"nerve.position.{result.side_differences[0].position}"
        cells["limb"] = texts.text("nerve.table.arm_in", arm=cells["limb"], position=position)
    cells["symptom" if len(felt) == 2 else "end"] = _difference(result, texts)
    return tuple(cells[name] for name in ROWS)


def limb_side(trial: NerveTrial) -> LeftOrRight | None:
    """Of the leg or arm that was tested."""
    return trial.leg or trial.arm


@dataclass(frozen=True, slots=True)
class NerveLine:
    """One session in a line, as its course shows it.

    Attributes
    ----------
    test, left, right, difference : str
        The angle of each side at its first symptom, with its interval; a dash where there is none.
    pain : str
        What was felt on each side, the side with it.
    """

    test: str
    left: str
    right: str
    difference: str
    pain: str


def nerve_line(result: NerveResult, texts: Messages) -> NerveLine:
    """Put a session into a line.

    Parameters
    ----------
    result : NerveResult
    texts : Messages
    """
    said = [_pain_of(side, result.trials, texts) for side in SIDES]
    return NerveLine(
        texts.text(f"nerve.kind.{result.kind}"),
        _symptom_of("left", result.trials, texts),
        _symptom_of("right", result.trials, texts),
        NONE if result.side_difference_deg is None else _difference(result, texts),
        "; ".join(filter(None, said)) or NONE,
    )


def _pain_of(side: LeftOrRight, trials: Sequence[NerveTrial], texts: Messages) -> str:
    pains = {trial.pain: pain_key(trial) for trial in trials if limb_side(trial) == side}
    felt = [texts.text(pains[pain]) for pain in ("own", "stretch") if pain in pains]
    if not felt:
        return ""
    return texts.text("nerve.course.felt", side=f"nerve.side.{side}", felt=", ".join(felt))


def _symptom_of(side: LeftOrRight, trials: Sequence[NerveTrial], texts: Messages) -> str:
    """Every trial of a side in which something was felt."""
    felt = [trial for trial in trials if limb_side(trial) == side and was_felt(trial)]
    told = [
        _felt_at(trial, trial.symptom_angle_deg, texts)
        for trial in felt
        if trial.symptom_angle_deg is not None
    ]
    return "; ".join(told) or (texts.text("nerve.table.not_measured") if felt else NONE)


def _felt_at(trial: NerveTrial, angle_deg: float, texts: Messages) -> str:
    angle = _with_interval(angle_deg, trial.interval95_deg, texts)
    if trial.position is None:
        return angle
    return texts.text("nerve.course.at", position=f"nerve.position.{trial.position}", angle=angle)


def sides_line(sides: SidesCompared, texts: Messages) -> str:
    """How far both sides are apart, with its interval.

    Parameters
    ----------
    sides : SidesCompared
    texts : Messages
    """
    return _with_interval(sides.difference_deg, sides.interval95_deg, texts)


def _difference(result: NerveResult, texts: Messages) -> str:
    assert result.side_difference_deg is not None
    return _with_interval(result.side_difference_deg, result.side_difference_interval95_deg, texts)


def _with_interval(angle_deg: float, ends_deg: tuple[float, float] | None, texts: Messages) -> str:
    if ends_deg is None:
        return texts.text("nerve.table.angle", angle_deg=angle_deg)
    low, high = ends_deg
    return texts.text("nerve.table.angle_interval", angle_deg=angle_deg, low_deg=low, high_deg=high)
