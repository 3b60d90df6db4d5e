"""The picture at the moment that a row speaks of, with what was measured drawn in.

Lines only: the words stand beside it, so that one picture serves every language.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from neckrom.body import Body, Side, index_of, read_body
from neckrom.posture.result import PostureResult, PostureView
from neckrom.report import marks
from neckrom.report.pictures import EDGE, cut
from neckrom.running.result import RowName, RunResult
from neckrom.types import BodySeries, FloatArray, Frame, ImageArray

_SIDES: tuple[Side, Side] = ("left", "right")
_LEG = ("hip", "knee", "ankle", "heel", "toe", "ankle")
LEG_COLOURS: dict[Side, tuple[int, int, int]] = {"left": marks.CYAN, "right": (255, 150, 60)}
_LINE, _THIN, _DOT = 6, 4, 8
_POSTURE_ROOM = 1.35
_ROOM = 1.25
"""Edge of the cut-out in extents of what it must show."""


@dataclass(frozen=True, slots=True)
class BodyPicture:
    """A finished picture.

    Attributes
    ----------
    name : str
        Of the row, or ``view_1`` and so on of a posture.
    time_s : float
        Time of the frame in its clip.
    image : ndarray, shape (640, 640, 3), uint8, RGB
    """

    name: str
    time_s: float
    image: ImageArray

    def jpeg(self) -> bytes:
        """The picture as a file, the same bytes each time."""
        buffer = io.BytesIO()
        Image.fromarray(self.image).save(buffer, format="JPEG", quality=86, optimize=True)
        return buffer.getvalue()


def row_pictures(
    result: RunResult, frames: Mapping[RowName, Frame], series: Mapping[int, BodySeries]
) -> dict[RowName, BodyPicture]:
    """Draw the pictures of the rows.

    Parameters
    ----------
    result : RunResult
    frames : mapping of row name to Frame
        At (or next to) the moment of each row; a row without one gets no picture.
    series : mapping of int to BodySeries
        Landmarks of the result's clips, by their number in it.

    Returns
    -------
    dict
        In the order of the rows. A moment at which the person was not seen gives none.
    """
    bodies = {number: read_body(each) for number, each in series.items()}
    drawn: dict[RowName, BodyPicture] = {}
    for row in result.rows:
        frame, moment = frames.get(row.name), row.moment
        if frame is None or moment is None or moment.clip not in bodies:
            continue
        body, recording = bodies[moment.clip], result.clips[moment.clip]
        at = marks.nearest_row(series[moment.clip].time_ns, frame.time_ns)
        image = frame.image[:, ::-1] if recording.clip.mirrored else frame.image
        scene = _Scene(image, body, at, recording.camera.roll_deg or 0.0)
        picture = scene.draw(row.name, _foot_at(result, moment.clip, frame.time_ns * 1e-9))
        if picture is not None:
            drawn[row.name] = BodyPicture(row.name, frame.time_ns * 1e-9, picture)
    return drawn


def _foot_at(result: RunResult, clip: int, time_s: float) -> Side | None:
    """The foot whose contact is nearest to a time of the clip."""
    recording = result.clips[clip]
    slower = 1.0 if recording.true_fps is None else recording.true_fps / max(recording.clip.fps, 1e-9)
    steps = [step for step in result.steps if step.clip == clip]
    return min(steps, key=lambda step: abs(step.contact_s * slower - time_s)).foot if steps else None


@dataclass(frozen=True, slots=True)
class _Scene:
    """One frame with the body in it; ``roll_deg`` turns up and level as the camera stood."""

    image: ImageArray
    body: Body
    at: int
    roll_deg: float

    def draw(self, name: str, foot: Side | None) -> ImageArray | None:
        if name == "head_forward":
            return self._head()
        if name == "arms_across":
            return self._arms()
        if name == "rearfoot_strike":
            return None if foot is None else self._foot(foot)
        return self._gait(foot)

    # -- points, in pixels of the landmarks

    def _point(self, name: str, side: Side) -> FloatArray:
        return np.asarray(self.body.point(name, side)[self.at], dtype=np.float64)

    def _middle(self, name: str) -> FloatArray:
        return np.asarray(self.body.middle(name)[self.at], dtype=np.float64)

    @property
    def _up(self) -> FloatArray:
        return up_of(self.roll_deg)

    # -- the four

    def _head(self) -> ImageArray | None:
        side: Side = self.body.view.near or "left"
        ear, shoulder, hip = (self._point(name, side) for name in ("ear", "shoulder", "hip"))
        if not np.isfinite([ear, shoulder, hip]).all():
            return None
        canvas = _Canvas.around(self.image, self.body.width, [ear, shoulder, hip], room=1.55)
        canvas.plumb(hip, self._up, 1.25 * float(np.linalg.norm(ear - hip)))
        canvas.path([hip, shoulder, ear], marks.YELLOW)
        return canvas.done()

    def _gait(self, foot: Side | None) -> ImageArray | None:
        everything = [self._point(name, side) for name in ("ear", *_LEG, "wrist") for side in _SIDES]
        if not np.isfinite(everything).all():
            return None
        canvas = _Canvas.around(self.image, self.body.width, everything)
        canvas.path([self._middle("shoulder"), self._middle("hip")], marks.WHITE)
        for side in _SIDES:
            canvas.path([self._point(name, side) for name in _LEG], LEG_COLOURS[side])
        if foot is not None:
            under = 0.5 * (self._point("heel", foot) + self._point("toe", foot))
            canvas.arrow(under - 0.35 * self.body.scale_px * self._up, under, marks.WHITE)
        return canvas.done()

    def _arms(self) -> ImageArray | None:
        shoulder, hip = self._middle("shoulder"), self._middle("hip")
        wrists = [self._point("wrist", side) for side in _SIDES]
        if not np.isfinite([shoulder, hip, *wrists]).all():
            return None
        corners = [self._point(name, side) for name in ("shoulder", "elbow", "hip") for side in _SIDES]
        known = [point for point in corners if np.isfinite(point).all()]
        canvas = _Canvas.around(self.image, self.body.width, [*known, *wrists])
        along = shoulder - hip
        canvas.dashed(hip - 0.15 * along, shoulder + 0.35 * along, marks.WHITE)
        for side, wrist in zip(_SIDES, wrists, strict=True):
            foot = hip + along * float(np.dot(wrist - hip, along) / np.dot(along, along))
            canvas.arrow(foot, wrist, LEG_COLOURS[side])
        return canvas.done()

    def _foot(self, foot: Side) -> ImageArray | None:
        heel, toe, ankle, knee = (self._point(name, foot) for name in ("heel", "toe", "ankle", "knee"))
        if not np.isfinite([heel, toe, ankle, knee]).all():
            return None
        canvas = _Canvas.around(self.image, self.body.width, [heel, toe, ankle, knee], room=1.6)
        level = np.array([-self._up[1], self._up[0]])
        length = float(np.linalg.norm(toe - heel))
        ahead = level * np.sign(float(np.dot(toe - heel, level)) or 1.0)
        canvas.dashed(heel - 0.4 * length * ahead, heel + 1.6 * length * ahead, marks.WHITE)
        canvas.path([knee, ankle], LEG_COLOURS[foot])
        canvas.arrow(heel, toe + 0.3 * (toe - heel), marks.YELLOW)
        return canvas.done()


# --------------------------------------------------------------------------- posture


def posture_pictures(result: PostureResult, frames: Sequence[Frame | None]) -> tuple[BodyPicture, ...]:
    """Draw the plumb line into the pictures of a posture.

    Parameters
    ----------
    result : PostureResult
    frames : sequence of Frame or None
        One for each of ``result.views``, at its moment.
    """
    drawn = []
    for number, (view, frame) in enumerate(zip(result.views, frames, strict=True), start=1):
        picture = None if frame is None else _posture(view, frame)
        if picture is not None and frame is not None:
            drawn.append(BodyPicture(f"view_{number}", frame.time_ns * 1e-9, picture))
    return tuple(drawn)


def neck_pictures(result: PostureResult, frames: Sequence[Frame | None]) -> tuple[BodyPicture, ...]:
    """Head and neck close up with nothing drawn in, named ``neck_1`` and so on, on which C7 can be marked later."""
    cut_out = []
    for number, (view, frame) in enumerate(zip(result.views, frames, strict=True), start=1):
        if frame is None or view.neck_picture is None:
            continue
        image = frame.image[:, ::-1] if view.recording.clip.mirrored else frame.image
        scale = image.shape[1] / view.recording.clip.measured_width
        part = view.neck_picture
        close = cut(image, part.left_px * scale, part.top_px * scale, part.edge_px * scale)
        cut_out.append(BodyPicture(f"neck_{number}", frame.time_ns * 1e-9, np.asarray(close.convert("RGB"))))
    return tuple(cut_out)


def with_mark(neck: ImageArray, view: PostureView) -> ImageArray:
    """A close picture of the neck with C7 and the line to the tragus drawn in, as far as they are known."""
    part, c7 = view.neck_picture, view.points.c7
    tragus = view.points.tragus or view.points.ear
    if part is None or c7 is None or tragus is None:
        return neck
    canvas = _Canvas(Image.fromarray(neck), np.array([part.left_px, part.top_px]), EDGE / part.edge_px)
    canvas.thin_path([np.asarray(c7), np.asarray(tragus)], marks.CYAN)
    return canvas.done()


def posture_again(drawn: ImageArray, neck: ImageArray, view: PostureView) -> ImageArray:
    """The picture of a posture after C7 was marked or marked elsewhere: the neck put in anew, and all lines again.

    Parameters
    ----------
    drawn : ndarray, shape (640, 640, 3)
        As :func:`posture_pictures` made it.
    neck : ndarray, shape (640, 640, 3)
        Close up, nothing drawn in.
    view : PostureView
        With what is to be drawn.
    """
    part, points = view.neck_picture, _posture_points(view)
    if part is None or len(points) < 2:
        return drawn
    canvas = _posture_canvas(drawn, points)
    x, y = (
        ((np.array([part.left_px, part.top_px]) - canvas.corner) * canvas.zoom).round().astype(int).tolist()
    )
    edge = max(round(part.edge_px * canvas.zoom), 1)
    canvas.picture.paste(Image.fromarray(neck).resize((edge, edge), Image.Resampling.LANCZOS), (x, y))
    _draw_posture(canvas, view, points)
    return canvas.done()


def _posture_points(view: PostureView) -> list[FloatArray]:
    named = ("ear", "shoulder", "hip", "knee", "ankle")
    return [np.asarray(point) for name in named if (point := getattr(view.points, name)) is not None]


def _posture(view: PostureView, frame: Frame) -> ImageArray | None:
    points = _posture_points(view)
    if len(points) < 2:
        return None
    image = frame.image[:, ::-1] if view.recording.clip.mirrored else frame.image
    canvas = _Canvas.around(image, view.recording.clip.measured_width, points, room=_POSTURE_ROOM)
    _draw_posture(canvas, view, points)
    return canvas.done()


def _posture_canvas(drawn: ImageArray, points: Sequence[FloatArray]) -> _Canvas:
    """A finished picture of a posture, to be drawn on again."""
    corner, edge = _square(points, _POSTURE_ROOM)
    return _Canvas(Image.fromarray(drawn), corner, EDGE / edge)


def _draw_posture(canvas: _Canvas, view: PostureView, points: Sequence[FloatArray]) -> None:
    height = float(np.linalg.norm(points[0] - points[-1]))
    canvas.plumb(points[-1], up_of(view.recording.camera.roll_deg or 0.0), 1.15 * height)
    canvas.path(points, marks.YELLOW)
    c7, tragus = view.points.c7, view.points.tragus or view.points.ear
    if c7 is not None and tragus is not None:
        canvas.path([np.asarray(c7), np.asarray(tragus)], marks.CYAN)


# --------------------------------------------------------------------------- leg and arm tests


def limb_picture(
    name: str, frame: Frame, series: BodySeries, side: Side, limb: Sequence[str], *, mirrored: bool = False
) -> BodyPicture | None:
    """The picture of a trial with trunk, neck and the tested limb drawn in.

    Parameters
    ----------
    name : str
    frame : Frame
        Not flipped yet where the clip was stored mirrored.
    series : BodySeries
        With each leg its own.
    side : {"left", "right"}
        Of the limb.
    limb : sequence of str
        Points of the limb, from the trunk outwards.
    mirrored : bool

    Returns
    -------
    BodyPicture or None
        None where the person was not seen then.
    """
    at = marks.nearest_row(series.time_ns, frame.time_ns)
    pose = series.pose[at, :, :2].astype(np.float64)

    def point(of: str, which: Side) -> FloatArray:
        return np.asarray(pose[index_of(of, which)])

    hip, shoulder = (0.5 * (point(of, "left") + point(of, "right")) for of in ("hip", "shoulder"))
    drawn = [point(of, side) for of in limb]
    everything = [hip, shoulder, point("ear", "left"), point("ear", "right"), *drawn]
    if not np.isfinite(everything).all():
        return None
    image = frame.image[:, ::-1] if mirrored else frame.image
    canvas = _Canvas.around(image, series.width, everything)
    canvas.path([hip, shoulder, point("ear", side)], marks.WHITE)
    canvas.path(drawn, LEG_COLOURS[side])
    return BodyPicture(name, frame.time_ns * 1e-9, canvas.done())


def turn_picture(
    name: str, frame: Frame, series: BodySeries, *, mirrored: bool = False
) -> BodyPicture | None:
    """The picture of a turned trunk from in front: lines between shoulders and hips, and between their middles.

    Parameters
    ----------
    name : str
    frame : Frame
        Not flipped yet where the clip was stored mirrored.
    series : BodySeries
    mirrored : bool

    Returns
    -------
    BodyPicture or None
        None where the person was not seen then.
    """
    at = marks.nearest_row(series.time_ns, frame.time_ns)
    pose = series.pose[at, :, :2].astype(np.float64)
    shoulders, hips, ears, knees = (
        [np.asarray(pose[index_of(of, side)]) for side in _SIDES] for of in ("shoulder", "hip", "ear", "knee")
    )
    everything = [*shoulders, *hips, *ears, *knees]
    if not np.isfinite(everything).all():
        return None
    image = frame.image[:, ::-1] if mirrored else frame.image
    canvas = _Canvas.around(image, series.width, everything)
    canvas.path([np.mean(hips, axis=0), np.mean(shoulders, axis=0)], marks.WHITE)
    canvas.path(hips, LEG_COLOURS["right"])
    canvas.path(shoulders, LEG_COLOURS["left"])
    return BodyPicture(name, frame.time_ns * 1e-9, canvas.done())


# --------------------------------------------------------------------------- drawing


def up_of(roll_deg: float) -> FloatArray:
    """Direction of up in the picture, shape (2,): x right, y down; the roll is + clockwise."""
    roll = np.radians(roll_deg)
    return np.array([np.sin(roll), -np.cos(roll)])


def _square(points: Sequence[FloatArray], room: float) -> tuple[FloatArray, float]:
    """Corner and edge of the square that shows all the points, with some room."""
    places = np.asarray(points, dtype=np.float64)
    low, high = places.min(axis=0), places.max(axis=0)
    edge = max(room * float((high - low).max()), 64.0)
    return (low + high) / 2 - edge / 2, edge


@dataclass(frozen=True, slots=True)
class _Canvas:
    """A square cut from a frame, drawn on in pixels of the landmarks."""

    picture: Image.Image
    corner: FloatArray
    zoom: float

    @classmethod
    def around(
        cls, image: ImageArray, width: int, points: Sequence[FloatArray], *, room: float = _ROOM
    ) -> _Canvas:
        """Cut out what shows all the points, with some room; beyond the frame it is dark."""
        corner, edge = _square(points, room)
        scale = image.shape[1] / width
        left, top = corner * scale
        return cls(cut(image, float(left), float(top), edge * scale), corner, EDGE / edge)

    def _place(self, point: FloatArray) -> marks.Point:
        x, y = (np.asarray(point) - self.corner) * self.zoom
        return float(x), float(y)

    def path(self, points: Sequence[FloatArray], colour: tuple[int, int, int]) -> None:
        """Lines from point to point with a dark rim, and a dot at each."""
        draw = ImageDraw.Draw(self.picture)
        places = [self._place(point) for point in points]
        for ink, extra in ((marks.BLACK, 4), (colour, 0)):
            draw.line(places, fill=ink, width=_LINE + extra, joint="curve")
        for x, y in places:
            for ink, size in ((marks.BLACK, _DOT + 2), (colour, _DOT)):
                draw.ellipse((x - size, y - size, x + size, y + size), fill=ink)

    def thin_path(self, points: Sequence[FloatArray], colour: tuple[int, int, int]) -> None:
        """A thin line with a small ring at each end, through which the place itself can be seen."""
        draw = ImageDraw.Draw(self.picture)
        places = [self._place(point) for point in points]
        for ink, extra in ((marks.BLACK, 2), (colour, 0)):
            draw.line(places, fill=ink, width=2 + extra)
            for x, y in places:
                draw.ellipse((x - _DOT, y - _DOT, x + _DOT, y + _DOT), outline=ink, width=2 + extra)

    def dashed(self, start: FloatArray, end: FloatArray, colour: tuple[int, int, int]) -> None:
        """A dashed line."""
        draw = ImageDraw.Draw(self.picture)
        marks.dashed(draw, self._place(start), self._place(end), _THIN, colour)

    def plumb(self, foot: FloatArray, up: FloatArray, length: float) -> None:
        """The plumb line through a point, upwards."""
        self.dashed(foot, foot + length * up, marks.WHITE)

    def arrow(self, start: FloatArray, end: FloatArray, colour: tuple[int, int, int]) -> None:
        """An arrow."""
        marks.arrow(ImageDraw.Draw(self.picture), self._place(start), self._place(end), _THIN + 1, colour)

    def done(self) -> ImageArray:
        """The finished picture, shape (640, 640, 3)."""
        return np.asarray(self.picture.convert("RGB"), dtype=np.uint8)
