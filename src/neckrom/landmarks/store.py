"""``landmarks.parquet`` of a neck session: everything the models saw, frame by frame.

One row a frame, in time order. Columns: ``time_ns`` (int64), ``face`` (478 x 3 float32,
pixels), ``pose`` and ``pose_world`` (33 x 3), ``pose_visibility`` (33), ``faces`` (int32),
``pose_ran`` (bool), ``motion`` (14 x 14 x 2, pixels since the previous frame), ``motion_box``
(3), ``tracks`` (160 x 3: number of a point on the head, x, y) and ``chest_tracks`` (80 x 3).
Lists have a fixed length and lie point by point (x, y, z). NaN means "not found". Float32
values come back bit for bit: the analysis always reads them from the file, so that measuring
it again gives the same numbers.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from neckrom.landmarks.header import LandmarkHeader
from neckrom.landmarks.table import NECK_KEY, TableFormat, TableWriter, read_table
from neckrom.types import (
    N_CHEST_TRACKS,
    N_FACE,
    N_MOTION,
    N_POSE,
    N_TRACKS,
    LandmarkFrame,
    LandmarkSeries,
)

__all__ = ["NECK_TABLE", "LandmarkHeader", "LandmarkWriter", "is_landmark_file", "read_landmarks"]

NECK_TABLE = TableFormat(
    key=NECK_KEY,
    version=2,
    readable=(1, 2),
    lists={
        "face": N_FACE * 3,
        "pose": N_POSE * 3,
        "pose_visibility": N_POSE,
        "pose_world": N_POSE * 3,
        "motion": N_MOTION * N_MOTION * 2,
        "motion_box": 3,
        "tracks": N_TRACKS * 3,
        "chest_tracks": N_CHEST_TRACKS * 3,
    },
    plain={"faces": pa.int32(), "pose_ran": pa.bool_()},
    optional=("tracks", "chest_tracks"),  # files of format 1 do not have them
)


class LandmarkWriter(TableWriter[LandmarkFrame]):
    """Stream landmarks of a neck session to a file that appears only when it is complete."""

    kind = NECK_TABLE


def read_landmarks(path: Path) -> tuple[LandmarkSeries, LandmarkHeader]:
    """Read the landmark file of a neck session.

    Gaps in time and NaN are fine; they mean that nothing was seen. Arrays of a recording of more than about three
    minutes lie in a temporary file and are read-only (:mod:`neckrom.columns`).

    Parameters
    ----------
    path : Path

    Returns
    -------
    series : LandmarkSeries
    header : LandmarkHeader

    Raises
    ------
    LandmarkFileError
        The file is damaged, of another version or kind, or holds something else; every
        problem is named at once.
    """
    columns, header = read_table(NECK_TABLE, path)
    lists, n = columns.lists, len(columns.plain["time_ns"])
    series = LandmarkSeries(
        time_ns=columns.plain["time_ns"],
        face=lists["face"].reshape(n, N_FACE, 3),
        pose=lists["pose"].reshape(n, N_POSE, 3),
        pose_visibility=lists["pose_visibility"],
        pose_world=lists["pose_world"].reshape(n, N_POSE, 3),
        faces=columns.plain["faces"],
        pose_ran=columns.plain["pose_ran"],
        width=header.source.width,
        height=header.source.height,
        motion=lists["motion"].reshape(n, N_MOTION, N_MOTION, 2),
        motion_box=lists["motion_box"],
        tracks=lists["tracks"].reshape(n, N_TRACKS, 3) if "tracks" in lists else None,
        chest_tracks=lists["chest_tracks"].reshape(n, N_CHEST_TRACKS, 3) if "chest_tracks" in lists else None,
    )
    return series, header


def is_landmark_file(path: Path) -> bool:
    """Whether the file is meant to hold landmarks, judged by its name and first bytes.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
        True of every name in ``.parquet``; False where it cannot be read.
    """
    if path.suffix.lower() == ".parquet":
        return True
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PAR1"
    except OSError:
        return False
