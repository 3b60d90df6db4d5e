"""``angles.csv`` of a leg or arm test, read back."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from neckrom.nerve.result import NerveResult
from neckrom.report.bodies.nerve_chart import NerveCurves
from neckrom.report.bodies.tables import read_columns
from neckrom.types import FloatArray

NERVE_ANGLES = "angles.csv"
NERVE_COLUMNS = (
    *(f"{angle}_{side}_deg" for angle in ("leg_raise", "knee", "ankle") for side in ("left", "right")),
    *(f"{angle}_{side}_deg" for angle in ("abduction", "elbow") for side in ("left", "right")),
    "neck_flexion_deg",
    "neck_side_bend_deg",
    "trunk_lean_deg",
)
"""Those that a test of legs or arms may have."""
_MAIN = {"slr": "leg_raise", "slump": "knee", "arms": "abduction"}


def read_nerve_columns(folder: Path) -> dict[str, FloatArray] | None:
    """Columns of the angles in a result folder; None where there are none.

    Raises
    ------
    InputError
        If they are damaged.
    """
    return read_columns(folder / NERVE_ANGLES, NERVE_COLUMNS)


def read_nerve_curves(folder: Path, result: NerveResult) -> NerveCurves | None:
    """The angles that the figure shows; None where they are not at hand.

    Raises
    ------
    InputError
        If they are damaged.
    """
    columns = read_nerve_columns(folder)
    if columns is None or len(columns["time_s"]) < 2 or not np.isfinite(columns["time_s"]).all():
        return None
    panels = {
        panel: {
            side: columns[f"{angle}_{side}_deg"]
            for side in ("left", "right")
            if f"{angle}_{side}_deg" in columns
        }
        for panel, angle in (("main", _MAIN[result.kind]), ("elbow", "elbow"), ("ankle", "ankle"))
    }
    neck = "neck_side_bend_deg" if result.kind == "arms" else "neck_flexion_deg"
    if neck in columns:
        panels["neck"] = {"both": columns[neck]}
    shown = {panel: sides for panel, sides in panels.items() if sides}
    return NerveCurves(columns["time_s"], shown) if shown else None
