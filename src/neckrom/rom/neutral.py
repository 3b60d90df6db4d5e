"""Neutral: the stretch of a recording that defines zero.

An end range that is held three times looks like a rest that is held three times. What tells them
apart is weighed here as evidence: a person faces the camera at rest, begins and ends there, comes
back there after every movement, moves in one plane at a time as seen from there, and to both sides
of it. Where two places explain a recording about equally, that is said, never decided in silence.

Known weakness first: the weights are ours. They were chosen on drawn and rendered sessions
(``benchmarks/drawn_sessions.py`` prints how often they are wrong), not fitted on people.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from neckrom.errors import NoNeutralError
from neckrom.kinematics.smoothing import segments, smooth_series
from neckrom.rom.places import PlaceSettings, bridged, find_places, loops_from, stays
from neckrom.types import AngleSeries, BoolArray, Doubt, FloatArray, Neutral, Notice


@dataclass(frozen=True, slots=True)
class NeutralSettings:
    """What counts as still and as near-frontal, and how the evidence is weighed."""

    still_deg_s: float = 6.0
    """Slower than this is still: guided movements run at 15 to 60 deg/s, sway at 1 to 3."""
    still_deg: float = 1.5
    """The head stays within this of a place for ``shortest_s`` to have a rest there."""
    unsteady_deg: float = 3.0
    unsteady_s: float = 1.0
    """A head that is never so still needs a longer stay within this."""
    brief_s: float = 0.15
    brief_total_s: float = 0.6
    """Where the head turns round without resting, it has to be for so long, at least twice, and in all."""
    back_deg: float = 4.0
    """One standard deviation of how closely a person comes back to neutral."""
    shortest_s: float = 0.5
    longest_s: float = 3.0
    """More than this adds nothing; the quietest part is taken."""
    frontal_rotation_deg: float = 30.0
    frontal_lateral_deg: float = 15.0
    frontal_flexion_deg: float = 35.0
    """Generous: a camera below or above the eyes shows a neutral head as tilted."""
    turned_rotation_deg: float = 15.0
    turned_lateral_deg: float = 10.0
    """A neutral head that is turned or tilted further from the camera is doubted."""
    usual_flexion_deg: float = 15.0
    usual_lateral_deg: float = 5.0
    usual_rotation_deg: float = 10.0
    """One standard deviation of a resting head against the camera: its height is free, level is easily held."""
    sure_margin: float = 1.5
    """Natural logarithm of the odds by which a place has to be ahead of every other."""
    same_place_deg: float = 6.0
    """Rests that differ by less are the same place, and their difference is part of every interval."""
    drift_warning_deg: float = 5.0
    rest_s: float = 1.5
    rest_deg: float = 12.0
    """Who stays out for longer, not further than this and not on purpose, rests there."""
    places: PlaceSettings = field(default_factory=PlaceSettings)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A place that may be neutral.

    Attributes
    ----------
    place : ndarray, shape (3,)
    stretches : tuple of slice
        Stays there, the recording's frames.
    doubt : str or None
        What speaks against the stays there.
    score : float
        Logarithm of how well it explains the recording, up to a constant.
    """

    place: FloatArray
    stretches: tuple[slice, ...]
    doubt: Doubt | None
    score: float


def find_neutral(time_s: FloatArray, facing_deg: FloatArray, settings: NeutralSettings) -> Neutral:
    """The place to which the head belongs, and the longest still stretch in it, wherever in the clip.

    Parameters
    ----------
    time_s : ndarray, shape (N,)
    facing_deg : ndarray, shape (N, 3)
        Flexion, lateral and rotation of the head against the camera; NaN where no face was found.
    settings : NeutralSettings

    Returns
    -------
    Neutral
        ``sure`` is False where another place explains the recording about as well.

    Raises
    ------
    NoNeutralError
        If the head is nowhere still and near-frontal for ``shortest_s``.
    """
    smooth = smooth_series(time_s, facing_deg)
    candidates = _candidates(time_s, smooth, settings)
    frontal = [candidate for candidate in candidates if _frontal(candidate.place[None], settings)[0]]
    if not frontal:
        raise NoNeutralError(_no_neutral_message(smooth, _frontal(smooth, settings), settings))
    best = max(frontal, key=lambda candidate: candidate.score)
    rival = _rival(best, candidates, settings)
    chosen = _nearest(smooth, best) if best.doubt == "brief" else _longest(time_s, best)
    start, end = _quietest_part(time_s, smooth, chosen, settings.longest_s)
    doubts: list[Doubt] = []
    if rival is not None:
        doubts.append("two_places")
    if best.doubt is not None:
        doubts.append(best.doubt)
    if _is_turned(best.place, settings):
        doubts.append("turned")
    return Neutral(
        start_s=start,
        end_s=end,
        origin="found",
        sure=rival is None,
        doubts=tuple(doubts),
        other_s=None if rival is None else _longest_s(time_s, rival),
    )


