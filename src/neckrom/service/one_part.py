"""The one part of a recording that is measured, and what is said of the others."""

from __future__ import annotations

from neckrom.kinematics.parts import Parts, find_parts, longest_with_face, rows_of
from neckrom.types import LandmarkSeries

_WHY = {
    "cut": "the picture changes from one frame to the next (a cut)",
    "person": "another person is in the picture",
}


def one_part(
    landmarks: LandmarkSeries, cuts_ns: tuple[int, ...], neutral_s: tuple[float, float] | None
) -> tuple[LandmarkSeries, tuple[str, ...]]:
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
    warnings = tuple(
        f"Nobody was in the picture from {start:.1f} to {end:.1f} s. If it was another person who came, or the seat "
        "was moved, cut the recording there and measure the parts one by one."
        for start, end in found.away_s
    )
    if len(found.parts) == 1:
        return landmarks, warnings
    chosen = _named(landmarks, found, neutral_s)
    if chosen is None:
        chosen = longest_with_face(landmarks, found)
    rows = found.parts[chosen].rows
    return rows_of(landmarks, rows), (_in_words(landmarks, found, chosen), *warnings)


def _named(landmarks: LandmarkSeries, found: Parts, neutral_s: tuple[float, float] | None) -> int | None:
    if neutral_s is None:
        return None
    for number, part in enumerate(found.parts):
        if landmarks.time_s[part.rows.stop - 1] >= neutral_s[0]:
            return number
    return None


def _in_words(landmarks: LandmarkSeries, found: Parts, chosen: int) -> str:
    time_s = landmarks.time_s
    borders = [f"at {time_s[part.rows.start]:.1f} s {_WHY[part.why]}" for part in found.parts[1:6]]
    more = f" and {len(found.parts) - 6} more" if len(found.parts) > 6 else ""
    rows = found.parts[chosen].rows
    return (
        f"The recording falls into {len(found.parts)} parts: {', '.join(borders)}{more}. Only the part from "
        f"{time_s[rows.start]:.1f} to {time_s[rows.stop - 1]:.1f} s was measured. To measure another one, name its "
        "neutral (--neutral START END), or cut the recording first: "
        "ffmpeg -ss START -to END -i INPUT -c copy part.mp4"
    )
