"""Measure inputs: from a path to a folder of results."""

from __future__ import annotations

import hashlib
import logging
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Protocol

from neckrom.assessment.norms import load_norms
from neckrom.camera_profiles import load_camera
from neckrom.errors import (
    ConfigurationError,
    DefectError,
    InputError,
    LandmarkFileError,
    NeckromError,
    NoFaceError,
    OptionValueError,
    WholeBodyError,
)
from neckrom.frames import check_exists, open_source
from neckrom.kinematics.camera import camera_for_picture
from neckrom.landmarks.pipeline import extract_to_file
from neckrom.landmarks.plausible import implausible, time_problems
from neckrom.landmarks.store import LandmarkHeader, is_landmark_file, read_landmarks
from neckrom.private_files import clear_unfinished, new_part_folder
from neckrom.resources import resource
from neckrom.result import Result
from neckrom.rom.protocol import load_protocol
from neckrom.service.analysis import Analysis, AnalysisOptions, Provenance, analyse, estimator_for
from neckrom.service.folders import (
    LANDMARK_FILE,
    distinct_folders,
    make_parents,
    new_folder,
    refuse_existing,
    remove_empty,
)
from neckrom.service.looking import Choice, look_over, small_person
from neckrom.service.one_part import one_part
from neckrom.service.options import MeasureOptions
from neckrom.service.sessions import (
    SessionFolder,
    is_session,
    open_session,
    session_clock,
    session_landmarks,
    session_options,
)
from neckrom.service.whole_bodies import INSTEAD, whole_body_hint, whole_body_notice
from neckrom.service.writing import SAME_CLOCK, ClipClock, Tell, write_results
from neckrom.types import CameraModel, LandmarkSeries, SourceInfo

log = logging.getLogger(__name__)

DEMO_CLIP = "chidi_deficit.mp4"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one input: a result and what was written, or an error."""

    input: Path
    folder: Path | None
    result: Result | None
    error: NeckromError | None
    written: tuple[Path, ...]


class Progress(Protocol):
    """Told about every long step; may be called from several threads."""

    def step(self, input: Path, name: str, done: int, total: int | None) -> None:  # noqa: A002
        """``done`` of ``total`` (None: nobody knows) of the step called ``name``."""
        ...


class Border:
    """The border between inputs: an error of one ends there, so that the others are measured all the same.

    What is no refusal of ours is a defect, and is handed on as one; Ctrl-C and its like pass.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.error: NeckromError | None = None

    def __enter__(self) -> None:
        return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, NeckromError):
            log.info("%s: %s", self._path, error)
            self.error = error
        elif isinstance(error, Exception):
            log.error("%s: failed in a way that nobody foresaw", self._path, exc_info=error)
            self.error = DefectError(error)
            self.error.__cause__ = error
        return self.error is not None


class _Cancelled(BaseException):
    """Raised in a worker to end it when the user pressed Ctrl-C."""


def measure_all(
    inputs: Sequence[Path], out: Path, options: MeasureOptions, jobs: int, progress: Progress
) -> list[Outcome]:
    """Measure every input into a folder of its own in ``out``.

    One that fails does not stop the others, not even in a way that nobody foresaw: then its error is a
    :class:`~neckrom.errors.DefectError`. Results never depend on ``jobs``.

    Parameters
    ----------
    inputs : sequence of Path
    out : Path
    options : MeasureOptions
    jobs : int
        How many inputs at once.
    progress : Progress

    Returns
    -------
    list of Outcome, in the order of ``inputs``

    Raises
    ------
    ConfigurationError
        If the norm or protocol file has a mistake: found before anything is measured.
    OutputError
        If several run at once and ``out`` cannot be made.
    """
    analysis_options = prepared_options(options)
    folders = distinct_folders(inputs, out)
    cancel = threading.Event()

    def tell(path: Path, name: str, done: int, total: int | None) -> None:
        if cancel.is_set():
            raise _Cancelled
        progress.step(path, name, done, total)

    def work(path: Path, folder: Path) -> Outcome:
        border = Border(path)
        with border:
            return measure_prepared(path, folder, options, analysis_options, tell)
        return Outcome(path, None, None, border.error, ())

    if len(inputs) == 1 or jobs <= 1:
        return [work(path, folder) for path, folder in zip(inputs, folders, strict=True)]
    made = make_parents(out)  # once: threads that make and remove it would get in each other's way
    pool = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="measure")
    futures: list[Future[Outcome]] = []
    try:
        begun = {
            number: pool.submit(work, inputs[number], folders[number]) for number in longest_first(inputs)
        }
        futures = [begun[number] for number in range(len(inputs))]
        pending = set(futures)
        while pending:  # short waits, so that Ctrl-C is heard
            _, pending = wait(pending, timeout=0.2, return_when=FIRST_COMPLETED)
        return [future.result() for future in futures]
    except BaseException:
        cancel.set()
        for future in futures:
            future.cancel()
        raise
    finally:
        pool.shutdown(wait=True)
        remove_empty(made)