def given_neutral(time_s: FloatArray, start_s: float, end_s: float, found: BoolArray) -> Neutral:
    """The stretch that the user named, checked.

    Parameters
    ----------
    time_s : ndarray, shape (N,), seconds
    start_s, end_s : float
        As the user named them, both included.
    found : ndarray, shape (N,), bool
        Frames in which a face was found.

    Returns
    -------
    Neutral
        With the origin "given"; what else speaks against it is looked for by :func:`doubted`.

    Raises
    ------
    NoNeutralError
        If it lies outside the clip, is empty, or shows no face.
    """
    inside = (time_s >= start_s) & (time_s <= end_s)
    if end_s <= start_s or not inside.any():
        raise NoNeutralError(
            f"The neutral stretch {start_s:g} to {end_s:g} s holds no frame: the recording runs from "
            f"{time_s[0]:.2f} to {time_s[-1]:.2f} s. Give --neutral START END in seconds inside it."
        )
    if found[inside].sum() < max(3, 0.5 * inside.sum()):
        raise NoNeutralError(
            f"In the neutral stretch {start_s:g} to {end_s:g} s the face is found in {int(found[inside].sum())} of "
            f"{int(inside.sum())} frames: choose a stretch in which the person sits still and faces the camera."
        )
    return Neutral(start_s=float(start_s), end_s=float(end_s), origin="given")


def doubted(
    neutral: Neutral, time_s: FloatArray, facing_deg: FloatArray, settings: NeutralSettings
) -> Neutral:
    """A neutral that was named, with what speaks against it; it is used all the same.

    Parameters
    ----------
    neutral : Neutral
    time_s : ndarray, shape (N,)
    facing_deg : ndarray, shape (N, 3)
        As for :func:`find_neutral`.
    settings : NeutralSettings

    Returns
    -------
    Neutral
        With ``doubts`` among "moving", "turned" and "elsewhere", and the stretch ``other_s`` that fits better, if any;
        as it was where no frame in it was measured.
    """
    smooth = smooth_series(time_s, facing_deg)
    inside = (time_s >= neutral.start_s) & (time_s <= neutral.end_s) & np.isfinite(smooth).all(axis=1)
    if not inside.any():
        return neutral
    place = np.median(smooth[inside], axis=0)
    doubts: list[Doubt] = []
    if np.ptp(smooth[inside], axis=0).max() > 2 * settings.unsteady_deg:
        doubts.append("moving")
    if _is_turned(place, settings):
        doubts.append("turned")
    other = _better_elsewhere(time_s, smooth, place, settings)
    if other is not None:
        doubts.append("elsewhere")
    return replace(
        neutral, doubts=tuple(doubts), other_s=None if other is None else _longest_s(time_s, other)
    )


def neutral_notices(neutral: Neutral) -> list[Notice]:
    """What the user should know of where zero was put.

    Parameters
    ----------
    neutral : Neutral

    Returns
    -------
    list of Notice
        One for each doubt; none where zero is sure.
    """
    here = f"{neutral.start_s:.1f} to {neutral.end_s:.1f} s"
    where = {"start_s": neutral.start_s, "end_s": neutral.end_s}
    there = "" if neutral.other_s is None else f"{neutral.other_s[0]:.1f} to {neutral.other_s[1]:.1f} s"
    other = (
        {}
        if neutral.other_s is None
        else {"other_start_s": neutral.other_s[0], "other_end_s": neutral.other_s[1]}
    )
    texts: dict[Doubt, str] = {
        "two_places": f"Where zero is could not be told: the head rests in two places, at {here} (taken as neutral) "
        f"and at {there}, and the recording fits either. Every angle and even its direction may be wrong, so nothing "
        "is judged. Name the stretch in which the person looks straight ahead: --neutral START END.",
        "unsteady": f"The head is never quite still, in neutral ({here}) neither: angles are less sure, and their "
        "intervals wider.",
        "brief": f"The head never rests in the place to which it comes back; it only turns round there, as at "
        f"{here} (taken as neutral): angles are less sure. Record with a moment of rest between the movements.",
        "turned": f"In neutral ({here}) the head is turned or tilted away from the camera: if the person does not "
        "look straight ahead there, every angle is off by as much. Name a better stretch with --neutral START END, "
        "or put the camera straight in front.",
        "moving": f"The head moves in the neutral stretch that was named ({here}): angles may be off by as much. "
        "Name one in which the person sits still.",
        "elsewhere": f"The neutral stretch that was named ({here}) is not where the head comes back to: the recording "
        f"fits {there} better. Angles may be off, or the wrong way round. Check --neutral.",
    }
    return [Notice(texts[doubt], f"neutral_{doubt}", **where, **other) for doubt in neutral.doubts]


