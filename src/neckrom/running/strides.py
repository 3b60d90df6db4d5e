"""Strides: the period of the gait, every stride of each foot, and the mean stride.

Everything here is blind to what a contact is. Rhythm and shape come first: a foot does the same in every stride but
for small differences, so that its mean course over many strides is known between the frames, and each stride's time
is how far the mean course has to be moved to lie on its frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neckrom.body import Body, Side
from neckrom.types import BoolArray, FloatArray, IntArray

JOINTS = ("heel", "toe", "ankle", "knee")
"""The order of a course's channels."""
SHORTEST_S, LONGEST_S = 0.45, 1.7
"""Periods of a stride (two steps) that are looked for: 266 to 70 steps a minute, so that walking is seen as such."""
STEP_S = 0.004
"""Grid of mean courses."""
REACH = 0.75
"""How far a mean course reaches to either side of its origin, in strides."""
BANDWIDTH_S = 0.012
"""Standard deviation of the kernel that makes the mean course."""
_AT_ONCE = 2_000_000
"""Samples of all channels about places of the course that are worked on at once."""


@dataclass(frozen=True, slots=True)
class Course:
    """Mean course of one foot over a stride.

    Attributes
    ----------
    at_s : ndarray, shape (Q,)
        Time within the stride, from its origin.
    values, slopes : ndarray, shape (Q, C)
        Mean of each channel and its derivative by time. Channels: x (+ forward, or to the right from behind) and
        height of heel, toe, ankle and knee against the middle of the hips, in trunk lengths; then height of the
        hips in the picture.
    noise : ndarray, shape (C,)
        Standard deviation of single frames about it.
    """

    at_s: FloatArray
    values: FloatArray
    slopes: FloatArray
    noise: FloatArray

    def at(self, time_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Values and slopes at other times within the stride, shape (M, C) each.

        Parameters
        ----------
        time_s : ndarray, shape (M,), seconds from the origin

        Returns
        -------
        values, slopes : ndarray, shape (M, C)
            By straight lines; beyond the course's ends the values at the ends.
        """
        columns = range(self.values.shape[1])
        values = np.stack([np.interp(time_s, self.at_s, self.values[:, c]) for c in columns], axis=1)
        slopes = np.stack([np.interp(time_s, self.at_s, self.slopes[:, c]) for c in columns], axis=1)
        return values, slopes


@dataclass(frozen=True, slots=True)
class Strides:
    """Strides of one foot.

    Attributes
    ----------
    side : {"left", "right"}
    origin_s : ndarray, shape (K,)
        Origin of each stride, the same moment of each.
    period_s : float
    course : Course
    """

    side: Side
    origin_s: FloatArray
    period_s: float
    course: Course


def channels(body: Body, side: Side) -> FloatArray:
    """What is followed of one foot; shape (N, 9), see ``Course``.

    Parameters
    ----------
    body : Body
    side : {"left", "right"}

    Returns
    -------
    ndarray, shape (N, 9), trunk lengths
        NaN where a point is not seen.
    """
    hip = body.middle("hip")
    forward = body.facing or 1
    columns = []
    for joint in JOINTS:
        off = (body.point(joint, side) - hip) / body.scale_px
        columns += [off[:, 0] * forward, -off[:, 1]]
    return np.stack([*columns, -hip[:, 1] / body.scale_px], axis=1)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The period of the legs' swing against each other.

    Attributes
    ----------
    period_s : float
        Of a stride.
    regularity : float
        How like a stride is to the next, 1 = the same.
    swing : float
        Standard deviation of the legs' swing against each other, in trunk lengths.
    phase : ndarray, shape (N,)
        Phase of the swing in turns, rising by one a stride; NaN where the legs were not seen.
    """

    period_s: float
    regularity: float
    swing: float
    phase: FloatArray


def rhythm(body: Body) -> Rhythm | None:
    """Period and phase of the legs' swing; None where hardly anything was seen.

    Parameters
    ----------
    body : Body

    Returns
    -------
    Rhythm or None
        None where both legs are seen in fewer than 20 frames or 1.25 s. ``period_s`` is NaN where nothing recurs.

    Notes
    -----
    The period is the first peak of the autocorrelation between ``SHORTEST_S`` and ``LONGEST_S`` that reaches 0.85 of
    the highest one: its multiples are about as good.
    """
    apart = channels(body, "left")[:, :-1] - channels(body, "right")[:, :-1]
    known = np.isfinite(apart).all(axis=1)
    if known.sum() < 20:
        return None
    time_s = body.time_s[known]
    swing = apart[known] - apart[known].mean(axis=0)
    # what both legs share (a lean of the picture, the camera's height) is no swing
    _, spread, directions = np.linalg.svd(swing, full_matrices=False)
    main = swing @ directions[0]
    grid = np.arange(time_s[0], time_s[-1], 1 / 120)
    if len(grid) < 150:
        return None
    even = np.interp(grid, time_s, main)
    even -= even.mean()
    n = len(even)
    spectrum = np.abs(np.fft.rfft(even, 2 * n)) ** 2
    alike = np.fft.irfft(spectrum)[:n] / np.arange(n, 0, -1)
    first, last = int(SHORTEST_S * 120), min(int(LONGEST_S * 120), n * 2 // 3)
    if last <= first + 2 or alike[0] <= 0:
        return None
    peaks = [k for k in range(first, last) if alike[k] >= alike[k - 1] and alike[k] >= alike[k + 1]]
    if not peaks:
        return Rhythm(float("nan"), 0.0, float(spread[0] / np.sqrt(len(swing))), np.full(len(body), np.nan))
    best = max(peaks, key=lambda k: alike[k])
    # the first of equally good ones is the period, the others are its multiples
    best = next(k for k in peaks if alike[k] > 0.85 * alike[best])
    period = best / 120
    for _ in range(3):
        phase = _phase(time_s, main, period)
        span = phase[-1] - phase[0]
        if span < 1:
            break
        period = float((time_s[-1] - time_s[0]) / span)
    whole = np.full(len(body), np.nan)
    whole[known] = phase
    return Rhythm(period, float(alike[best] / alike[0]), float(spread[0] / np.sqrt(len(swing))), whole)


def _phase(time_s: FloatArray, swing: FloatArray, period_s: float) -> FloatArray:
    """Phase in turns of the swing's first harmonic, read in a window of about one stride; shape (N,)."""
    turn = np.exp(-2j * np.pi * time_s / period_s)
    width = 0.45 * period_s
    step = float(np.median(np.diff(time_s)))
    reach = int(np.ceil(3 * width / step))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / width) ** 2)
    carried = np.convolve(swing * turn, kernel, mode="full")[reach : reach + len(swing)]
    return np.asarray(np.unwrap(np.angle(carried)) / (2 * np.pi) + time_s / period_s)


