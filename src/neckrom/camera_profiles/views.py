"""Find the board in pictures, and choose the views that say most about the camera."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from neckrom.camera_profiles.board import MARKER_GAP, Board
from neckrom.kinematics.camera import DEFAULT_HFOV_DEG
from neckrom.types import Float32Array, FloatArray, ImageArray, IntArray

FEWEST_CORNERS = 8
"""A view with fewer corners says too little."""
MOST_VIEWS = 30
DISTINCT = 0.2
"""Two views closer than this say the same; in the units of :func:`_places`."""
MOST_BLUR_PX = 2.5
"""Standard deviation of the blur over an edge, in a picture of 1280 pixels; more hides where a corner is."""

_EDGE_PEAK = 1 / np.sqrt(2 * np.pi)
"""Steepest slope, per pixel, of a unit step blurred by one pixel's standard deviation."""


@dataclass(frozen=True, slots=True)
class View:
    """The board as one picture shows it.

    Attributes
    ----------
    corners : ndarray, shape (K, 2)
        Pixels, counted from the middle of the first one as OpenCV does.
    numbers : ndarray, shape (K,), int
        Which corners these are.
    blur_px : float
        Standard deviation of the blur, the larger of the board's two directions.
    """

    corners: FloatArray
    numbers: IntArray
    blur_px: float


@dataclass(frozen=True, slots=True)
class Sightings:
    """What was found in all pictures.

    Attributes
    ----------
    width, height : int
        Of the pictures.
    pictures : int
        How many there were.
    partial : int
        Pictures in which some marker was seen, but too few corners.
    mirrored : bool
        The pictures are stored mirrored; views are as the camera saw them.
    views : tuple of View
    """

    width: int
    height: int
    pictures: int
    partial: int
    mirrored: bool
    views: tuple[View, ...]

    @property
    def blur_limit_px(self) -> float:
        """Blur above which a view is left out."""
        return MOST_BLUR_PX * max(0.6, max(self.width, self.height) / 1280)

    @property
    def sharp(self) -> tuple[View, ...]:
        """Views that are sharp enough."""
        return tuple(view for view in self.views if view.blur_px <= self.blur_limit_px)


