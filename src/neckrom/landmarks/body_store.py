"""``landmarks.parquet`` of a run, a posture or a leg test: the whole body, frame by frame.

One row a frame, in time order. Columns: ``time_ns`` (int64), ``pose`` (33 x 3 float32, pixels), ``pose_world``
(33 x 3, metres), ``pose_visibility`` (33), ``people`` (int32) and, of runs, ``foot_motion`` (2 x 4: turn, right, down,
marks). NaN means "not found"; float32 values come back bit for bit.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from neckrom.landmarks.header import LandmarkHeader
from neckrom.landmarks.table import BODY_KEY, TableFormat, TableWriter, kind_key, read_table
from neckrom.types import N_POSE, BodyFrame, BodySeries

BODY_TABLE = TableFormat(
    key=BODY_KEY,
    version=1,
    readable=(1,),
    lists={"pose": N_POSE * 3, "pose_world": N_POSE * 3, "pose_visibility": N_POSE, "foot_motion": 8},
    plain={"people": pa.int32()},
    optional=("foot_motion",),
)


class BodyWriter(TableWriter[BodyFrame]):
    """Stream landmarks of whole bodies to a file that appears only when it is complete."""

    kind = BODY_TABLE


def read_bodies(path: Path) -> tuple[BodySeries, LandmarkHeader]:
    """Read a landmark file of whole bodies.

    Parameters
    ----------
    path : Path

    Returns
    -------
    series : BodySeries
        ``foot_motion`` is None where no shoe was followed in any frame.
    header : LandmarkHeader

    Raises
    ------
    LandmarkFileError
        The file is damaged, of another version or kind, or holds something else; every problem is named at once.
    """
    columns, header = read_table(BODY_TABLE, path)
    lists, n = columns.lists, len(columns.plain["time_ns"])
    motion = lists.get("foot_motion")
    series = BodySeries(
        time_ns=columns.plain["time_ns"],
        pose=lists["pose"].reshape(n, N_POSE, 3),
        pose_world=lists["pose_world"].reshape(n, N_POSE, 3),
        pose_visibility=lists["pose_visibility"],
        people=columns.plain["people"],
        width=header.source.width,
        height=header.source.height,
        foot_motion=None if motion is None or np.isnan(motion).all() else motion.reshape(n, 2, 4),
    )
    return series, header


def is_body_file(path: Path) -> bool:
    """Whether the file says that it holds landmarks of whole bodies.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
        False where it cannot be read.
    """
    return kind_key(path) == BODY_KEY
