"""The camera: a pinhole whose focal length is stated, calibrated or assumed, and what its lens bends.

Pixels count from the corner of the picture: the middle of the first pixel is (0.5, 0.5), the picture
ends at (width, height). OpenCV counts from the middle of the first pixel: its principal point is 0.5 less.

The lens bends as in Brown's model, with OpenCV's coefficients and their order: k1, k2, p1, p2 and,
where given, k3. With x, y on the plane at depth 1 and r its distance from the optical axis, the picture
shows ``x (1 + k1 r^2 + k2 r^4 + k3 r^6) + 2 p1 x y + p2 (r^2 + 2 x^2)``, and y likewise.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neckrom.columns import by_blocks
from neckrom.errors import OptionValueError
from neckrom.types import BoolArray, CameraModel, Float32Array, FloatArray, LandmarkSeries

DEFAULT_HFOV_DEG = 60.0
"""Field of view along the long side of the picture where the user states none: the middle of
webcams (55 to 78 deg) and of phone cameras filming video (55 to 70 deg)."""

ASSUMED_SD = 0.27
"""One standard deviation of the inverse focal length over that of ``DEFAULT_HFOV_DEG``, where the user states none:
fields of view of 33 to 82 deg lie within two of them. Laptop and phone cameras lie within one; portrait lenses,
cropped and zoomed pictures beyond."""
STATED_SD = 0.04
"""The same where the user states a field of view: makers round it, and video modes crop it."""
WRITTEN_SD = 0.08
"""The same where the file names a focal length: it is that of the whole sensor, and a video takes less of it."""
VIDEO_SHARE = 0.93
"""Of the width that the focal length belongs to a picture shows so much: stabilised video loses 0 to 15 % of it."""
_FILM_MM = 36.0
"""Long side of 35 mm film."""

SAME_SHAPE = 0.01
"""Share by which the ratio of width to height may differ between two sizes of the same picture."""

_STRAIGHT = (0.0, 0.0, 0.0, 0.0, 0.0)
"""Coefficients of a lens that bends nothing; stand for those that are not given."""
_MOST_BENDING = 0.8
"""Below 1, inverting the lens by iteration closes in on the answer; this leaves a margin."""
_ITERATIONS = 100
"""Rounds at most, until every point moves by less than ``_CLOSE_PX`` (pixels)."""
_CLOSE_PX = 1e-6
_CHUNK = 256
"""Frames that are undistorted at once."""


def pinhole(width: int, height: int, hfov_deg: float | None = None) -> CameraModel:
    """Camera with its centre in the middle of the picture and square pixels.

    Parameters
    ----------
    width, height : int
        Pixels of the upright picture that the landmarks count in.
    hfov_deg : float, optional
        Field of view along the *width* of the upright picture. Without it the default of
        60 deg is taken along the longer side, so that portrait clips get the same lens.

    Returns
    -------
    CameraModel
        Focal lengths and centre in pixels, no distortion. ``inverse_focal_sd`` is the standard deviation of the inverse
        focal length as a share of it: how sure the lens is.

    Raises
    ------
    ConfigurationError
        If the field of view is outside 5 to 150 deg.
    """
    if hfov_deg is None:
        f = max(width, height) / 2 / np.tan(np.radians(DEFAULT_HFOV_DEG) / 2)
        origin = f"assumed: {DEFAULT_HFOV_DEG:g} deg along the longer side of the picture"
    else:
        if not 5 <= hfov_deg <= 150:
            raise OptionValueError(
                f"A horizontal field of view of {hfov_deg:g} deg is not a camera's: give --hfov a value "
                "between 5 and 150 (webcams 55 to 78, phones 55 to 70, portrait lenses 15 to 40), or leave it out."
            )
        f = width / 2 / np.tan(np.radians(hfov_deg) / 2)
        origin = f"stated: horizontal field of view {hfov_deg:g} deg"
    return CameraModel(
        fx=float(f),
        fy=float(f),
        cx=width / 2,
        cy=height / 2,
        width=width,
        height=height,
        origin=origin,
        assumed=hfov_deg is None,
        inverse_focal_sd=ASSUMED_SD if hfov_deg is None else STATED_SD,
    )


def pinhole_as_written(width: int, height: int, focal_35mm_mm: float) -> CameraModel:
    """Camera by the focal length that its file names, as that of 35 mm film.

    Parameters
    ----------
    width, height : int
        As for :func:`pinhole`.
    focal_35mm_mm : float
        Millimetres. Taken along the long side: the diagonal, which makers mean, belongs to the photo's 4:3, and
        video is cut from it at the top and bottom.

    Returns
    -------
    CameraModel
        Less sure than one that was stated: how much of the sensor a video shows is not written.
    """
    assumed = pinhole(width, height)
    focal = max(width, height) * focal_35mm_mm / _FILM_MM / VIDEO_SHARE
    return replace(
        assumed,
        fx=float(focal),
        fy=float(focal),
        origin=f"written in the file: {focal_35mm_mm:g} mm as on 35 mm film",
        assumed=False,
        inverse_focal_sd=WRITTEN_SD,
    )


def hfov_interval95_deg(camera: CameraModel) -> tuple[float, float] | None:
    """Horizontal field of view within 1.96 standard deviations of its inverse focal length; None if it is known.

    Parameters
    ----------
    camera : CameraModel

    Returns
    -------
    low, high : float
        Degrees, rounded to one decimal; None instead of the two where the focal length is known.
    """
    if camera.inverse_focal_sd == 0:
        return None
    # a quite unsure lens would reach a focal length without end: less than 0.15 of its inverse is not claimed
    shares = np.maximum(1.0 + 1.96 * camera.inverse_focal_sd * np.array([-1.0, 1.0]), 0.15)
    low, high = 2 * np.degrees(np.arctan(camera.width / 2 / camera.fx * shares))
    return round(float(low), 1), round(float(high), 1)


def camera_for_picture(camera: CameraModel, width: int, height: int) -> CameraModel:
    """The camera for pictures of another size that show the same: scaled, and turned where need be.

    A picture whose sides are swapped comes from the same camera held upright. Which way it was turned
    is not known, so the principal point is put where both ways agree, in the middle, and what the
    lens bends to one side (p1, p2) is left out.

    Parameters
    ----------
    camera : CameraModel
        At the size at which it was calibrated.
    width, height : int
        Pixels of the upright picture that the landmarks count in.

    Returns
    -------
    CameraModel
        For pictures of ``width`` x ``height``; distortion has no unit and stays as it is.

    Raises
    ------
    ConfigurationError
        If the picture has another shape: nobody knows what was cut off.
    """
    if _same_shape(camera, width, height):
        return _scaled(camera, width, height)
    turned = replace(
        camera,
        fx=camera.fy,
        fy=camera.fx,
        cx=camera.height / 2,
        cy=camera.width / 2,
        width=camera.height,
        height=camera.width,
        origin=f"{camera.origin}, turned by 90 deg (its centre taken in the middle of the picture)",
        distortion=_symmetric(camera.distortion),
    )
    if _same_shape(turned, width, height):
        return _scaled(turned, width, height)
    raise OptionValueError(
        f"The camera ({camera.origin}) is known for pictures of {camera.width} x {camera.height}, but these have "
        f"{width} x {height}: another shape, so it is not known which part of the view was cut off. Film in the "
        "mode that the camera was calibrated in, calibrate it in this one (neckrom calibrate camera), or state "
        "--hfov instead of --camera."
    )


def _same_shape(camera: CameraModel, width: int, height: int) -> bool:
    return abs(width * camera.height / (height * camera.width) - 1) <= SAME_SHAPE


def _scaled(camera: CameraModel, width: int, height: int) -> CameraModel:
    across, down = width / camera.width, height / camera.height
    return replace(
        camera,
        fx=camera.fx * across,
        fy=camera.fy * down,
        cx=camera.cx * across,
        cy=camera.cy * down,
        width=width,
        height=height,
    )


def _symmetric(distortion: tuple[float, ...]) -> tuple[float, ...]:
    """Without the part that depends on which side is up."""
    return (*distortion[:2], 0.0, 0.0, *distortion[4:]) if distortion else ()


# -------------------------------------------------------------------- the lens


def distorted(points: FloatArray, camera: CameraModel) -> FloatArray:
    """Where the camera shows points that a pinhole would show at ``points``.

    Parameters
    ----------
    points : ndarray, shape (..., 2)
        Pixels; NaN stays NaN.
    camera : CameraModel

    Returns
    -------
    ndarray, shape (..., 2)
    """
    plane = (points - [camera.cx, camera.cy]) / [camera.fx, camera.fy]
    radial, sideways = _bending(plane, camera.distortion)
    return np.asarray((plane * radial + sideways) * [camera.fx, camera.fy] + [camera.cx, camera.cy])


def undistorted(points: FloatArray, camera: CameraModel) -> FloatArray:
    """Where a pinhole would show points that the camera shows at ``points``.

    The model is fitted inside the picture and means nothing outside it: a point beyond the edge moves
    along with the nearest point of the edge.

    Parameters
    ----------
    points : ndarray, shape (..., 2)
        Pixels; NaN stays NaN.
    camera : CameraModel
        One whose lens :func:`can_be_undistorted`.

    Returns
    -------
    ndarray, shape (..., 2), float64
    """
    if not any(camera.distortion):
        return np.array(points, dtype=np.float64)
    focal, centre = np.array([camera.fx, camera.fy]), np.array([camera.cx, camera.cy])
    inside = np.clip(points, 0.0, [camera.width, camera.height])
    shown = (inside - centre) / focal
    plane = shown.copy()
    known = np.isfinite(shown).all(axis=-1)
    close = _CLOSE_PX / max(camera.fx, camera.fy)
    for _ in range(_ITERATIONS):
        radial, sideways = _bending(plane, camera.distortion)
        nearer = (shown - sideways) / radial
        moved = np.abs(nearer - plane)[known].max(initial=0.0)
        plane = nearer
        if moved < close:
            break
    return np.asarray(plane * focal + centre + (points - inside))


def can_be_undistorted(camera: CameraModel) -> bool:
    """Whether the lens shows each direction once within the picture, mildly enough to be inverted.

    A calibration that bent into nonsense beyond the places where the board was held fails here.

    Parameters
    ----------
    camera : CameraModel

    Returns
    -------
    bool
        True of a lens without distortion.
    """
    if not any(camera.distortion):
        return True
    corners = np.array([[x, y] for x in (0, camera.width) for y in (0, camera.height)], dtype=np.float64)
    reach = np.linalg.norm((corners - [camera.cx, camera.cy]) / [camera.fx, camera.fy], axis=1).max()
    k1, k2, k3 = camera.distortion[0], camera.distortion[1], (*camera.distortion[4:], 0.0)[0]
    # Out to where the pinhole's picture would end if the lens drew it in to half its size.
    r = np.linspace(0.0, 2 * reach, 1000)
    radial = 1 + k1 * r**2 + k2 * r**4 + k3 * r**6
    slope = 2 * k1 * r**2 + 4 * k2 * r**4 + 6 * k3 * r**6
    with np.errstate(divide="ignore", invalid="ignore"):
        mild = (radial > 0) & (np.abs(slope / radial) < _MOST_BENDING)
    bad = np.flatnonzero(~mild)
    last = bad[0] - 1 if len(bad) else len(r) - 1
    return bool(r[last] * radial[last] >= reach)


def straightened(landmarks: LandmarkSeries, camera: CameraModel) -> tuple[LandmarkSeries, CameraModel]:
    """Landmarks as a pinhole would have shown them, and that pinhole.

    Depths, which count in pixels too, are scaled as the face or the body around them was.

    Parameters
    ----------
    landmarks : LandmarkSeries
        As the models saw them.
    camera : CameraModel
        For pictures of this size.

    Returns
    -------
    LandmarkSeries
        The same object where the lens bends nothing and pixels are square.
    CameraModel
        Without distortion, its two focal lengths the same: what reads angles from pixels knows one.
    """
    if not any(camera.distortion) and camera.fx == camera.fy:
        return landmarks, replace(camera, distortion=())
    series = replace(
        landmarks,
        face=_straight_points(landmarks.face, camera),
        pose=_straight_points(landmarks.pose, camera),
        tracks=_straight_tracks(landmarks.tracks, camera),
        chest_tracks=_straight_tracks(landmarks.chest_tracks, camera),
    )
    return series, replace(camera, fy=camera.fx, distortion=())


def _straight_points(points: Float32Array, camera: CameraModel) -> Float32Array:
    def change(some: Float32Array) -> Float32Array:
        straight = np.array(some)
        for start in range(0, len(some), _CHUNK):
            part = slice(start, start + _CHUNK)
            straight[part] = _straight_part(some[part].astype(np.float64), camera)
        return straight

    return by_blocks(points, change)


def _straight_tracks(tracks: Float32Array | None, camera: CameraModel) -> Float32Array | None:
    if tracks is None:
        return None

    def change(part: Float32Array) -> Float32Array:
        straight = np.array(part)
        straight[..., 1:] = _squared(undistorted(part[..., 1:].astype(np.float64), camera), camera)
        return straight

    return by_blocks(tracks, change)


def _squared(points: FloatArray, camera: CameraModel) -> FloatArray:
    """Points of shape (..., 2), the vertical focal length made that of the horizontal."""
    middle = np.array([0.0, camera.cy])
    return np.asarray(middle + (points - middle) * [1.0, camera.fx / camera.fy])


def _straight_part(points: FloatArray, camera: CameraModel) -> FloatArray:
    """Points of shape (N, K, 3)."""
    straight = points.copy()
    straight[..., :2] = undistorted(points[..., :2], camera)
    known: BoolArray = np.isfinite(points).all(axis=(1, 2))
    if known.any():
        before, after = _spread(points[known]), _spread(straight[known])
        straight[known, :, 2] *= (after / np.maximum(before, 1e-9))[:, None]
    straight[..., :2] = _squared(straight[..., :2], camera)
    return straight


def _spread(points: FloatArray) -> FloatArray:
    """Size of each set of points in the picture, shape (N,)."""
    plane = points[..., :2]
    return np.asarray(np.linalg.norm(plane - plane.mean(axis=1, keepdims=True), axis=(1, 2)))


def _bending(plane: FloatArray, distortion: tuple[float, ...]) -> tuple[FloatArray, FloatArray]:
    """Brown's radial factor, shape (..., 1), and tangential shift, shape (..., 2), on the plane at depth 1."""
    k1, k2, p1, p2, k3 = (*distortion, *_STRAIGHT)[:5]
    x, y = plane[..., 0], plane[..., 1]
    square = x * x + y * y
    radial = 1 + square * (k1 + square * (k2 + square * k3))
    sideways = np.stack(
        [2 * p1 * x * y + p2 * (square + 2 * x * x), p1 * (square + 2 * y * y) + 2 * p2 * x * y], axis=-1
    )
    return np.asarray(radial[..., None]), sideways
