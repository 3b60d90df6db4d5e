"""How somebody stands, read from pose points seen from the side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neckrom.body import BodyView, Side
from neckrom.body.view import view_of
from neckrom.errors import InputError, NoBodyError
from neckrom.posture.calibration import PostureCalibration
from neckrom.posture.features import StandingPoints, features, rise_deg, standing_points
from neckrom.types import BodySeries, FloatArray, IntArray, Notice

_Z95 = 1.96
"""Standard deviations from the middle of a normal distribution to either end of its middle 95 %."""
_MOST_OBLIQUE_DEG = 30.0
"""Further off the square side view a posture is refused; 45 is as much side as front."""
_OBLIQUE_DEG = 12.0
"""From here on the picture is warned of: the people fitted on stood up to about this far off the square view."""
_STILL = 0.04
"""How far the middle of the hips may wander, as a share of the trunk's length, for a person who stands."""
_QUIET_S = 1.0
"""Of a clip, the second in which the body moves least is read."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PostureReading:
    """How somebody stands, in one recording.

    Attributes
    ----------
    side : {"left", "right"}
        The side of the person that is seen.
    facing : int
        +1 where the person looks to the right in the picture, else -1.
    oblique_deg : float
        How far the camera is off the square view, roughly.
    ear_shoulder_deg : Estimate
        From the middle of the shoulder joints to the tragus, against the trunk's line; + = ear in front.
    trunk_lean_deg : Estimate
        Middle of the hips to middle of the shoulders against the vertical, + forward.
    head_pitch_deg : Estimate
        + = face down.
    craniovertebral_deg : Estimate or None
        C7 to tragus against the level; None without a marked C7.
    plumb : dict of float or None
        ``ear``, ``shoulder``, ``hip``: how far in front of the ankle, as a share of the height from ankle to ear;
        None where the feet are not in the picture.
    points : StandingPoints
        In the picture.
    tragus, c7 : ndarray, shape (2,), or None
        Where they are taken to be in the picture, pixels; the tragus as it would be seen in the middle plane, in which
        C7 lies: the ear is nearer to the camera, and is seen elsewhere by a slanting ray.
    moment_s : float
        Time of the frame in which the points lie.
    used_s : tuple of float
        Start and end of the stretch that was read.
    notices : tuple of Notice
    """

    side: Side
    facing: int
    oblique_deg: float
    ear_shoulder_deg: Estimate
    trunk_lean_deg: Estimate
    head_pitch_deg: Estimate
    craniovertebral_deg: Estimate | None
    plumb: dict[str, float] | None
    points: StandingPoints
    tragus: FloatArray
    c7: FloatArray | None
    moment_s: float
    used_s: tuple[float, float]
    notices: tuple[Notice, ...]


def read_posture(
    series: BodySeries,
    name: str,
    calibration: PostureCalibration,
    *,
    c7: FloatArray | None = None,
    tragus: FloatArray | None = None,
) -> PostureReading:
    """Read a posture from a picture (a series of one frame) or a clip of somebody who stands.

    Parameters
    ----------
    series : BodySeries
        Left and right are the person's: a mirrored clip has been put right.
    name : str
        Of the recording, for messages.
    calibration : PostureCalibration
    c7, tragus : ndarray, shape (2,), optional
        As marked, in pixels of the series.

    Returns
    -------
    PostureReading

    Raises
    ------
    NoBodyError
        Nobody is in it.
    InputError
        The person is not seen from the side, or does not stand.
    """
    found = np.flatnonzero(series.found)
    if not len(found):
        raise NoBodyError(
            f"Nobody was found in {name}: the whole body has to be in view, in good light and not too small."
        )
    rows = _quietest(series, found, name)
    pose = np.median(series.pose[rows].astype(np.float64), axis=0)
    view = view_of(series.pose[rows].astype(np.float64))
    _refuse_view(view, name)
    _refuse_not_standing(pose, name)
    points = standing_points(pose, view)
    values = calibration.values(features(pose, view, (series.width, series.height)))
    lines = calibration.quantities

    def estimate(quantity: str) -> Estimate:
        reach = _Z95 * lines[quantity].sd
        return Estimate(values[quantity], values[quantity] - reach, values[quantity] + reach)

    at = rows[len(rows) // 2]
    ears = "tragus" if tragus is None else "parallax"
    moved = np.array([view.facing * values[f"{ears}_x"], values[f"{ears}_y"]]) * points.trunk_px / 100.0
    seen_tragus = (points.ear if tragus is None else tragus) + moved
    angle = None
    if c7 is not None:
        sd = calibration.craniovertebral_sd if tragus is None else calibration.craniovertebral_marked_sd
        angle = craniovertebral(c7, seen_tragus, view.facing, sd)
    return PostureReading(
        side=view.near or "left",
        facing=view.facing,
        oblique_deg=view.oblique_deg,
        ear_shoulder_deg=estimate("ear_shoulder"),
        trunk_lean_deg=estimate("lean"),
        head_pitch_deg=estimate("head_pitch"),
        craniovertebral_deg=angle,
        plumb=_plumb(values, points, series),
        points=points,
        tragus=seen_tragus,
        c7=c7,
        moment_s=float(series.time_s[at]),
        used_s=(float(series.time_s[rows[0]]), float(series.time_s[rows[-1]])),
        notices=_notices(view, points, series),
    )


def craniovertebral(c7: FloatArray, tragus: FloatArray, facing: int, sd: float) -> Estimate:
    """C7 to tragus against the level.

    Parameters
    ----------
    c7, tragus : ndarray, shape (2,), pixels
        The tragus as it would be seen in the middle plane.
    facing : int
    sd : float
        Of the error.

    Returns
    -------
    Estimate
        Degrees, + where the tragus is higher than C7; smaller = head further forward.
    """
    value = rise_deg(c7, tragus, facing)
    return Estimate(value, value - _Z95 * sd, value + _Z95 * sd)


def _plumb(values: dict[str, float], points: StandingPoints, series: BodySeries) -> dict[str, float] | None:
    if not _feet_seen(points, series):
        return None
    return {name: values[f"{name}_plumb"] / 100.0 for name in ("ear", "shoulder", "hip")}


def _feet_seen(points: StandingPoints, series: BodySeries) -> bool:
    return bool(points.ankle[1] < series.height and points.knee[1] < series.height)


def _quietest(series: BodySeries, found: IntArray, name: str) -> IntArray:
    """Rows of the second in which the body moved least; all rows where there are few."""
    time_s = series.time_s[found]
    if time_s[-1] - time_s[0] <= _QUIET_S:
        return found
    pose = series.pose[found][:, :, :2].astype(np.float64)
    head_and_hips = np.concatenate(
        [pose[:, 7:9].mean(axis=1), pose[:, 11:13].mean(axis=1), pose[:, 23:25].mean(axis=1)], axis=1
    )
    trunk = float(np.median(np.linalg.norm(head_and_hips[:, 2:4] - head_and_hips[:, 4:6], axis=1)))
    best, best_spread = found, np.inf
    for start in np.arange(time_s[0], time_s[-1] - _QUIET_S + 1e-9, _QUIET_S / 4):
        inside = (time_s >= start) & (time_s <= start + _QUIET_S)
        if inside.sum() < 3:
            continue
        spread = float(np.linalg.norm(head_and_hips[inside].std(axis=0)))
        if spread < best_spread:
            best, best_spread = found[inside], spread
    if best_spread > _STILL * trunk * np.sqrt(3):
        raise InputError(
            f"The person in {name} does not stand still for {_QUIET_S:g} s: film somebody who stands, from the side. "
            "A run is read with: neckrom run CLIP"
        )
    return best


def _refuse_view(view: BodyView, name: str) -> None:
    if view.near is None:
        raise InputError(
            f"The person in {name} is seen from {'behind' if view.name == 'back' else 'the front'}, and a posture is "
            "read from the side: put the camera at the person's side, at the height of the hips."
        )
    if abs(view.oblique_deg) > _MOST_OBLIQUE_DEG:
        raise InputError(
            f"The camera looks at the person in {name} at a slant (about {abs(view.oblique_deg):.0f} deg off the "
            "side): put it square to the side, at the height of the hips."
        )


def _refuse_not_standing(pose: FloatArray, name: str) -> None:
    shoulder, hip, ankle = (pose[[i, i + 1], :2].mean(axis=0) for i in (11, 23, 27))
    up, down = shoulder - hip, ankle - hip
    trunk = float(np.linalg.norm(up))
    # a trunk within about 45 degrees of the vertical: cos 45 = 0.71
    upright = -up[1] > 0.7 * trunk
    # a leg is about 1.75 trunks long (rendered people); bent, it reaches less far down
    legs = down[1] > 0.9 * trunk
    if not upright or not legs:
        raise InputError(
            f"The person in {name} does not stand upright ({'sits or bends the legs' if upright else 'lies or bends'})"
            ": a posture is read from somebody who stands, from the side, with head and feet in the picture. "
            "Neck movements of somebody who sits are measured with: neckrom measure CLIP"
        )


def _notices(view: BodyView, points: StandingPoints, series: BodySeries) -> tuple[Notice, ...]:
    notices = []
    if abs(view.oblique_deg) > _OBLIQUE_DEG:
        text = (
            f"The camera is about {abs(view.oblique_deg):.0f} deg off the square side view: values are less sure than "
            "their intervals say. Put it square to the side."
        )
        notices.append(Notice(text, "posture_oblique", oblique_deg=abs(view.oblique_deg)))
    if not _feet_seen(points, series):
        text = "The feet are not in the picture: there is no plumb line from the ankle."
        notices.append(Notice(text, "posture_no_feet"))
    # pixels; own limit
    if points.trunk_px < 80:
        text = (
            f"The person is small in the picture (the trunk has {points.trunk_px:.0f} pixels): go nearer, or film "
            "with a larger picture."
        )
        notices.append(Notice(text, "person_small", trunk_px=round(points.trunk_px)))
    return tuple(notices)
