"""From a clip, a picture or a landmark file to the landmarks of one person's whole body."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from neckrom import __version__
from neckrom.errors import InputError, LandmarkFileError, NoBodyError
from neckrom.frames import check_exists, is_picture, open_picture, open_source
from neckrom.landmarks.body_pipeline import extract_bodies_to_file
from neckrom.landmarks.body_store import read_bodies
from neckrom.landmarks.header import LandmarkHeader
from neckrom.landmarks.mirror import mirror_bodies
from neckrom.landmarks.plausible import implausible_bodies, time_problems
from neckrom.landmarks.store import is_landmark_file
from neckrom.result import ClipInfo, ToolInfo
from neckrom.service.body_looking import way_up
from neckrom.service.folders import LANDMARK_FILE
from neckrom.types import BodySeries, BoolArray, FrameSource, Notice

Tell = Callable[[Path, str, int, int | None], None]
"""Called with the input, the name of a step, how much of it is done and how much there is."""

_SLOW_MOTION = 1.25
"""How many times faster a clip was filmed than it plays for its own word to be taken for slow motion."""
_FLICKERS, _PIECE_S = 4, 2.0
"""From so many parts on, none longer than this, it is not the film that was cut: in the dark, noise changes the
picture."""
_FOUND = 0.3
"""Share of the frames in which somebody has to be found."""
_IN_VIEW = 0.5
_LEG_POINTS = slice(25, 33)


@dataclass(frozen=True, slots=True)
class BodyRecording:
    """Landmarks on disk and where they come from.

    Attributes
    ----------
    given : Path
        The input.
    clip : Path or None
        Where pictures can be had; None where landmarks are replayed.
    picture : bool
        Whether it is a single still picture.
    file : Path
        The landmark file.
    header : LandmarkHeader
    series : BodySeries
        As it stands in the file: pixels of the picture as stored, the clip's own times.
    """

    given: Path
    clip: Path | None
    picture: bool
    file: Path
    header: LandmarkHeader
    series: BodySeries

    @property
    def name(self) -> str:
        """For messages."""
        return self.given.name or str(self.given)

    def tool(self, estimator: str, calibration_id: str) -> ToolInfo:
        """What measured it."""
        detector = self.header.detector
        return ToolInfo(
            version=__version__,
            engine=f"{detector.name} {detector.version} ({detector.settings})",
            model_sha256=detector.model_sha256,
            estimator=estimator,
            calibration_id=calibration_id,
        )


@dataclass(frozen=True, slots=True)
class BodyPart:
    """What of a recording is measured, and how.

    Attributes
    ----------
    recording : BodyRecording
    series : BodySeries
        One person filmed in one go, in real time, left and right put right.
    slower : float
        How many times slower than in real life the clip plays; 1 for ordinary ones.
    mirrored : bool
    notices : tuple of str
        What is to be said of the recording.
    """

    recording: BodyRecording
    series: BodySeries
    slower: float
    mirrored: bool
    notices: tuple[str, ...]

    @property
    def true_fps(self) -> float | None:
        """Pictures in a second of real time, where it is not the clip's own."""
        return None if self.slower == 1.0 else _rate(self.recording.series) * self.slower

    def clip_time_s(self, real_s: float) -> float:
        """A moment of real time in the clip's own time, as a player shows it."""
        return real_s * self.slower

    def clip_info(self) -> ClipInfo:
        """The clip as results describe it."""
        source, series = self.recording.header.source, self.recording.series
        time_s = series.time_s
        frame_s = float(np.median(np.diff(time_s))) if len(time_s) > 1 else 0.0
        duration_s = float(time_s[-1] - time_s[0]) + frame_s
        return ClipInfo(
            name=source.name,
            kind=source.kind if self.recording.clip is not None else "landmarks",
            sha256=source.sha256,
            duration_s=round(duration_s, 3),
            frames=len(series),
            fps=round(len(series) / duration_s, 3) if duration_s > 0 else 0.0,
            width=source.source_width,
            height=source.source_height,
            measured_width=series.width,
            measured_height=series.height,
            mirrored=self.mirrored,
        )


