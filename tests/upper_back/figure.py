"""A stick figure that sits before the camera and turns its trunk, and rendered people of the table."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np

from neckrom.body.points import index_of
from neckrom.types import BodySeries

TABLE = Path(__file__).parents[2] / "calibration" / "upper_back_landmarks.npz"
POINTS = [0, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26]
UNCROSSED = "p1112_turn"
"""Held out, too, with the arms not crossed."""
FPS = 15.0
WIDTH, HEIGHT, PIXELS_PER_M = 640, 480, 200.0


def ways(*ends_deg: float, hold_s: float = 1.0, way_s: float = 1.5, rest_s: float = 1.0) -> np.ndarray:
    """Turns of the trunk over time: from rest to each end in turn and back."""
    parts = [np.zeros(round(FPS * rest_s))]
    for end in ends_deg:
        out = end * 0.5 * (1 - np.cos(np.linspace(0, np.pi, round(FPS * way_s))))
        parts += [out, np.full(round(FPS * hold_s), end), out[::-1], np.zeros(round(FPS * rest_s))]
    return np.concatenate(parts)


def sitting(
    turn_deg: np.ndarray,
    *,
    seat_deg: np.ndarray | float = 0.0,
    past_deg: float = 0.0,
    at_px: tuple[float, float] = (320.0, 300.0),
    lean_deg: np.ndarray | float = 0.0,
    hands_m: float = 0.05,
) -> BodySeries:
    """Landmarks of somebody who turns, + to the left: the trunk on the seat, the seat itself, all past the camera."""
    n = len(turn_deg)
    seat = np.radians(np.broadcast_to(past_deg + np.asarray(seat_deg, dtype=float), n))
    trunk = seat + np.radians(turn_deg)
    lean = np.radians(np.broadcast_to(np.asarray(lean_deg, dtype=float), n))
    world = np.full((n, 33, 3), 0.0)

    def put(name: int, across: float, up: float, forward: float, yaw: np.ndarray) -> None:
        """Person's left is to the right of the picture; away from the camera is behind the person."""
        world[:, name, 0] = across * np.cos(yaw) + forward * np.sin(yaw) + up * np.sin(lean)
        world[:, name, 1] = -up
        world[:, name, 2] = across * np.sin(yaw) - forward * np.cos(yaw)

    for side, sign in (("left", 1.0), ("right", -1.0)):
        put(index_of("ear", side), 0.07 * sign, 0.72, 0.0, trunk)
        put(index_of("shoulder", side), 0.18 * sign, 0.5, 0.0, trunk)
        put(index_of("elbow", side), 0.25 * sign, 0.3, 0.15, trunk)
        put(index_of("wrist", side), -hands_m * sign, 0.35, 0.2, trunk)
        put(index_of("hip", side), 0.1 * sign, 0.0, 0.0, seat)
        put(index_of("knee", side), 0.12 * sign, -0.05, 0.43, seat)
        put(index_of("ankle", side), 0.12 * sign, -0.5, 0.43, seat)
    put(0, 0.0, 0.7, 0.1, trunk)
    pose = world * PIXELS_PER_M + np.array([*at_px, 0.0])
    return BodySeries(
        time_ns=np.round(np.arange(n) / FPS * 1e9).astype(np.int64),
        pose=pose.astype(np.float32),
        pose_world=world.astype(np.float32),
        pose_visibility=np.ones((n, 33), dtype=np.float32),
        people=np.ones(n, dtype=np.int64),
        width=WIDTH,
        height=HEIGHT,
    )


@cache
def people() -> dict[str, tuple[BodySeries, np.ndarray]]:
    """Rendered people who were held out of the fit: landmarks, and the true turn of the thorax."""
    return {name: person(name) for name in names() if not int(name[1:5]) % 2 and name != UNCROSSED}


def names() -> list[str]:
    """Of everybody in the table."""
    with np.load(TABLE) as table:
        return [entry["name"] for entry in json.loads(str(table["about"]))]


def person(name: str) -> tuple[BodySeries, np.ndarray]:
    """One of the table: landmarks, and the true turn of the thorax."""
    with np.load(TABLE) as table:
        size = next(entry["size"] for entry in json.loads(str(table["about"])) if entry["name"] == name)
        time_ns = table[f"{name}.time_ns"]
        pose, world = (np.full((len(time_ns), 33, 3), np.nan, np.float32) for _ in range(2))
        pose[:, POINTS], world[:, POINTS] = table[f"{name}.pose"], table[f"{name}.world"]
        visible = np.ones((len(time_ns), 33), np.float32)
        series = BodySeries(time_ns, pose, world, visible, np.ones(len(time_ns), np.int64), *size)
        truth = table[f"{name}.truth"][:, 0].astype(float)
    return series, truth - np.median(truth[:4])
