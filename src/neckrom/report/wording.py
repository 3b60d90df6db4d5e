"""The words in which results are told: one place for all tables, figures and pages.

The wording follows the neck screen that the tool implements: a loss of half or
more, painful motion or substantial asymmetry *may be suggestive of* relevant
cervical pathology. Nothing here diagnoses, and no shortfall is called abnormal.
What was not measured is said to be "not measured"; what lies past the end of
the measurement is "at least".
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from neckrom.result import AsymmetryResult, Flag, MovementResult, Result, TrialResult
from neckrom.types import Movement

NOT_MEASURED = "not measured"
NOT_TESTED = "not tested"
NO_INTERVAL = "no interval"
NONE = "–"

NO_DIAGNOSIS = "A measurement, not a diagnosis."

_LOSS_WORDS: dict[Flag, str] = {
    "flagged": "yes",
    "not_flagged": "no",
    "could_not_judge": "could not be judged",
}
_PAIN_WORDS: dict[Flag, str] = {
    "flagged": "painful",
    "not_flagged": "no pain",
    "could_not_judge": "not recorded",
}
_SIDES_WORDS: dict[Flag, str] = {
    "flagged": "substantial",
    "not_flagged": "not substantial",
    "could_not_judge": "could not be judged",
}
_MARKS: dict[Flag, str] = {"flagged": "▲", "not_flagged": "✓", "could_not_judge": "?"}

_PLANES: tuple[tuple[str, str], ...] = (
    ("extension", "flexion"),
    ("side-bend left", "side-bend right"),
    ("rotation left", "rotation right"),
)
"""Words for a negative and a positive angle of each column."""


# -------------------------------------------------------------------- numbers


def whole(value: float) -> int:
    """Round half away from zero, so that 12.5 is 13 on every page."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def angle_text(angle_deg: float | None, *, lower_bound: bool = False) -> str:
    """Whole degrees: "25°", "at least 55°" or "not measured".

    A lower bound is rounded down: what is said to be reached was reached.
    """
    if angle_deg is None or not math.isfinite(angle_deg):
        return NOT_MEASURED
    if lower_bound:
        return f"at least {math.floor(angle_deg)}°"
    return f"{whole(angle_deg)}°".replace("-", "−")


def tenth_text(angle_deg: float | None, *, lower_bound: bool = False) -> str:
    """Like :func:`angle_text`, with one decimal, for tables in which differences are followed up."""
    if angle_deg is None or not math.isfinite(angle_deg):
        return NOT_MEASURED
    if lower_bound:
        return f"at least {math.floor(angle_deg * 10) / 10:.1f}°"
    return f"{round(angle_deg, 1) + 0.0:.1f}°"


def reference_text(item: MovementResult) -> str:
    """Reference in degrees, or a dash where the norm set gives none."""
    return NONE if item.reference_deg is None else f"{item.reference_deg:g}°"


def percent_text(percent: float | None, *, lower_bound: bool = False) -> str:
    """Whole percent; one decimal where rounding would hide on which side of the half it lies."""
    if percent is None or not math.isfinite(percent):
        return NOT_MEASURED
    number = str(math.floor(percent)) if lower_bound else str(whole(percent))
    if number == "50" and percent != 50:
        tenths = math.floor(percent * 10) / 10
        number = f"{tenths:.1f}" if tenths != 50 else "just over 50"
    return f"at least {number} %" if lower_bound else f"{number} %"


def interval_text(interval: Sequence[float | None] | None) -> str:
    """95 % interval: "22 to 28°", "52° or more" where it is open, or "no interval"."""
    if interval is None or interval[0] is None:
        return NO_INTERVAL
    low, high = interval[0], interval[1]
    if high is None:
        return f"{math.floor(low)}° or more"
    return f"{whole(low)} to {whole(high)}°"


def range_text(low: float | None, high: float | None) -> str:
    """A cited range such as "72 to 80°", one number where both ends agree, a dash where there is none."""
    ends = [end for end in (low, high) if end is not None]
    if not ends:
        return NONE
    if len(ends) == 1 or whole(ends[0]) == whole(ends[1]):
        return f"{whole(ends[0])}°"
    return f"{whole(ends[0])} to {whole(ends[1])}°"


def seconds_text(time_s: float) -> str:
    """Clip time with a tenth of a second: "12.3 s", from a minute on "2:05.3"."""
    tenths = whole(time_s * 10)
    if tenths < 600:
        return f"{tenths / 10:.1f} s"
    minutes, rest = divmod(tenths, 600)
    return f"{minutes}:{rest / 10:04.1f}"


