"""Pictures of the calibration board, drawn with a camera that is known exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from neckrom.camera_profiles.board import BOARD
from neckrom.types import CameraModel

TEXTURE_PX_PER_MM = 4
MARGIN_MM = 8


def camera(
    width: int,
    height: int,
    hfov_deg: float,
    distortion: tuple[float, ...] = (),
    shift: tuple[float, float] = (0, 0),
) -> CameraModel:
    """Square pixels; the principal point lies ``shift`` from the middle."""
    focal = width / 2 / np.tan(np.radians(hfov_deg) / 2)
    return CameraModel(
        fx=focal,
        fy=focal,
        cx=width / 2 + shift[0],
        cy=height / 2 + shift[1],
        width=width,
        height=height,
        origin="drawn",
        assumed=False,
        distortion=distortion,
    )


@dataclass(frozen=True, slots=True)
class Held:
    """How the board is held: its middle in the camera frame, mm, and its turns about x, y and z, degrees."""

    middle_mm: tuple[float, float, float]
    turns_deg: tuple[float, float, float] = (0, 0, 0)


def aimed(camera: CameraModel, x: float, y: float, distance_mm: float, turns_deg: Sequence[float]) -> Held:
    """The board's middle at a place of the picture, -1 to 1 from edge to edge (of the pinhole)."""
    across = x * camera.width / 2 / camera.fx * distance_mm
    down = y * camera.height / 2 / camera.fy * distance_mm
    return Held((across, down, distance_mm), tuple(turns_deg))


def good_poses(camera: CameraModel) -> list[Held]:
    """What a careful person does: middle, corners, edges, near and far, tilted each way."""
    near = 420 * camera.fx / max(camera.width, camera.height) / 0.8
    places = [
        (0, 0, 1.3, (0, 0, 0)),
        (0, 0, 1.2, (32, 0, 0)),
        (0, 0, 1.2, (-32, 0, 0)),
        (0, 0, 1.2, (0, 35, 5)),
        (0, 0, 1.2, (0, -35, -5)),
        (-0.7, -0.6, 1.1, (25, 25, 0)),
        (0.7, -0.6, 1.1, (25, -25, 0)),
        (-0.7, 0.6, 1.1, (-25, 25, 90)),
        (0.7, 0.6, 1.1, (-25, -25, 90)),
        (-0.75, 0, 1.0, (5, 30, 0)),
        (0.75, 0, 1.0, (5, -30, 0)),
        (0, -0.7, 1.0, (30, 0, 90)),
        (0, 0.7, 1.0, (-30, 0, 90)),
        (-0.4, 0.2, 1.7, (10, 40, 20)),
        (0.4, -0.2, 1.7, (-40, 10, -20)),
        (0.2, 0.3, 2.0, (20, -20, 45)),
        (-0.2, -0.3, 2.0, (-20, 20, -45)),
        (0.8, 0.7, 1.3, (0, -15, 0)),
        (-0.8, -0.7, 1.3, (0, 15, 0)),
        (-0.8, 0.7, 1.3, (15, 0, 0)),
        (0.8, -0.7, 1.3, (-15, 0, 0)),
    ]
    return [aimed(camera, x, y, near * distance, turns) for x, y, distance, turns in places]


@cache
def _texture() -> np.ndarray:
    cells = np.where(BOARD.black_cells(), 25, 235).astype(np.uint8)
    scale = round(BOARD.square_mm / 8 * TEXTURE_PX_PER_MM)
    drawn = np.kron(cells, np.ones((scale, scale), dtype=np.uint8))
    margin = MARGIN_MM * TEXTURE_PX_PER_MM
    framed = cv2.copyMakeBorder(drawn, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=235)
    return cv2.GaussianBlur(framed, (0, 0), 1.2)  # finer than the pictures: keeps sampling from aliasing


@cache
def _rays(camera: CameraModel) -> np.ndarray:
    """Direction of every pixel, shape (height, width, 3), by OpenCV's own inversion."""
    matrix = np.array([[camera.fx, 0, camera.cx], [0, camera.fy, camera.cy], [0, 0, 1]])
    x, y = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    pixels = np.column_stack([x.ravel(), y.ravel()]).reshape(-1, 1, 2)
    stop = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 100, 1e-10)
    plane = cv2.undistortPointsIter(
        pixels, matrix, np.array(camera.distortion or (0.0,) * 4), None, None, stop
    )
    rays = np.column_stack([plane.reshape(-1, 2), np.ones(len(plane))])
    return rays.reshape(camera.height, camera.width, 3)


def picture(
    camera: CameraModel, held: Held, *, blur_px: float = 0.8, noise: float = 3.0, seed: int = 0
) -> np.ndarray:
    """RGB picture of the board before a plain wall."""
    rotation = Rotation.from_euler("xyz", held.turns_deg, degrees=True).as_matrix()
    middle = np.array([*BOARD.size_mm, 0]) / 2
    origin = np.array(held.middle_mm) - rotation @ middle
    rays = _rays(camera)
    depth = (rotation[:, 2] @ origin) / (rays @ rotation[:, 2])
    on_board = (rays * depth[..., None] - origin) @ rotation[:, :2]
    on_texture = ((on_board + MARGIN_MM) * TEXTURE_PX_PER_MM - 0.5).astype(np.float32)
    shown = cv2.remap(
        _texture(),
        on_texture[..., 0],
        on_texture[..., 1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=120,
    )
    soft = cv2.GaussianBlur(shown.astype(np.float32), (0, 0), blur_px)
    grain = np.random.default_rng(seed).normal(0, noise, soft.shape)
    grey = np.clip(soft + grain, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def pictures(camera: CameraModel, poses: Sequence[Held], **look: float) -> list[np.ndarray]:
    return [picture(camera, held, seed=seed, **look) for seed, held in enumerate(poses)]