def longest_first(inputs: Sequence[Path]) -> list[int]:
    """Numbers of the inputs, those with the most bytes first: a long one that began last would run alone at the end."""
    return sorted(range(len(inputs)), key=lambda number: -_bytes_of(inputs[number]))


def _bytes_of(path: Path) -> int:
    """Of a file, or of all files right in a folder; 0 where it cannot be read, which is said when it is measured."""
    try:
        files = list(path.iterdir()) if path.is_dir() else [path]
        return sum(file.stat().st_size for file in files)
    except OSError:
        return 0


def measure_one(path: Path, out: Path, options: MeasureOptions, progress: Progress) -> Outcome:
    """Measure one input.

    Raises
    ------
    NeckromError
        With what to do about it; nothing is left behind.
    """
    (folder,) = distinct_folders([path], out)
    return measure_prepared(path, folder, options, prepared_options(options), progress.step)


def measure_quietly(path: Path, options: MeasureOptions, progress: Progress | None = None) -> Analysis:
    """Measure one input and keep nothing: for validation and notebooks.

    An exception that ``progress`` raises ends the measurement.
    """
    tell = progress.step if progress is not None else _tell_nobody
    clear_unfinished()
    with new_part_folder(Path(tempfile.gettempdir()), path) as folder:
        return measure_into(path, folder, prepared_options(options), options.rotate_deg, tell).analysis


def measure_to_keep(path: Path, options: AnalysisOptions, rotate_deg: int | None) -> tuple[Seen, bytes]:
    """Measure one input and write nothing yet; what :func:`write_kept` needs.

    Returns
    -------
    Seen
        Its ``file`` is gone.
    bytes
        The landmark file: about 10 MB for a minute.

    Raises
    ------
    NeckromError
        With what to do about it.
    """
    clear_unfinished()
    check_exists(path)
    with new_part_folder(Path(tempfile.gettempdir()), path) as folder:
        seen = measure_into(path, folder, options, rotate_deg, _tell_nobody)
        return seen, seen.file.read_bytes()


def write_kept(seen: Seen, landmarks: bytes, folder: Path, options: MeasureOptions) -> None:
    """Write all that :func:`measure_one` writes.

    Raises
    ------
    NeckromError
        Nothing is left behind then.
    """
    with new_folder(folder, overwrite=options.overwrite) as part:
        (part / LANDMARK_FILE).write_bytes(landmarks)
        _write(seen, part, options, lambda *_: None)


def identity_lines() -> list[str]:
    """Tool, engine, models and estimator, for ``--version``."""
    from neckrom import __version__  # noqa: PLC0415
    from neckrom.landmarks.mediapipe_engine import engine_identity  # noqa: PLC0415

    estimator, _ = estimator_for("front")
    engine = engine_identity()
    return [
        f"neckrom {__version__}",
        f"engine {engine.name} {engine.version}, models {engine.model_sha256[:16]}",
        f"estimator {estimator.identity}, calibration {estimator.calibration_id}",
    ]


@contextmanager
def demo_clip() -> Iterator[Path]:
    """The clip that travels in the wheel."""
    yield resource("sample_videos", DEMO_CLIP)


# ------------------------------------------------------------------ one input

_Tell = Callable[[Path, str, int, int | None], None]


def _tell_nobody(_path: Path, _name: str, _done: int, _total: int | None) -> None:
    return