def read_recording(
    path: Path, target: Path, tell: Tell, rotate_deg: int | None = None, *, feet: bool = False
) -> BodyRecording:
    """Landmarks of a clip, a picture, a landmark file or a folder that holds one.

    Parameters
    ----------
    path : Path
        The input.
    target : Path
        Where its landmark file is written.
    tell : callable
    rotate_deg : int, optional
        Degrees clockwise by which the picture is turned; None finds out.
    feet : bool
        Also follow the shoes from frame to frame, as runs need it.

    Raises
    ------
    InputError
        It cannot be read, or shows nobody.
    """
    check_exists(path)
    stored = _landmark_file(path)
    if stored is not None:
        series, header = read_bodies(stored)
        problems = implausible_bodies(series)
        if problems:
            raise LandmarkFileError(
                f"{path} does not hold what a recording of a person gives: measure the clip again.", problems
            )
        shutil.copyfile(stored, target)
        return BodyRecording(path, None, len(series) == 1, target, header, series)
    picture = is_picture(path)
    source = open_picture(path) if picture else open_source(path)
    try:
        turned_deg, notes = way_up(path, source, picture=picture, rotate_deg=rotate_deg)
        if turned_deg:
            source.close()
            source = (open_picture if picture else open_source)(path, turned_deg=turned_deg)
        _extract(path, source, target, tell, picture=picture, feet=feet and not picture, notes=notes)
    finally:
        source.close()
    series, header = read_bodies(target)
    problems = time_problems(series.time_ns)
    if problems:
        raise InputError(f"{path} cannot be measured: {'; '.join(problems)}.")
    return BodyRecording(path, path, picture, target, header, series)


def _extract(
    path: Path,
    source: FrameSource,
    target: Path,
    tell: Tell,
    *,
    picture: bool,
    feet: bool,
    notes: tuple[Notice, ...],
) -> None:
    from neckrom.landmarks.body_engine import (  # noqa: PLC0415  (slow to load)
        BodyFinder,
        BodyPoseDetector,
        StillPoseDetector,
    )

    finder = BodyFinder()
    try:
        extract_bodies_to_file(
            source,
            StillPoseDetector if picture else BodyPoseDetector,
            target,
            finder=finder,
            trackers=1 if picture else 2,
            feet=feet,
            progress=lambda done, total: tell(path, "landmarks", done, total),
            notes=notes,
        )
    finally:
        finder.close()


def part_of(recording: BodyRecording, *, mirrored: bool = False, fps_true: float | None = None) -> BodyPart:
    """The part of a recording that is measured: one person, filmed in one go, in real time.

    Parameters
    ----------
    recording : BodyRecording
    mirrored : bool
        The clip was stored mirrored.
    fps_true : float, optional
        Pictures a second at which it was filmed; else what the file itself says of slow motion.

    Raises
    ------
    NoBodyError
        Somebody is found in too few frames.
    InputError
        Only head and shoulders are in the picture.
    """
    series, said = _longest_part(recording.series, recording.header.cuts_ns)
    share = float(series.found.mean()) if len(series) else 0.0
    if share < _FOUND:
        raise NoBodyError(
            f"Somebody was found in {100 * share:.0f} % of the frames of {recording.name} only: the person has to "
            "be in view, for runs, posture and legs from head to feet, for arms and trunk from head to knees, in good "
            "light and not too small."
        )
    _refuse_upper_body(series, recording.name)
    slower, slow = _slower(recording, fps_true)
    if slower != 1.0:
        series = replace(series, time_ns=np.round(series.time_ns / slower).astype(np.int64))
    if mirrored:
        series = mirror_bodies(series)
    return BodyPart(recording, series, slower, mirrored, (*said, *slow, *recording.header.warnings))


