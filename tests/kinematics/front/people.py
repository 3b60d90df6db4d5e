"""People who were never used for fitting."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from neckrom.kinematics.front.truth_table import TruthClip, read_table

CALIBRATION = Path(__file__).parents[3] / "calibration"


@cache
def heldout() -> list[TruthClip]:
    """Six clips of as many people, from all over the table, of those who were never used for fitting."""
    clips = read_table(CALIBRATION / "heldout.npz")[::9]
    assert all(clip.has_motion and clip.tracks is not None for clip in clips)
    return clips