@dataclass(frozen=True, slots=True)
class _Landmarks:
    """Landmarks on disk and the clip they come from; None where they are replayed."""

    file: Path
    clip: Path | None
    header: LandmarkHeader
    session: SessionFolder | None = None
    replayed: Path | None = None
    """The file that the user gave; None where the models have just seen the clip."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An analysis, and what its files are made from.

    Attributes
    ----------
    analysis : Analysis
    file : Path
        The landmarks.
    clip : Path or None
        Where pictures can be had; None where landmarks were replayed.
    clock : ClipClock
    opened : SourceInfo
        How the clip was opened.
    """

    analysis: Analysis
    file: Path
    clip: Path | None
    clock: ClipClock
    opened: SourceInfo


def measure_into(
    path: Path, part: Path, options: AnalysisOptions, rotate_deg: int | None, tell: _Tell
) -> Seen:
    """Measure one input, with its landmarks in the folder ``part``.

    Raises
    ------
    NeckromError
        With what to do about it.
    """
    landmarks = _landmarks(path, part, tell, options.camera, rotate_deg)
    analysis = _analyse(landmarks, options)
    clock = SAME_CLOCK if landmarks.session is None else session_clock(landmarks.session)
    return Seen(analysis, landmarks.file, landmarks.clip, clock, landmarks.header.source)


def measure_prepared(
    path: Path, folder: Path, options: MeasureOptions, analysis_options: AnalysisOptions, tell: _Tell
) -> Outcome:
    """Measure one input into a folder, with options whose files were read before.

    Raises
    ------
    NeckromError
        With what to do about it; nothing is left behind.
    """
    refuse_existing(folder, overwrite=options.overwrite)
    check_exists(path)
    with new_folder(folder, overwrite=options.overwrite) as part:
        seen = measure_into(path, part, analysis_options, options.rotate_deg, tell)
        _write(seen, part, options, partial(tell, path))
    written = tuple(sorted(item for item in folder.rglob("*") if item.is_file()))
    return Outcome(path, folder, seen.analysis.result, None, written)


def _write(seen: Seen, part: Path, options: MeasureOptions, tell: Tell) -> None:
    write_results(part, seen.analysis, seen.clip, options, tell, clock=seen.clock, opened=seen.opened)


def _landmarks(
    path: Path, part: Path, tell: _Tell, camera: CameraModel | None, rotate_deg: int | None
) -> _Landmarks:
    target = part / LANDMARK_FILE
    if is_session(path):
        session = open_session(path)
        if session.info.kind == "nerve":
            raise InputError(
                f"{path} holds a session of nerve tests: add the test that is to be measured, --protocol slr or slump."
            )
        if session.info.kind == "plan":
            raise InputError(
                f"{path} holds a session of a plan: measure it by itself, without clips of the neck beside it: neckrom "
                f"measure {path}"
            )
        if session.info.kind == "upper_back":
            raise InputError(
                f"{path} holds a session of turning the trunk: measure it without clips of the neck beside it: neckrom "
                f"measure {path} --protocol upper_back"
            )
        return _Landmarks(target, session.video, session_landmarks(session, target), session, path)
    replayed = _landmark_file(path)
    if replayed is not None:
        _, header = read_landmarks(replayed)
        shutil.copyfile(replayed, target)
        return _Landmarks(target, None, header, replayed=replayed)
    from neckrom.landmarks.mediapipe_engine import MediaPipeDetector  # noqa: PLC0415

    choice = _look(path, rotate_deg)
    source = open_source(path, turned_deg=choice.turned_deg, track=choice.track)
    try:
        if camera is not None:  # found to be another one's before the long work, not after it
            camera_for_picture(camera, source.info.width, source.info.height)
        header = extract_to_file(
            source,
            MediaPipeDetector,
            target,
            progress=partial(tell, path, "landmarks"),
            notes=choice.notes,
        )
    except NoFaceError as error:
        whole = whole_body_hint(path, choice)
        if whole:
            raise WholeBodyError(f"No face was found in {path.name}. {whole}") from error
        hint = _small_person(path, choice)
        raise NoFaceError(f"{error} {hint}" if hint else str(error)) from error
    finally:
        source.close()
    return _Landmarks(target, path, header)


def _look(path: Path, rotate_deg: int | None) -> Choice:
    from neckrom.landmarks.mediapipe_engine import FaceFinder  # noqa: PLC0415

    finder = FaceFinder()
    try:
        return look_over(path, finder, rotate_deg)
    finally:
        finder.close()


