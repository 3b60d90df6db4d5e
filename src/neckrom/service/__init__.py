"""Wires frames, landmarks, measurement, judgement and report; what the command line calls.

The parts that measure are loaded on first use, so that records and their pages, which need a few small
modules of this package, start without them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

_HOMES = {"MeasureOptions": "neckrom.service.options", "unpack_table": "neckrom.service.held_out"}


def __getattr__(name: str) -> object:
    """Load a public name from its module on first use."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "neckrom.service.measure")), name)