def rests_elsewhere(
    time_s: FloatArray, neck_deg: FloatArray, neutral: Neutral, busy: BoolArray, settings: NeutralSettings
) -> FloatArray:
    """Angles at which the head rests outside of neutral and of every movement.

    Parameters
    ----------
    time_s : ndarray, shape (N,)
    neck_deg : ndarray, shape (N, 3)
        Degrees.
    neutral : Neutral
    busy : ndarray, shape (N,), bool
        Frames that belong to a movement.
    settings : NeutralSettings

    Returns
    -------
    ndarray, shape (K, 3), a row a rest, in time order
    """
    speed = _speed_deg_s(time_s, neck_deg)
    rest = ~busy & np.isfinite(neck_deg).all(axis=1) & (speed < 2 * settings.still_deg_s)
    rest &= (time_s < neutral.start_s) | (time_s > neutral.end_s)
    rests = [
        np.median(neck_deg[stretch][rest[stretch]], axis=0)
        for stretch in segments(rest, time_s, gap_s=0.1)
        if time_s[stretch.stop - 1] - time_s[stretch.start] >= 0.3
    ]
    return np.array(rests).reshape(-1, 3)


def neutral_drift_deg(
    time_s: FloatArray, neck_deg: FloatArray, neutral: Neutral, busy: BoolArray, settings: NeutralSettings
) -> float:
    """Largest angle at which the head rests elsewhere than in neutral; NaN where it rests nowhere else.

    Parameters
    ----------
    time_s, neck_deg, neutral, busy, settings
        As for :func:`rests_elsewhere`.

    Returns
    -------
    float
        Degrees, in the plane in which it is largest, without sign.
    """
    rests = rests_elsewhere(time_s, neck_deg, neutral, busy, settings)
    return float(np.abs(rests).max()) if len(rests) else float("nan")


def neutral_sd_deg(
    time_s: FloatArray, neck_deg: FloatArray, neutral: Neutral, rests_deg: FloatArray
) -> FloatArray:
    """One standard deviation of zero in each plane, shape (3,).

    The rests of a recording, neutral among them, are so many tries of the person to be at zero; how far
    they lie apart says how well any one of them is known. A neutral in which the head sways counts by its
    own spread. What the estimator's own residuals hold already (1 deg) is left out.

    Parameters
    ----------
    time_s : ndarray, shape (N,), seconds
    neck_deg : ndarray, shape (N, 3), degrees
        Relative to ``neutral``; NaN where not measured.
    neutral : Neutral
    rests_deg : ndarray, shape (K, 3), degrees
        Where the head rests otherwise, from :func:`rests_elsewhere`; may be empty.

    Returns
    -------
    ndarray, shape (3,), degrees
        Flexion, lateral, rotation; 0 where the rests lie no further apart than those of the people in the fit.
    """
    inside = (time_s >= neutral.start_s) & (time_s <= neutral.end_s) & np.isfinite(neck_deg).all(axis=1)
    sway = np.std(neck_deg[inside], axis=0) if inside.sum() > 1 else np.zeros(3)
    apart = np.sqrt((rests_deg**2).sum(axis=0) / (len(rests_deg) + 1)) if len(rests_deg) else np.zeros(3)
    variance = sway**2 / 2 + apart**2
    return np.asarray(np.sqrt(np.clip(variance - _HELD_DEG**2, 0.0, None)))


_HELD_DEG = 1.0
"""Differences between rests that the estimator's measured residuals hold already: people were never at rest alike."""


# ------------------------------------------------------------------- evidence


def with_uncertain_zero(angles: AngleSeries, neutral: Neutral) -> AngleSeries:
    """The same angles, as sure frame by frame as their zero leaves them: it is in every interval, so also in theirs.

    Parameters
    ----------
    angles : AngleSeries
        Their standard deviations are those of the estimator alone.
    neutral : Neutral

    Returns
    -------
    AngleSeries
        With the root of the summed squares of both standard deviations in each plane; the angles are the same.
    """
    return replace(angles, sd_deg=np.hypot(angles.sd_deg, neutral.sd_deg))