def mean_text(item: MovementResult) -> str:
    """Mean of the trials with their number and spread: "24° (3 trials, CV 4.1 %)".

    Where a trial has only a lower bound there is no mean: "no mean (2 trials)".
    """
    number = len(item.trials)
    if number == 0:
        return NONE
    mean = "no mean" if item.mean_deg is None else angle_text(item.mean_deg)
    trials = "1 trial" if number == 1 else f"{number} trials"
    spread = "" if item.cv_percent is None else f", CV {item.cv_percent:.1f} %"
    return f"{mean} ({trials}{spread})"


# ---------------------------------------------------------------------- flags


def mark(flag: Flag) -> str:
    """A sign that tells the flags apart without colour."""
    return _MARKS[flag]


def missing_text(item: MovementResult) -> str:
    """Why a direction has no value, in two words."""
    return NOT_TESTED if item.status == "not_tested" else NOT_MEASURED


def loss_text(item: MovementResult) -> str:
    """Answer to "was half or more of the range lost?"."""
    if item.best_deg is None and item.flag == "could_not_judge":
        return missing_text(item)
    return _LOSS_WORDS[item.flag]


def flags_text(item: MovementResult) -> str:
    """All flags of a direction in the fewest words: "▲ loss, pain", "✓ none", "? not judged"."""
    raised = [
        word
        for word, flag in (("loss", item.flag), ("pain", item.pain_flag), ("trunk", item.compensation_flag))
        if flag == "flagged"
    ]
    if item.flag == "could_not_judge":
        unknown = missing_text(item) if item.best_deg is None else "not judged"
        return ", ".join([f"{mark(item.flag)} {unknown}", *raised])
    return f"{mark('flagged')} {', '.join(raised)}" if raised else f"{mark('not_flagged')} none"


def pain_text(item: MovementResult) -> str:
    """Pain in words: "4 of 10, from 30°", "none", "not recorded"."""
    if item.pain is None:
        return _PAIN_WORDS["flagged"] if item.pain_flag == "flagged" else _PAIN_WORDS["could_not_judge"]
    if item.pain == 0:
        return "none (0 of 10)"
    onset = "" if item.pain_onset_deg is None else f", from {angle_text(item.pain_onset_deg)}"
    return f"{item.pain} of 10{onset}"


def sides_text(item: AsymmetryResult) -> str:
    """Asymmetry flag in words."""
    return _SIDES_WORDS[item.flag]


def pair_text(item: AsymmetryResult) -> str:
    """Name of a pair."""
    return {"rotation": "Rotation", "lateral": "Side-bend"}[item.pair]


def signed_text(column: int, angle_deg: float) -> str:
    """A signed angle with its direction in words: ``(2, -4.2)`` is "rotation left 4°"."""
    if whole(angle_deg) == 0:
        return f"{_PLANES[column][1].split()[0]} 0°"
    return f"{_PLANES[column][angle_deg > 0]} {whole(abs(angle_deg))}°"


def coupling_text(movement: Movement, trial: TrialResult) -> str:
    """The two other angles at end range, in words."""
    if trial.coupling_deg is None:
        return NOT_MEASURED
    others = [column for column in range(3) if column != movement.plane]
    return ", ".join(
        signed_text(column, angle) for column, angle in zip(others, trial.coupling_deg, strict=True)
    )


def reference_sentence(item: MovementResult) -> str:
    """One direction in a sentence: "Extension 25°: 42 % of the reference 60°."."""
    if item.best_deg is None:
        return f"{item.movement.label}: {missing_text(item)}."
    best = angle_text(item.best_deg, lower_bound=item.lower_bound)
    if item.reference_deg is None:
        return f"{item.movement.label} {best}: the norm set gives no reference."
    percent = percent_text(item.percent_of_reference, lower_bound=item.lower_bound)
    return f"{item.movement.label} {best}: {percent} of the reference {reference_text(item)}."


def asymmetry_sentence(item: AsymmetryResult) -> str:
    """Both numbers and their difference in a sentence."""
    name = pair_text(item)
    if item.left_deg is None or item.right_deg is None or item.difference_deg is None:
        return f"{name}, left against right: {sides_text(item)}. {sentence(item.reason)}"
    percent = "" if item.percent is None else f" ({percent_text(item.percent)} of the larger side)"
    return (
        f"{name}, left against right: {tenth_text(item.left_deg)} and {tenth_text(item.right_deg)}, "
        f"a difference of {tenth_text(item.difference_deg)}{percent}: {sides_text(item)}."
    )


# ------------------------------------------------------------------- headline


