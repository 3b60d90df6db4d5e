"""Reports, tables, figures and the overlay: how a result is shown.

The heavy parts (matplotlib, reportlab) are loaded on first use, so that the
terminal table alone costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neckrom.report.pictures import EndRangePicture, draw_end_range
    from neckrom.report.write import write_pictures, write_report

__all__ = ["EndRangePicture", "draw_end_range", "write_pictures", "write_report"]

_HOMES = {
    "EndRangePicture": "neckrom.report.pictures",
    "draw_end_range": "neckrom.report.pictures",
    "write_pictures": "neckrom.report.write",
    "write_report": "neckrom.report.write",
}


def __getattr__(name: str) -> object:
    """Load a public name from its module on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
