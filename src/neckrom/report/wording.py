"""Names from outside and the other angles of a trial, as reports write them.

Figures and sentences come from :mod:`neckrom.saying`.
"""

from __future__ import annotations

import re

from neckrom import rounding
from neckrom.messages import Messages
from neckrom.result import TrialResult
from neckrom.saying.names import display_name, sentence
from neckrom.types import Movement

__all__ = ["coupling_text", "display_name", "readable", "sentence", "signed_text"]

_PLANES: tuple[tuple[str, str, str], ...] = (
    ("flexion", "extension", "flexion"),
    ("lateral", "lateral_left", "lateral_right"),
    ("rotation", "rotation_left", "rotation_right"),
)
"""Keys of the words for zero, a negative and a positive angle of each column."""


def signed_text(column: int, angle_deg: float, texts: Messages) -> str:
    """A signed angle with its direction in words: ``(2, -4.2)`` is "rotation left 4°"."""
    size = rounding.angle_digits(abs(angle_deg))
    name = _PLANES[column][0] if size == "0" else _PLANES[column][1 + (angle_deg > 0)]
    return f"{texts.text(f'report.plane.{name}')} {size}°"


def coupling_text(movement: Movement, trial: TrialResult, texts: Messages) -> str:
    """The two other angles at end range, in words."""
    if trial.coupling_deg is None:
        return texts.text("figure.not_measured")
    others = [column for column in range(3) if column != movement.plane]
    return ", ".join(
        signed_text(column, angle, texts) for column, angle in zip(others, trial.coupling_deg, strict=True)
    )


def readable(text: str) -> str:
    """A sentence from outside: on one line, ended, with degree signs; empty stays empty."""
    if not text.strip():
        return ""
    return sentence(re.sub(r"(?<=\d) deg\b", "°", display_name(text, 600)))
