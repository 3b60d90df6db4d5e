"""Compact tables of landmarks with truth, to fit the estimator and to measure its accuracy.

One ``.npz`` holds many clips: only the points in use, 16-bit, NaN as the smallest integer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from neckrom.kinematics.camera import pinhole
from neckrom.kinematics.front.features import FACE_POINTS
from neckrom.kinematics.front.flow import Motion
from neckrom.kinematics.pose_points import POSE_POINTS
from neckrom.types import (
    N_CHEST_TRACKS,
    N_FACE,
    N_MOTION,
    N_POSE,
    N_TRACKS,
    POSE_EARS,
    BoolArray,
    CameraModel,
    FloatArray,
    LandmarkSeries,
)

PIXEL_STEP: Final = 1 / 32
"""Pixels of one step; 16-bit numbers then reach 1023 px."""
METRE_STEP: Final = 1e-4
"""Metres of one step."""
FLOW_STEP: Final = 1 / 128
"""Pixels of displacement of one step, up to 255 px."""
ANGLE_STEP: Final = 1 / 128
"""Degrees of one step, up to 255 deg."""
_MISSING: Final = np.iinfo(np.int16).min
"""What stands for NaN."""


@dataclass(frozen=True, slots=True)
class TruthClip:
    """Landmarks of one clip with its truth.

    Attributes
    ----------
    name, person, phase_names : str, str, tuple of str
    time_s : ndarray, shape (N,)
        Seconds, rising.
    face, pose, world : ndarray, shape (N, 75, 3), (N, 15, 3), (N, 15, 3)
        Points in use, as :class:`neckrom.kinematics.front.features.Points`.
    motion : ndarray, shape (N, 14, 14, 2); NaN where not recorded
    motion_box : ndarray, shape (N, 3)
        Both in pixels, as :class:`neckrom.types.LandmarkFrame`.
    neck_deg, trunk_deg : ndarray, shape (N, 3)
        True angles, degrees; signs as everywhere (flexion, lateral right, rotation right positive).
    rest_thorax : ndarray, shape (4,)
        True thorax at neutral, quaternion (x, y, z, w), body to camera.
    at_rest : ndarray, shape (N,), bool
    phase : ndarray, shape (N,), str
        "neutral", "out", "hold", "back", "rest" of a protocol; empty in free movement.
    trial : ndarray, shape (N,), int; -1 outside trials
    focal, width, height : float
        True focal length and picture size, pixels; the optical centre is the picture's middle.
    tracks, chest_tracks : ndarray, shape (N, 160, 3) and (N, 80, 3), or None
        Points followed over head and chest: number of the point, x, y in pixels; NaN in empty rows.
    scenario : str
        JSON: person, camera, light and coding, as beside a clip; empty where it is not kept.
    """

    name: str
    person: str
    time_s: FloatArray
    face: FloatArray
    pose: FloatArray
    world: FloatArray
    motion: FloatArray
    motion_box: FloatArray
    neck_deg: FloatArray
    trunk_deg: FloatArray
    rest_thorax: FloatArray
    at_rest: BoolArray
    phase: NDArray[np.str_]
    trial: NDArray[np.int64]
    focal: float
    width: int
    height: int
    tracks: FloatArray | None = None
    chest_tracks: FloatArray | None = None
    scenario: str = ""

    def __len__(self) -> int:
        return len(self.time_s)

    def camera(self, *, known: bool) -> CameraModel:
        """The true camera, or the default one that the tool assumes without being told.

        Parameters
        ----------
        known : bool
            Whether the true one.

        Returns
        -------
        CameraModel
        """
        if not known:
            return pinhole(self.width, self.height)
        centre = (self.width / 2, self.height / 2)
        return CameraModel(self.focal, self.focal, *centre, self.width, self.height, "true", assumed=False)

    def landmarks(self) -> LandmarkSeries:
        """As the detector would hand them over; points that are not in use are NaN.

        Returns
        -------
        LandmarkSeries, N frames
            Visibility is 1 throughout: it is not kept.
        """
        n = len(self)
        face = np.full((n, N_FACE, 3), np.nan, dtype=np.float32)
        pose, world = (np.full((n, N_POSE, 3), np.nan, dtype=np.float32) for _ in range(2))
        face[:, FACE_POINTS], pose[:, POSE_POINTS], world[:, POSE_POINTS] = self.face, self.pose, self.world
        return LandmarkSeries(
            time_ns=np.round(self.time_s * 1e9).astype(np.int64),
            face=face,
            pose=pose,
            pose_visibility=np.ones((n, N_POSE), dtype=np.float32),
            pose_world=world,
            faces=np.isfinite(self.face[:, 0, 0]).astype(np.int64),
            pose_ran=np.isfinite(self.pose[:, 0, 0]),
            width=self.width,
            height=self.height,
            motion=self.motion.astype(np.float32) if self.has_motion else None,
            motion_box=self.motion_box.astype(np.float32) if self.has_motion else None,
            tracks=None if self.tracks is None else self.tracks.astype(np.float32),
            chest_tracks=None if self.chest_tracks is None else self.chest_tracks.astype(np.float32),
        )

    @property
    def has_motion(self) -> bool:
        """Whether the flow over the head was recorded."""
        return bool(np.isfinite(self.motion_box).any())

    def flow(self) -> Motion:
        """Displacements over the head, with the ears that place it.

        Returns
        -------
        Motion, N frames
            The ears are those of the frame before; NaN in the first.
        """
        ears = np.vstack([np.full((1, 2), np.nan), self.pose[:-1, POSE_EARS, :2].mean(axis=1)])
        return Motion(self.motion, self.motion_box, ears)


# shape of what the arrays of the file hold for each frame
_SHAPES: Final[dict[str, tuple[int, ...]]] = {
    "face": (len(FACE_POINTS), 3),
    "pose": (len(POSE_POINTS), 3),
    "world": (len(POSE_POINTS), 3),
    "motion": (N_MOTION, N_MOTION, 2),
    "motion_box": (3,),
    "neck_deg": (3,),
    "trunk_deg": (3,),
    "tracks.number": (N_TRACKS,),
    "tracks.place": (N_TRACKS, 2),
    "chest_tracks.number": (N_CHEST_TRACKS,),
    "chest_tracks.place": (N_CHEST_TRACKS, 2),
}


def _steps(coarser: int) -> dict[str, float]:
    return {
        "face": PIXEL_STEP * coarser,
        "pose": PIXEL_STEP * coarser,
        "world": METRE_STEP,
        "motion": FLOW_STEP * coarser,
        "motion_box": PIXEL_STEP,
        "neck_deg": ANGLE_STEP,
        "trunk_deg": ANGLE_STEP,
    }


def write_table(path: Path, clips: Sequence[TruthClip], *, coarser: int = 1) -> None:
    """Write clips as one compact table.

    Parameters
    ----------
    path : Path
        To write, with the ending ``.npz``.
    clips : sequence of TruthClip
        At least one; points that were followed are kept only if all clips have them.
    coarser : int
        Pixels and flow are kept in steps so many times as coarse. Places beyond 1023 px times this are cut to it.
    """
    arrays: dict[str, NDArray[np.generic]] = {
        name: _planes(np.concatenate([_packed(getattr(clip, name), step) for clip in clips]))
        for name, step in _steps(coarser).items()
    }
    arrays["coarser"] = np.array(coarser)
    for name in _TRACKS:
        tracks = [getattr(clip, name) for clip in clips]
        if all(track is not None for track in tracks):
            numbers = np.concatenate([_packed(_renumbered(track), 1.0) for track in tracks])
            places = np.concatenate([_packed(track[..., 1:], PIXEL_STEP * coarser) for track in tracks])
            arrays[f"{name}.number"], arrays[f"{name}.place"] = _planes(numbers), _planes(places)
    arrays["length"] = np.array([len(clip) for clip in clips])
    arrays["name"] = np.array([clip.name for clip in clips])
    arrays["person"] = np.array([clip.person for clip in clips])
    arrays["scenario"] = np.array([clip.scenario for clip in clips])
    arrays["camera"] = np.array([(clip.focal, clip.width, clip.height) for clip in clips])
    arrays["rest_thorax"] = np.array([clip.rest_thorax for clip in clips])
    for name in ("time_s", "at_rest", "phase", "trial"):
        arrays[name] = np.concatenate([getattr(clip, name) for clip in clips])
    np.savez_compressed(path, **arrays)


def read_table(path: Path) -> list[TruthClip]:
    """Inverse of :func:`write_table`, to within the steps.

    Parameters
    ----------
    path : Path

    Returns
    -------
    list of TruthClip

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    KeyError or ValueError
        If it is another kind of table.
    """
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    for name, shape in _SHAPES.items():
        if name in arrays:
            arrays[name] = _from_planes(arrays[name], shape)
    coarser = int(arrays.get("coarser", 1))
    steps = _steps(coarser)
    ends = np.cumsum(arrays["length"])
    clips = []
    for i, (end, length) in enumerate(zip(ends, arrays["length"], strict=True)):
        rows = slice(int(end - length), int(end))
        focal, width, height = arrays["camera"][i]
        clips.append(
            TruthClip(
                name=str(arrays["name"][i]),
                person=str(arrays["person"][i]),
                focal=float(focal),
                width=int(width),
                height=int(height),
                rest_thorax=arrays["rest_thorax"][i],
                time_s=arrays["time_s"][rows],
                at_rest=arrays["at_rest"][rows],
                phase=arrays["phase"][rows],
                trial=arrays["trial"][rows],
                **{name: _unpacked(arrays[name][rows], step) for name, step in steps.items()},
                scenario=str(arrays["scenario"][i]) if "scenario" in arrays else "",
                tracks=_tracks(arrays, "tracks", rows, PIXEL_STEP * coarser),
                chest_tracks=_tracks(arrays, "chest_tracks", rows, PIXEL_STEP * coarser),
            )
        )
    return clips


_TRACKS: Final = ("tracks", "chest_tracks")


def _renumbered(tracks: FloatArray) -> FloatArray:
    """Numbers of the points from 0 on; (N, K)."""
    numbers = tracks[..., 0].copy()
    known = np.isfinite(numbers)
    numbers[known] = np.unique(numbers[known], return_inverse=True)[1]
    return numbers


def _tracks(arrays: dict[str, NDArray[Any]], name: str, rows: slice, step: float) -> FloatArray | None:
    if f"{name}.number" not in arrays:
        return None
    number = _unpacked(arrays[f"{name}.number"][rows], 1.0)
    place = _unpacked(arrays[f"{name}.place"][rows], step)
    return np.asarray(np.concatenate([number[..., None], place], axis=-1))


def _planes(values: NDArray[np.int16]) -> NDArray[np.uint8]:
    """Values of shape (N, ...) as their two bytes apart, each number's course over time in a row: (2, K, N).

    It is the same, but a fifth smaller once compressed.
    """
    by_number = np.ascontiguousarray(values.reshape(len(values), -1).T.astype("<i2"))
    return np.ascontiguousarray(np.moveaxis(by_number.view(np.uint8).reshape(*by_number.shape, 2), -1, 0))


def _from_planes(planes: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.int16]:
    values = np.ascontiguousarray(np.moveaxis(planes, 0, -1)).view("<i2")[..., 0]
    return np.ascontiguousarray(values.T.astype(np.int16)).reshape(-1, *shape)


def _packed(values: FloatArray, step: float) -> NDArray[np.int16]:
    limit = np.iinfo(np.int16).max
    whole = np.clip(np.round(values / step), -limit, limit)
    return np.where(np.isfinite(values), whole, _MISSING).astype(np.int16)


def _unpacked(values: NDArray[np.int16], step: float) -> FloatArray:
    return np.where(values == _MISSING, np.nan, values * step)