class BoardFinder:
    """Finds the board, also in pictures that are stored mirrored (where no marker can be read)."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._corners_mm = board.corners_mm()
        self._detector = cv2.aruco.CharucoDetector(board.charuco())
        self._mirrored: bool | None = None

    @property
    def mirrored(self) -> bool:
        """Whether the board was found in flipped pictures; false until it was found at all."""
        return bool(self._mirrored)

    def find(self, picture: ImageArray) -> View | int:
        """The board in an RGB picture, or, where it does not show enough, the number of markers seen.

        Parameters
        ----------
        picture : array of shape (height, width, 3), uint8

        Returns
        -------
        View or int
            A mirrored picture is recognised; from the first view on, all are taken to be as that one.
        """
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        markers = 0
        for mirrored in (False, True) if self._mirrored is None else (self._mirrored,):
            found = self._find(np.ascontiguousarray(grey[:, ::-1] if mirrored else grey, dtype=np.uint8))
            if isinstance(found, View):
                self._mirrored = mirrored
                return found
            markers = max(markers, found)
        return markers

    def _find(self, grey: ImageArray) -> View | int:
        corners, numbers, _, markers = self._detector.detectBoard(grey)
        count = 0 if markers is None else len(markers)
        if numbers is None or len(numbers) < FEWEST_CORNERS:
            return count
        rough = np.asarray(corners, dtype=np.float32).reshape(-1, 2)
        places, which = self._refined(grey, rough, np.asarray(numbers, dtype=np.int64).ravel())
        if (
            len(which) < FEWEST_CORNERS
            or min(np.ptp(self._corners_mm[which, :2], axis=0)) < self._board.square_mm
        ):
            return count  # all on one line
        return View(places, which, self._blur_px(grey, places, which))

    def _refined(
        self, grey: ImageArray, rough: Float32Array, numbers: IntArray
    ) -> tuple[FloatArray, IntArray]:
        """Corners found again with windows that hold no marker; those cut off by the picture's edge go.

        OpenCV's own are half a pixel off in some releases (before 4.13) and not in others.
        """
        between_mm = np.linalg.norm(self._corners_mm[numbers][:, None] - self._corners_mm[numbers], axis=2)
        between_px = np.linalg.norm(rough[:, None] - rough, axis=2)
        neighbours = np.isclose(between_mm, self._board.square_mm)
        square_px = float(between_px[neighbours].min(initial=np.inf)) if neighbours.any() else 16.0
        window = int(np.clip(round(MARKER_GAP * square_px), 2, 10))
        stop = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 50, 1e-3)
        fine = cv2.cornerSubPix(grey, rough[:, None].copy(), (window, window), (-1, -1), stop).reshape(-1, 2)
        height, width = grey.shape
        room = window + 2
        kept = (fine >= room).all(axis=1) & (fine <= [width - room, height - room]).all(axis=1)
        kept &= np.linalg.norm(fine - rough, axis=1) < window
        return fine[kept].astype(np.float64), numbers[kept]

    def _blur_px(self, grey: ImageArray, corners: FloatArray, numbers: IntArray) -> float:
        """From the steepest edges of the board, looked at straight on, across and down."""
        flat = self._corners_mm[numbers, :2]
        low, high = flat.min(axis=0), flat.max(axis=0)
        to_picture, _ = cv2.findHomography(flat, corners)
        if to_picture is None:
            return float("inf")
        middle = np.append((low + high) / 2, 1.0)
        seen = to_picture @ middle
        spread = (to_picture[:2, :2] - np.outer(seen[:2] / seen[2], to_picture[2, :2])) / seen[2]
        px_per_mm = np.linalg.norm(spread, axis=0)
        size = np.maximum(np.round((high - low) * px_per_mm), 8).astype(int)
        scale = size / (high - low)
        to_flat = np.array([[scale[0], 0, -low[0] * scale[0]], [0, scale[1], -low[1] * scale[1]], [0, 0, 1]])
        patch = cv2.warpPerspective(grey, to_flat @ np.linalg.inv(to_picture), tuple(map(int, size)))
        straight = patch.astype(np.float64)
        contrast = max(float(np.ptp(np.percentile(straight, [10, 90]))), 1.0)
        slopes = [np.percentile(np.abs(np.diff(straight, axis=axis)), 98.5) / contrast for axis in (0, 1)]
        return float(_EDGE_PEAK / max(min(slopes), 1e-3))


def find_views(pictures: Iterable[ImageArray], board: Board) -> Sightings:
    """Find the board in each picture; only what was found is kept, not the pictures.

    Parameters
    ----------
    pictures : iterable of array of shape (height, width, 3), uint8
        All of one size.
    board : Board

    Returns
    -------
    Sightings
    """
    finder = BoardFinder(board)
    views: list[View] = []
    width = height = count = partial = 0
    for picture in pictures:
        height, width = picture.shape[:2]
        count += 1
        found = finder.find(picture)
        if isinstance(found, View):
            views.append(found)
        else:
            partial += found > 0
    return Sightings(width, height, count, partial, finder.mirrored, tuple(views))


def chosen_views(sightings: Sightings, board: Board) -> tuple[View, ...]:
    """Up to :data:`MOST_VIEWS` sharp views that differ most from each other.

    The one with most corners comes first, then always the one farthest from all chosen so far, until the
    rest repeats them.

    Parameters
    ----------
    sightings : Sightings
    board : Board

    Returns
    -------
    tuple of View
    """
    views = sightings.sharp
    if not views:
        return ()
    places = _places(views, board, sightings.width, sightings.height)
    chosen = [max(range(len(views)), key=lambda index: len(views[index].numbers))]
    distance = np.linalg.norm(places - places[chosen[0]], axis=1)
    while len(chosen) < MOST_VIEWS and distance.max() > DISTINCT:
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, np.linalg.norm(places - places[chosen[-1]], axis=1))
    return tuple(views[index] for index in chosen)


def _places(views: tuple[View, ...], board: Board, width: int, height: int) -> FloatArray:
    """How each view holds the board, shape (N, 6): place in the picture, tilt, distance and turn.

    Units are such that half a picture, half a right angle of tilt or twice the distance count much the same.
    The camera is only guessed here.
    """
    focal = max(width, height) / 2 / np.tan(np.radians(DEFAULT_HFOV_DEG) / 2)
    matrix = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1.0]])
    corners_mm = board.corners_mm()
    middle = np.append(np.array(board.size_mm) / 2, 0.0)
    rows = []
    for view in views:
        _, turn, shift = cv2.solvePnP(
            corners_mm[view.numbers], view.corners, matrix, np.zeros(4), flags=cv2.SOLVEPNP_IPPE
        )
        rotation, _ = cv2.Rodrigues(turn)
        where = rotation @ middle + shift.ravel()
        rows.append(
            [
                *(2 * view.corners.mean(axis=0) / [width, height]),
                *(1.4 * rotation[:2, 2]),
                1.4 * np.log(max(where[2], 1.0)),
                0.5 * np.arctan2(rotation[1, 0], rotation[0, 0]),
            ]
        )
    return np.array(rows)
