"""Numbers of the two models over time: the fusion of the readings, and the rigid bodies under followed points.

Both travel in the calibration file. What each of them is and where it comes from: ``docs/method.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class FusionParameters:
    """Numbers of the model; those of the readings are fitted on cross-validated residuals.

    Attributes
    ----------
    face_factor, pose_factor : float
        On the standard deviation that each branch predicts for itself: networks are surer of
        themselves than people whom they never saw bear out.
    face_length_deg, pose_length_deg : float
        How far the head turns until a reading's error is forgotten (1/e).
    error_time_s : float
        The same for time.
    face_white, pose_white : float
        Share of a reading's variance that is new in every frame.
    face_noise_deg, pose_noise_deg : float
        Tracker noise of a reading at rest, one standard deviation.
    shared : float
        Correlation of the two readings' errors.
    acceleration : float
        Spectral density of the acceleration, deg^2/s^3, where no flow is seen.
    flow_noise, flow_floor_deg : float
        Variance of a step of flow per degree turned (so that the frame rate does not matter), and
        floor of the standard deviation of one step.
    gain_sd, gain_length_deg : float
        Prior of the flow's gain error and how far the head turns until it is forgotten.
    rest_sd_deg : float
        How exactly a frame of the neutral stretch is zero.
    student : float
        Degrees of freedom of the readings' outliers.
    """

    face_factor: float = 1.2
    pose_factor: float = 8.0
    face_length_deg: float = 25.0
    pose_length_deg: float = 25.0
    error_time_s: float = 5.0
    face_white: float = 0.5
    pose_white: float = 0.3
    face_noise_deg: float = 0.4
    pose_noise_deg: float = 0.8
    shared: float = 0.1
    acceleration: float = 6000.0
    flow_noise: float = 0.1
    flow_floor_deg: float = 0.1
    gain_sd: float = 0.15
    gain_length_deg: float = 45.0
    rest_sd_deg: float = 0.5
    student: float = 4.0


@dataclass(frozen=True, slots=True)
class TrackParameters:
    """Numbers of the model, set on people who are not reported on.

    Attributes
    ----------
    pixel_sd : float
        Of a followed point, in distances between the eyes.
    shape_sd, shape_turn_sd : float
        Of the surface from the ellipsoid, as a share of its radius; the second in excursions of rotation, which
        show the surface from its side and depend on it. Held as tight, it makes false rotation of a side-bend.
    prior_factor, turn_prior_factor, prior_floor_deg : float
        On the standard deviation of the reading that holds the solution, tilts and turning: its errors last
        over many frames.
    excursion_deg, rest_deg : float
        An excursion is solved where the head turns further than this, from and to where it is nearer than that.
    spacing_s : float
        Between key frames.
    thorax_sd_deg, thorax_turn_sd_deg : float
        Standard deviations of the reading of the thorax, which has no table of its own: at rest, and what
        its turning adds where the head has turned far, since the reading then is mostly the head's.
    """

    pixel_sd: float = 0.015
    shape_sd: float = 0.25
    shape_turn_sd: float = 0.12
    prior_factor: float = 3.0
    turn_prior_factor: float = 6.0
    prior_floor_deg: float = 1.0
    excursion_deg: float = 12.0
    rest_deg: float = 5.0
    spacing_s: float = 1 / 20
    thorax_sd_deg: float = 0.7
    thorax_turn_sd_deg: float = 10.0


@dataclass(frozen=True, slots=True)
class SolverLimits:
    """How an excursion is solved from followed points; not in the file, but part of its identity.

    Attributes
    ----------
    rim : float
        A point whose line of sight passes the ellipsoid's middle further out than this share of its radius
        is left out.
    rounds : tuple of (float, int)
        Robust limit (standard deviations) and steps at most of each round; points that do not fit are left
        out in between.
    back_deg : float
        From so much extension on the head turns about the joint for tilting back.
    common_noise, worst_noise : float
        Noise of a point's own, against the median: share that all have in common, and limit.
    fewest_sightings, fewest_observations : int
        Of a point, and of all points of an excursion.
    fewest_key_frames, most_key_frames : int
        Of an excursion.
    """

    rim: float = 0.92
    rounds: tuple[tuple[float, int], ...] = ((6.0, 12), (2.0, 6), (2.0, 12))
    back_deg: float = -10.0
    common_noise: float = 0.1
    worst_noise: float = 3.0
    fewest_sightings: int = 5
    fewest_observations: int = 150
    fewest_key_frames: int = 5
    most_key_frames: int = 110


LIMITS = SolverLimits()
"""Those in use."""

DEFAULTS = (FusionParameters(), TrackParameters())
"""What is taken where a file does not have a number yet: part of its identity, too."""

Numbers = TypeVar("Numbers", FusionParameters, TrackParameters)
_PREFIX = {FusionParameters: "fusion", TrackParameters: "tracks"}


def pack(numbers: FusionParameters | TrackParameters) -> dict[str, NDArray[np.generic]]:
    """Arrays for an ``.npz``.

    Parameters
    ----------
    numbers : FusionParameters or TrackParameters

    Returns
    -------
    dict of str to ndarray
        A number each, by "fusion.NAME" or "tracks.NAME".
    """
    prefix = _PREFIX[type(numbers)]
    return {f"{prefix}.{f.name}": np.float64(getattr(numbers, f.name)).reshape(()) for f in fields(numbers)}


def unpack(kind: type[Numbers], arrays: dict[str, NDArray[np.generic]]) -> Numbers:
    """Inverse of :func:`pack`; a number that the file does not have yet is the default.

    Parameters
    ----------
    kind : type
        ``FusionParameters`` or ``TrackParameters``.
    arrays : dict of str to ndarray

    Returns
    -------
    FusionParameters or TrackParameters
        Of the kind that was asked for.
    """
    prefix = _PREFIX[kind]
    stored = {f.name: f"{prefix}.{f.name}" for f in fields(kind)}
    return kind(**{name: float(arrays[key]) for name, key in stored.items() if key in arrays})
