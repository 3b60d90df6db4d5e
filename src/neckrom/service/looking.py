"""A look at an input before it is measured: which way up its picture is, and which of its tracks shows a person.

Phones and editors lose the note that says how a picture is turned. The face models still find something in a
picture that lies on its side or stands on its head, and what is measured from it is wrong: so the picture is
tried in all four ways on a few frames from all over the clip. An upright face is seen by both detectors in
nearly all of them, and far more surely than in any other way.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from neckrom.frames.samples import Samples, sample
from neckrom.types import ImageArray, Notice

log = logging.getLogger(__name__)

TURNS_DEG = (0, 90, 180, 270)
_PICTURES = 8
_MAX_SIDE = 640
_SURE = 0.75
"""Mean score from which a picture is upright beyond doubt; upside down, no recording was seen to reach 0.66."""
_PERSON = 0.35
"""Mean score from which a track shows a person: seen from the side, upright ones reach 0.3 to 0.4."""
_TURNED = 0.5
"""Mean score from which another way up is taken for the right one; seen from the side none reaches it."""
_DOUBTFUL = 0.38
_CLOSE_PICTURES = 3
_CLOSE_SIDE = 3840
_WINDOWS = (2, 3, 5)
_CLEARLY = 1.3
"""How many times as surely as in any other way; upright pictures of faces reached 1.48 and more."""


@dataclass(frozen=True, slots=True)
class Choice:
    """How an input is to be opened.

    Attributes
    ----------
    turned_deg : int
        Degrees clockwise.
    track : int or None
        Which of several tracks with a moving picture; None for the one that is opened anyway.
    notes : tuple of Notice
        What the user should know of it.
    """

    turned_deg: int = 0
    track: int | None = None
    notes: tuple[Notice, ...] = ()


class Scorer(Protocol):
    """Says how surely an upright face is in a picture."""

    def score(self, picture: ImageArray) -> float:
        """From 0 to 1."""
        ...


def look_over(path: Path, scorer: Scorer, rotate_deg: int | None) -> Choice:
    """Look at a few pictures and decide.

    Parameters
    ----------
    path : Path
        A clip, an animation or a folder of pictures.
    scorer : Scorer
    rotate_deg : int, optional
        What the user says of the turn, degrees clockwise; None leaves it to the pictures.

    Raises
    ------
    InputError
        The input cannot be opened.
    """
    tracks = sample(path, _PICTURES, max_side=_MAX_SIDE)
    seen = [_scores(one, scorer, rotate_deg) for one in tracks]
    log.debug("%s: scores of the four turns %s", path.name, [[round(s, 2) for s in one] for one in seen])
    chosen, notes = _track(tracks, seen)
    turn, said = _turn(seen[chosen], rotate_deg)
    return Choice(turn, tracks[chosen].track, (*notes, *said))


def small_person(path: Path, scorer: Scorer, choice: Choice) -> str:
    """Where a person is so small in the picture that the models miss the face, in words; empty where nobody is seen.

    Parameters
    ----------
    path, scorer
        As in :func:`look_over`.
    choice : Choice
        What came of it.
    """
    tracks = sample(path, _CLOSE_PICTURES, max_side=_CLOSE_SIDE)
    pictures = next((one.pictures for one in tracks if choice.track is None or one.track == choice.track), ())
    turned = [np.ascontiguousarray(np.rot90(picture, -choice.turned_deg // 90)) for picture in pictures]
    if not turned:
        return ""
    height, width = turned[0].shape[:2]
    for share in _WINDOWS:
        best, window = 0.0, (0, 0, 0, 0)
        for box in _windows(width, height, share):
            x, y, w, h = box
            score = float(
                np.mean([scorer.score(np.ascontiguousarray(p[y : y + h, x : x + w])) for p in turned])
            )
            if score > best:
                best, window = score, box
        if best >= _TURNED:
            x, y, w, h = window
            return (
                f"A face is seen when only the {w} x {h} pixels at {x}, {y} of the {width} x {height} are looked at: "
                "the person is too small in the picture. Cut that part out and measure it: "
                f"ffmpeg -i INPUT -vf crop=iw*{w / width:.2f}:ih*{h / height:.2f}:iw*{x / width:.2f}:"
                f"ih*{y / height:.2f} person.mp4"
            )
    return ""


def _windows(width: int, height: int, share: int) -> list[tuple[int, int, int, int]]:
    """Windows of ``1 / share`` of the picture, each half over the next: left, top, width, height."""
    w, h = width // share, height // share
    return [
        (x * w // 2, y * h // 2, w, h)
        for y in range(2 * share - 1)
        for x in range(2 * share - 1)
        if min(w, h) >= 64
    ]


def _scores(samples: Samples, scorer: Scorer, rotate_deg: int | None) -> tuple[float, ...]:
    """Mean score of each of the four turns; once one is sure, the others are not tried (and are 0)."""
    if not samples.pictures:
        return (0.0,) * len(TURNS_DEG)
    scores = dict.fromkeys(TURNS_DEG, 0.0)
    for turn in TURNS_DEG if rotate_deg is None else (rotate_deg,):
        turned = [np.ascontiguousarray(np.rot90(picture, -turn // 90)) for picture in samples.pictures]
        scores[turn] = float(np.mean([scorer.score(picture) for picture in turned]))
        if turn == 0 and scores[0] >= _SURE:
            break
    return tuple(scores.values())


def _track(tracks: tuple[Samples, ...], seen: list[tuple[float, ...]]) -> tuple[int, tuple[Notice, ...]]:
    """The track that shows a person best; of equal ones that with the largest picture."""
    if len(tracks) == 1:
        return 0, ()

    def area(number: int) -> int:
        pictures = tracks[number].pictures
        return pictures[0].shape[0] * pictures[0].shape[1] if pictures else 0

    largest = max(range(len(tracks)), key=area)
    best = max(range(len(tracks)), key=lambda number: (max(seen[number]), area(number)))
    chosen = largest if max(seen[largest]) >= _PERSON else best
    with_person = sum(max(scores) >= _PERSON for scores in seen)
    return chosen, (_tracks_notice(len(tracks), with_person, chosen),)


def _tracks_notice(tracks: int, with_person: int, chosen: int) -> Notice:
    why = {0: "none of them clearly shows a person", 1: "it is the one that shows a person"}.get(
        with_person, f"{with_person} of them show a person; it has the largest picture of these"
    )
    text = (
        f"The file has {tracks} tracks with a moving picture: track {chosen + 1} was measured ({why}). "
        "To measure another one, take it out first: ffmpeg -i INPUT -map 0:v:N -c copy track.mp4 (N counts from 0)."
    )
    if with_person == 0:
        return Notice(text, "tracks_nobody", tracks=tracks, track=chosen + 1)
    if with_person == 1:
        return Notice(text, "tracks_one_person", tracks=tracks, track=chosen + 1)
    return Notice(text, "tracks_several", people=with_person, tracks=tracks, track=chosen + 1)


def _turn(scores: tuple[float, ...], rotate_deg: int | None) -> tuple[int, tuple[Notice, ...]]:
    if rotate_deg is not None:
        return rotate_deg, ()
    best = TURNS_DEG[int(np.argmax(scores))]
    score = max(scores)
    others = max(s for turn, s in zip(TURNS_DEG, scores, strict=True) if turn != best)
    if best == 0 or score < max(_DOUBTFUL, _CLEARLY * others):
        return 0, ()
    over = best == 180
    lies = "stands on its head" if over else "lies on its side"
    if score >= _TURNED:
        text = (
            f"The picture {lies} and the file says nothing of it: it was turned by {best} deg clockwise, the way in "
            "which the person is upright. If that is wrong, say --rotate 0."
        )
        return best, (
            Notice(text, "turned_over", turn_deg=best)
            if over
            else Notice(text, "turned_side", turn_deg=best),
        )
    text = (
        f"The picture may be one that {lies}: then sides and values are wrong. Look at the pictures in the report, "
        f"and if the person is not upright in them, say --rotate {best}."
    )
    return 0, (Notice(text, "may_be_over", turn=best) if over else Notice(text, "may_be_side", turn=best),)
