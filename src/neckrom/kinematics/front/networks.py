"""The fitted networks: from feature blocks to angles, each with a standard deviation.

Two branches of small fully connected networks. The *face* branch corrects the rigid fit of the
face mesh; the *pose* branch reads the angles from the pose points alone and answers where the mesh
has collapsed. Every network is asked twice, once for the person and once for the mirrored person,
so that left and right are treated alike by construction.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neckrom.kinematics.front.features import Blocks, Rest
from neckrom.types import BoolArray, FloatArray

BranchName = Literal["face", "pose"]

MIRROR_SIGNS: FloatArray = np.array([1.0, -1.0, -1.0, 1.0, -1.0, -1.0])
"""Neck and trunk angles (flexion, lateral, rotation, twice) of the mirrored person."""

_SCALE_DEG = 20.0
"""Unit of what the networks give, as they were fitted (``calibration/fit_estimator.py``)."""
_LOG_SD_LIMITS = (-4.5, 1.5)
"""Logarithm of a standard deviation in that unit, as they were fitted: 0.2 to 90 deg."""
_FEATURE_LIMIT = 8.0
"""In the features' own unit size: what lies further out is taken to lie here."""


@dataclass(frozen=True, slots=True)
class Projection:
    """Principal directions of a feature block: ``(block - mean) @ basis``, each about unit size.

    Attributes
    ----------
    mean : ndarray, shape (B,)
    basis : ndarray, shape (B, D)
        Fitted: B numbers of a block to D features.
    """

    mean: FloatArray
    basis: FloatArray

    def __call__(self, block: FloatArray) -> FloatArray:
        """Project rows of a block; far outliers are limited.

        Parameters
        ----------
        block : ndarray, shape (n, B)

        Returns
        -------
        ndarray, shape (n, D)
            Each about unit size, between -8 and 8.
        """
        return np.clip((block - self.mean) @ self.basis, -_FEATURE_LIMIT, _FEATURE_LIMIT)


@dataclass(frozen=True, slots=True)
class Prediction:
    """Angles of N frames with their standard deviations, degrees; NaN where the branch saw nothing.

    Attributes
    ----------
    angles_deg, sd_deg : ndarray, shape (N, 6)
        Neck flexion, lateral, rotation; trunk flexion, lateral, rotation. Signs as in
        :class:`neckrom.types.AngleSeries`.
    """

    angles_deg: FloatArray
    sd_deg: FloatArray


Layer = tuple[FloatArray, FloatArray]
"""Weights, shape (inputs, outputs), and offset, shape (outputs,), of one layer of a network."""


@dataclass(frozen=True, slots=True)
class Networks:
    """Everything that is fitted for the per-frame answers.

    Attributes
    ----------
    projections : dict of str to Projection
        "face", "face0", "pose", "pose0", "world", "world0", "place", "rigid": moving blocks (minus
        their mean at rest where the block has one) and, with 0, the person at rest.
    log_distance : ndarray, shape (2,)
        Mean and scale of the log of the eye distance.
    branches : dict of BranchName to list of list of Layer
        The ensemble of each branch.
    posture : tuple of FloatArray
        Weights, shape (F, 3), and offset, shape (3,), of the linear fit of the resting thorax.
    """

    projections: dict[str, Projection]
    log_distance: FloatArray
    branches: dict[BranchName, list[list[Layer]]]
    posture: Layer


