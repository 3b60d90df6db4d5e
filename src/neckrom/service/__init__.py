"""Wires frames, landmarks, measurement, judgement and report; what the command line calls."""

from neckrom.service.held_out import unpack_table
from neckrom.service.measure import (
    Outcome,
    Progress,
    demo_clip,
    identity_lines,
    measure_all,
    measure_one,
    measure_quietly,
)
from neckrom.service.options import MeasureOptions

__all__ = [
    "MeasureOptions",
    "Outcome",
    "Progress",
    "demo_clip",
    "identity_lines",
    "measure_all",
    "measure_one",
    "measure_quietly",
    "unpack_table",
]
