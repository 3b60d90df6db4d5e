"""Steps of flow chained over a recording, and tied down by the readings of the pose points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solveh_banded

from neckrom.kinematics.side.calibration import SideCalibration
from neckrom.kinematics.side.readings import ObservedSide
from neckrom.kinematics.smoothing import smooth_series
from neckrom.types import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class Fusion:
    """How far readings and flow are trusted; ``calibration/fit_side_view.py`` fits the rest with these as they are.

    Attributes
    ----------
    step_floor_deg, step_share : float
        Standard deviation of one step of flow: floor, and share of the step.
    stuck : float
        What the share of stuck points adds to that share.
    blind_share : float
        The same share for a step that comes from the readings because there is no flow.
    lasting_s : float
        Errors of a reading last this long: so many frames count as one.
    rest_sd_deg : float
        How exactly the neutral stretch is zero, one standard deviation; so many of its frames as last for
        ``lasting_s`` count as one.
    student : float
        Degrees of freedom of the readings' outliers.
    """

    step_floor_deg: float = 0.13
    step_share: float = 0.05
    stuck: float = 3.0
    blind_share: float = 0.4
    lasting_s: float = 4.0
    rest_sd_deg: float = 1.0
    student: float = 4.0


FUSION = Fusion()
TRUNK_KERNEL_S = 0.15
"""Standard deviation of the kernel that smooths the trunk's lean, and the reading where its steps stand in for flow."""
_UNSEEN_DEG_S = 30.0
"""How fast a head may turn that neither pose nor flow shows."""


def chained_flexion(
    time_s: FloatArray, observed: ObservedSide, trunk: FloatArray, at_rest: BoolArray, fusion: Fusion = FUSION
) -> tuple[FloatArray, FloatArray]:
    """Neck flexion and its standard deviation, the doubt about the flow's gain and other lasting errors left out.

    The flow's steps are chained and tied to the readings by least squares, a reading the less
    the further out it says the head is; readings that do not fit are weighed as Student's t would.

    Parameters
    ----------
    time_s : ndarray, shape (N,)
    observed : ObservedSide
    trunk : ndarray, shape (N,)
        Lean of the trunk, smoothed; degrees, forwards positive.
    at_rest : ndarray, shape (N,), bool
        The neutral stretch.
    fusion : Fusion

    Returns
    -------
    angle, sd : ndarray, shape (N,)
        Degrees, flexion positive; known in every frame.
    """
    step, step_sd = _steps(time_s, observed, trunk, fusion)
    seen = np.isfinite(observed.neck_deg)
    reading = np.where(seen, observed.neck_deg, 0.0)
    frames = max(1.0, fusion.lasting_s / _frame_s(time_s))
    trust = np.where(seen, 1.0 / (frames * np.where(seen, observed.neck_sd_deg, 1.0) ** 2), 0.0)
    rest = np.where(at_rest, 1.0 / (frames * fusion.rest_sd_deg**2), 0.0)
    weight = np.ones(len(time_s))
    for _ in range(4):  # weights of the readings from the residuals of the round before
        anchored = weight * trust + rest + 1e-9  # a frame that nothing ties hangs on its neighbours
        angle, variance = _chained(step, step_sd, weight * trust * reading, anchored)
        excess = np.where(seen, (reading - angle) ** 2, 0.0) * trust * frames
        weight = (fusion.student + 1.0) / (fusion.student + excess)
    return angle, np.sqrt(variance)


def _steps(
    time_s: FloatArray, observed: ObservedSide, trunk: FloatArray, fusion: Fusion
) -> tuple[FloatArray, FloatArray]:
    """Change of the neck angle since the frame before, and its standard deviation, shape (N,)."""
    lean = np.diff(trunk, prepend=trunk[:1])
    by_flow = observed.step_deg - np.where(np.isfinite(lean), lean, 0.0)
    read = smooth_series(time_s, observed.neck_deg[:, None], TRUNK_KERNEL_S)[:, 0]
    by_reading = np.diff(read, prepend=read[:1])
    flow, blind = np.isfinite(by_flow), ~np.isfinite(by_flow) & np.isfinite(by_reading)
    step = np.where(flow, by_flow, np.where(blind, by_reading, 0.0))
    share = np.where(flow, fusion.step_share + fusion.stuck * observed.stuck_share, fusion.blind_share)
    sd = np.hypot(fusion.step_floor_deg, share * step)
    lost_deg = _UNSEEN_DEG_S * np.diff(time_s, prepend=time_s[:1])
    return step, np.where(flow | blind, sd, np.maximum(lost_deg, fusion.step_floor_deg))


def _chained(
    step: FloatArray, step_sd: FloatArray, pulled: FloatArray, anchored: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Least squares of a chain: steps between neighbours, and ties of weight ``anchored``; angle and variance."""
    link = 1.0 / step_sd[1:] ** 2
    bands = np.zeros((2, len(step)))
    bands[1] = anchored
    bands[1, 1:] += link
    bands[1, :-1] += link
    bands[0, 1:] = -link
    right = pulled.copy()
    right[1:] += link * step[1:]
    right[:-1] -= link * step[1:]
    angle = solveh_banded(bands, right)
    forth, back = _passed_on(anchored, link), _passed_on(anchored[::-1], link[::-1])[::-1]
    return np.asarray(angle), 1.0 / (forth + back - anchored)


def _passed_on(anchored: FloatArray, link: FloatArray) -> FloatArray:
    """What is known of each frame from itself and all before it, as a precision; shape (N,)."""
    known = anchored.copy()
    for i in range(1, len(known)):
        known[i] += known[i - 1] * link[i - 1] / (known[i - 1] + link[i - 1])
    return known


def _frame_s(time_s: FloatArray) -> float:
    return float(np.median(np.diff(time_s))) if len(time_s) > 1 else 1.0


def expected_sd_deg(
    chain_sd: FloatArray,
    neck: FloatArray,
    trunk: FloatArray,
    stuck_share: FloatArray,
    fitted: SideCalibration,
) -> FloatArray:
    """Standard deviation of the chained angle with lasting errors: the flow's gain and the trunk's lean.

    It still has to be multiplied by ``SideCalibration.sd_factor``.

    Parameters
    ----------
    chain_sd : ndarray, shape (N,)
        As from :func:`chained_flexion`, degrees.
    neck, trunk : ndarray, shape (N,)
        Neck flexion and the trunk's lean, degrees; the further out, the more a wrong gain or lean matters.
    stuck_share : ndarray, shape (N,)
        As in :class:`neckrom.kinematics.side.features.HeadFlow`; its mean over the recording is added to the doubt
        about the gain.
    fitted : SideCalibration

    Returns
    -------
    ndarray, shape (N,), degrees
    """
    gain_sd = np.hypot(fitted.gain_sd, stuck_share.mean())
    return np.asarray(np.sqrt(chain_sd**2 + (gain_sd * neck) ** 2 + (fitted.lean_share * trunk) ** 2))
