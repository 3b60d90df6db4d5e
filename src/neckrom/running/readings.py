"""What is read of a run, before it is corrected: angles and shares of mean strides, by name.

The pose model's hips, shoulders and feet lie beside the joints, by amounts that are much alike from person to person.
So what is read here goes into linear functions that were fitted on rendered people
(:class:`neckrom.running.calibration.Linear`); the names of the features are theirs.
"""

from __future__ import annotations

import numpy as np

from neckrom.body import Side, bend_deg, elevation_deg, index_of, lean_deg, other
from neckrom.body.points import NOSE
from neckrom.running.gait import Gait
from neckrom.running.strides import mean_course, one_stride
from neckrom.types import FloatArray

AROUND_CONTACT_S = (-0.04, -0.02, 0.0, 0.02, 0.04)
"""Moments about initial contact that the features are read at; their order counts in ``foot_features``."""


def ground_slope_deg(gait: Gait) -> float:
    """Direction in the picture of the ground along which the standing toes go back, degrees, + clockwise.

    The middle over the steps of both feet: the pose model sees the near toe sink and the far toe rise by about as
    much. In the picture of a level camera at right angles it is 0.

    Parameters
    ----------
    gait : Gait
        From the side.

    Returns
    -------
    float
        Degrees; NaN where no foot was seen to stand in any step.

    Notes
    -----
    A step counts from 0.03 s after contact to three quarters of the stance, with three frames at least and a way back
    of a tenth of the trunk: later the heel rises and the toe turns.
    """
    by_foot = []
    for side in ("left", "right"):
        foot = gait.foot(side)
        toe = gait.body.point("toe", side)
        slopes = []
        for start, end in zip(foot.contact_s, foot.off_s, strict=True):
            if not (np.isfinite(start) and np.isfinite(end)):
                continue
            stands = (gait.body.time_s > start + 0.03) & (gait.body.time_s < start + 0.75 * (end - start))
            stands &= np.isfinite(toe[:, 0])
            if stands.sum() >= 3 and np.ptp(toe[stands, 0]) > 0.1 * gait.body.scale_px:
                slopes.append(np.polyfit(toe[stands, 0], toe[stands, 1], 1)[0])
        if slopes:
            by_foot.append(float(np.median(slopes)))
    return float(np.degrees(np.arctan(np.mean(by_foot)))) if by_foot else float("nan")


def at_moments(gait: Gait, values: FloatArray, time_s: FloatArray) -> FloatArray:
    """A series at moments between frames, by parabolas over about 60 ms; shape of ``time_s``.

    Parameters
    ----------
    gait : Gait
    values : ndarray, shape (N,)
        One for each frame, in any unit; NaN where not seen.
    time_s : ndarray, shape (K,), seconds
        NaN gives NaN.

    Returns
    -------
    ndarray, shape (K,), in the unit of ``values``
        NaN also where the nearest frame is more than one and a half frames away, or fewer than three are near.
    """
    body = gait.body
    known = np.isfinite(values)
    if known.sum() < 3:
        return np.full(len(time_s), np.nan)
    at, seen = body.time_s[known], values[known]
    width = max(0.018, 0.8 / body.frames_per_second)
    out = np.full(len(time_s), np.nan)
    for k, moment in enumerate(time_s):
        if not np.isfinite(moment):
            continue
        near = np.abs(at - moment) < 2.5 * width
        if near.sum() < 3 or np.abs(at[near] - moment).min() > 1.5 / body.frames_per_second:
            continue
        weight = np.exp(-0.5 * ((at[near] - moment) / width) ** 2)
        order = 2 if near.sum() > 4 else 1
        out[k] = np.polyval(np.polyfit(at[near] - moment, seen[near], order, w=np.sqrt(weight)), 0.0)
    return out