def _landmark_file(path: Path) -> Path | None:
    """The landmark file that an input is or holds."""
    if path.is_file() and is_landmark_file(path):
        return path
    if path.is_dir() and (path / LANDMARK_FILE).is_file():
        return path / LANDMARK_FILE
    return None


def _rate(series: BodySeries) -> float:
    """Pictures a second of the clip's own time."""
    return float(1.0 / np.median(np.diff(series.time_s))) if len(series) > 1 else 0.0


def _slower(recording: BodyRecording, fps_true: float | None) -> tuple[float, tuple[Notice, ...]]:
    """How many times slower than real life the clip plays."""
    rate, written = _rate(recording.series), recording.header.source.capture_fps
    if not rate:
        return 1.0, ()
    if fps_true is not None:
        return fps_true / rate, ()
    if written is None or written < _SLOW_MOTION * rate:
        return 1.0, ()
    text = (
        f"The clip is slow motion: its file says that it was filmed at {written:.0f} pictures a second, and it plays "
        f"at {rate:.0f}. Times and speeds are those of real life. If that is wrong, say --fps-true {rate:.0f}."
    )
    return written / rate, (Notice(text, "slow_motion", filmed_fps=round(written), plays_fps=round(rate)),)


def _longest_part(series: BodySeries, cuts_ns: tuple[int, ...]) -> tuple[BodySeries, tuple[Notice, ...]]:
    """Of a recording with cuts, the part that shows somebody for longest."""
    borders = [0, *np.searchsorted(series.time_ns, cuts_ns).tolist(), len(series)]
    parts = [slice(a, b) for a, b in pairwise(borders) if b - a > 1]
    if len(parts) < 2:
        return series, ()
    chosen = max(parts, key=lambda rows: int(series.found[rows].sum()))
    longest_s = float(series.time_s[chosen.stop - 1] - series.time_s[chosen.start])
    if len(parts) >= _FLICKERS and longest_s < _PIECE_S:
        raise InputError(
            f"The picture changes as if the recording were cut into {len(parts)} parts, the longest of {longest_s:.1f} "
            "s: it is too dark and noisy, or flickers, or really is cut. Film again in good light, in one go."
        )
    rows = np.zeros(len(series), dtype=np.bool_)
    rows[chosen] = True
    start_s, end_s = (float(series.time_s[row]) for row in (chosen.start, chosen.stop - 1))
    text = (
        f"The recording falls into {len(parts)} parts (cuts): only the one from {start_s:.1f} to {end_s:.1f} s was "
        "measured. To measure another one, cut it out first: ffmpeg -ss START -to END -i INPUT -c copy part.mp4"
    )
    return rows_of(series, rows), (
        Notice(text, "body_parts", parts=len(parts), start_s=start_s, end_s=end_s),
    )


def rows_of(series: BodySeries, rows: BoolArray) -> BodySeries:
    """Some rows of a series."""
    return replace(
        series,
        time_ns=series.time_ns[rows],
        pose=series.pose[rows],
        pose_world=series.pose_world[rows],
        pose_visibility=series.pose_visibility[rows],
        people=series.people[rows],
        foot_motion=None if series.foot_motion is None else series.foot_motion[rows],
    )


def _refuse_upper_body(series: BodySeries, name: str) -> None:
    """A clip of head and shoulders is one for the neck."""
    found = series.pose[series.found]
    inside = (
        (found[:, :, 0] >= 0)
        & (found[:, :, 0] < series.width)
        & (found[:, :, 1] >= 0)
        & (found[:, :, 1] < series.height)
    )
    hips, legs = float(inside[:, 23:25].mean()), float(inside[:, _LEG_POINTS].mean())
    if hips >= _IN_VIEW or legs >= _IN_VIEW:
        return
    raise InputError(
        f"{name} shows head and shoulders only, and this is read from the whole body. Neck movements are measured "
        "with: neckrom measure CLIP. For a run, a posture or a test of the legs film the whole person from the side, "
        "head and feet in the picture; for a test of the arms from the front, from the hips up to a hand overhead."
    )
