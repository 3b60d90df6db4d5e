"""OpenSim motion files (.mot): the neck's three coordinates over time.

Names and signs are those of the models that come with Pose2Sim: ``neck_flexion`` turns about the
thorax' z axis (to the right), ``neck_bending`` about x (to the front) and ``neck_rotation`` about y (up),
one after the other. That is our own sequence, and so

    neck_flexion  = -flexion   (+ is extension)
    neck_bending  = +lateral   (+ is to the right)
    neck_rotation = -rotation  (+ is to the left)
"""

from __future__ import annotations

import numpy as np

from neckrom.errors import InputError
from neckrom.exports.source import Series
from neckrom.types import FloatArray

COORDINATES = ("neck_flexion", "neck_bending", "neck_rotation")
SIGNS: FloatArray = np.array([-1.0, 1.0, -1.0])
LIMITS_DEG = {"neck_flexion": 28.65, "neck_bending": 90.0, "neck_rotation": 45.0}
"""Beyond these the models hold the joint still (+-0.5, +-1.5708 and +-0.7854 rad)."""


def mot_bytes(series: Series) -> tuple[bytes, tuple[str, ...]]:
    """The file, and what to say beside it.

    Frames in which any of the three angles was not measured are left out: the format knows no "not
    measured". Times stay those of the recording.

    Raises
    ------
    InputError
        If no frame has all three.
    """
    angles = series.neck_deg * SIGNS
    whole = np.isfinite(angles).all(axis=1)
    if not whole.any():
        raise InputError(
            "No frame has all three neck angles, which a .mot file needs (from the side only one is measured). "
            "Export it as --format csv or parquet."
        )
    time_s, angles = series.time_s[whole], angles[whole]
    header = [
        "Coordinates",
        "version=1",
        f"nRows={len(time_s)}",
        f"nColumns={1 + len(COORDINATES)}",
        "inDegrees=yes",
        "",
        "Units are S.I. units (second, meters, Newtons, ...)",
        "If the header above contains a line with 'inDegrees', this indicates whether rotational values are in "
        "degrees (yes) or radians (no).",
        "",
        "endheader",
        "\t".join(("time", *COORDINATES)),
    ]
    rows = [
        "\t".join((f"{moment:.6f}", *(f"{angle:.6f}" for angle in row)))
        for moment, row in zip(time_s, angles + 0.0, strict=True)
    ]
    return ("\n".join(header + rows) + "\n").encode("ascii"), _remarks(angles, int((~whole).sum()))


def _remarks(angles: FloatArray, left_out: int) -> tuple[str, ...]:
    remarks = [
        "Signs: neck_flexion + extension, neck_bending + to the right, neck_rotation + to the left (the person's); "
        "degrees; zero is the person's own neutral; head relative to thorax.",
        "Clamps: the models that come with Pose2Sim hold neck_flexion within 28.6 deg and neck_rotation within 45 deg "
        "either way. A real neck moves further: set <clamped> of these coordinates to false, or widen their <range>, "
        "before the motion is loaded, or it is cut.",
    ]
    for name, column in zip(COORDINATES, angles.T, strict=True):
        largest = float(np.abs(column).max())
        if largest > LIMITS_DEG[name]:
            share = 100 * float((np.abs(column) > LIMITS_DEG[name]).mean())
            remarks.append(
                f"Would be cut here: {name} reaches {largest:.0f} deg, beyond {LIMITS_DEG[name]:.1f} deg in "
                f"{share:.0f} % of the frames."
            )
    if left_out:
        remarks.append(
            f"Left out: {left_out} frame{'s' * (left_out != 1)} in which not all three angles were measured; "
            "OpenSim draws a line across."
        )
    return tuple(remarks)