def foot_pitch_deg(gait: Gait, side: Side) -> FloatArray:
    """Heel to toe against the picture's horizontal, shape (N,), + toes up, without jumps by full turns.

    Parameters
    ----------
    gait : Gait
        From the side.
    side : {"left", "right"}

    Returns
    -------
    ndarray, shape (N,), degrees, -260 to 100
        Not corrected for the ground's slope; NaN where a point is not seen.
    """
    body = gait.body
    pitch = elevation_deg(body.point("heel", side), body.point("toe", side), body.facing or 1)
    # a foot that swings through has its toes down by up to 110 degrees, never up by more than 60
    return np.asarray(np.where(pitch > 100.0, pitch - 360.0, pitch))


def shank_deg(gait: Gait, side: Side) -> FloatArray:
    """Ankle to knee against the picture's vertical, shape (N,), + ankle in front of the knee.

    Parameters
    ----------
    gait : Gait
        From the side.
    side : {"left", "right"}

    Returns
    -------
    ndarray, shape (N,), degrees
        Not corrected for the ground's slope; NaN where a point is not seen.
    """
    body = gait.body
    return -lean_deg(body.point("ankle", side), body.point("knee", side), body.facing or 1)


def knee_deg(gait: Gait, side: Side) -> FloatArray:
    """Bend of the knee in the picture, shape (N,), 0 = straight.

    Parameters
    ----------
    gait : Gait
    side : {"left", "right"}

    Returns
    -------
    ndarray, shape (N,), degrees, 0 to 180
        + = bent; NaN where a point is not seen.
    """
    body = gait.body
    return bend_deg(body.point("hip", side), body.point("knee", side), body.point("ankle", side))


def foot_features(gait: Gait, side: Side, slope_deg: float) -> dict[str, float]:
    """Features of one foot at initial contact, from its mean stride.

    Parameters
    ----------
    gait : Gait
        From the side.
    side : {"left", "right"}
    slope_deg : float
        Of the ground in the picture, + clockwise; taken out of foot and shank.

    Returns
    -------
    dict of float
        Angles in degrees (foot + toes up, shank + ankle in front, knee + bent); ``heel_low``, ``toe_low``,
        ``ankle_low`` over the lowest place of the stride (5th percentile) and ``foot_length`` in trunk lengths;
        ``near`` 1 or -1.
    """
    foot, facing = gait.foot(side), gait.body.facing or 1
    course = foot.strides.course
    places = foot.contact_rel_s + np.array(AROUND_CONTACT_S)
    values, _ = course.at(places)
    against = facing * slope_deg
    pitch = np.degrees(np.arctan2(values[:, 3] - values[:, 1], values[:, 2] - values[:, 0])) + against
    shank = np.degrees(np.arctan2(values[:, 4] - values[:, 6], values[:, 7] - values[:, 5])) + against
    heights = course.values[:, [1, 3, 5]] + course.values[:, [8]]
    low = (
        values[:, [1, 3, 5]]
        + values[:, [8]]
        - np.percentile(heights[one_stride(course, foot.strides.period_s)], 5, axis=0)
    )
    stance = foot.contact_rel_s + np.linspace(0.25, 0.5, 6) * (foot.off_rel_s - foot.contact_rel_s)
    flat, _ = course.at(stance)
    standing = np.degrees(np.arctan2(flat[:, 3] - flat[:, 1], flat[:, 2] - flat[:, 0])) + against
    knee = np.degrees(
        np.arctan2(values[:, 6], -values[:, 7])
        - np.arctan2(values[:, 4] - values[:, 6], values[:, 7] - values[:, 5])
    )
    foot_length = np.hypot(values[:, 2] - values[:, 0], values[:, 3] - values[:, 1])
    return {
        "near": 1.0 if gait.is_near(side) else -1.0,
        "pitch": float(pitch[2]),
        "pitch_before": float(pitch[1]),
        "pitch_after": float(pitch[3]),
        "pitch_late": float(pitch[4]),
        "pitch_standing": float(np.median(standing)),
        "shank": float(shank[2]),
        "shank_before": float(shank[0]),
        "knee": float(knee[2]),
        "heel_low": float(low[2, 0]),
        "toe_low": float(low[2, 1]),
        "ankle_low": float(low[2, 2]),
        "foot_length": float(foot_length[2]),
        "slope": against,
        "oblique": gait.body.view.oblique_deg,
    }


