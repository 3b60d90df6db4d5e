"""Landmarks of held-out runners for tests, cut short."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from neckrom.running.truth_table import RunningClip, read_running_table
from neckrom.types import BodySeries

TABLE = Path(__file__).parents[2] / "calibration" / "heldout_running.npz"
SIDE, SIDE_SLOW, BACK = "run_side_A1", "run_side_B2", "run_back_C1"


@cache
def runner(name: str) -> RunningClip:
    """One clip with its truth."""
    (clip,) = read_running_table(TABLE, (name,))
    return clip


def part(series: BodySeries, rows: slice) -> BodySeries:
    """Some frames."""
    return replace(
        series,
        time_ns=series.time_ns[rows],
        pose=series.pose[rows].copy(),
        pose_world=series.pose_world[rows].copy(),
        pose_visibility=series.pose_visibility[rows],
        people=series.people[rows],
        foot_motion=None if series.foot_motion is None else series.foot_motion[rows],
    )
