"""All fitted numbers of the side view, and the file that they travel in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from neckrom.resources import resource
from neckrom.types import FloatArray


@dataclass(frozen=True, slots=True)
class SideCalibration:
    """Fitted numbers.

    Attributes
    ----------
    neck, trunk : ndarray, shape (14,)
        Weights of the readings of neck and trunk flexion, degrees (flexion positive), on
        :func:`neckrom.kinematics.side.features.side_inputs`.
    nodes_deg : ndarray, shape (M,)
        Angles (flexion positive) at which the following two are given.
    reading_sd_deg : ndarray, shape (M,)
        Standard deviation of the neck reading, from people not used for its weights.
    sd_factor : ndarray, shape (M,)
        Measured residuals of the chained angle as a multiple of its own standard deviation.
    flow_gain : ndarray, shape (3,)
        From what the flow shows to the true turn: weights of
        :meth:`neckrom.kinematics.side.features.HeadFlow.design`.
    gain_sd : float
        How much the true turn over what the flow shows differs between people, cameras and encoders: one standard
        deviation, as a share.
    lean_share : float
        Standard deviation of the trunk's lean, as a share of it.
    identity : str
        Of the file.
    """

    neck: FloatArray
    trunk: FloatArray
    nodes_deg: FloatArray
    reading_sd_deg: FloatArray
    sd_factor: FloatArray
    flow_gain: FloatArray
    gain_sd: float
    lean_share: float
    identity: str


def load_side_calibration(path: Path) -> SideCalibration:
    """Read what ``calibration/fit_side_view.py`` wrote.

    Parameters
    ----------
    path : Path
        An ``.npz``.

    Returns
    -------
    SideCalibration
        Its ``identity`` is "side-view-" and the first twelve hexadecimal digits of the file's SHA-256.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    KeyError
        If one of the numbers is not in it.
    """
    with np.load(path) as stored:
        wide = {name: stored[name].astype(np.float64) for name in stored.files}
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return SideCalibration(
        neck=wide["neck"],
        trunk=wide["trunk"],
        nodes_deg=wide["nodes_deg"],
        reading_sd_deg=wide["reading_sd_deg"],
        sd_factor=wide["sd_factor"],
        flow_gain=wide["flow_gain"],
        gain_sd=float(wide["gain_sd"]),
        lean_share=float(wide["lean_share"]),
        identity=f"side-view-{digest}",
    )


@cache
def shipped_side_calibration() -> SideCalibration:
    """The fitted numbers that travel with the package.

    Returns
    -------
    SideCalibration
        Read once.

    Raises
    ------
    EnvironmentProblemError
        If the installation lacks the file.
    """
    return load_side_calibration(resource("calibration", "side_view.npz"))
