"""What is learned of a person, camera and seat from the neutral stretch."""

from __future__ import annotations

from dataclasses import dataclass

from neckrom.kinematics.front.features import Rest
from neckrom.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Reference:
    """What was learned of this person, camera and seat from the neutral stretch.

    Attributes
    ----------
    rest, mirrored_rest : Rest
        The person at rest, and the mirrored person.
    focal_known : bool
    rest_time_ns : ndarray, shape (M,), int64
        Times of the frames of the neutral stretch.
    neutral_thorax : ndarray, shape (4,)
        Quaternion (x, y, z, w), body to camera; the head's is the same.
    ears, shoulders : ndarray, shape (2,)
        Middle of the ears and of the shoulders at rest, on the plane at depth 1.
    """

    rest: Rest
    mirrored_rest: Rest
    focal_known: bool
    rest_time_ns: IntArray
    neutral_thorax: FloatArray
    ears: FloatArray
    shoulders: FloatArray
