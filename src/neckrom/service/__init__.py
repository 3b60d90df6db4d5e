"""Wires frames, landmarks, measurement, judgement and report; what the command line calls."""

from neckrom.service.measure import (
    MeasureOptions,
    Outcome,
    Progress,
    demo_clip,
    measure_all,
    measure_one,
    measure_quietly,
)

__all__ = [
    "MeasureOptions",
    "Outcome",
    "Progress",
    "demo_clip",
    "measure_all",
    "measure_one",
    "measure_quietly",
]
