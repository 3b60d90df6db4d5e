"""Landmarks of rendered people seen from the side, with the truth: what the side view is fitted and tested on.

Only what the estimator uses is kept: 15 pose points in the picture (sixteenths of a pixel), the
shoulders in metres, and the flow over the head (a 254th of the largest displacement of its frame).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neckrom.kinematics.pose_points import POSE_POINTS
from neckrom.types import (
    N_FACE,
    N_POSE,
    POSE_SHOULDERS,
    BoolArray,
    CameraModel,
    FloatArray,
    IntArray,
    LandmarkSeries,
)

_SUBPIXELS = 16
"""Steps to a pixel: 16-bit numbers then reach 2047 px."""
_LOST = np.int16(-32768)
_FLOW_LOST = np.int8(-128)
"""What stands for NaN: the smallest number of its type, which no place and no flow is given."""
_FLOW_LEVELS = 127
"""Steps from no displacement to the largest of the frame, to either side: what eight bits hold beside the lost ones."""

Use = Literal["fit", "held_out"]


@dataclass(frozen=True, slots=True)
class SideClip:
    """One rendered person.

    Attributes
    ----------
    name : str
    use : {"fit", "held_out"}
    landmarks : LandmarkSeries, N frames
        What is not kept is NaN.
    camera : CameraModel
        The true one.
    neck_deg, trunk_deg : ndarray, shape (N, 3)
        Truth in the signs of :class:`neckrom.types.AngleSeries`, zero at the neutral stretch.
    at_rest : ndarray, shape (N,), bool
        The neutral stretch.
    hold : ndarray, shape (N,), int
        Number of the movement whose end range is held in this frame, else -1.
    """

    name: str
    use: Use
    landmarks: LandmarkSeries
    camera: CameraModel
    neck_deg: FloatArray
    trunk_deg: FloatArray
    at_rest: BoolArray
    hold: IntArray


def write_side_table(path: Path, clips: list[SideClip]) -> None:
    """Store clips in one compact file.

    Places are kept to a sixteenth of a pixel (up to 2047 px), angles in single precision, and of the two focal lengths
    that in x.

    Parameters
    ----------
    path : Path
        To write, with the ending ``.npz``.
    clips : list of SideClip
        At least one; all with flow over the head (``motion`` and ``motion_box``).
    """
    flows, scales = zip(*(_packed_flow(clip.landmarks) for clip in clips), strict=True)
    pose = np.concatenate([clip.landmarks.pose[:, POSE_POINTS, :2] for clip in clips]).astype(np.float64)
    packed = np.round(np.clip(np.nan_to_num(pose, nan=0.0) * _SUBPIXELS, -32767, 32767)).astype(np.int16)
    packed[~np.isfinite(pose)] = _LOST
    boxes = [np.asarray(clip.landmarks.motion_box) for clip in clips]
    np.savez_compressed(
        path,
        name=np.array([clip.name for clip in clips]),
        use=np.array([clip.use for clip in clips]),
        frames=np.array([len(clip.landmarks) for clip in clips], dtype=np.int32),
        camera=np.array(
            [[c.camera.fx, c.camera.cx, c.camera.cy, c.camera.width, c.camera.height] for c in clips]
        ),
        time_ns=np.concatenate([clip.landmarks.time_ns for clip in clips]),
        pose=packed,
        shoulders=np.concatenate([c.landmarks.pose_world[:, POSE_SHOULDERS] for c in clips]).astype(
            np.float16
        ),
        flow=np.concatenate(flows),
        flow_scale=np.concatenate(scales).astype(np.float32),
        flow_box=np.concatenate(boxes).astype(np.float32),
        neck_deg=np.concatenate([clip.neck_deg for clip in clips]).astype(np.float32),
        trunk_deg=np.concatenate([clip.trunk_deg for clip in clips]).astype(np.float32),
        at_rest=np.concatenate([clip.at_rest for clip in clips]),
        hold=np.concatenate([clip.hold for clip in clips]).astype(np.int8),
    )


def read_side_table(path: Path) -> list[SideClip]:
    """Clips as they were stored.

    Parameters
    ----------
    path : Path
        As written by :func:`write_side_table`.

    Returns
    -------
    list of SideClip
        Faces, and pose points that are not kept, are NaN; the pose counts as looked for in every frame.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    KeyError
        If it is another kind of table.
    """
    with np.load(path, allow_pickle=False) as stored:
        table = {name: stored[name] for name in stored.files}
    ends = np.cumsum(table["frames"])
    clips = []
    for i, end in enumerate(ends):
        rows = slice(int(end - table["frames"][i]), int(end))
        clips.append(_clip(table, i, rows))
    return clips


def _clip(table: dict[str, NDArray[np.generic]], i: int, rows: slice) -> SideClip:
    fx, cx, cy, width, height = (float(value) for value in table["camera"][i])
    n = rows.stop - rows.start
    pose = np.full((n, N_POSE, 3), np.nan, dtype=np.float32)
    stored = table["pose"][rows]
    pose[:, POSE_POINTS, :2] = np.where(stored == _LOST, np.nan, stored.astype(np.float32) / _SUBPIXELS)
    world = np.full((n, N_POSE, 3), np.nan, dtype=np.float32)
    world[:, POSE_SHOULDERS] = table["shoulders"][rows]
    flow = table["flow"][rows]
    motion = flow.astype(np.float32) * table["flow_scale"][rows].astype(np.float32)[:, None, None, None]
    motion[flow == _FLOW_LOST] = np.nan
    landmarks = LandmarkSeries(
        time_ns=table["time_ns"][rows].astype(np.int64),
        face=np.full((n, N_FACE, 3), np.nan, dtype=np.float32),
        pose=pose,
        pose_visibility=np.ones((n, N_POSE), dtype=np.float32),
        pose_world=world,
        faces=np.zeros(n, dtype=np.int64),
        pose_ran=np.ones(n, dtype=bool),
        width=int(width),
        height=int(height),
        motion=motion,
        motion_box=table["flow_box"][rows].astype(np.float32),
    )
    return SideClip(
        name=str(table["name"][i]),
        use="fit" if table["use"][i] == "fit" else "held_out",
        landmarks=landmarks,
        camera=CameraModel(fx, fx, cx, cy, int(width), int(height), "rendered", assumed=False),
        neck_deg=table["neck_deg"][rows].astype(np.float64),
        trunk_deg=table["trunk_deg"][rows].astype(np.float64),
        at_rest=table["at_rest"][rows].astype(bool),
        hold=table["hold"][rows].astype(np.int64),
    )


def _packed_flow(landmarks: LandmarkSeries) -> tuple[NDArray[np.int8], FloatArray]:
    motion = np.asarray(landmarks.motion, dtype=np.float64)
    known = np.isfinite(motion)
    largest = np.where(known, np.abs(np.where(known, motion, 0.0)), 0.0).max(axis=(1, 2, 3))
    scale = np.maximum(largest, 1e-3) / _FLOW_LEVELS  # a frame that does not move at all still has a scale
    levels = np.round(np.where(known, motion, 0.0) / scale[:, None, None, None]).astype(np.int8)
    levels[~known] = _FLOW_LOST
    return levels, scale
