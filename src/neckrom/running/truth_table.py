"""Landmark tables of runners whose movement is exactly known: for fitting, and for people kept out of it.

One ``.npz`` holds many clips. Points are kept in eighths of a pixel, far below what the pose model knows; points in
metres are not kept.
"""

from __future__ import annotations

import json
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neckrom.types import BodySeries, FloatArray

KEPT = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32)
"""Points of the pose model that a run is read from; the others are missing."""
NO_MOVE = -32768
"""Stands for "not followed": the least number of 16 bits, which no turn or way reaches."""
FOOT_STEPS = np.array([100.0, 64.0, 64.0], dtype=np.float32)
"""Turns of shoes are kept in hundredths of a degree, their ways in 64ths of a pixel."""
PER_PIXEL = 8.0
"""Steps of a kept point."""


@dataclass(frozen=True, slots=True)
class RunningClip:
    """Landmarks and truth of one clip.

    Attributes
    ----------
    name, person : str
    series : BodySeries
    truth : dict of float
        ``cadence``, ``lean``, ``ear_shoulder``, ``step_asymmetry``, ``shoulder_range``, ``pelvis_range``,
        ``against_pelvis_range``, ``drop_left``, ``drop_right``, ``vertical``, ... in the units of the result. Of clips
        from behind also ``front_left`` and ``front_right``: how far a wrist's joint comes past the middle in the
        picture of a camera in front, in a typical stride, in shoulder widths.
    contacts : ndarray, shape (K, 6)
        Foot (0 left, 1 right), initial contact and toe-off (s), foot, shank and knee at contact (degrees).
    wrist : ndarray, shape (N, 2)
        Left and right wrist past the middle of the thorax, in distances between the shoulder joints.
    """

    name: str
    person: str
    series: BodySeries
    truth: dict[str, float]
    contacts: FloatArray
    wrist: FloatArray


def write_running_table(path: Path, clips: list[RunningClip]) -> None:
    """Write a table; see ``read_running_table``.

    Parameters
    ----------
    path : Path
        Ends in ``.npz``; a file that is there is replaced.
    clips : list of RunningClip
        With different names.
    """
    arrays: dict[str, NDArray[np.generic]] = {}
    about = []
    for clip in clips:
        series = clip.series
        found = series.found
        pose = np.nan_to_num(series.pose[:, KEPT])
        key = clip.name
        arrays[f"{key}/time"] = series.time_ns
        arrays[f"{key}/found"] = found
        # differences from frame to frame are small and pack well
        arrays[f"{key}/pose"] = np.diff(
            np.rint(pose * PER_PIXEL).astype(np.int16), axis=0, prepend=np.int16(0)
        )
        if series.foot_motion is not None:
            moves = np.rint(series.foot_motion[:, :, :3] * FOOT_STEPS)
            arrays[f"{key}/feet"] = np.where(np.isfinite(moves), moves, NO_MOVE).astype(np.int16)
        arrays[f"{key}/contacts"] = clip.contacts.astype(np.float32)
        arrays[f"{key}/wrist"] = np.rint(clip.wrist * 1000).astype(np.int16)
        about.append(
            {
                "name": clip.name,
                "person": clip.person,
                "width": series.width,
                "height": series.height,
                "truth": {name: round(value, 4) for name, value in clip.truth.items()},
            }
        )
    np.savez_compressed(path, about=np.array(json.dumps(about)), **arrays)


def read_running_table(path: Path, names: Container[str] | None = None) -> list[RunningClip]:
    """Clips of a table.

    Parameters
    ----------
    path : Path
    names : container of str, optional
        Only these.

    Returns
    -------
    list of RunningClip
    """
    clips = []
    with np.load(path, allow_pickle=False) as table:
        for entry in json.loads(str(table["about"])):
            key = entry["name"]
            if names is not None and key not in names:
                continue
            found = table[f"{key}/found"]
            frames = len(found)
            pose = np.full((frames, 33, 3), np.nan, dtype=np.float32)
            world = np.full((frames, 33, 3), np.nan, dtype=np.float32)
            pose[:, KEPT] = np.cumsum(table[f"{key}/pose"], axis=0, dtype=np.int16) / PER_PIXEL
            pose[~found] = np.nan
            motion = None
            if f"{key}/feet" in table:
                moves = table[f"{key}/feet"].astype(np.float32)
                motion = np.full((frames, 2, 4), np.nan, dtype=np.float32)
                motion[:, :, :3] = np.where(moves == NO_MOVE, np.nan, moves / FOOT_STEPS)
            series = BodySeries(
                time_ns=table[f"{key}/time"],
                pose=pose,
                pose_world=world,
                pose_visibility=np.where(found[:, None], 1.0, np.nan).repeat(33, axis=1).astype(np.float32),
                people=found.astype(np.int64),
                width=int(entry["width"]),
                height=int(entry["height"]),
                foot_motion=motion,
            )
            clips.append(
                RunningClip(
                    key,
                    entry["person"],
                    series,
                    entry["truth"],
                    table[f"{key}/contacts"].astype(np.float64),
                    table[f"{key}/wrist"] / 1000.0,
                )
            )
    return clips
