"""The one part of a recording that is measured, and what is said of the others."""

from __future__ import annotations

from neckrom.kinematics.parts import Parts, find_parts, longest_with_face, rows_of
from neckrom.types import LandmarkSeries, Notice

_WHY = {
    "cut": "the picture changes from one frame to the next (a cut)",
    "person": "another person is in the picture",
}


def one_part(
    landmarks: LandmarkSeries, cuts_ns: tuple[int, ...], neutral_s: tuple[float, float] | None
) -> tuple[LandmarkSeries, tuple[Notice, ...]]:
    """The landmarks of one person filmed in one go, and warnings.

    Parameters
    ----------
    landmarks : LandmarkSeries
    cuts_ns : tuple of int
        Times of the first frames after cuts.
    neutral_s : tuple of two float, optional
        The neutral stretch that the user names: the part that holds its start is taken; else the one that
        shows a person for longest.
    """
    found = find_parts(landmarks, cuts_ns)
    warnings = tuple(_nobody(start_s, end_s) for start_s, end_s in found.away_s)
    if len(found.parts) == 1:
        return landmarks, warnings
    chosen = _named(landmarks, found, neutral_s)
    if chosen is None:
        chosen = longest_with_face(landmarks, found)
    rows = found.parts[chosen].rows
    return rows_of(landmarks, rows), (_several_parts(landmarks, found, chosen), *warnings)


def _named(landmarks: LandmarkSeries, found: Parts, neutral_s: tuple[float, float] | None) -> int | None:
    if neutral_s is None:
        return None
    for number, part in enumerate(found.parts):
        if landmarks.time_s[part.rows.stop - 1] >= neutral_s[0]:
            return number
    return None


def _nobody(start_s: float, end_s: float) -> Notice:
    text = (
        f"Nobody was in the picture from {start_s:.1f} to {end_s:.1f} s. If it was another person who came, or the "
        "seat was moved, cut the recording there and measure the parts one by one."
    )
    return Notice(text, "nobody_in_picture", start_s=start_s, end_s=end_s)


def _several_parts(landmarks: LandmarkSeries, found: Parts, chosen: int) -> Notice:
    time_s, parts = landmarks.time_s, len(found.parts)
    border, rows = found.parts[1], found.parts[chosen].rows
    border_s, start_s, end_s = (float(time_s[row]) for row in (border.rows.start, rows.start, rows.stop - 1))
    text = (
        f"The recording falls into {parts} parts: at {border_s:.1f} s {_WHY[border.why]}. "
        f"Only the part from {start_s:.1f} to {end_s:.1f} s was measured. To measure another one, name its neutral "
        "(--neutral START END), or cut the recording first: ffmpeg -ss START -to END -i INPUT -c copy part.mp4"
    )
    if border.why == "cut":
        return Notice(text, "parts_cut", parts=parts, border_s=border_s, start_s=start_s, end_s=end_s)
    return Notice(text, "parts_person", parts=parts, border_s=border_s, start_s=start_s, end_s=end_s)
