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
    ears, shoulders, head : ndarray, shape (2,)
        Middle of the ears, of the shoulders and of all points of the head at rest, on the plane at depth 1.
    inverse_focal_sd : float
        Of the lens, as in :class:`neckrom.types.CameraModel`.
    shoulders_seen : bool
        At least one shoulder lies in the picture. Where none does, the body model makes the trunk up.
    askew_deg : float
        How far the face at rest is turned from where the trunk points, positive to the person's right.
    """

    rest: Rest
    mirrored_rest: Rest
    focal_known: bool
    rest_time_ns: IntArray
    neutral_thorax: FloatArray
    ears: FloatArray
    shoulders: FloatArray
    head: FloatArray
    inverse_focal_sd: float
    shoulders_seen: bool
    askew_deg: float