def predict(networks: Networks, branch: BranchName, views: tuple[View, View]) -> Prediction:
    """Answer of one branch, averaged over its networks and over the person and the mirrored person.

    Parameters
    ----------
    networks : Networks
    branch : {"face", "pose"}
    views : tuple of View
        The person, and the mirrored person.

    Returns
    -------
    Prediction
        The standard deviation holds the networks' own and their disagreement.
    """
    seen = views[0].seen(branch)
    angles, sd = np.full((len(seen), 6), np.nan), np.full((len(seen), 6), np.nan)
    if not seen.any():
        return Prediction(angles, sd)
    means, variances = [], []
    for view, signs in zip(views, (np.ones(6), MIRROR_SIGNS), strict=True):
        features = view.features(networks, branch, seen)
        start = view.starting_point(branch, seen)
        for layers in networks.branches[branch]:
            out = _forward(layers, features)
            means.append((out[:, :6] * _SCALE_DEG + start) * signs)
            variances.append(np.exp(2 * np.clip(out[:, 6:], *_LOG_SD_LIMITS)) * _SCALE_DEG**2)
    angles[seen] = np.mean(means, axis=0)
    sd[seen] = np.sqrt(np.mean(variances, axis=0) + np.var(means, axis=0))
    return Prediction(angles, sd)


@dataclass(frozen=True, slots=True)
class View:
    """What a network is asked about.

    Attributes
    ----------
    blocks : Blocks, N frames
    rest : Rest
        The person at rest.
    focal_known : bool
        Whether the focal length is known; else it is assumed.
    """

    blocks: Blocks
    rest: Rest
    focal_known: bool

    def seen(self, branch: BranchName) -> BoolArray:
        """Frames in which the branch can answer.

        Parameters
        ----------
        branch : {"face", "pose"}

        Returns
        -------
        ndarray, shape (N,), bool
            Those with a pose; for the face branch those that have a face as well.
        """
        pose = np.isfinite(self.blocks.pose).all(axis=1) & np.isfinite(self.blocks.world).all(axis=1)
        if branch == "pose":
            return np.asarray(pose)
        return np.asarray(pose & np.isfinite(self.blocks.rigid).all(axis=1))

    def starting_point(self, branch: BranchName, rows: BoolArray) -> FloatArray:
        """What the networks correct: the rigid fit for the face, zero for the pose.

        Parameters
        ----------
        branch : {"face", "pose"}
        rows : ndarray, shape (N,), bool
            The frames to answer, n of them.

        Returns
        -------
        ndarray, shape (n, 6), degrees
            Neck, then trunk, as in :class:`Prediction`; zero for the trunk.
        """
        start = np.zeros((int(rows.sum()), 6))
        if branch == "face":
            start[:, :3] = self.blocks.rigid[rows, :3]
        return start

    def features(self, networks: Networks, branch: BranchName, rows: BoolArray) -> FloatArray:
        """Inputs of the networks.

        Parameters
        ----------
        networks : Networks
            Their projections and ``log_distance`` are used.
        branch : {"face", "pose"}
            The face branch is given everything that the pose branch is, and the face besides.
        rows : ndarray, shape (N,), bool
            The frames to answer, n of them.

        Returns
        -------
        ndarray, shape (n, F)
        """
        use, blocks, rest = networks.projections, self.blocks, self.rest
        n = int(rows.sum())
        columns = [_repeat(use["face0"](rest.face[None]), n)]
        if branch == "face":
            columns += [
                use["face"](blocks.face[rows] - rest.face),
                use["place"](blocks.place[rows]),
                use["rigid"](blocks.rigid[rows]),
            ]
        columns += [
            use["pose"](blocks.pose[rows] - rest.pose),
            _repeat(use["pose0"](rest.pose[None]), n),
            use["world"](blocks.world[rows] - rest.world),
            _repeat(use["world0"](rest.world[None]), n),
        ]
        mean, scale = networks.log_distance
        columns.append(
            _repeat(np.array([[(np.log(rest.eye_distance) - mean) / scale, float(self.focal_known)]]), n)
        )
        return np.hstack(columns)