def _candidates(time_s: FloatArray, smooth: FloatArray, settings: NeutralSettings) -> list[_Candidate]:
    """Places with a stay; also such as the head only turns round at, beside others that it rests in.

    Those in which the head is far from facing the camera are no neutral, but may show that no other place is.
    """
    places = find_places(time_s, smooth, settings.places)
    whole = bridged(time_s, smooth)
    candidates: list[_Candidate] = []
    kinds: tuple[tuple[float, float, Doubt | None], ...] = (
        (settings.still_deg, settings.shortest_s, None),
        (settings.unsteady_deg, settings.unsteady_s, "unsteady"),
    )
    for radius, shortest, doubt in kinds:
        for place in places:
            found = stays(time_s, smooth, place, radius, shortest)
            known = any(
                np.linalg.norm(place - other.place) < settings.places.same_deg for other in candidates
            )
            if found and not known:
                score = _score(time_s, whole, smooth, place, settings)
                candidates.append(_Candidate(place, tuple(found), doubt, score))
    if any(_frontal(candidate.place[None], settings)[0] for candidate in candidates):
        candidates += _brief(
            time_s,
            smooth,
            whole,
            [place for place in places if _is_new(place, candidates, settings)],
            settings,
        )
    return candidates


def _is_new(place: FloatArray, candidates: list[_Candidate], settings: NeutralSettings) -> bool:
    return all(np.linalg.norm(place - other.place) >= settings.places.same_deg for other in candidates)


def _brief(
    time_s: FloatArray,
    smooth: FloatArray,
    whole: FloatArray,
    places: list[FloatArray],
    settings: NeutralSettings,
) -> list[_Candidate]:
    """Places at which the head turns round again and again without resting."""
    speed = _speed_deg_s(time_s, smooth)
    candidates = []
    for place in places:
        found = [
            stretch
            for stretch in stays(time_s, smooth, place, settings.unsteady_deg, settings.brief_s)
            if np.min(speed[stretch], where=np.isfinite(speed[stretch]), initial=np.inf)
            < settings.still_deg_s
        ]
        total_s = sum(time_s[stretch.stop - 1] - time_s[stretch.start] for stretch in found)
        if len(found) >= 2 and total_s >= settings.brief_total_s:
            score = _score(time_s, whole, smooth, place, settings)
            candidates.append(_Candidate(place, tuple(found), "brief", score))
    return candidates


def _score(
    time_s: FloatArray, whole: FloatArray, smooth: FloatArray, place: FloatArray, settings: NeutralSettings
) -> float:
    """How well a place explains the recording as neutral."""
    loops = loops_from(whole, place, settings.places)
    number = len(loops.out_deg)
    return (
        _frontality(place, settings)
        + 1.0 * _is_there(time_s, smooth, place, settings, first=True)
        + 0.7 * _is_there(time_s, smooth, place, settings, first=False)
        + 3.0 * (number / (number + loops.unreturned) if number else 0.0)
        + 0.7 * float(np.log1p(number))
        + 3.0 * (_closeness(loops.back_deg, settings) if number else 0.0)
        + 1.0 * _both_sides(loops.out_deg)
        - 3.0 * _out_of_plane(loops.out_deg)
    )


def _frontality(place: FloatArray, settings: NeutralSettings) -> float:
    """Logarithm of Student's t with four degrees of freedom: a few heads are far from the usual."""
    usual = np.array([settings.usual_flexion_deg, settings.usual_lateral_deg, settings.usual_rotation_deg])
    return float(-2.5 * np.log1p((place / usual) ** 2 / 4).sum())


def _is_there(
    time_s: FloatArray, smooth: FloatArray, place: FloatArray, settings: NeutralSettings, *, first: bool
) -> float:
    """1 where the recording begins (ends) at the place, 0 where it does not."""
    known = np.isfinite(smooth).all(axis=1)
    if not known.any():
        return 0.0
    edge = time_s[known][0 if first else -1]
    there = known & (np.abs(time_s - edge) <= 0.5)
    return float(np.linalg.norm(np.median(smooth[there], axis=0) - place) < 0.6 * settings.same_place_deg)


def _closeness(back_deg: FloatArray, settings: NeutralSettings) -> float:
    """How closely the head comes back: 1 to the place itself, 0 to elsewhere."""
    return float(np.exp(-0.5 * (back_deg / settings.back_deg) ** 2).mean())


def _both_sides(out_deg: FloatArray) -> float:
    """1 where the head goes to both sides of the place in some plane, 0 where it does not."""
    if not len(out_deg):
        return 0.0
    plane = np.abs(out_deg).argmax(axis=1)
    largest = out_deg[np.arange(len(out_deg)), plane]
    return float(any({-1.0, 1.0} <= set(np.sign(largest[plane == axis])) for axis in range(3)))


