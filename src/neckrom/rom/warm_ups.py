"""Warm-ups: the first repetitions of a direction, which are not meant to be measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from neckrom.types import Movement, Notice


@dataclass(frozen=True, slots=True)
class WarmUpSettings:
    """What the protocol of two warm-ups and three trials looks like."""

    warm_ups: int = 2
    trials: int = 3
    smaller_share: float = 0.85
    """Every warm-up stays below this share of the median of the trials ..."""
    alike_share: float = 0.88
    """... and the trials are alike: the smallest is at least this share of the largest."""


@dataclass(frozen=True, slots=True)
class WarmUps:
    """How many repetitions at the start of each direction are warm-ups, and what to say of it."""

    number: dict[Movement, int]
    notices: list[Notice]


def recognised_warm_ups(peaks_deg: Mapping[Movement, Sequence[float]], settings: WarmUpSettings) -> WarmUps:
    """Find out which repetitions are warm-ups, where nobody said.

    Parameters
    ----------
    peaks_deg : mapping of Movement to sequence of float
        End range of the repetitions of each direction that was done, in time order.
    settings : WarmUpSettings

    Returns
    -------
    WarmUps
        Empty where nothing looks like warm-ups; with a question and no number where it might.

    Notes
    -----
    Only the protocol's own pattern counts: five repetitions, the first two clearly
    smaller than the last three, which are alike. Where most directions show it, the others with five
    repetitions follow. Anything like it is asked about, never decided.
    """
    five = settings.warm_ups + settings.trials
    candidates = [movement for movement, peaks in peaks_deg.items() if len(peaks) == five]
    shown = [movement for movement in candidates if _has_pattern(peaks_deg[movement], settings)]
    if candidates and len(shown) > len(candidates) / 2:
        text = (
            f"The first {settings.warm_ups} of five repetitions are smaller than the other {settings.trials} and "
            f"were taken as warm-ups ({_listed(candidates)}): they are not counted. If they were trials, say "
            "--warm-ups 0."
        )
        notice = Notice(text, "warm_ups_taken", number=settings.warm_ups, movements=_values(candidates))
        return WarmUps(dict.fromkeys(candidates, settings.warm_ups), [notice])
    asked = [
        movement
        for movement, peaks in peaks_deg.items()
        if len(peaks) == five or (len(peaks) > settings.trials and _starts_smaller(peaks, settings))
    ]
    if not asked:
        return WarmUps({}, [])
    text = (
        f"More than {settings.trials} repetitions were seen ({_listed(asked)}), and all are counted. If the first "
        f"ones were warm-ups, say how many: --warm-ups {settings.warm_ups}; if not, --warm-ups 0."
    )
    return WarmUps({}, [Notice(text, "warm_ups_asked", number=settings.warm_ups, movements=_values(asked))])


def only_warm_ups(movements: Sequence[Movement], said: int) -> list[Notice]:
    """What to say of directions in which nothing but warm-ups was seen.

    Parameters
    ----------
    movements : sequence of Movement
    said : int
        How many warm-ups the user named.

    Returns
    -------
    list of Notice
        One for all of them, or none.
    """
    if not movements:
        return []
    text = (
        f"With --warm-ups {said} no trial is left ({_listed(movements)}): no more repetitions than that were seen "
        "there."
    )
    return [Notice(text, "warm_ups_only", number=said, movements=_values(movements))]


def _has_pattern(peaks_deg: Sequence[float], settings: WarmUpSettings) -> bool:
    first, rest = peaks_deg[: settings.warm_ups], peaks_deg[settings.warm_ups :]
    alike = min(rest) >= settings.alike_share * max(rest)
    return alike and max(first) <= settings.smaller_share * median(rest)


def _starts_smaller(peaks_deg: Sequence[float], settings: WarmUpSettings) -> bool:
    return peaks_deg[0] <= settings.smaller_share * median(peaks_deg[-settings.trials :])


def _listed(movements: Sequence[Movement]) -> str:
    return ", ".join(movement.label.lower() for movement in movements)


def _values(movements: Sequence[Movement]) -> tuple[str, ...]:
    return tuple(movement.name_key for movement in movements)