@dataclass(frozen=True, slots=True)
class Headline:
    """What was found, in plain words.

    Attributes
    ----------
    title : str
        One line.
    points : tuple of str
        A sentence for each finding, the directions first.
    meaning : str
        What such findings may stand for, in the screen's own words; empty where there are none.
    open_questions : tuple of str
        What was not measured or could not be judged.
    """

    title: str
    points: tuple[str, ...]
    meaning: str
    open_questions: tuple[str, ...]


def headline(result: Result) -> Headline:
    """Sum a result up in plain words; never a diagnosis."""
    lost = [item for item in result.movements if item.flag == "flagged"]
    painful = [item for item in result.movements if item.pain_flag == "flagged"]
    uneven = [item for item in result.asymmetry if item.flag == "flagged"]
    points = [
        *(_finding(item) for item in result.movements if is_raised(item)),
        *(asymmetry_sentence(item) for item in uneven),
    ]
    signs = (("a loss of half or more", lost), ("painful motion", painful), ("substantial asymmetry", uneven))
    return Headline(
        title=_title(result, lost, painful, uneven),
        points=tuple(points),
        meaning=_meaning([text for text, found in signs if found]),
        open_questions=_open(result),
    )


def is_raised(item: MovementResult) -> bool:
    """Whether any flag of a direction is raised."""
    return "flagged" in (item.flag, item.pain_flag, item.compensation_flag)


def _finding(item: MovementResult) -> str:
    parts = [reference_sentence(item).removesuffix(".")]
    if item.pain_flag == "flagged":
        parts.append("painful" if item.pain is None else f"pain {pain_text(item)}")
    if item.compensation_flag == "flagged":
        parts.append(f"the trunk moved along by {angle_text(item.compensation_deg)}")
    return "; ".join(parts) + "."


def _meaning(signs: Sequence[str]) -> str:
    if not signs:
        return ""
    each = "may" if len(signs) == 1 else "may each"
    return sentence(f"{joined(signs)} {each} be suggestive of relevant cervical pathology")


def _title(
    result: Result,
    lost: Sequence[MovementResult],
    painful: Sequence[MovementResult],
    uneven: Sequence[AsymmetryResult],
) -> str:
    judged = sum(item.flag != "could_not_judge" for item in result.movements)
    number = len(result.movements)
    if judged == 0:
        start = "Loss of range could not be judged in any direction"
    elif lost:
        start = f"Loss of half or more in {len(lost)} of {judged} directions judged"
    elif judged == number:
        start = "No loss of half or more in any of the six directions"
    else:
        start = f"No loss of half or more in the {judged} of {number} directions that could be judged"
    extra = [
        text for text, found in (("painful motion", painful), ("substantial asymmetry", uneven)) if found
    ]
    return start + "".join(f"; {text}" for text in extra)


def _open(result: Result) -> tuple[str, ...]:
    untested = [item.movement.label for item in result.movements if item.status == "not_tested"]
    missing = [
        item.movement.label
        for item in result.movements
        if item.best_deg is None and item.status != "not_tested"
    ]
    unsure = [
        item.movement.label
        for item in result.movements
        if item.flag == "could_not_judge" and item.best_deg is not None
    ]
    lines = []
    if untested:
        lines.append(f"{NOT_TESTED.capitalize()}: {_listed(untested)}.")
    if missing:
        lines.append(f"{NOT_MEASURED.capitalize()}: {_listed(missing)}.")
    if unsure:
        lines.append(f"Seen, but loss of range could not be judged: {_listed(unsure)}.")
    return tuple(lines)


def _listed(names: Sequence[str]) -> str:
    return joined([name.lower() for name in names])


def joined(words: Sequence[str]) -> str:
    """Words as a list in a sentence."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


# ---------------------------------------------------------------------- names


def display_name(name: str, limit: int = 80) -> str:
    """Make a name from outside safe to show anywhere.

    Control and direction-changing characters go (a name must not turn the text
    around it), stacked combining marks too; runs of white space become one
    space; a long name keeps its start and its end. Escaping for HTML or PDF is
    the writer's own job.
    """
    kept: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFC", name):
        category = unicodedata.category(char)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if category in ("Zs", "Zl", "Zp") or char in "\t\r\n":
            kept.append(" ")
        elif category[0] != "C" and marks <= 2:
            kept.append(char)
    text = " ".join("".join(kept).split())
    if not text:
        return "(no readable name)"
    if len(text) <= limit:
        return text
    tail = limit // 4
    return f"{text[: limit - tail - 1]}…{text[-tail:]}"


def with_degree_signs(text: str) -> str:
    """The degree sign for a spelled "deg" after a number."""
    return re.sub(r"(?<=\d) deg\b", "°", text)


def sentence(text: str) -> str:
    """The text with a capital at the start and a full stop at the end."""
    text = text.strip()
    if not text:
        return ""
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".!?" else f"{text}."
