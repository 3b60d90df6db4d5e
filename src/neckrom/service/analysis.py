"""From landmarks to the judged result: the one engine of recordings, replays and live sessions.

No file is read or written here and no clock is asked.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

import numpy as np

from neckrom import __version__
from neckrom.assessment.judgement import STATEMENT, JudgementSettings, PainReport, judge
from neckrom.assessment.norms import LoadedNorms
from neckrom.errors import NoFaceError
from neckrom.kinematics.camera import camera_for_picture, pinhole, straightened
from neckrom.kinematics.estimator import OrientationEstimator, ReferenceT
from neckrom.kinematics.face_mesh import face_orientation, facing_angles_deg
from neckrom.kinematics.neck_angles import neck_angle_series
from neckrom.result import (
    CameraInfo,
    ClipInfo,
    Configuration,
    NeutralInfo,
    NormInfo,
    Quality,
    Result,
    ToolInfo,
)
from neckrom.rom.neutral import find_neutral, given_neutral
from neckrom.rom.protocol import Protocol
from neckrom.rom.range_of_motion import RomSettings, angle_at, range_of_motion
from neckrom.types import (
    AngleSeries,
    CameraModel,
    DetectorIdentity,
    LandmarkSeries,
    Movement,
    Neutral,
    OrientationSeries,
    RangeOfMotion,
    SourceInfo,
)

LOW_MEASURED_PERCENT = 90.0
"""Below this share of measured frames the report warns."""


@dataclass(frozen=True, slots=True)
class AnalysisOptions:
    """Everything that is set and changes the numbers."""

    norms: LoadedNorms
    mirrored: bool = False
    neutral: tuple[float, float] | None = None
    hfov_deg: float | None = None
    camera: CameraModel | None = None
    camera_name: str | None = None
    camera_sha256: str | None = None
    protocol: Protocol | None = None
    protocol_name: str | None = None
    protocol_sha256: str | None = None
    rom: RomSettings = field(default_factory=RomSettings)
    judgement: JudgementSettings = field(default_factory=JudgementSettings)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the landmarks come from."""

    source: SourceInfo
    detector: DetectorIdentity
    warnings: tuple[str, ...]
    created: str
    """ISO 8601."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """One measured recording.

    ``landmarks`` are where the picture shows them, with left and right put right if the clip was mirrored;
    what the lens bends (``camera.distortion``) was taken off only for measuring.
    """

    result: Result
    landmarks: LandmarkSeries
    orientation: OrientationSeries
    angles: AngleSeries
    rom: RangeOfMotion
    camera: CameraModel


def analyse(
    landmarks: LandmarkSeries,
    provenance: Provenance,
    options: AnalysisOptions,
    estimator: OrientationEstimator[ReferenceT],
) -> Analysis:
    """Measure and judge a recording.

    Raises
    ------
    NoFaceError
        If no frame shows a face.
    NoNeutralError
        If there is no usable neutral.
    """
    if not landmarks.face_found.any():
        raise NoFaceError(
            f"No face was found in any of the {len(landmarks)} frames of {provenance.source.name}. The head and both "
            "shoulders should fill a good part of an upright picture, in even light from the front."
        )
    seen = landmarks.mirrored() if options.mirrored else landmarks
    camera = _camera(seen, options)
    straight, straight_camera = straightened(seen, camera)
    neutral = _neutral(straight, straight_camera, options)
    still = (seen.time_s >= neutral.start_s) & (seen.time_s <= neutral.end_s)
    reference = estimator.fit_reference(straight, straight_camera, still)
    orientation = estimator.smooth(estimator.observe(straight, reference), reference)
    angles = neck_angle_series(orientation, reference.neutral_thorax)
    rom = range_of_motion(angles, neutral, options.protocol, options.rom)
    movements, asymmetry = judge(rom, options.norms, _pain(angles, options.protocol), options.judgement)
    result = Result(
        created=provenance.created,
        tool=ToolInfo(
            version=__version__,
            engine=f"{provenance.detector.name} {provenance.detector.version} ({provenance.detector.settings})",
            model_sha256=provenance.detector.model_sha256,
            estimator=estimator.identity,
            calibration_id=estimator.calibration_id,
        ),
        configuration=_configuration(options),
        clip=_clip_info(seen, provenance.source, mirrored=options.mirrored),
        camera=CameraInfo(hfov_deg=round(camera.hfov_deg, 2), origin=camera.origin, assumed=camera.assumed),
        norms=NormInfo(
            name=options.norms.name,
            title=options.norms.norms.title,
            citation=options.norms.norms.citation,
            sha256=options.norms.sha256,
        ),
        neutral=NeutralInfo(
            start_s=round(rom.neutral.start_s, 3),
            end_s=round(rom.neutral.end_s, 3),
            origin=rom.neutral.origin,
            drift_deg=round(rom.neutral.drift_deg, 2) if np.isfinite(rom.neutral.drift_deg) else None,
        ),
        movements=movements,
        asymmetry=asymmetry,
        quality=_quality(seen, angles, rom, provenance, mirrored=options.mirrored),
        statement=STATEMENT,
    )
    return Analysis(result, seen, orientation, angles, rom, camera)


def _camera(landmarks: LandmarkSeries, options: AnalysisOptions) -> CameraModel:
    if options.camera is not None:
        return camera_for_picture(options.camera, landmarks.width, landmarks.height)
    return pinhole(landmarks.width, landmarks.height, options.hfov_deg)


def _neutral(landmarks: LandmarkSeries, camera: CameraModel, options: AnalysisOptions) -> Neutral:
    named = options.neutral or (options.protocol.neutral if options.protocol else None)
    if named is not None:
        return given_neutral(landmarks.time_s, *named, landmarks.face_found)
    facing = facing_angles_deg(face_orientation(landmarks, camera))
    return find_neutral(landmarks.time_s, facing, options.rom.neutral)


def _pain(angles: AngleSeries, protocol: Protocol | None) -> dict[Movement, PainReport]:
    if protocol is None:
        return {}
    onsets: dict[Movement, float] = {}
    for trial in protocol.trial:
        onset = angle_at(angles, trial)
        if np.isfinite(onset):
            onsets[trial.movement] = min(onset, onsets.get(trial.movement, onset))
    named = set(protocol.pain) | set(onsets)
    return {movement: PainReport(protocol.pain.get(movement), onsets.get(movement)) for movement in named}


def _configuration(options: AnalysisOptions) -> Configuration:
    return Configuration(
        mirrored=options.mirrored,
        neutral=options.neutral,
        hfov_deg=options.hfov_deg,
        camera=options.camera_name,
        camera_sha256=options.camera_sha256,
        norms=options.norms.name,
        protocol=options.protocol_name,
        protocol_sha256=options.protocol_sha256,
        settings=_flat({"rom": asdict(options.rom), "judgement": asdict(options.judgement)}),
    )


def _flat(nested: dict[str, object], prefix: str = "") -> dict[str, float | int | str | bool]:
    flat: dict[str, float | int | str | bool] = {}
    for key, value in nested.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            flat.update(_flat(value, f"{name}."))
        elif isinstance(value, float | int | str | bool):
            flat[name] = value
    return flat


def _clip_info(landmarks: LandmarkSeries, source: SourceInfo, *, mirrored: bool) -> ClipInfo:
    time_s = landmarks.time_s
    frame_s = float(np.median(np.diff(time_s))) if len(time_s) > 1 else 0.0
    duration_s = float(time_s[-1] - time_s[0]) + frame_s
    return ClipInfo(
        name=source.name,
        kind=source.kind,
        sha256=source.sha256,
        duration_s=round(duration_s, 3),
        frames=len(landmarks),
        fps=round(len(landmarks) / duration_s, 3) if duration_s > 0 else 0.0,
        width=source.source_width,
        height=source.source_height,
        measured_width=landmarks.width,
        measured_height=landmarks.height,
        mirrored=mirrored,
    )


def _quality(
    landmarks: LandmarkSeries,
    angles: AngleSeries,
    rom: RangeOfMotion,
    provenance: Provenance,
    *,
    mirrored: bool,
) -> Quality:
    measured = 100 * float((angles.measured & ~angles.beyond).mean())
    found = 100 * float(landmarks.face_found.mean())
    warnings = [*provenance.warnings, *rom.warnings]
    if measured < LOW_MEASURED_PERCENT:
        warnings.append(
            f"The head's orientation could be measured in {measured:.0f} % of the frames only; "
            "what is greyed in the traces is not known."
        )
    if not rom.trials:
        warnings.append(
            "No movement was found: the head never left neutral by more than 10 deg. If the person did move, "
            "name neutral and trials in a protocol file (--protocol)."
        )
    turn, note = _first_turn(rom, mirrored=mirrored)
    return Quality(
        frames_measured_percent=round(measured, 1),
        face_found_percent=round(found, 1),
        warnings=tuple(warnings),
        first_turn=turn,
        first_turn_note=note,
        interval_note=_interval_note(rom),
    )


def _first_turn(rom: RangeOfMotion, *, mirrored: bool) -> tuple[str | None, str]:
    sides = {
        Movement.ROTATION_LEFT: "left",
        Movement.ROTATION_RIGHT: "right",
        Movement.LATERAL_LEFT: "left",
        Movement.LATERAL_RIGHT: "right",
    }
    turns = [trial for trial in rom.trials if trial.movement in sides]
    if not turns:
        return None, "No turn to either side was seen, so left and right could not be checked."
    first = min(turns, key=lambda trial: trial.start_s)
    side = sides[first.movement]
    kind = "turn" if first.movement.plane == 2 else "side-bend"
    way_out = (
        "the clip was not mirrored: leave --mirrored out" if mirrored else "the clip is mirrored: --mirrored"
    )
    return (
        side,
        f"First {kind} read as {side.upper()} (at {first.peak_s:.1f} s): if that is wrong, {way_out}.",
    )


def _interval_note(rom: RangeOfMotion) -> str:
    if any(trial.interval95 is not None for trial in rom.trials):
        return (
            "Intervals hold the true value in about 95 of 100 trials of rendered people who were not used for "
            "fitting; on real people they have not been checked."
        )
    return "No intervals: this estimator has no measured residuals."
