"""C7 marked afterwards, on the stored picture of a posture: the angle again, and everything that shows it."""

from __future__ import annotations

import io
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from neckrom.errors import InputError
from neckrom.messages import FALLBACK
from neckrom.posture.calibration import load_calibration
from neckrom.posture.nape import NapePlace, brought_to_edge, place_of
from neckrom.posture.reading import craniovertebral
from neckrom.posture.result import PostureResult, PostureValues, PostureView
from neckrom.report.bodies.stored import neck_image, stored_pictures
from neckrom.report.pictures import EDGE
from neckrom.types import FloatArray, ImageArray


@dataclass(frozen=True, slots=True)
class MarkedView:
    """A view with C7 marked.

    Attributes
    ----------
    view : PostureView
        With the mark, and the angle that follows from it.
    at : ndarray, shape (2,)
        The mark in pixels of the close picture.
    on_edge : bool
        It was brought to the neck's edge.
    """

    view: PostureView
    at: FloatArray
    on_edge: bool


def can_be_marked(folder: Path, result: PostureResult, number: int) -> bool:
    """Whether C7 can be marked on a view: its close picture was kept, and its points are known."""
    view = result.views[number]
    known = view.neck_picture is not None and view.points.tragus is not None
    return known and place_of(view.points, view.side) is not None and neck_image(folder, number) is not None


def usual_place(view: PostureView) -> FloatArray:
    """Where C7 usually is, in pixels of the close picture: a place to begin from."""
    place = _place(view)
    return _to_close(view, place.guess)


def marked_view(
    folder: Path, result: PostureResult, number: int, at: FloatArray, *, to_edge: bool
) -> MarkedView:
    """Mark C7 on a view; nothing is written.

    Parameters
    ----------
    folder : Path
        Of the result.
    result : PostureResult
    number : int
        Which of its views, from 0.
    at : ndarray, shape (2,)
        Pixels of the close picture, which has 640 x 640.
    to_edge : bool
        Bring the mark to the neck's edge where that is near.

    Raises
    ------
    ConfigurationError
        The mark is not at the nape.
    InputError
        The close picture is gone.
    """
    view = result.views[number]
    place = _place(view)
    neck = _neck(folder, number)
    c7 = _from_close(view, at)
    place.refuse_far(c7, "The mark")
    moved = _at_edge(view, place, neck, c7) if to_edge else None
    c7 = c7 if moved is None else moved
    calibration, _ = load_calibration()
    sd = calibration.craniovertebral_clicked_sd if moved is None else calibration.craniovertebral_edge_sd
    angle = craniovertebral(c7, np.asarray(view.points.tragus), place.facing, sd)
    marked = view.model_copy(
        update={
            "craniovertebral_deg": round(angle.value, 2),
            "craniovertebral_interval95_deg": (round(angle.low, 2), round(angle.high, 2)),
            "c7_origin": "clicked" if moved is None else "neck_edge",
            "points": view.points.model_copy(update={"c7": _rounded(c7)}),
        }
    )
    return MarkedView(marked, _to_close(view, c7), moved is not None)


def write_marked(
    folder: Path,
    target: Path,
    result: PostureResult,
    number: int,
    view: PostureView,
    *,
    language: str = FALLBACK,
) -> PostureResult:
    """Copy a result folder with a marked view in it: result, picture and report say the new angle.

    Parameters
    ----------
    folder, target : Path
        The stored result, and an empty folder.
    result : PostureResult
    number : int
    view : PostureView
        From :func:`marked_view`.
    language : str
        Of the report.
    """
    from neckrom.report.bodies.pictures import BodyPicture, posture_again  # noqa: PLC0415  (slow to load)
    from neckrom.report.bodies.write import write_body_pictures, write_posture_report  # noqa: PLC0415

    views = (*result.views[:number], view, *result.views[number + 1 :])
    first = {name: getattr(views[0], name) for name in PostureValues.model_fields}
    clip = view.recording.clip
    update: dict[str, object] = {**first, "views": views}
    if number == 0:
        c7 = np.asarray(view.points.c7, dtype=np.float64)
        if clip.mirrored:
            c7 = np.array([clip.measured_width - c7[0], c7[1]])
        stored = _rounded(c7 * clip.width / clip.measured_width)
        update["configuration"] = result.configuration.model_copy(update={"c7": stored})
    marked = result.model_copy(update=update)
    shutil.copytree(folder, target, dirs_exist_ok=True)
    (target / "result.json").write_text(marked.model_dump_json(indent=1) + "\n", encoding="utf-8")
    drawn = {name: _image(data) for name, data in stored_pictures(folder, result).items()}
    pictures = [
        BodyPicture(
            f"view_{n}",
            each.moment_s,
            posture_again(drawn[f"view_{n}"], _neck(folder, number), each)
            if n == number + 1
            else drawn[f"view_{n}"],
        )
        for n, each in enumerate(views, start=1)
        if f"view_{n}" in drawn
    ]
    write_body_pictures(target, [picture for picture in pictures if picture.name == f"view_{number + 1}"])
    write_posture_report(target, marked, pictures, language=language)
    return marked


def picture_with_mark(folder: Path, number: int, view: PostureView) -> bytes:
    """The close picture of a view with its C7 drawn in, as JPEG.

    Raises
    ------
    InputError
        It is gone.
    """
    from neckrom.report.bodies.pictures import BodyPicture, with_mark  # noqa: PLC0415  (slow to load)

    return BodyPicture(f"neck_{number + 1}", view.moment_s, with_mark(_neck(folder, number), view)).jpeg()


def _at_edge(view: PostureView, place: NapePlace, neck: ImageArray, c7: FloatArray) -> FloatArray | None:
    from neckrom.landmarks.outline import person_outline  # noqa: PLC0415  (slow to load)

    outline = person_outline(neck)
    return None if outline is None else brought_to_edge(c7, _from_close(view, outline), place)


def _place(view: PostureView) -> NapePlace:
    place = place_of(view.points, view.side)
    if place is None:
        raise _gone()
    return place


def _neck(folder: Path, number: int) -> ImageArray:
    image = neck_image(folder, number)
    if image is None:
        raise _gone()
    return image


def _gone() -> InputError:
    return InputError(
        "C7 cannot be marked on this posture: no close picture of the neck was kept. Measure the picture again "
        "(neckrom posture PICTURE), without --no-pictures."
    ).page_says("c7_no_picture")


def _from_close(view: PostureView, at: FloatArray) -> FloatArray:
    part = view.neck_picture
    if part is None:
        raise _gone()
    return np.asarray(np.array([part.left_px, part.top_px]) + at * part.edge_px / EDGE)


def _to_close(view: PostureView, point: FloatArray) -> FloatArray:
    part = view.neck_picture
    if part is None:
        raise _gone()
    return np.asarray((point - np.array([part.left_px, part.top_px])) * EDGE / part.edge_px)


def _rounded(point: FloatArray) -> tuple[float, float]:
    return round(float(point[0]), 1), round(float(point[1]), 1)


def _image(data: bytes) -> ImageArray:
    with Image.open(io.BytesIO(data), formats=["JPEG"]) as opened:
        return np.asarray(opened.convert("RGB"), dtype=np.uint8)
