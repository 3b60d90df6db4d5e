"""Calibrate a camera from views of the board, and say whether the outcome can be trusted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

import cv2
import numpy as np

from neckrom.camera_profiles.board import BOARD, Board
from neckrom.camera_profiles.profile import CameraProfile
from neckrom.camera_profiles.views import FEWEST_CORNERS, Sightings, View, chosen_views, find_views
from neckrom.errors import CalibrationError
from neckrom.kinematics.camera import (
    DEFAULT_HFOV_DEG,
    can_be_undistorted,
    distorted,
)
from neckrom.types import CameraModel, FloatArray, ImageArray

FEWEST_VIEWS = 10
TILTED_DEG, FEWEST_TILTED = 20.0, 4
"""Seen straight on, a near board and a long lens look alike: only tilted views tell them apart."""
EDGE_SHARE = 0.14
"""The board must have come this close to each edge, as a share of the picture's width or height."""
LEAST_COVERED = 0.45
GRID = 8
"""Cells along the longer side in which coverage is counted."""
MOST_FOCAL_SD, MOST_FOCAL_SCATTER = 0.005, 0.008
"""Of the focal length, from the corners' own scatter and between parts of the views: 0.5 % is 0.3 deg of field
of view."""
MOST_RMS_PX = 0.6
"""In a picture of 1280 pixels. A board that sags by 2 mm gives 0.5 and a field of view 2 deg too small."""
HELPS = 0.99
"""A freer model must bring the error on views that it was not fitted to below this share."""
_OUTLIER, _MOST_LEFT_OUT = 5.0, 0.25
_PARTS = 5

_FREED = (cv2.CALIB_ZERO_TANGENT_DIST, cv2.CALIB_FIX_ASPECT_RATIO, cv2.CALIB_FIX_K3)
"""What is fixed at first, and let free only where that helps: p1 and p2, fx apart from fy, k3."""
_PLAIN = cv2.CALIB_USE_INTRINSIC_GUESS | sum(_FREED)


@dataclass(frozen=True, slots=True)
class Calibration:
    """A camera, and how well it is known.

    Attributes
    ----------
    camera : CameraModel
        Pixels count from the corner of the picture.
    rms_px : float
        Reprojection error.
    views, corners : int
        That it was made from.
    covered : float
        Share of the picture in which the board was seen.
    tilt_deg : float
        Largest tilt of the board.
    distance_mm : tuple of two float
        Nearest and farthest board.
    hfov_error_deg : float
        Half of the 95 % interval of the field of view, from the scatter of the corners and between views.
    bending_px : float
        Largest shift by the lens within the picture.
    mirrored : bool
        The pictures are stored mirrored.
    """

    camera: CameraModel
    rms_px: float
    views: int
    corners: int
    covered: float
    tilt_deg: float
    distance_mm: tuple[float, float]
    hfov_error_deg: float
    bending_px: float
    mirrored: bool

    def profile(self, name: str, created: datetime) -> CameraProfile:
        """As a profile.

        Parameters
        ----------
        name : str
        created : datetime

        Returns
        -------
        CameraProfile
            Lengths in pixels, rounded to four decimals.
        """
        camera = self.camera
        return CameraProfile(
            name=name,
            width=camera.width,
            height=camera.height,
            hfov_deg=round(camera.hfov_deg, 2),
            fx=round(camera.fx, 4),
            fy=round(camera.fy, 4),
            cx=round(camera.cx, 4),
            cy=round(camera.cy, 4),
            distortion=tuple(round(value, 8) for value in camera.distortion),
            rms_px=round(self.rms_px, 4),
            views=self.views,
            created=created,
        )


@dataclass(frozen=True, slots=True)
class _Fit:
    """What OpenCV found.

    Attributes
    ----------
    matrix : ndarray, shape (3, 3)
    lens : ndarray, shape (5,)
    turns, shifts : ndarray, shape (V, 3)
        Board to camera.
    rms_px : float
    focal_sd : float
        As a share of the focal length.
    """

    matrix: FloatArray
    lens: FloatArray
    turns: FloatArray
    shifts: FloatArray
    rms_px: float
    focal_sd: float