def body_series(gait: Gait) -> dict[str, FloatArray]:
    """Series over the clip, uncorrected, shape (N,) each; see ``body_features``.

    Parameters
    ----------
    gait : Gait

    Returns
    -------
    dict of ndarray, shape (N,)
        In degrees: ``lean`` + forward, ``ear_shoulder`` and ``ear_near_shoulder`` + ear in front (against the trunk),
        ``head`` and ``nose`` + face down, ``shoulder_line`` and ``hip_line`` + left one lower in the picture.
        Everything else in trunk lengths: ``hip_height`` up in the picture, ``near_...`` and ``far_...`` + in front of
        the trunk's line, ``..._swing`` near less far (else left less right), + in front, ``..._apart`` and ``..._deep``
        left less right, to the right in the picture along the trunk's own breadth and away from the camera. NaN where a
        point is not seen.
    """
    body = gait.body
    facing = body.facing or 1
    hip, shoulder = body.middle("hip"), body.middle("shoulder")
    near = body.view.near or "left"
    far = other(near)
    series = {
        "lean": lean_deg(hip, shoulder, facing),
        "hip_height": -hip[:, 1] / body.scale_px,
    }
    trunk = shoulder - hip
    up = trunk / np.linalg.norm(trunk, axis=1, keepdims=True)
    front = np.stack([-up[:, 1], up[:, 0]], axis=1) * facing
    ear = body.point("ear", near) if body.view.near else body.middle("ear")
    base = shoulder
    series["ear_shoulder"] = np.degrees(
        np.arctan2(np.sum((ear - base) * front, axis=1), np.sum((ear - base) * up, axis=1))
    )
    near_base = body.point("shoulder", near)
    series["near_shoulder"] = np.sum((near_base - hip) * front, axis=1) / body.scale_px
    series["far_shoulder"] = np.sum((body.point("shoulder", far) - hip) * front, axis=1) / body.scale_px
    series["near_elbow"] = np.sum((body.point("elbow", near) - near_base) * front, axis=1) / body.scale_px
    series["near_ear"] = np.sum((ear - hip) * front, axis=1) / body.scale_px
    series["ear_near_shoulder"] = np.degrees(
        np.arctan2(np.sum((ear - near_base) * front, axis=1), np.sum((ear - near_base) * up, axis=1))
    )
    eye = body.point("eye", near) if body.view.near else body.middle("eye")
    series["head"] = -elevation_deg(ear, eye, facing)
    series["nose"] = -elevation_deg(ear, body.pose[:, NOSE, :2], facing)
    for name in ("shoulder", "hip"):
        apart = (body.pose[:, index_of(name, "left")] - body.pose[:, index_of(name, "right")]) / body.scale_px
        series[f"{name}_apart"] = np.sum(apart[:, :2] * front * facing, axis=1)
        series[f"{name}_deep"] = apart[:, 2]
        series[f"{name}_line"] = np.degrees(np.arctan2(apart[:, 1], np.abs(apart[:, 0])))
    for name in ("elbow", "wrist"):
        series[f"{name}_deep"] = (body.depth(name, "left") - body.depth(name, "right")) / body.scale_px
        series[f"{name}_swing"] = (
            np.sum((body.point(name, near) - body.point(name, far)) * front, axis=1) / body.scale_px
        )
    return series