def one_stride(course: Course, period_s: float) -> BoolArray:
    """Which places of a course make up one stride about its origin; shape (Q,), bool.

    Parameters
    ----------
    course : Course
    period_s : float

    Returns
    -------
    ndarray, shape (Q,), bool
    """
    return np.asarray(np.abs(course.at_s) <= 0.5 * period_s)


def wrapped(time_s: FloatArray | float, period_s: float) -> FloatArray:
    """A moment of the stride, put between minus and plus half a stride.

    Parameters
    ----------
    time_s : ndarray of any shape, or float
        Seconds.
    period_s : float

    Returns
    -------
    ndarray, shape of ``time_s``, seconds
    """
    return np.asarray((np.asarray(time_s) + 0.5 * period_s) % period_s - 0.5 * period_s)


def mean_course(
    rel_s: FloatArray, values: FloatArray, at_s: FloatArray, weights: FloatArray | None = None
) -> Course:
    """Mean course by local parabolas, robust against single wrong frames.

    Parameters
    ----------
    rel_s : ndarray, shape (M,)
        Time of each sample within its stride.
    values : ndarray, shape (M, C)
    at_s : ndarray, shape (Q,)
    weights : ndarray, shape (M,), optional

    Returns
    -------
    Course
    """
    order = np.argsort(rel_s)
    rel_s, values = rel_s[order], values[order]
    given = np.ones(len(rel_s)) if weights is None else weights[order]
    reach = 3.0 * BANDWIDTH_S
    first = np.searchsorted(rel_s, at_s - reach)
    last = np.searchsorted(rel_s, at_s + reach)
    widest = max(int((last - first).max()), 4)
    # each place stands alone: some at a time, so that memory does not grow with the recording
    at_once = max(_AT_ONCE // (widest * values.shape[1]), 1)
    parts = [slice(start, start + at_once) for start in range(0, len(at_s), at_once)]
    fitted = np.concatenate(
        [
            _parabolas(rel_s, values, given, at_s[part], near=(first[part], last[part]), widest=widest)
            for part in parts
        ]
    )
    course = Course(at_s, fitted[..., 0], fitted[..., 1] / BANDWIDTH_S, np.zeros(values.shape[1]))
    noise = 1.48 * np.median(np.abs(values - course.at(rel_s)[0]), axis=0)
    return Course(at_s, course.values, course.slopes, np.maximum(noise, 1e-4))


def _parabolas(
    rel_s: FloatArray,
    values: FloatArray,
    given: FloatArray,
    at_s: FloatArray,
    *,
    near: tuple[IntArray, IntArray],
    widest: int,
) -> FloatArray:
    """Value, slope and bend of each channel in the unit of the bandwidth, shape (Q, C, 3); samples rise in time.

    ``near`` are the first sample about each place and the one after the last, ``widest`` the most there are about any.
    """
    first, last = near
    index = np.clip(first[:, None] + np.arange(widest), 0, len(rel_s) - 1)
    inside = first[:, None] + np.arange(widest) < last[:, None]
    u = (rel_s[index] - at_s[:, None]) / BANDWIDTH_S
    base = np.exp(-0.5 * u**2) * inside * given[index]
    design = np.stack([np.ones_like(u), u, u**2], axis=-1)
    samples = values[index]  # (Q, W, C)
    weight = np.repeat(base[..., None], values.shape[1], axis=2)
    ridge = np.diag([1e-9, 1e-3, 1e-2])
    for _ in range(4):
        left = np.einsum("qwc,qwa,qwb->qcab", weight, design, design) + ridge
        right = np.einsum("qwc,qwa,qwc->qca", weight, design, samples)
        fitted = np.linalg.solve(left, right[..., None])[..., 0]
        off = np.abs(samples - np.einsum("qwa,qca->qwc", design, fitted))
        typical = np.sum(base[..., None] * off, axis=1) / np.maximum(base.sum(axis=1), 1e-9)[:, None]
        weight = base[..., None] / (1.0 + (off / (2.0 * typical[:, None] + 1e-6)) ** 2)
    return np.asarray(fitted)


def strides_of(body: Body, side: Side, beat: Rhythm) -> Strides | None:
    """Strides of one foot, their origins near initial contact: after the foot is farthest forward.

    None where too little of the foot was seen.

    Parameters
    ----------
    body : Body
    side : {"left", "right"}
    beat : Rhythm
        Of the same clip.

    Returns
    -------
    Strides or None
        None with fewer than 20 frames of the foot or four strides. The first and the last one may reach over the ends
        of the clip.
    """
    values = channels(body, side)
    known = np.isfinite(values).all(axis=1) & np.isfinite(beat.phase)
    if known.sum() < 20:
        return None
    phase = beat.phase[known] + (0.0 if side == "left" else 0.5)
    time_s, seen = body.time_s[known], values[known]
    # the hips' height drifts; what matters is how it goes up and down within a stride
    seen[:, -1] -= _drift(time_s, seen[:, -1], beat.period_s)
    at_s = np.arange(-REACH * beat.period_s, REACH * beat.period_s, STEP_S)
    reach_s = (REACH + 0.05) * beat.period_s

    def begun(offset: float) -> FloatArray:
        """Where the phase is whole and a share more; one further at either end, whose contact may be in the clip."""
        numbers = np.arange(np.ceil(phase[0] - offset), np.floor(phase[-1] - offset) + 1)
        inside = np.interp(numbers + offset, phase, time_s)
        if len(inside) < 2:
            return np.asarray(inside)
        return np.asarray(np.r_[inside[0] - beat.period_s, inside, inside[-1] + beat.period_s])

    origin = begun(0.0)
    if len(origin) < 4:
        return None
    rel, rows, _ = within(time_s, origin, reach_s)
    guess = _near_contact(mean_course(rel, seen[rows], at_s), beat.period_s, body.view.near is not None)
    origin = begun((guess / beat.period_s) % 1.0)
    if len(origin) < 4:
        return None
    for _ in range(3):
        rel, rows, _ = within(time_s, origin, reach_s)
        course = mean_course(rel, seen[rows], at_s)
        shift = _shifts(time_s, seen, origin, course, (-0.5 * beat.period_s, 0.5 * beat.period_s))
        origin = origin + np.where(np.isfinite(shift), shift, 0.0)
    rel, rows, _ = within(time_s, origin, reach_s)
    # the origin is where the finished course has it, so that it does not hang on where the search began
    move = _near_contact(course, beat.period_s, body.view.near is not None)
    origin = origin + move
    rel, rows, _ = within(time_s, origin, reach_s)
    return Strides(side, origin, beat.period_s, mean_course(rel, seen[rows], at_s))


def _near_contact(course: Course, period_s: float, from_side: bool) -> float:
    """A moment near initial contact: after the foot is farthest forward, or the knee highest (from behind)."""
    inside = one_stride(course, period_s)
    at_s = course.at_s[inside]
    if from_side:
        forward = course.values[inside][:, [0, 2, 4]].mean(axis=1)
        return _top(at_s, forward) + 0.045
    return _top(at_s, course.values[inside][:, 7]) + 0.25 * period_s


def _top(at_s: FloatArray, values: FloatArray) -> float:
    """Where a course is highest, between its samples."""
    best = int(np.argmax(values))
    if not 0 < best < len(values) - 1:
        return float(at_s[best])
    before, here, after = values[best - 1 : best + 2]
    bend = before - 2 * here + after
    return float(at_s[best] + (0.5 * (before - after) / bend if bend < 0 else 0.0) * STEP_S)


def _drift(time_s: FloatArray, values: FloatArray, period_s: float) -> FloatArray:
    """Slow part of a series: its mean over a stride; shape (N,)."""
    step = float(np.median(np.diff(time_s)))
    reach = max(round(period_s / step / 2), 1)
    padded = np.pad(values, reach, mode="reflect" if len(values) > reach else "edge")
    return np.asarray(np.convolve(padded, np.full(2 * reach + 1, 1 / (2 * reach + 1)), mode="valid"))


def within(time_s: FloatArray, origin_s: FloatArray, reach_s: float) -> tuple[FloatArray, IntArray, IntArray]:
    """Every frame as part of each stride whose origin is near.

    Parameters
    ----------
    time_s : ndarray, shape (N,)
        Rising.
    origin_s : ndarray, shape (K,)
    reach_s : float
        Nearer than this counts.

    Returns
    -------
    rel_s : ndarray, shape (M,)
        Time from the origin.
    rows, numbers : ndarray of int, shape (M,)
        Of the frame, and of the stride; in the order of the frames.
    """
    # a little more than what counts, so that it does not hang on rounding: recordings are long, strides are short
    first, last = (np.searchsorted(time_s, origin_s + way * (reach_s + 1e-3)) for way in (-1, 1))
    many = last - first
    numbers = np.repeat(np.arange(len(origin_s)), many)
    rows = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many) + np.repeat(first, many)
    rel = time_s[rows] - origin_s[numbers]
    inside = np.abs(rel) < reach_s
    rel, rows, numbers = rel[inside], rows[inside], numbers[inside]
    order = np.lexsort((numbers, rows))
    return rel[order], rows[order], numbers[order]


