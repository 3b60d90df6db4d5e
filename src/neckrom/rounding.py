"""How numbers lose their decimals: one rule each, the same on every page, in every file and language.

============  ===========================================================================
angle         whole degrees, halves away from zero
bound         whole degrees, rounded down: what is said to be reached was reached
percent       whole percent, but never across the 50 % line: there as many decimals as tell the side
interval      both ends like angles; an open one like a bound
change        whole degrees with its sign; small ones keep as many decimals as show the sign
number        at most one decimal
============  ===========================================================================

Everything here is digits and signs. Words around them are the messages' (:mod:`neckrom.saying`).
"""

from __future__ import annotations

import math

MINUS = "−"
HALF_PERCENT = 50.0
_MOST_DECIMALS = 2
"""Results keep two decimals (degrees and percent)."""


def whole(value: float) -> int:
    """Round half away from zero, so that 12.5 is 13 on every page."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def rounded(value: float, decimals: int) -> float:
    """Round half away from zero to some decimals, by the digits that the number shows itself with."""
    scaled = float(f"{abs(value) * 10**decimals:.9g}")
    return float(math.copysign(math.floor(scaled + 0.5) / 10**decimals, value))


def floored(value: float, decimals: int = 0) -> float:
    """Round down, by the digits that the number shows itself with: 0.29 keeps two decimals."""
    scaled = float(f"{value * 10**decimals:.9g}")
    return float(math.floor(scaled) / 10**decimals)


def angle_digits(angle_deg: float, *, bound: bool = False) -> str:
    """Whole degrees without a unit; a bound is rounded down."""
    number = math.floor(angle_deg) if bound else whole(angle_deg)
    return f"{number}".replace("-", MINUS)


def percent_digits(percent: float, *, bound: bool = False, point: str = ".") -> str:
    """Whole percent without a unit; at the 50 % line as many decimals as tell on which side it lies.

    Where two decimals do not tell, ``<`` or ``>`` does.
    """
    if bound:
        return f"{math.floor(percent)}".replace("-", MINUS)
    if whole(percent) != HALF_PERCENT or percent == HALF_PERCENT:
        return f"{whole(percent)}".replace("-", MINUS)
    for decimals in range(1, _MOST_DECIMALS + 1):
        number = floored(percent, decimals)
        if number != HALF_PERCENT:
            return _pointed(f"{number:.{decimals}f}", point)
    return f"{'>' if percent > HALF_PERCENT else '<'} 50"


def change_digits(change_deg: float, *, bound: bool = False, point: str = ".") -> str:
    """Degrees with their sign; a bound is rounded towards zero, a small change keeps its sign.

    Parameters
    ----------
    bound : bool
        The true change is at least as large, in the same direction.
    """
    size = abs(change_deg)
    for decimals in range(_MOST_DECIMALS + 1):
        number = floored(size, decimals) if bound else rounded(size, decimals)
        if number > 0:
            sign = "+" if change_deg > 0 else MINUS
            return sign + _pointed(f"{number:.{decimals}f}", point)
    return "0"


def number_digits(value: float, *, point: str = ".") -> str:
    """At most one decimal."""
    number = rounded(value, 1) + 0.0
    text = f"{number:.1f}".removesuffix(".0")
    return _pointed("0" if text == "-0" else text, point).replace("-", MINUS)


def whole_digits(value: float) -> str:
    """A whole number."""
    return f"{whole(value)}".replace("-", MINUS)


def _pointed(text: str, point: str) -> str:
    return text if point == "." else text.replace(".", point)
