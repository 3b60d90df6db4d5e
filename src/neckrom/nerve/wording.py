"""A result's trials and warnings in words, for terminal and report."""

from __future__ import annotations

from neckrom.messages import Messages
from neckrom.nerve.marking import was_felt
from neckrom.nerve.result import Change, NerveResult, NerveTrial
from neckrom.saying.sentences import said_or

ROWS = ("limb", "time", "end", "symptom", "held", "change", "pain")
"""Columns of the table of trials; each has a title ``nerve.table.<row>``."""


def trial_rows(result: NerveResult, texts: Messages) -> list[tuple[str, ...]]:
    """One row a trial, in the order of ``ROWS``.

    Parameters
    ----------
    result : NerveResult
    texts : Messages

    Returns
    -------
    list of tuple of str
    """
    return [
        (
            _limb(trial, texts),
            texts.text("nerve.table.from_to", start_s=trial.start_s, end_s=trial.end_s),
            _angle(end_angle(result, trial), texts),
            _symptom(trial, texts),
            "–" if trial.held is None else texts.text(f"nerve.table.{'yes' if trial.held else 'no'}"),
            _changes(trial, texts),
            texts.text(pain_key(trial)) if trial.pain else "–",
        )
        for trial in result.trials
    ]


def end_angle(result: NerveResult, trial: NerveTrial) -> float | None:
    """The angle of the test at the end of the way: raise, knee, abduction, or the elbow of an arm bent overhead.

    Parameters
    ----------
    result : NerveResult
    trial : NerveTrial
        Of that result.

    Returns
    -------
    float or None
        Degrees; None where it was not measured.
    """
    if result.kind == "arms":
        return trial.elbow_deg if trial.position == "bent_overhead" else trial.abduction_deg
    return trial.leg_raise_deg if result.kind == "slr" else trial.knee_deg


def warnings_in_words(result: NerveResult, texts: Messages) -> list[str]:
    """What there is to know of the clip and the trials.

    Parameters
    ----------
    result : NerveResult
    texts : Messages

    Returns
    -------
    list of str
    """
    statements = result.quality.warning_statements
    return [
        said_or((statement,) if statement is not None else (), kept, texts)
        for kept, statement in zip(result.quality.warnings, statements, strict=True)
    ]


def _limb(trial: NerveTrial, texts: Messages) -> str:
    if trial.leg is not None:
        return texts.text(f"nerve.table.{trial.leg}_leg")
    arm = texts.text(f"nerve.table.{trial.arm}_arm")
    if trial.position is None:
        return arm
    return texts.text("nerve.table.arm_in", arm=arm, position=f"nerve.position.{trial.position}")


def pain_key(trial: NerveTrial) -> str:
    """What was felt, as a key of the messages: with an arm, own pain is what the article calls tension.

    Parameters
    ----------
    trial : NerveTrial
        One with an answer on pain.

    Returns
    -------
    str
    """
    return (
        "nerve.pain.own_arm" if trial.arm is not None and trial.pain == "own" else f"nerve.pain.{trial.pain}"
    )


def _angle(angle_deg: float | None, texts: Messages) -> str:
    return "–" if angle_deg is None else texts.text("nerve.table.angle", angle_deg=angle_deg)


def _symptom(trial: NerveTrial, texts: Messages) -> str:
    if not was_felt(trial):
        return "–"
    if trial.symptom_angle_deg is None or trial.interval95_deg is None:
        return texts.text("nerve.table.not_measured")
    low, high = trial.interval95_deg
    return texts.text(
        "nerve.table.angle_interval", angle_deg=trial.symptom_angle_deg, low_deg=low, high_deg=high
    )


def _changes(trial: NerveTrial, texts: Messages) -> str:
    changes = [change for change in (trial.change, *trial.further_changes) if change is not None]
    return "; ".join(_change(change, texts) for change in changes) or "–"


def _change(change: Change, texts: Messages) -> str:
    way = "plus" if change.by_deg > 0 else "minus"
    moved = texts.text(f"nerve.moved.{change.joint}_{way}", by_deg=abs(change.by_deg))
    return moved if change.answer is None else f"{moved}: {texts.text(f'nerve.answer.{change.answer}')}"