@dataclass(frozen=True, slots=True)
class _CrossCheck:
    """How fits to parts of the views do on the rest.

    Attributes
    ----------
    error_px : float
        Reprojection error on views that the fit has not seen.
    focal_sd : float
        Scatter of the focal length (jackknife), as a share of it: what the corners' own scatter does not show,
        such as a camera that zooms or a board that bends.
    """

    error_px: float
    focal_sd: float


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Views that agree, how many were left out for not agreeing, and the fit to them."""

    views: tuple[View, ...]
    left_out: int
    fit: _Fit
    focal_sd: float


def calibrate(pictures: Iterable[ImageArray], board: Board = BOARD) -> Calibration:
    """Calibrate a camera from pictures of the board.

    Parameters
    ----------
    pictures : iterable of ndarray, shape (height, width, 3), RGB
        Upright and of one size; each is looked at once.
    board : Board

    Returns
    -------
    Calibration
        Lengths in pixels of the upright picture.

    Raises
    ------
    CalibrationError
        If the pictures do not say enough for an outcome that can be trusted, with all that is missing.
    """
    sightings = find_views(pictures, board)
    views = chosen_views(sightings, board)
    if len(views) < FEWEST_VIEWS:
        raise CalibrationError("The camera was not calibrated.", _too_few(sightings, views))
    chosen = _best_fit(views, sightings, board)
    views, fit = chosen.views, chosen.fit
    camera = _camera(fit, sightings)
    tilts_deg = _tilts_deg(fit)
    problems = [
        *_badly_held(views, sightings, tilts_deg),
        *_badly_fitted(chosen, camera, sightings),
    ]
    if problems:
        raise CalibrationError(
            f"The camera was not calibrated from these {len(views)} views of the board.",
            tuple(problems),
        )
    middles = _middles_mm(fit, board)
    return Calibration(
        camera=camera,
        rms_px=fit.rms_px,
        views=len(views),
        corners=sum(len(view.numbers) for view in views),
        covered=_covered(views, sightings),
        tilt_deg=float(tilts_deg.max()),
        distance_mm=(float(middles.min()), float(middles.max())),
        hfov_error_deg=_hfov_error_deg(camera, max(fit.focal_sd, chosen.focal_sd)),
        bending_px=_bending_px(camera),
        mirrored=sightings.mirrored,
    )


# --------------------------------------------------------------------- fitting


def _best_fit(views: tuple[View, ...], sightings: Sightings, board: Board) -> _Chosen:
    """The fit that predicts views best that it has not seen, without what agrees with nothing else."""
    first = _fit(views, sightings, board, _PLAIN)
    kept = _agreeing(views, first, board)
    flags, check = _PLAIN, _cross_check(kept, sightings, board, _PLAIN, first)
    for fixed in _FREED:
        freer = _cross_check(kept, sightings, board, flags & ~fixed, first)
        if freer.error_px < HELPS * check.error_px:
            flags, check = flags & ~fixed, freer
    fit = _fit(kept, sightings, board, flags, first)
    return _Chosen(kept, len(views) - len(kept), fit, check.focal_sd)


def _agreeing(views: tuple[View, ...], fit: _Fit, board: Board) -> tuple[View, ...]:
    """Views without the corners that lie far off; those go that lose half of theirs."""
    corners_mm = board.corners_mm()
    off_px = [
        np.linalg.norm(_shown(corners_mm[view.numbers], turn, shift, fit) - view.corners, axis=1)
        for view, turn, shift in zip(views, fit.turns, fit.shifts, strict=True)
    ]
    limit_px = _OUTLIER * float(np.median(np.concatenate(off_px)))
    kept = []
    for view, off in zip(views, off_px, strict=True):
        near = off <= limit_px
        if near.sum() >= max(FEWEST_CORNERS, len(near) / 2):
            kept.append(replace(view, corners=view.corners[near], numbers=view.numbers[near]))
    return tuple(kept)


def _shown(points_mm: FloatArray, turn: FloatArray, shift: FloatArray, fit: _Fit) -> FloatArray:
    """Where the fitted camera shows points of the board."""
    shown, _ = cv2.projectPoints(points_mm, turn, shift, fit.matrix, fit.lens)
    return np.asarray(shown, dtype=np.float64).reshape(-1, 2)


def _fit(
    views: Sequence[View], sightings: Sightings, board: Board, flags: int, start: _Fit | None = None
) -> _Fit:
    """Fit a camera to views, from an earlier fit or a guess."""
    width, height = sightings.width, sightings.height
    focal = max(width, height) / 2 / np.tan(np.radians(DEFAULT_HFOV_DEG) / 2)
    guess = np.array([[focal, 0, width / 2 - 0.5], [0, focal, height / 2 - 0.5], [0, 0, 1.0]])
    corners_mm = board.corners_mm().astype(np.float32)
    try:
        rms, matrix, lens, turns, shifts, spread, *_ = cv2.calibrateCameraExtended(
            [corners_mm[view.numbers] for view in views],
            [view.corners.astype(np.float32) for view in views],
            (width, height),
            guess if start is None else start.matrix.copy(),
            np.zeros(5) if start is None else start.lens.copy(),
            flags=flags,
        )
    except cv2.error as error:
        raise CalibrationError(
            "The camera was not calibrated: these views of the board fit no camera. Film the board again, "
            "flat and in many positions."
        ) from error
    return _Fit(
        matrix=np.asarray(matrix, dtype=np.float64),
        lens=np.asarray(lens, dtype=np.float64).ravel()[:5],
        turns=np.array(turns, dtype=np.float64).reshape(-1, 3),
        shifts=np.array(shifts, dtype=np.float64).reshape(-1, 3),
        rms_px=float(rms),
        focal_sd=float(np.ravel(spread)[1] / matrix[1, 1]),  # fx has none where it is tied to fy
    )


def _cross_check(
    views: tuple[View, ...], sightings: Sightings, board: Board, flags: int, start: _Fit
) -> _CrossCheck:
    """Fit without each part of the views in turn."""
    corners_mm = board.corners_mm()
    squares: list[FloatArray] = []
    focals: list[float] = []
    for part in range(_PARTS):
        fit = _fit(
            [view for n, view in enumerate(views) if n % _PARTS != part], sightings, board, flags, start
        )
        focals.append(float(fit.matrix[0, 0]))
        for view in views[part::_PARTS]:
            model = corners_mm[view.numbers]
            _, turn, shift = cv2.solvePnP(model, view.corners, fit.matrix, fit.lens)
            shown = _shown(
                model, np.asarray(turn, dtype=np.float64), np.asarray(shift, dtype=np.float64), fit
            )
            squares.append(((shown - view.corners) ** 2).sum(axis=1))
    focal = np.array(focals)
    jackknife = np.sqrt((_PARTS - 1) / _PARTS * ((focal - focal.mean()) ** 2).sum()) / focal.mean()
    return _CrossCheck(float(np.sqrt(np.mean(np.concatenate(squares)))), float(jackknife))


def _camera(fit: _Fit, sightings: Sightings) -> CameraModel:
    """In pixels that count from the corner of the picture."""
    lens = tuple(map(float, fit.lens))
    return CameraModel(
        fx=float(fit.matrix[0, 0]),
        fy=float(fit.matrix[1, 1]),
        cx=float(fit.matrix[0, 2]) + 0.5,
        cy=float(fit.matrix[1, 2]) + 0.5,
        width=sightings.width,
        height=sightings.height,
        origin="calibrated",
        assumed=False,
        distortion=lens if lens[4] else lens[:4],
    )


# ------------------------------------------------------------------- judgement


def _too_few(sightings: Sightings, views: tuple[View, ...]) -> tuple[str, ...]:
    """Why there are not enough views, and what to do."""
    found, sharp = len(sightings.views), len(sightings.sharp)
    problems = [
        f"too few views: {FEWEST_VIEWS} different ones of the whole board or a good part of it are needed, and "
        f"{len(views)} came out of {sightings.pictures} pictures (board found in {found}"
        + (f", only some of its markers in {sightings.partial}" if sightings.partial else "")
        + "). Film for about 40 seconds and hold the board in many places and positions."
    ]
    if found + sightings.partial == 0:
        problems.append(
            "no marker of the board was seen at all: is it the one that neckrom calibrate board prints, in "
            "focus, lit evenly and at most an arm's length away?"
        )
    if sightings.partial > found:
        problems.append(
            f"in {sightings.partial} of {sightings.pictures} pictures the board was there but could not be made out: "
            "too blurred, too dark, too far away or mostly outside the picture."
        )
    if sharp < found:
        problems.append(_blurred(sightings))
    elif sharp >= FEWEST_VIEWS:
        problems.append("the board hardly moved: most pictures show it in the same position.")
    return tuple(problems)


def _blurred(sightings: Sightings) -> str:
    found = len(sightings.views)
    return (
        f"blurred: in {found - len(sightings.sharp)} of {found} pictures the board's edges are too soft to use. "
        "More light, a wiped lens, slower movement with stops, and not too near for the camera's focus."
    )


def _badly_held(views: tuple[View, ...], sightings: Sightings, tilts_deg: FloatArray) -> list[str]:
    problems = []
    tilted = int((tilts_deg >= TILTED_DEG).sum())
    if tilted < FEWEST_TILTED:
        problems.append(
            f"the board was {'never' if not tilted else 'hardly ever'} tilted ({tilted} views by {TILTED_DEG:g} "
            f"deg or more, {tilts_deg.max():.0f} at most): seen straight on, nothing tells a long lens from a near "
            "board. Tilt it to the left, to the right, forward and back by a third of a right angle or more."
        )
    missed = _missed_edges(views, sightings)
    if missed:
        problems.append(
            f"the board was never near the {_listed(missed)} edge of the picture, where a lens bends most: move it "
            "there until it sticks out of the picture."
        )
    covered = _covered(views, sightings)
    if covered < LEAST_COVERED:
        problems.append(
            f"the board was seen in {100 * covered:.0f} % of the picture only, {100 * LEAST_COVERED:.0f} % are "
            "needed: move it through all of the picture, corners too."
        )
    return problems


def _badly_fitted(chosen: _Chosen, camera: CameraModel, sightings: Sightings) -> list[str]:
    fit, problems = chosen.fit, []
    limit_px = max(0.5, MOST_RMS_PX * max(sightings.width, sightings.height) / 1280)
    if fit.rms_px > limit_px:
        problems.append(
            f"the corners are {fit.rms_px:.2f} px off where any lens would show them (at most {limit_px:.2f}): the "
            "board must be flat and of the right kind, hold it still for a moment in each place, and switch off zoom "
            "and image stabilisation."
        )
    if not fit.focal_sd <= MOST_FOCAL_SD:
        problems.append(
            f"the focal length is known to {100 * fit.focal_sd:.1f} % only ({100 * MOST_FOCAL_SD:.1f} % are needed): "
            "tilt the board more, and bring it closer."
        )
    elif not chosen.focal_sd <= MOST_FOCAL_SCATTER:
        problems.append(
            f"parts of the pictures disagree: the focal length scatters by {100 * chosen.focal_sd:.1f} % between them "
            f"(at most {100 * MOST_FOCAL_SCATTER:.1f} %). Switch off zoom, autofocus and image stabilisation, and "
            "mount the board so that it cannot bend."
        )
    sensible = 20 <= camera.hfov_deg <= 150 and can_be_undistorted(camera)
    middle = abs(camera.cx / camera.width - 0.5) < 0.2 and abs(camera.cy / camera.height - 0.5) < 0.2
    if not (sensible and middle):
        problems.append(
            f"the outcome is no camera's (field of view {camera.hfov_deg:.0f} deg, lens "
            f"{', '.join(f'{value:.2f}' for value in camera.distortion)}): these pictures do not tie it down, or the "
            "lens is a fisheye, which this model cannot describe."
        )
    count = len(chosen.views)
    if count < FEWEST_VIEWS or chosen.left_out > _MOST_LEFT_OUT * (count + chosen.left_out):
        problems.append(
            f"{chosen.left_out} of {count + chosen.left_out} views do not agree with the others: the board must not "
            "bend, and the camera must not zoom."
        )
    if len(sightings.sharp) < len(sightings.views) / 2:
        problems.append(_blurred(sightings))
    return problems


def _missed_edges(views: tuple[View, ...], sightings: Sightings) -> list[str]:
    corners = np.concatenate([view.corners for view in views])
    low, high = corners.min(axis=0), corners.max(axis=0)
    width, height = sightings.width, sightings.height
    gaps = {
        "left": low[0] / width,
        "right": 1 - high[0] / width,
        "upper": low[1] / height,
        "lower": 1 - high[1] / height,
    }
    if sightings.mirrored:  # the user knows the picture as it is stored
        gaps["left"], gaps["right"] = gaps["right"], gaps["left"]
    return [name for name, gap in gaps.items() if gap > EDGE_SHARE]


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _covered(views: tuple[View, ...], sightings: Sightings) -> float:
    """Share of the cells of a grid over the picture that lie within the board of some view."""
    long_side = max(sightings.width, sightings.height)
    columns = max(1, round(GRID * sightings.width / long_side))
    rows = max(1, round(GRID * sightings.height / long_side))
    x, y = np.meshgrid(
        (np.arange(columns) + 0.5) * sightings.width / columns,
        (np.arange(rows) + 0.5) * sightings.height / rows,
    )
    cells = np.column_stack([x.ravel(), y.ravel()])
    seen = np.zeros(len(cells), dtype=bool)
    for view in views:
        outline = cv2.convexHull(view.corners.astype(np.float32))
        seen |= [cv2.pointPolygonTest(outline, tuple(map(float, cell)), False) >= 0 for cell in cells]
    return float(seen.mean())


def _tilts_deg(fit: _Fit) -> FloatArray:
    """Angle between the board and the plane of the picture, for each view."""
    cosine = np.array([cv2.Rodrigues(turn)[0][2, 2] for turn in fit.turns])
    return np.asarray(np.degrees(np.arccos(np.clip(np.abs(cosine), 0.0, 1.0))))


def _middles_mm(fit: _Fit, board: Board) -> FloatArray:
    """Distance from the camera to the middle of the board, for each view."""
    middle = np.append(np.array(board.size_mm) / 2, 0.0)
    rotations = np.array([cv2.Rodrigues(turn)[0] for turn in fit.turns])
    return np.asarray(np.linalg.norm(rotations @ middle + fit.shifts, axis=1))


def _hfov_error_deg(camera: CameraModel, focal_sd: float) -> float:
    angles = [
        2 * np.degrees(np.arctan(camera.width / 2 / (camera.fx * (1 + side * 1.96 * focal_sd))))
        for side in (1, -1)
    ]
    return float(max(abs(angle - camera.hfov_deg) for angle in angles))


def _bending_px(camera: CameraModel) -> float:
    """Largest shift along the edges of the picture."""
    outline = [(0, 0), (camera.width, 0), (camera.width, camera.height), (0, camera.height), (0, 0)]
    edge = np.concatenate([np.linspace(a, b, 50) for a, b in pairwise(outline)])
    return float(np.linalg.norm(distorted(edge, camera) - edge, axis=1).max())