def _small_person(path: Path, choice: Choice) -> str:
    from neckrom.landmarks.mediapipe_engine import FaceFinder  # noqa: PLC0415

    finder = FaceFinder()
    try:
        return small_person(path, finder, choice)
    finally:
        finder.close()


def _landmark_file(path: Path) -> Path | None:
    """The landmark file that an input is or holds."""
    if path.is_file() and is_landmark_file(path):
        return path
    if path.is_dir() and (path / LANDMARK_FILE).is_file():
        return path / LANDMARK_FILE
    return None


def _analyse(landmarks: _Landmarks, options: AnalysisOptions) -> Analysis:
    series, header = read_landmarks(landmarks.file)
    _refuse_implausible(series, landmarks)
    whole = whole_body_notice(series, header.source.name)
    if landmarks.session is not None:
        options = _as_the_session(options, landmarks.session)
    named = options.neutral or (options.protocol.neutral if options.protocol else None)
    series, said = one_part(series, header.cuts_ns, named)
    replayed = landmarks.clip is None or landmarks.session is not None
    kind = replace(header.source, kind="landmarks") if replayed else header.source
    provenance = Provenance(
        source=kind,
        detector=header.detector,
        warnings=(*said, *whole, *header.warnings),
        created=datetime.now().astimezone().isoformat(timespec="seconds"),
    )
    try:
        return analyse(series, provenance, options)
    except InputError as error:
        if not whole:
            raise
        raise WholeBodyError(f"{error} A whole person who stands or runs is seen. {INSTEAD}") from error


def _refuse_implausible(series: LandmarkSeries, landmarks: _Landmarks) -> None:
    """Refuse what cannot be a recording, with the error of the input that it came from."""
    if landmarks.replayed is None:
        problems = time_problems(series.time_ns)
        if problems:
            raise InputError(f"{landmarks.clip} cannot be measured: {'; '.join(problems)}.")
        return
    problems = implausible(series)
    if problems:
        raise LandmarkFileError(
            f"{landmarks.replayed} does not hold what a recording of a person gives: measure the clip again.",
            problems,
        )


def _as_the_session(options: AnalysisOptions, session: SessionFolder) -> AnalysisOptions:
    """What the session was made with, where the user says nothing else."""
    made = session_options(session)
    options = replace(options, session=made.session)
    if options.protocol is None:
        options = replace(
            options,
            protocol=made.protocol,
            protocol_name=made.protocol_name,
            protocol_sha256=made.protocol_sha256,
        )
    if options.camera is None and options.hfov_deg is None and options.distance_m is None:
        options = replace(
            options,
            hfov_deg=made.hfov_deg,
            camera=made.camera,
            camera_name=made.camera_name,
            camera_sha256=made.camera_sha256,
        )
    return replace(options, view=made.view) if options.view == "auto" else options


def prepared_options(options: MeasureOptions) -> AnalysisOptions:
    """Options with their files read and checked: all mistakes at once."""
    problems: list[ConfigurationError] = []
    norms = protocol = camera = None
    try:
        norms = load_norms(options.norms)
    except ConfigurationError as error:
        problems.append(error)
    if options.protocol is not None:
        try:
            protocol = load_protocol(options.protocol)
        except ConfigurationError as error:
            problems.append(error)
    if options.camera is not None:
        try:
            camera = load_camera(options.camera)
        except ConfigurationError as error:
            problems.append(error)
        if options.hfov_deg is not None:
            both = "A camera profile and a field of view exclude each other: give one of them."
            problems.append(OptionValueError(both))
    if problems or norms is None:
        of_files = any(not isinstance(problem, OptionValueError) for problem in problems)
        kind = ConfigurationError if of_files else OptionValueError
        raise kind("\n".join(map(str, problems)))
    return AnalysisOptions(
        norms=norms,
        mirrored=options.mirrored,
        neutral=options.neutral,
        warm_ups=options.warm_ups,
        view=options.view,
        hfov_deg=options.hfov_deg,
        distance_m=options.distance_m,
        camera=camera.profile.camera() if camera else None,
        camera_name=camera.profile.name if camera else None,
        camera_sha256=camera.sha256 if camera else None,
        protocol=protocol,
        protocol_name=options.protocol.name if options.protocol else None,
        protocol_sha256=hashlib.sha256(options.protocol.read_bytes()).hexdigest()
        if options.protocol
        else None,
    )
