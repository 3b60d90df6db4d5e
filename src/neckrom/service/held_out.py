"""People whose landmarks are kept with their truth in a table, as recordings that can be validated."""

from __future__ import annotations

import csv
import json
import zipfile
import zlib
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from neckrom.errors import ConfigurationError
from neckrom.kinematics.front.truth_table import TruthClip, read_table
from neckrom.kinematics.neck_angles import rotation_from_cardan
from neckrom.landmarks.store import LandmarkWriter
from neckrom.types import (
    MOVEMENTS,
    DetectorIdentity,
    Float32Array,
    FloatArray,
    LandmarkFrame,
    Movement,
    SourceInfo,
)
from neckrom.validation.truth import NUMBER_COLUMNS, PHASE_MOVEMENTS

_NAMES = {movement: name for name, movement in PHASE_MOVEMENTS.items()}
_USUAL_DEG: FloatArray = np.array([50.0, 45.0, 80.0])
_STEPS = ("out", "hold", "back")
_QUATERNION = ("q_trunk_cam_x", "q_trunk_cam_y", "q_trunk_cam_z", "q_trunk_cam_w")
_TO_TABLE_AXES: FloatArray = np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
"""Our body axes (anterior, superior, right) as columns of the truth table's (left, up, forward)."""

_UNREADABLE = (OSError, ValueError, LookupError, TypeError, EOFError, zipfile.BadZipFile, zlib.error)
"""What numpy says of a file that holds something else or is damaged."""


def unpack_table(table: Path, folder: Path) -> int:
    """Write landmarks, truth and scenario of every clip of a table into a folder.

    Parameters
    ----------
    table : Path
        As written by :func:`neckrom.kinematics.front.truth_table.write_table`.
    folder : Path
        Exists.

    Returns
    -------
    int
        Number of clips.

    Raises
    ------
    ConfigurationError
        The file is no such table.
    """
    try:
        clips = read_table(table)
        digest = sha256(table.read_bytes()).hexdigest()
        _check_names(clips)
    except _UNREADABLE as error:
        raise ConfigurationError(
            f"{table} is no table of landmarks with truth, or it is damaged: give the folder of clips with truth "
            "tables beside them, or calibration/heldout.npz of the repository."
        ) from error
    for clip in clips:
        _write_landmarks(clip, folder / f"{clip.name}.parquet", digest)
        _write_truth(clip, folder / f"{clip.name}.csv")
        scenario = json.loads(clip.scenario) if clip.scenario else {}
        (folder / f"{clip.name}.json").write_text(json.dumps(scenario), encoding="utf-8")
    return len(clips)


def _check_names(clips: Sequence[TruthClip]) -> None:
    """Clips become files of these names: inside the folder, each its own."""
    names = [clip.name for clip in clips]
    for name in names:
        if Path(name).name != name or names.count(name) > 1:
            raise ValueError(f"clip name {name!r}")


def _write_landmarks(clip: TruthClip, path: Path, digest: str) -> None:
    series = clip.landmarks()
    source = SourceInfo(
        name=clip.name,
        kind="landmarks",
        sha256=digest,
        width=series.width,
        height=series.height,
        source_width=series.width,
        source_height=series.height,
        expected_frames=len(series),
        nominal_fps=None,
    )

    def row(values: Float32Array | None, i: int) -> Float32Array | None:
        return None if values is None else values[i]

    with LandmarkWriter(path, source) as writer:
        for i in range(len(series)):
            writer.write(
                LandmarkFrame(
                    time_ns=int(series.time_ns[i]),
                    face=series.face[i],
                    pose=series.pose[i],
                    pose_visibility=series.pose_visibility[i],
                    pose_world=series.pose_world[i],
                    faces=int(series.faces[i]),
                    pose_ran=bool(series.pose_ran[i]),
                    motion=row(series.motion, i),
                    motion_box=row(series.motion_box, i),
                    tracks=row(series.tracks, i),
                    chest_tracks=row(series.chest_tracks, i),
                )
            )
        writer.finish(DetectorIdentity("table of landmarks", "1", digest, "16 bit"))


def _write_truth(clip: TruthClip, path: Path) -> None:
    """The truth table's own signs: everything but flexion and pitch counts to the left."""
    yaw, pitch, roll = rotation_from_cardan(clip.trunk_deg).as_euler("YZX", degrees=True).T
    flexion, lateral, rotation = clip.neck_deg.T
    columns = [clip.time_s, flexion, -rotation, -lateral, yaw, -pitch, -roll]
    axes = Rotation.from_quat(clip.rest_thorax).as_matrix() @ _TO_TABLE_AXES.T
    trunk = Rotation.from_matrix(axes).as_quat()
    phases = _phases(clip)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow([*NUMBER_COLUMNS, "phase", *_QUATERNION])
        for i, phase in enumerate(phases):
            writer.writerow(
                [*(f"{column[i]:.5f}" for column in columns), phase, *(f"{q:.7f}" for q in trunk)]
            )


def _phases(clip: TruthClip) -> list[str]:
    """Phases with the name of the movement in front."""
    phases = ["" if phase in _STEPS else str(phase) for phase in clip.phase]
    for trial in np.unique(clip.trial[clip.trial >= 0]):
        rows = clip.trial == trial
        held = np.median(clip.neck_deg[rows & (clip.phase == "hold")], axis=0)
        name = _NAMES[_movement_of(held)]
        for i in np.flatnonzero(rows):
            phases[i] = f"{name}_{clip.phase[i]}"
    return phases


def _movement_of(neck_deg: FloatArray) -> Movement:
    """Direction of a hold: the largest angle as a share of the usual range."""
    plane = int(np.argmax(np.abs(neck_deg) / _USUAL_DEG))
    return next(m for m in MOVEMENTS if m.plane == plane and m.sign == np.sign(neck_deg[plane]))