def stride_means(gait: Gait, series: dict[str, FloatArray]) -> dict[str, FloatArray]:
    """Mean course over a stride from the left foot's initial contact, 100 places; shape (100,) each.

    Parameters
    ----------
    gait : Gait
    series : dict of ndarray, shape (N,)
        Frames with NaN in any of them are left out of all.

    Returns
    -------
    dict of ndarray, shape (100,)
        In the units of the series; NaN throughout where fewer than 20 frames were seen.
    """
    body, foot = gait.body, gait.left
    origin = foot.strides.origin_s + foot.contact_rel_s
    period = foot.strides.period_s
    rel = body.time_s[:, None] - origin[None]
    rows, numbers = np.nonzero((rel > -0.1 * period) & (rel < 1.1 * period))
    names = list(series)
    values = np.stack([series[name] for name in names], axis=1)
    known = np.isfinite(values[rows]).all(axis=1)
    if known.sum() < 20:
        return {name: np.full(100, np.nan) for name in names}
    rows, numbers = rows[known], numbers[known]
    course = mean_course(rel[rows, numbers], values[rows], np.linspace(0, period, 100, endpoint=False))
    return {name: course.values[:, k] for k, name in enumerate(names)}


def body_features(gait: Gait, slope_deg: float) -> dict[str, float]:
    """Features of the whole body, from mean strides.

    Parameters
    ----------
    gait : Gait
    slope_deg : float
        Of the ground in the picture, + clockwise.

    Returns
    -------
    dict of float
        Of each series its mean, ``..._range`` (largest less smallest of the mean stride), ``..._once`` and
        ``..._twice`` (amplitudes of its first and second harmonic), in the series' unit; ``hip_height_range`` is that
        of what both steps of a stride share. ``bounce`` in lengths of the leg (thigh and shank in the picture, 90th
        percentile), ``slope`` and ``oblique`` in degrees, ``period`` in seconds, ``drop_...`` in degrees, + = the hip
        of the swinging leg is lower.
    """
    facing = gait.body.facing or 1
    means = stride_means(gait, body_series(gait))
    out = {name: float(np.mean(course)) for name, course in means.items()}
    out |= {f"{name}_range": float(np.ptp(course)) for name, course in means.items()}
    # once to and fro in a stride (arms, turning), and twice (what every step does)
    waves = {name: np.abs(np.fft.rfft(course)) / 50 for name, course in means.items()}
    out |= {f"{name}_once": float(wave[1]) for name, wave in waves.items()}
    out |= {f"{name}_twice": float(wave[2]) for name, wave in waves.items()}
    # the step's own movement: what both halves of the stride share
    hips = means["hip_height"]
    out["hip_height_range"] = float(np.ptp(0.5 * (hips + np.roll(hips, 50))))
    body = gait.body
    legs = [
        np.linalg.norm(body.point("hip", side) - body.point("knee", side), axis=1)
        + np.linalg.norm(body.point("knee", side) - body.point("ankle", side), axis=1)
        for side in ("left", "right")
        if gait.is_near(side)
    ]
    leg = float(np.nanpercentile(np.concatenate(legs), 90))
    out["bounce"] = out["hip_height_range"] * body.scale_px / leg
    out["slope"] = facing * slope_deg if gait.from_side else 0.0
    out["oblique"] = gait.body.view.oblique_deg
    out["oblique_size"] = abs(gait.body.view.oblique_deg)
    out["period"] = gait.rhythm.period_s
    for side in ("left", "right"):
        foot = gait.foot(side)
        share = (foot.off_rel_s - foot.contact_rel_s) / foot.strides.period_s
        start = 0.0 if side == "left" else 0.5
        places = (100 * (start + share * np.linspace(0.3, 0.7, 9))).astype(int) % 100
        sign = -1.0 if side == "left" else 1.0
        centred = means["hip_line"] - means["hip_line"].mean()
        out[f"drop_{side}"] = float(sign * centred[places].mean())
        around = (100 * (start + np.linspace(0.0, 0.45, 24))).astype(int) % 100
        out[f"drop_peak_{side}"] = float(np.max(sign * centred[around]))
    return out
