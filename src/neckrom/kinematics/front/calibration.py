"""All fitted numbers of the front view, and the file that they travel in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from neckrom.kinematics.front.flow import MotionModel, pack_motion, unpack_motion
from neckrom.kinematics.front.fusion import Fused
from neckrom.kinematics.front.lens import LensModel, pack_lens, unpack_lens
from neckrom.kinematics.front.networks import (
    Networks,
    Prediction,
    pack_networks,
    read_arrays,
    unpack_networks,
)
from neckrom.kinematics.front.parameters import FusionParameters, TrackParameters, pack, unpack
from neckrom.resources import resource
from neckrom.types import FloatArray


@dataclass(frozen=True, slots=True)
class Calibration:
    """All fitted numbers, and the table that turns predicted into measured standard deviations.

    Attributes
    ----------
    networks : Networks
    fusion : FusionParameters
    motion : MotionModel
    sd_angles_deg : ndarray, shape (B,)
        Nodes of the table, size of the angle, rising.
    sd_factor : ndarray, shape (2, 6, B)
        Factor on the standard deviation at each node: flexion, extension, side-bend right and left,
        rotation right and left; first for clips without flow over the head, then for clips with it.
    stretch : ndarray, shape (2, 6, B)
        Factor on the neck angle at each node, same order: a fusion of uncertain readings leans towards
        small angles, this takes the lean off that was measured on people left out.
    tracks : TrackParameters
    tracks_stretch : ndarray, shape (6, B)
        The same for angles solved from points followed over the head.
    tracks_sd : ndarray, shape (6, 5)
        What the variance of a solved angle is made of, a row a direction: a standard deviation in degrees
        that is always there, and factors on the solution's own, on its difference from the reading that
        held it, on the trunk's standard deviation in the same plane, and on the angle itself: heads have
        other shapes than the ellipsoid.
    lens : LensModel
    identity : str
        Of the file's content.
    """

    networks: Networks
    fusion: FusionParameters
    motion: MotionModel
    sd_angles_deg: FloatArray
    sd_factor: FloatArray
    stretch: FloatArray
    tracks: TrackParameters
    tracks_stretch: FloatArray
    tracks_sd: FloatArray
    lens: LensModel
    identity: str

    def stretched(self, fused: Fused, *, flow: bool) -> Fused:
        """Angles without their lean towards small ones, and their standard deviations with them.

        Parameters
        ----------
        fused : Fused, N frames
            Degrees; the first three columns are the neck's.
        flow : bool
            Whether flow over the head was recorded: which of the two tables counts.

        Returns
        -------
        Fused, N frames
            The trunk is left as it is.
        """
        factors = self.factors(self.stretch[int(flow)], fused.angles_deg)
        return replace(fused, angles_deg=fused.angles_deg * factors, sd_deg=fused.sd_deg * factors)

    def with_measured_sd(self, fused: Fused, *, flow: bool) -> Prediction:
        """Standard deviations scaled to residuals measured on people not used for the networks.

        Parameters
        ----------
        fused : Fused, N frames
            As from :meth:`stretched`, degrees.
        flow : bool
            Whether flow over the head was recorded: which of the two tables counts.

        Returns
        -------
        Prediction, N frames
            The same angles; the trunk's standard deviations are not scaled.
        """
        factors = self.factors(self.sd_factor[int(flow)], fused.angles_deg)
        return Prediction(fused.angles_deg, fused.sd_deg * factors)

    def factors(self, table: FloatArray, angles_deg: FloatArray) -> FloatArray:
        """Factors for the three neck angles from one of the tables, by their direction and size.

        Parameters
        ----------
        table : ndarray, shape (6, B)
            One of those for ``sd_angles_deg``; rows as for :func:`factors_at`.
        angles_deg : ndarray, shape (N, K)

        Returns
        -------
        ndarray, shape (N, K)
            1 for the trunk.
        """
        return factors_at(self.sd_angles_deg, table, angles_deg)


def factors_at(nodes_deg: FloatArray, table: FloatArray, angles_deg: FloatArray) -> FloatArray:
    """Factors from a table over direction and size of an angle.

    Parameters
    ----------
    nodes_deg : ndarray, shape (B,)
    table : ndarray, shape (6, B)
        Flexion, extension, side-bend right and left, rotation right and left.
    angles_deg : ndarray, shape (N, K)
        Flexion, lateral, rotation, and others, whose factor is 1.

    Returns
    -------
    ndarray, shape (N, K)
    """
    factors = np.ones_like(angles_deg)
    for axis in range(3):
        size = np.abs(angles_deg[:, axis])
        forth, back = (np.interp(size, nodes_deg, table[2 * axis + i]) for i in (0, 1))
        factors[:, axis] = np.where(angles_deg[:, axis] >= 0, forth, back)
    return factors


def load_calibration(path: Path) -> Calibration:
    """Read the fitted numbers.

    Parameters
    ----------
    path : Path
        An ``.npz`` as written by :func:`save_calibration`.

    Returns
    -------
    Calibration
        Its ``identity`` is the version and the first twelve hexadecimal digits of the file's SHA-256.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    KeyError
        If one of the tables is not in it, those of the lens aside. A single number of the fusion or of the tracks that
        is missing is the default.
    """
    arrays = read_arrays(path)
    digest = sha256(path.read_bytes()).hexdigest()[:12]
    return Calibration(
        networks=unpack_networks(arrays),
        fusion=unpack(FusionParameters, arrays),
        motion=unpack_motion(arrays),
        sd_angles_deg=np.asarray(arrays["sd.angles_deg"], dtype=np.float64),
        sd_factor=np.asarray(arrays["sd.factor"], dtype=np.float64),
        stretch=np.asarray(arrays["stretch"], dtype=np.float64),
        tracks=unpack(TrackParameters, arrays),
        tracks_stretch=np.asarray(arrays["tracks_stretch"], dtype=np.float64),
        tracks_sd=np.asarray(arrays["tracks_sd"], dtype=np.float64),
        lens=unpack_lens(arrays),
        identity=f"{arrays['version']}-{digest}",
    )


def save_calibration(path: Path, calibration: Calibration, version: str) -> None:
    """Write the fitted numbers; the identity is made from the content when they are read.

    Parameters
    ----------
    path : Path
        To write, with the ending ``.npz``.
    calibration : Calibration
        Tables are kept in single precision, the weights of the networks in half.
    version : str
        Of the fit; the identity begins with it.
    """
    arrays: dict[str, NDArray[np.generic]] = {
        **pack_networks(calibration.networks),
        **pack(calibration.fusion),
        **pack_motion(calibration.motion),
        "sd.angles_deg": calibration.sd_angles_deg.astype(np.float32),
        "sd.factor": calibration.sd_factor.astype(np.float32),
        "stretch": calibration.stretch.astype(np.float32),
        **pack(calibration.tracks),
        "tracks_stretch": calibration.tracks_stretch.astype(np.float32),
        "tracks_sd": calibration.tracks_sd.astype(np.float32),
        **pack_lens(calibration.lens),
        "version": np.array(version),
    }
    np.savez_compressed(path, **cast("dict[str, NDArray[np.float64]]", arrays))


@cache
def shipped_calibration() -> Calibration:
    """The fitted numbers that travel with the package.

    Returns
    -------
    Calibration
        Read once.

    Raises
    ------
    EnvironmentProblemError
        If the installation lacks the file.
    """
    return load_calibration(resource("calibration", "estimator.npz"))