def _out_of_plane(out_deg: FloatArray) -> float:
    """How far excursions lie outside of one plane: 0 for one plane at a time, usual coupling included."""
    if not len(out_deg):
        return 0.0
    size = np.sort(np.abs(out_deg), axis=1)
    return float(np.clip(size[:, 1] / size[:, 2] - 0.3, 0.0, None).mean())


def _rival(best: _Candidate, candidates: list[_Candidate], settings: NeutralSettings) -> _Candidate | None:
    """The next best place, if it is another place and about as good.

    Where the head sways, a place is no sharp one, and its neighbour may be the other end of a small movement.
    """
    apart_deg = settings.places.same_deg if best.doubt == "unsteady" else settings.same_place_deg
    others = [
        other
        for other in candidates
        if np.linalg.norm(other.place - best.place) >= apart_deg
        and other.score > best.score - settings.sure_margin
    ]
    return max(others, key=lambda other: other.score, default=None)


def _better_elsewhere(
    time_s: FloatArray, smooth: FloatArray, place: FloatArray, settings: NeutralSettings
) -> _Candidate | None:
    """A place that explains the recording clearly better than the one that was named."""
    score = _score(time_s, bridged(time_s, smooth), smooth, place, settings)
    others = [
        other
        for other in _candidates(time_s, smooth, settings)
        if np.linalg.norm(other.place - place) >= settings.drift_warning_deg
        and other.score > score + settings.sure_margin
    ]
    return max(others, key=lambda other: other.score, default=None)


def _is_turned(place: FloatArray, settings: NeutralSettings) -> bool:
    return bool(abs(place[1]) > settings.turned_lateral_deg or abs(place[2]) > settings.turned_rotation_deg)


def _longest(time_s: FloatArray, candidate: _Candidate) -> slice:
    return max(candidate.stretches, key=lambda stretch: time_s[stretch.stop - 1] - time_s[stretch.start])


def _nearest(smooth: FloatArray, candidate: _Candidate) -> slice:
    """The stay closest to the place: where the head only turns round, the longest is not the best."""

    def away_deg(stretch: slice) -> float:
        return float(np.linalg.norm(np.nanmedian(smooth[stretch], axis=0) - candidate.place))

    return min(candidate.stretches, key=away_deg)


def _longest_s(time_s: FloatArray, candidate: _Candidate) -> tuple[float, float]:
    longest = _longest(time_s, candidate)
    return round(float(time_s[longest.start]), 3), round(float(time_s[longest.stop - 1]), 3)


def _frontal(facing_deg: FloatArray, settings: NeutralSettings) -> BoolArray:
    limits = np.array(
        [settings.frontal_flexion_deg, settings.frontal_lateral_deg, settings.frontal_rotation_deg]
    )
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(facing_deg) < limits).all(axis=1))


def _speed_deg_s(time_s: FloatArray, angles_deg: FloatArray) -> FloatArray:
    """Speed of the fastest axis, shape (N,); NaN (never "still") where it cannot be told."""
    if len(time_s) < 3:
        return np.full(len(time_s), np.nan)
    return np.asarray(np.abs(np.gradient(angles_deg, time_s, axis=0)).max(axis=1))


def _quietest_part(
    time_s: FloatArray, angles_deg: FloatArray, stretch: slice, longest_s: float
) -> tuple[float, float]:
    first, last = time_s[stretch.start], time_s[stretch.stop - 1]
    if last - first <= longest_s:
        return float(first), float(last)
    starts = np.arange(first, last - longest_s + 1e-9, 0.1)
    spread = []
    for start in starts:
        inside = (time_s >= start) & (time_s <= start + longest_s)
        spread.append(np.nanstd(angles_deg[inside], axis=0).max())
    best = float(starts[int(np.argmin(spread))])
    return best, best + longest_s


def _no_neutral_message(facing_deg: FloatArray, frontal: BoolArray, settings: NeutralSettings) -> str:
    way_out = (
        "Record again with one to two seconds of sitting still and facing the camera, "
        "or name such a stretch: --neutral START END (seconds)."
    )
    if not frontal.any():
        typical = np.nanmedian(facing_deg, axis=0)
        return (
            "No usable neutral: the face is never turned to the camera "
            f"(typically {abs(typical[2]):.0f} deg to the side, {abs(typical[0]):.0f} deg up or down). {way_out}"
        )
    return (
        f"No usable neutral: the head nowhere stays in one place for {settings.shortest_s:g} s while it faces the "
        f"camera. {way_out}"
    )
