"""What was done on purpose: trials, warm-ups, and what is neither.

A repetition of a guided movement goes out, is held or at least reached slowly, comes back, and is done
again or matched on the other side. A glance, a shift on the chair, a run-up does not, however large it
is: it is no trial, and a direction without a trial was not tested. docs/conventions.md says it in words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from neckrom.rom.end_range import as_bound
from neckrom.rom.excursions import Excursion
from neckrom.rom.warm_ups import WarmUpSettings, only_warm_ups, recognised_warm_ups
from neckrom.types import MOVEMENTS, AsideKind, Movement, Notice, NoticeValue, Trial


@dataclass(frozen=True, slots=True)
class DeliberateSettings:
    """What tells a movement that was made on purpose from one that happened. All limits are our choice."""

    aborted_share: float = 0.5
    """A repetition that reaches less than this share of the best one is set aside as broken off."""
    warm_up_share: float = 0.25
    """What the user calls a warm-up reaches at least this share of the best."""
    small_share: float = 0.3
    """Less than this share of the usual range is small."""
    large_share: float = 0.55
    """From here on an excursion is large: done once and quickly, it still counts."""
    fewest_small: int = 3
    """So many small repetitions speak for themselves."""
    similar_share: float = 0.6
    """Small repetitions of one direction reach at least this share of the largest."""
    reached_s: float = 0.3
    """Out by four fifths for less than this is too short for any movement that was made on purpose."""
    reached_large_s: float = 0.1
    """The same for a large one, which a quick turn may be."""
    touched_share: float = 0.35
    """A repetition that is held for less than this share of the usual of its direction is no repetition."""
    unfinished_share: float = 0.85
    """With the head still out at the end of the recording, it has to be this like the others to be one."""
    held_s: float = 0.7
    """A single small or middling excursion has to be held for so long ..."""
    held_share: float = 0.4
    """... and for this share of the time for which the others are held."""
    warm_ups: WarmUpSettings = field(default_factory=WarmUpSettings)


@dataclass(frozen=True, slots=True)
class Seen:
    """An excursion and its value.

    Attributes
    ----------
    trial : Trial
    top_s : float
        How long the head was out by at least four fifths of the peak.
    share : float
        Peak as a share of the usual range.
    beside : Excursion or None
        The larger one of which it is a run-up, or the end.
    unfinished : bool
        The recording ends with the head still out.
    """

    trial: Trial
    top_s: float
    share: float
    beside: Excursion | None
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class SortedOut:
    """Which excursions count, which do not and why, and what the user should know of it."""

    counted: list[Trial]
    aside: list[Trial]
    notices: list[Notice]


def sort_out(seen: list[Seen], settings: DeliberateSettings, warm_ups: int | None) -> SortedOut:
    """Tell trials from warm-ups, and both from what was not done on purpose.

    Parameters
    ----------
    seen : list of Seen, in time order
    settings : DeliberateSettings
    warm_ups : int or None
        So many repetitions of each direction come first and do not count; None: nobody said.

    Returns
    -------
    SortedOut
        Every repetition of ``seen`` is either counted or set aside with its reason; none is dropped.
    """
    aside = [_aside(item, "alongside", _beside_text(item.beside)) for item in seen if item.beside is not None]
    repeated: dict[Movement, list[Seen]] = {}
    said: dict[Movement, int] = {}
    for movement in MOVEMENTS:
        line = _line(seen, movement)
        warming = _first(line, warm_ups or 0, settings)
        said[movement] = len(warming)
        repeated[movement], left_out = _whole([item for item in line if item not in warming], settings)
        aside += [_warm_up(item) for item in warming] + left_out
    aside += _one_too_many(repeated)
    meant = {}
    alone = sum(map(len, repeated.values())) == 1
    for movement, items in repeated.items():
        reason = _not_on_purpose(movement, repeated, alone=alone, settings=settings) if items else None
        if reason is None:
            meant[movement] = items
        else:
            aside += [_aside(item, *reason) for item in items]
    if warm_ups is not None:
        only = [movement for movement, number in said.items() if number and not repeated[movement]]
        return SortedOut(_trials(meant), aside, only_warm_ups(only, warm_ups))
    found = recognised_warm_ups(
        {movement: [item.trial.peak_deg for item in items] for movement, items in meant.items()},
        settings.warm_ups,
    )
    for movement, number in found.number.items():
        aside += [_warm_up(item) for item in meant[movement][:number]]
        meant[movement] = meant[movement][number:]
    return SortedOut(_trials(meant), aside, found.notices)


def _trials(meant: dict[Movement, list[Seen]]) -> list[Trial]:
    return [item.trial for items in meant.values() for item in items]


def _first(line: list[Seen], number: int, settings: DeliberateSettings) -> list[Seen]:
    """The first repetitions of a direction that were carried through at least as far as a warm-up is."""
    best = max((item.trial.peak_deg for item in line), default=0.0)
    serious = [
        item
        for item in line
        if item.trial.lower_bound or item.trial.peak_deg >= settings.warm_up_share * best
    ]
    return serious[:number]


def _line(seen: Iterable[Seen], movement: Movement) -> list[Seen]:
    return [item for item in seen if item.trial.movement is movement and item.beside is None]


def _whole(line: list[Seen], settings: DeliberateSettings) -> tuple[list[Seen], list[Trial]]:
    """Repetitions of one direction that were carried through, and those that were not."""
    finished = [item.trial.peak_deg for item in line if not item.unfinished]
    best = max(finished or [item.trial.peak_deg for item in line], default=0.0)
    left_out = [
        item
        for item in line
        if not item.trial.lower_bound and item.trial.peak_deg < settings.aborted_share * best
    ]
    aside = [_broken_off(item, best) for item in left_out]
    whole = [item for item in line if item not in left_out]
    if len(whole) < 2:
        return [_as_bound(item) for item in whole], aside
    usual_s = float(np.median([item.top_s for item in whole]))
    usual_deg = float(np.median([item.trial.peak_deg for item in whole]))
    kept = []
    for item in whole:
        touched = item.top_s < settings.touched_share * usual_s
        low, high = settings.unfinished_share * usual_deg, usual_deg / settings.unfinished_share
        unlike = not low <= item.trial.peak_deg <= high
        if item.unfinished and (unlike or touched) and not item.trial.lower_bound:
            aside.append(_aside(item, "already_out", _not_back()))
        elif touched and item.trial.peak_deg < usual_deg and not item.trial.lower_bound:
            aside.append(_aside(item, "too_short", _touched(item, usual_s)))
        else:
            kept.append(item)
    return kept, aside


def _one_too_many(repeated: dict[Movement, list[Seen]]) -> list[Trial]:
    """Take out a last excursion from which the head does not come back, where its direction is done without it."""
    aside = []
    for movement, items in repeated.items():
        others = [len(other) for name, other in repeated.items() if other and name is not movement]
        if len(items) > 1 and items[-1].unfinished and others and len(items) > max(others):
            aside.append(_aside(items.pop(), "already_out", _not_back()))
    return aside


def _as_bound(item: Seen) -> Seen:
    """A single excursion from which the head is not seen to come back: it may have gone further."""
    if not item.unfinished or item.trial.lower_bound:
        return item
    note = Notice("the recording ends before the head comes back", "bound_not_back")
    return replace(item, trial=as_bound(item.trial, note))


Reason = tuple[AsideKind, Notice]


def _not_on_purpose(
    movement: Movement,
    repeated: dict[Movement, list[Seen]],
    *,
    alone: bool,
    settings: DeliberateSettings,
) -> Reason | None:
    """Why the repetitions of a direction were not made on purpose; None if they were."""
    items = repeated[movement]
    best = max(items, key=lambda item: item.trial.peak_deg)
    if len(items) == 1 and best.unfinished and not alone:
        return "already_out", _not_back()
    interval = best.trial.interval95
    if best.trial.lower_bound and interval is not None and interval.low <= 0:
        return "around_zero", _text(
            "not_told", "the end range was seen too poorly to tell how far the head went"
        )
    if interval is not None and interval.low <= 0:
        return "around_zero", _text(
            "around_zero",
            f"the head may have gone that way by {best.trial.peak_deg:.0f} deg, but the measurement is not sure "
            "that it did",
            peak_deg=best.trial.peak_deg,
        )
    shortest_s = settings.reached_s if best.share < settings.large_share else settings.reached_large_s
    if not best.trial.lower_bound and float(np.median([item.top_s for item in items])) < shortest_s:
        return "too_short", _text(
            "too_short",
            f"the head was there ({best.trial.peak_deg:.0f} deg) for {best.top_s:.1f} s only, too short for a "
            "movement made on purpose",
            peak_deg=best.trial.peak_deg,
            time_s=best.top_s,
        )
    if len(items) == 1:
        return _once(best, _others_s(movement, repeated), _is_matched(movement, repeated, settings), settings)
    return _small(items, best, _is_matched(movement, repeated, settings), settings)


def _once(best: Seen, others_s: float, matched: bool, settings: DeliberateSettings) -> Reason | None:
    """A single excursion: large, or held as the others are, or as its other side was."""
    held = best.top_s >= max(settings.held_s, settings.held_share * others_s)
    if best.share >= settings.large_share:
        return None
    middling = best.share >= settings.small_share
    if (held and (matched or middling)) or (best.trial.lower_bound and middling):  # a bound is never a loss
        return None
    size = "small" if best.share < settings.small_share else "short"
    return "once", _text(
        f"once_{size}",
        f"one {size} excursion of {best.trial.peak_deg:.0f} deg was seen, which nothing marks as made on purpose",
        peak_deg=best.trial.peak_deg,
    )


def _small(items: list[Seen], best: Seen, matched: bool, settings: DeliberateSettings) -> Reason | None:
    """Several excursions: not small, or alike and many enough."""
    if best.share >= settings.small_share:
        return None
    fewest = settings.fewest_small - 1 if matched else settings.fewest_small
    largest = sorted((item.trial.peak_deg for item in items), reverse=True)
    enough = len(items) >= fewest
    alike = enough and largest[fewest - 1] >= settings.similar_share * best.trial.peak_deg
    if alike:
        return None
    return "too_small", _text(
        "too_small",
        f"the head went that way {len(items)} times by {best.trial.peak_deg:.0f} deg at most, which nothing marks as "
        "made on purpose",
        peak_deg=best.trial.peak_deg,
        number=len(items),
    )


def _is_matched(
    movement: Movement, repeated: dict[Movement, list[Seen]], settings: DeliberateSettings
) -> bool:
    """Whether the other direction of the plane was done as often, or nearly, and not by chance itself."""
    own = repeated[movement]
    for other, items in repeated.items():
        if other.plane == movement.plane and other is not movement and items:
            best = max(items, key=lambda item: item.trial.peak_deg)
            meant = best.share >= settings.small_share or len(items) >= settings.fewest_small - 1
            back = not items[-1].unfinished
            return meant and back and abs(len(items) - len(own)) <= max(1, len(own) // 3)
    return False


def _others_s(movement: Movement, repeated: dict[Movement, list[Seen]]) -> float:
    """How long the excursions of the other directions are held, typically; 0 where there are none."""
    times = [item.top_s for other, items in repeated.items() if other is not movement for item in items]
    return float(np.median(times)) if times else 0.0


# ---------------------------------------------------------------------- words


def _text(key: str, text: str, **values: NoticeValue) -> Notice:
    return Notice(text, f"aside_{key}", **values)


def _aside(item: Seen, kind: AsideKind, note: Notice) -> Trial:
    return replace(item.trial, note=note, aside=kind)


def _beside_text(larger: Excursion | None) -> Notice:
    name = "" if larger is None else larger.movement.label.lower()
    movement = "" if larger is None else larger.movement.name_key
    return _text("alongside", f"small and short beside {name}, as its run-up or end", movement=movement)


def _broken_off(item: Seen, best_deg: float) -> Trial:
    note = _text(
        "broken_off",
        f"broken off at {item.trial.peak_deg:.0f} deg, less than half of the best ({best_deg:.0f} deg)",
        peak_deg=item.trial.peak_deg,
        best_deg=best_deg,
    )
    return _aside(item, "broken_off", note)


def _not_back() -> Notice:
    return _text("not_back", "the recording ends with the head still out")


def _touched(item: Seen, usual_s: float) -> Notice:
    return _text(
        "touched",
        f"the head was there ({item.trial.peak_deg:.0f} deg) for {item.top_s:.1f} s only, in the other repetitions "
        f"for {usual_s:.1f} s",
        peak_deg=item.trial.peak_deg,
        time_s=item.top_s,
    )


def _warm_up(item: Seen) -> Trial:
    return _aside(item, "warm_up", _text("warm_up", "warm-up"))
