"""Angles of a run over time, as ``angles.csv`` keeps them and the report draws them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neckrom.types import FloatArray

COLUMNS: tuple[str, ...] = (
    "trunk_lean_deg",
    "ear_shoulder_deg",
    "head_pitch_deg",
    "thigh_left_deg",
    "thigh_right_deg",
    "knee_left_deg",
    "knee_right_deg",
    "shank_left_deg",
    "shank_right_deg",
    "foot_left_deg",
    "foot_right_deg",
    "elbow_left_deg",
    "elbow_right_deg",
    "shoulder_line_deg",
    "pelvis_line_deg",
    "shoulder_turn_deg",
    "pelvis_turn_deg",
    "wrist_left_past_middle",
    "wrist_right_past_middle",
    "hip_height",
)
"""What a column may be called, with its unit: ``_deg``; wrists in shoulder widths past the middle of
the trunk; hip height in leg lengths about its mean. Signs as in the result; the lines of shoulders and pelvis are
against the picture's level, + where the left end is lower. A clip has those that its view can tell."""


@dataclass(frozen=True, slots=True)
class Curves:
    """Of one clip.

    Attributes
    ----------
    clip : int
        Which of the result's clips.
    time_s : ndarray, shape (N,)
        Real time, as the steps of the result count it.
    columns : mapping of str to ndarray, shape (N,)
        By names of ``COLUMNS``; NaN where not measured.
    """

    clip: int
    time_s: FloatArray
    columns: Mapping[str, FloatArray]

    def __post_init__(self) -> None:
        """Refuse names that nobody knows and lengths that do not fit."""
        for name, values in self.columns.items():
            if name not in COLUMNS:
                raise ValueError(f"no curve is called {name}")
            if values.shape != self.time_s.shape:
                raise ValueError(f"{name} has {len(values)} values at {len(self.time_s)} times")