def resting_posture(networks: Networks, rest: Rest) -> FloatArray:
    """Turn from a person who faces the virtual camera squarely to the resting thorax.

    Parameters
    ----------
    networks : Networks
    rest : Rest

    Returns
    -------
    ndarray, shape (3,), degrees
        Rotation vector in body axes of the person who faces the camera.
    """
    weights, offset = networks.posture
    use = networks.projections
    features = np.hstack(
        [use["face0"](rest.face[None]), use["pose0"](rest.pose[None]), use["world0"](rest.world[None])]
    )
    return np.asarray((features @ weights)[0] + offset)


def _forward(layers: list[Layer], features: FloatArray) -> FloatArray:
    x = features
    for weights, offset in layers[:-1]:
        x = _silu(x @ weights + offset)
    weights, offset = layers[-1]
    return x @ weights + offset


def _silu(x: FloatArray) -> FloatArray:
    return np.asarray(x / (1.0 + np.exp(-np.clip(x, -30.0, 30.0))))


def _repeat(row: FloatArray, n: int) -> FloatArray:
    return np.broadcast_to(row, (n, row.shape[1]))


# ------------------------------------------------------------------ the file


def pack_networks(networks: Networks) -> dict[str, NDArray[np.generic]]:
    """Arrays for an ``.npz``.

    Parameters
    ----------
    networks : Networks

    Returns
    -------
    dict of str to ndarray
        Weights of the layers in half precision, their offsets and the projections in single.
    """
    arrays: dict[str, NDArray[np.generic]] = {"log_distance": networks.log_distance}
    for name, projection in networks.projections.items():
        arrays[f"projection.{name}.mean"] = projection.mean.astype(np.float32)
        arrays[f"projection.{name}.basis"] = projection.basis.astype(np.float32)
    for branch, ensemble in networks.branches.items():
        for i, layers in enumerate(ensemble):
            for j, (weights, offset) in enumerate(layers):
                arrays[f"branch.{branch}.{i}.{j}.weights"] = weights.astype(np.float16)
                arrays[f"branch.{branch}.{i}.{j}.offset"] = offset.astype(np.float32)
    arrays["posture.weights"], arrays["posture.offset"] = networks.posture
    return arrays


def unpack_networks(arrays: dict[str, NDArray[np.generic]]) -> Networks:
    """Inverse of :func:`pack_networks`.

    Parameters
    ----------
    arrays : dict of str to ndarray
        Others among them are passed over.

    Returns
    -------
    Networks
        In double precision.

    Raises
    ------
    KeyError
        If ``log_distance`` or the posture is missing.
    ValueError
        If a branch has no layers.
    """
    wide = {
        name: np.asarray(value, dtype=np.float64)
        for name, value in arrays.items()
        if name.split(".")[0] in _PARTS
    }
    projections = {
        name: Projection(wide[f"projection.{name}.mean"], wide[f"projection.{name}.basis"])
        for name in sorted({key.split(".")[1] for key in wide if key.startswith("projection.")})
    }
    names: tuple[BranchName, BranchName] = ("face", "pose")
    return Networks(
        projections=projections,
        log_distance=wide["log_distance"],
        branches={branch: _unpack_ensemble(wide, branch) for branch in names},
        posture=(wide["posture.weights"], wide["posture.offset"]),
    )


_PARTS = {"projection", "branch", "log_distance", "posture"}


def _unpack_ensemble(arrays: dict[str, FloatArray], branch: str) -> list[list[Layer]]:
    keys = [
        key.split(".") for key in arrays if key.startswith(f"branch.{branch}.") and key.endswith(".weights")
    ]
    size = 1 + max(int(key[2]) for key in keys)
    depth = 1 + max(int(key[3]) for key in keys)
    stem = f"branch.{branch}"
    return [
        [(arrays[f"{stem}.{i}.{j}.weights"], arrays[f"{stem}.{i}.{j}.offset"]) for j in range(depth)]
        for i in range(size)
    ]


def read_arrays(path: Path) -> dict[str, NDArray[np.generic]]:
    """All arrays of an ``.npz``.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it holds anything but plain arrays: nothing in it is run.
    """
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}
