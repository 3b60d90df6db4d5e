"""The focal length of a camera that nobody told: what perspective says of it, and how unsure that is.

A head that moves across the picture is seen along another line of sight, and an angle is read against
that line. How far the line turned depends on the focal length: one that is taken too short turns it too
far, and rotation and flexion come out too small. A face tells how large it is in the picture, which is
focal length over distance, but not one without the other. Perspective does: a near face shows its nose
large and its ears and shoulders small, and shrinks as the head tips back. What counts is the *nearness*:
the distance between the outer corners of the eyes over their distance from the camera.

Known weakness first: faces differ from each other about as much as near and far views of one face do. A
camera at arm's length and one at two metres are told apart, lenses of 50 and 70 deg are not. The standard
deviation that comes out goes into every angle (:func:`line_of_sight_sd_deg`).

Numbers are fitted by ``calibration/fit_lens.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neckrom.kinematics.front.features import Points, Rest
from neckrom.types import POSE_EARS, POSE_SHOULDERS, BoolArray, CameraModel, FloatArray

EYES_M = 0.088
"""Between the outer corners of the eyes, metres: adults 83 to 96 mm (Farkas, "Anthropometry of the Head and
Face", 1994: biocular width, women and men)."""
EYES_SD = 0.06
"""One standard deviation of it, as a share."""
LIMITS = (0.15, 1.7)
"""Focal lengths outside these shares of the assumed one's inverse are not claimed."""
_SHARES: FloatArray = np.linspace(*LIMITS, 156)
"""Inverse focal lengths over that of the assumed lens that are weighed against each other, in steps of 0.01."""
USUAL_SHARE, USUAL_SD, USUAL_PROBABILITY = 1.1, 0.18, 0.8
"""What people film with: laptop and phone cameras of 50 to 80 deg, mostly a little wider than 60, as often as this;
else anything longer, from a portrait lens or a cropped picture to a camera across the room, all as likely."""
_FREEDOM = 4.0
"""Degrees of freedom of a cue's error (Student's t): now and then a face is read quite wrongly."""
_SMALLEST_DEG, _LARGEST_DEG = 7.0, 32.0
"""Growth is taken from frames in which the head is turned so far in one plane ..."""
_OTHER_PLANES_DEG = 12.0
"""... and by less than this in the others."""
_FEWEST_FRAMES = 6
"""Of such frames, for a slope."""
_LARGEST_GROWTH = 0.35
"""Logarithm of the size against rest (a face 1.4 times as large, or as small): more is not made by perspective."""
_ROBUST = 1.5
"""Huber's limit, in standard deviations."""
_ROUNDS = 10
MOVING_CUES = ("extension", "flexion", "rotation")
"""How the face grows or shrinks with the sine of the angle; rotation to both sides together."""


@dataclass(frozen=True, slots=True)
class LensModel:
    """What perspective says of nearness.

    Attributes
    ----------
    weights, mean, scale : ndarray, shape (F,)
        Linear reading of the resting face and body (:func:`still_features`) about their mean, in their scale.
    cues : ndarray, shape (4, 3)
        Offset, slope and standard deviation of each cue against nearness: the linear reading at rest, then
        ``MOVING_CUES``.
    """

    weights: FloatArray
    mean: FloatArray
    scale: FloatArray
    cues: FloatArray

    def share_from(self, still: FloatArray, moving: FloatArray, expected: float) -> tuple[float, float]:
        """Inverse focal length over that of the assumed lens: mean and standard deviation of what is likely.

        Parameters
        ----------
        still : ndarray, shape (F,)
            As from :func:`still_features`.
        moving : ndarray, shape (3,)
            As from :func:`growth`; NaN where the movement was not made.
        expected : float
            Nearness by the assumed lens: eye distance at rest, in its focal lengths.

        Returns
        -------
        mean, sd : float
            Both as shares of the assumed lens' inverse focal length; above 1 is a wider lens.
        """
        seen = np.concatenate([[float((still - self.mean) / self.scale @ self.weights)], moving])
        likely = _prior()
        for value, (offset, slope, sd) in zip(seen, self.cues, strict=True):
            if np.isfinite(value):
                away = (value - offset - slope * expected * _SHARES) / sd
                likely = likely * (1 + away**2 / _FREEDOM) ** (-(_FREEDOM + 1) / 2)
        likely = likely / likely.sum()
        mean = float(likely @ _SHARES)
        return mean, float(np.sqrt(likely @ (_SHARES - mean) ** 2))


def _prior() -> FloatArray:
    usual = np.exp(-0.5 * ((_SHARES - USUAL_SHARE) / USUAL_SD) ** 2)
    longer = (_SHARES < USUAL_SHARE).astype(np.float64)
    return np.asarray(
        USUAL_PROBABILITY * usual / usual.sum() + (1 - USUAL_PROBABILITY) * longer / longer.sum()
    )


def still_features(rest: Rest, mirrored: Rest, shares: FloatArray) -> FloatArray:
    """What is seen of a person at rest, left and right treated alike.

    Parameters
    ----------
    rest, mirrored : Rest
        The person, and the mirrored person.
    shares : ndarray, shape (2,)
        As from :func:`shares_at_rest`.

    Returns
    -------
    ndarray, shape (F,)
        Means of the two persons' resting blocks (face, pose, world), then the shares.
    """
    sides = [np.concatenate([side.face, side.pose, side.world]) for side in (rest, mirrored)]
    return np.concatenate([(sides[0] + sides[1]) / 2, shares])


def shares_at_rest(points: Points, used: BoolArray, rest: Rest) -> FloatArray:
    """How far apart shoulders and ears are in the picture, against the eyes.

    Parameters
    ----------
    points : Points, N frames
    used : ndarray, shape (N,), bool
        Frames at rest with face and pose; at least one.
    rest : Rest

    Returns
    -------
    ndarray, shape (2,)
        Logarithms of the distance of the shoulders and of the ears over that of the eyes.
    """
    eyes_px = rest.eye_distance * rest.lens.focal
    apart = [
        np.linalg.norm(points.pose[used, a, :2] - points.pose[used, b, :2], axis=1)
        for a, b in (POSE_SHOULDERS, POSE_EARS)
    ]
    return np.log([float(np.median(distance)) / eyes_px for distance in apart])


def growth(size: FloatArray, angles_deg: FloatArray, at_rest: BoolArray) -> FloatArray:
    """How the face grows and shrinks as the head tips and turns.

    The logarithm of its size against rest, for a unit of the sine of the angle: a line through zero, robustly.

    Parameters
    ----------
    size : ndarray, shape (N,)
        Its logarithm (``place`` of :class:`neckrom.kinematics.front.features.Blocks`); NaN where no face was found.
    angles_deg : ndarray, shape (N, 3)
        Flexion, lateral, rotation as the face reads them.
    at_rest : ndarray, shape (N,), bool

    Returns
    -------
    ndarray, shape (3,)
        In the order of ``MOVING_CUES``, positive where the face grows; NaN where too little of a movement was seen.
    """
    known = np.isfinite(size) & np.isfinite(angles_deg).all(axis=1)
    if not (known & at_rest).any():
        return np.full(len(MOVING_CUES), np.nan)
    size = size - np.median(size[known & at_rest])
    known &= np.abs(size) < _LARGEST_GROWTH
    flexion, _, rotation = angles_deg.T
    planes = ((-flexion, (1, 2)), (flexion, (1, 2)), (np.abs(rotation), (0, 1)))
    slopes = []
    for angle, others in planes:
        aside = np.abs(angles_deg[:, others]).max(axis=1)
        used = known & (angle > _SMALLEST_DEG) & (angle < _LARGEST_DEG) & (aside < _OTHER_PLANES_DEG)
        slopes.append(_robust_slope(np.sin(np.radians(angle[used])), size[used]))
    return np.array(slopes)


def _robust_slope(x: FloatArray, y: FloatArray) -> float:
    """Slope of a line through zero, Huber's weights."""
    if len(x) < _FEWEST_FRAMES:
        return float("nan")
    weight = np.ones(len(x))
    slope = 0.0
    for _ in range(_ROUNDS):
        slope = float((weight * x * y).sum() / (weight * x * x).sum())
        residual = np.abs(y - slope * x)
        # 1.48 makes a standard deviation of the median; 1e-3 is the least that sizes scatter
        weight = 1 / np.maximum(residual / (_ROBUST * (1.48 * np.median(residual) + 1e-3)), 1.0)
    return slope


def with_inverse_focal(camera: CameraModel, share: float, sd: float) -> CameraModel:
    """The camera with an inverse focal length that was read from perspective.

    Parameters
    ----------
    camera : CameraModel
        With the assumed lens.
    share, sd : float
        As from :meth:`LensModel.share_from`; the share is kept within ``LIMITS``.

    Returns
    -------
    CameraModel
        Still assumed, with the standard deviation as a share of its own inverse focal length.
    """
    share = float(np.clip(share, *LIMITS))
    found = replace(camera, fx=camera.fx / share, fy=camera.fy / share, inverse_focal_sd=sd / share)
    return replace(
        found,
        origin=(
            f"estimated from perspective: about {found.hfov_deg:.0f} deg ({camera.origin.partition(':')[0]} "
            f"{camera.hfov_deg:.0f})"
        ),
    )


def at_distance(camera: CameraModel, eye_distance: float, distance_m: float) -> CameraModel:
    """The camera that shows a person's eyes at a distance that was told.

    Parameters
    ----------
    camera : CameraModel
    eye_distance : float
        Between the outer corners of the eyes, in focal lengths of this camera.
    distance_m : float
        Of the eyes from the camera, metres; above 0.

    Returns
    -------
    CameraModel
        No longer assumed; its standard deviation is that of the distance between people's eyes.
    """
    share = EYES_M / distance_m / eye_distance
    found = replace(camera, fx=camera.fx / share, fy=camera.fy / share, inverse_focal_sd=EYES_SD)
    return replace(found, origin=f"from a distance of {distance_m:g} m that was stated", assumed=False)


def line_of_sight_sd_deg(head_moved: FloatArray, inverse_focal_sd: float) -> FloatArray:
    """What not knowing the focal length adds to flexion, lateral and rotation.

    Parameters
    ----------
    head_moved : ndarray, shape (N, 2)
        How far the head has moved since rest, right and down, on the plane at depth 1.
    inverse_focal_sd : float
        One standard deviation of the inverse focal length, as a share.

    Returns
    -------
    ndarray, shape (N, 3), degrees
        0 where the head is not seen.
    """
    turned = np.degrees(np.arctan(np.nan_to_num(head_moved)))
    return np.asarray(np.column_stack([turned[:, 1], np.zeros(len(turned)), turned[:, 0]]) * inverse_focal_sd)


def pack_lens(model: LensModel) -> dict[str, NDArray[np.generic]]:
    """Arrays for an ``.npz``.

    Parameters
    ----------
    model : LensModel

    Returns
    -------
    dict of str to ndarray
        In single precision.
    """
    return {
        "lens.weights": model.weights.astype(np.float32),
        "lens.mean": model.mean.astype(np.float32),
        "lens.scale": model.scale.astype(np.float32),
        "lens.cues": model.cues.astype(np.float32),
    }


def unpack_lens(arrays: dict[str, NDArray[np.generic]]) -> LensModel:
    """Inverse of :func:`pack_lens`.

    Parameters
    ----------
    arrays : dict of str to ndarray

    Returns
    -------
    LensModel
        From a file without these numbers yet an empty one, which :meth:`LensModel.share_from` cannot ask.
    """
    if "lens.weights" not in arrays:
        return LensModel(np.zeros(0), np.zeros(0), np.ones(0), np.zeros((0, 3)))
    wide = {
        name: np.asarray(arrays[f"lens.{name}"], np.float64) for name in ("weights", "mean", "scale", "cues")
    }
    return LensModel(**wide)
