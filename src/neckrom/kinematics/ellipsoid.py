"""A body that is roughly an ellipsoid, and lines of sight that meet it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neckrom.types import FloatArray


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines in the axes of a body, scaled so that its ellipsoid is the unit sphere about the origin.

    Attributes
    ----------
    start, along : ndarray, shape (..., 3)
        A point of each line, and its direction away from the camera, of any length.
    """

    start: FloatArray
    along: FloatArray

    def nearest_square(self) -> FloatArray:
        """Square of the distance at which each line passes the middle.

        Returns
        -------
        ndarray, shape (...)
            In squares of the unit sphere's radius: below 1 the line meets the ellipsoid, 1 is its outline, above 1 it
            passes beside it.
        """
        a, b = (self.along**2).sum(axis=-1), (self.along * self.start).sum(axis=-1)
        away = self.start - self.along * (b / a)[..., None]
        return np.asarray((away * away).sum(axis=-1))

    def first_hit(self) -> FloatArray:
        """How far along each line the sphere is met first.

        Returns
        -------
        ndarray, shape (...)
            From ``start`` on, in lengths of ``along``; where the line misses the sphere, up to where it passes nearest.
        """
        a, b = (self.along**2).sum(axis=-1), (self.along * self.start).sum(axis=-1)
        c = (self.start**2).sum(axis=-1) - 1
        return np.asarray((-b - np.sqrt(np.maximum(b * b - a * c, 0.0))) / a)


@dataclass(frozen=True, slots=True)
class Ellipsoid:
    """In body axes (x anterior, y superior, z to the person's right), about the body's origin.

    Attributes
    ----------
    half_axes, centre : ndarray, shape (3,)
    """

    half_axes: FloatArray
    centre: FloatArray

    def lines(self, start: FloatArray, along: FloatArray) -> Lines:
        """Lines given in body axes, shape (..., 3).

        Parameters
        ----------
        start, along : ndarray, shape (..., 3)
            A point of each line, in the body's unit of length, and its direction.

        Returns
        -------
        Lines
            The same lines, scaled to the unit sphere.
        """
        return Lines((start - self.centre) / self.half_axes, along / self.half_axes)

    def surface(self, lines: Lines) -> FloatArray:
        """Where each line meets the ellipsoid first, or passes nearest to it; body axes, shape (..., 3).

        Parameters
        ----------
        lines : Lines
            As :meth:`lines` gives them.

        Returns
        -------
        ndarray, shape (..., 3)
        """
        place = lines.start + lines.first_hit()[..., None] * lines.along
        return np.asarray(place * self.half_axes + self.centre)
