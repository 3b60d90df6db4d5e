"""A stick figure from the side, as the pose model would see it, with exactly known angles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neckrom.types import BodySeries, FloatArray

FPS = 30.0
TRUNK, THIGH, SHANK, FOOT, HEEL = 180.0, 150.0, 150.0, 70.0, 25.0
DEPTH = {"near": -60.0, "far": 60.0}


def ramp(time_s: FloatArray, *points: tuple[float, float]) -> FloatArray:
    """Straight lines through (time, value)."""
    return np.interp(time_s, [p[0] for p in points], [p[1] for p in points])


@dataclass
class Leg:
    """Angles of a leg over time, degrees."""

    raised: FloatArray
    knee: FloatArray
    ankle: FloatArray


def _at(direction_deg: FloatArray, length: float) -> FloatArray:
    angle = np.radians(direction_deg)
    return length * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def figure(
    trunk_deg: FloatArray,
    near: Leg,
    far: Leg,
    neck: FloatArray,
    *,
    seen: str = "right",
    start_s: float = 0.0,
    roll_deg: float = 0.0,
) -> BodySeries:
    """Pose points of a person whose ``seen`` side is nearer to the camera.

    ``trunk_deg``: from the hips up to the shoulders; 90 upright, 180 lying with the head to the left (seen from the
    right), y up.
    """
    n = len(trunk_deg)
    hip = np.tile([640.0, -420.0], (n, 1))
    shoulder = hip + _at(trunk_deg, TRUNK)
    face = trunk_deg - 115.0 - neck
    ear = shoulder + _at(trunk_deg - 0.6 * neck - 10.0, 60.0)
    points = np.zeros((n, 33, 3))

    def put(number: int, place: FloatArray, depth: float) -> None:
        points[:, number, :2] = place
        points[:, number, 2] = depth

    sides = (("near", near, seen), ("far", far, "left" if seen == "right" else "right"))
    for which, leg, side in sides:
        odd = 0 if side == "left" else 1
        z = DEPTH[which]
        put(7 + odd, ear, 0.5 * z)
        put(9 + odd, ear + _at(face + 25.0, 40.0), 0.0)
        put(11 + odd, shoulder, z)
        for number in (13, 15, 17, 19, 21):
            put(number + odd, shoulder + _at(trunk_deg + 180.0, 0.3 * number * 10), z)
        put(23 + odd, hip, 0.5 * z)
        thigh = trunk_deg + 180.0 + leg.raised
        knee = hip + _at(thigh, THIGH)
        ankle = knee + _at(thigh - leg.knee, SHANK)
        heel = ankle + _at(thigh - leg.knee, HEEL)
        put(25 + odd, knee, z)
        put(27 + odd, ankle, z)
        put(29 + odd, heel, z)
        put(31 + odd, heel + _at(thigh - leg.knee + 90.0 + leg.ankle, FOOT), z)
    put(0, ear + _at(face, 45.0), 0.0)
    for number in range(1, 7):
        put(number, points[:, 0, :2] + [0.0, 5.0], 0.0)
    turn = np.radians(roll_deg)
    middle = np.array([640.0, -360.0])
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    points[..., :2] = (points[..., :2] - middle) @ matrix.T + middle
    if seen == "left":
        points[..., 0] = 1280.0 - points[..., 0]
    points[..., 1] *= -1
    time_ns = ((start_s + np.arange(n) / FPS) * 1e9).round().astype(np.int64)
    return BodySeries(
        time_ns=time_ns,
        pose=points.astype(np.float32),
        pose_world=np.zeros((n, 33, 3), dtype=np.float32),
        pose_visibility=np.ones((n, 33), dtype=np.float32),
        people=np.ones(n, dtype=np.int64),
        width=1280,
        height=720,
    )


def times(seconds: float) -> FloatArray:
    """Times of the frames."""
    return np.arange(round(seconds * FPS)) / FPS


def still(time_s: FloatArray, raised: float = 0.0, knee: float = 4.0, ankle: float = -20.0) -> Leg:
    """A leg that rests."""
    one = np.ones_like(time_s)
    return Leg(raised * one, knee * one, ankle * one)


def leg_raise(
    *,
    top: float = 60.0,
    tested: str = "near",
    seen: str = "right",
    slip: float = 0.0,
    chin: float = 35.0,
    toes: float = 0.0,
    **more: float,
) -> BodySeries:
    """Ten seconds of a straight leg raise: up from 1 to 3 s, chin to chest from 5 to 6 s, down from 8 to 9.5 s."""
    t = times(10.5)
    one = np.ones_like(t)
    raised = ramp(t, (1, 0), (3, top), (4, top), (5, top + slip), (8, top + slip), (9.5, 0))
    moving = Leg(raised, 4 * one, ramp(t, (3.4, -20), (4.2, -20 + toes), (8, -20 + toes), (9, -20)))
    legs = {tested: moving, "far" if tested == "near" else "near": still(t)}
    neck = ramp(t, (5, 0), (6, chin), (7, chin), (7.5, 0))
    return figure(180.0 * one, legs["near"], legs["far"], neck, seen=seen, **more)


def slump(
    *, straight: float = 15.0, tested: str = "near", seen: str = "right", head_up: float = -40.0
) -> BodySeries:
    """Ten seconds of a slump: slouch, chin, knee straight from 3 to 4.5 s, head up from 6 to 7 s, back from 8.5 s."""
    t = times(10.5)
    lean = ramp(t, (0.5, 90), (1.5, 65))
    neck = ramp(t, (1.5, 0), (2.2, 40), (6, 40), (7, 40 + head_up))
    hanging = Leg(84 + 90 - lean, 90 + 0 * t, -14 + 0 * t)
    bend = ramp(t, (3, 90), (4.5, straight), (8.5, straight), (9.6, 90))
    legs = {tested: Leg(84 + 90 - lean, bend, -14 + 0 * t), "far" if tested == "near" else "near": hanging}
    return figure(lean, legs["near"], legs["far"], neck, seen=seen)
