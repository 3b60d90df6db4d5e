"""Whole bodies in the picture: points by name, which leg is which, angles of segments.

>>> from neckrom.body import read_body
>>> body = read_body(series)  # doctest: +SKIP
>>> body.point("knee", "left")  # doctest: +SKIP
"""

from neckrom.body.angles import bend_deg, between_deg, elevation_deg, lean_deg
from neckrom.body.points import PAIRED_POINTS, Side, index_of, other
from neckrom.body.reading import Body, read_body
from neckrom.body.view import BodyView

__all__ = [
    "PAIRED_POINTS",
    "Body",
    "BodyView",
    "Side",
    "bend_deg",
    "between_deg",
    "elevation_deg",
    "index_of",
    "lean_deg",
    "other",
    "read_body",
]