def _shifts(
    time_s: FloatArray, values: FloatArray, origin: FloatArray, course: Course, window: tuple[float, float]
) -> FloatArray:
    """By how much each stride is later than the mean course says, seconds, shape (K,); NaN where not seen."""
    out = np.full(len(origin), np.nan)
    for k, start in enumerate(origin):
        shift = 0.0
        for _ in range(3):
            first, last = np.searchsorted(
                time_s, [start + shift + window[0] - 1e-3, start + shift + window[1] + 1e-3]
            )
            rel = time_s[first:last] - start - shift
            inside = (rel > window[0]) & (rel < window[1])
            outside = 0.3 * (window[1] - window[0])
            begins, ends = (time_s[end] - start - shift for end in (0, -1))
            if inside.sum() < 4 or begins > window[0] + outside or ends < window[1] - outside:
                shift = np.nan
                break
            mean, slope = course.at(rel[inside])
            off = (values[first:last][inside] - mean) / course.noise
            steep = slope / course.noise
            weight = 1.0 / (1.0 + (off / 3.0) ** 2)
            power = np.sum(weight * steep**2)
            if power <= 0:
                shift = np.nan
                break
            # moving the stride later lowers the values where the course rises
            shift += float(np.clip(-np.sum(weight * steep * off) / power, -0.03, 0.03))
        out[k] = shift
    return out


def moments(
    body: Body, strides: Strides, around_s: float, before_s: float = 0.1, after_s: float = 0.1
) -> FloatArray:
    """When each stride reaches a moment of the mean course; shape (K,), seconds, NaN where it was not seen.

    Parameters
    ----------
    body : Body
    strides : Strides
    around_s : float
        The moment, within the stride.
    before_s, after_s : float
        The part of the course that is laid upon the frames.

    Returns
    -------
    ndarray, shape (K,), seconds
        In the clip's time.
    """
    values = channels(body, strides.side)
    known = np.isfinite(values).all(axis=1)
    time_s, seen = body.time_s[known], values[known]
    seen[:, -1] -= _drift(time_s, seen[:, -1], strides.period_s)
    shift = _shifts(time_s, seen, strides.origin_s, strides.course, (around_s - before_s, around_s + after_s))
    return strides.origin_s + shift + around_s
