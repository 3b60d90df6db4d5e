"""From landmarks to the judged result: the one engine of recordings, replays and live sessions.

No file is read or written here and no clock is asked; landmarks of long recordings lie in temporary files
(:mod:`neckrom.columns`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import numpy as np

from neckrom import __version__
from neckrom.assessment.judgement import STATEMENT, STATEMENT_KEY, JudgementSettings, PainReport, judge
from neckrom.assessment.norms import LoadedNorms
from neckrom.errors import NoFaceError
from neckrom.kinematics.camera import (
    camera_for_picture,
    hfov_interval95_deg,
    pinhole,
    pinhole_as_written,
    straightened,
)
from neckrom.kinematics.estimator import OrientationEstimator
from neckrom.kinematics.face_mesh import face_orientation, facing_angles_deg
from neckrom.kinematics.front.estimator import FrontEstimator
from neckrom.kinematics.neck_angles import neck_angle_series
from neckrom.kinematics.side.estimator import SideViewEstimator
from neckrom.kinematics.side.facing import side_facing_angles
from neckrom.kinematics.view import (
    Planes,
    View,
    detect_view,
    only_measured,
    only_measured_coupling,
    view_evidence,
)
from neckrom.landmarks.mirror import mirror_series
from neckrom.result import (
    CameraInfo,
    ClipInfo,
    Configuration,
    NeutralInfo,
    NormInfo,
    Result,
    SessionFacts,
    ToolInfo,
)
from neckrom.rom.neutral import doubted, find_neutral, given_neutral, with_uncertain_zero
from neckrom.rom.protocol import Protocol
from neckrom.rom.range_of_motion import RomSettings, angle_at, range_of_motion
from neckrom.service.quality import describe_quality, setting_warnings
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


@dataclass(frozen=True, slots=True)
class AnalysisOptions:
    """Everything that is set and changes the numbers."""

    norms: LoadedNorms
    mirrored: bool = False
    neutral: tuple[float, float] | None = None
    warm_ups: int | None = None
    view: Literal["auto", "front", "side"] = "auto"
    hfov_deg: float | None = None
    distance_m: float | None = None
    camera: CameraModel | None = None
    camera_name: str | None = None
    camera_sha256: str | None = None
    protocol: Protocol | None = None
    protocol_name: str | None = None
    protocol_sha256: str | None = None
    session: SessionFacts | None = None
    """Of a guided session: what was told, answered and left out."""
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
) -> Analysis:
    """Measure and judge a recording.

    Raises
    ------
    NoFaceError
        If no frame shows a face.
    NoNeutralError
        If there is no usable neutral.
    """
    seen = mirror_series(landmarks) if options.mirrored else landmarks
    view = _view(seen, options)
    _refuse_empty(seen, view, provenance)
    camera = _camera(seen, provenance.source, options)
    straight, straight_camera = straightened(seen, camera)
    neutral = _neutral(straight, straight_camera, view, options)
    still = (seen.time_s >= neutral.start_s) & (seen.time_s <= neutral.end_s)
    estimator, planes = estimator_for(view)
    if camera.assumed:  # an assumed camera bends nothing: what is straightened is the picture itself
        camera = straight_camera = estimator.camera_of(straight, camera, still, options.distance_m)
    reference = estimator.fit_reference(straight, straight_camera, still)
    orientation = estimator.smooth(estimator.observe(straight, reference), reference)
    every_angle = neck_angle_series(orientation, reference.neutral_thorax)
    found = range_of_motion(every_angle, neutral, options.protocol, options.rom, warm_ups=options.warm_ups)
    angles = only_measured(with_uncertain_zero(every_angle, found.neutral), planes)
    rom = replace(only_measured_coupling(found, planes), planes=planes)
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
        camera=CameraInfo(
            hfov_deg=round(camera.hfov_deg, 2),
            hfov_interval95_deg=hfov_interval95_deg(camera) if view == "front" else None,
            origin=camera.origin,
            assumed=camera.assumed,
            view=view,
        ),
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
            sd_deg=tuple(round(sd, 2) for sd in rom.neutral.sd_deg),
            sure=rom.neutral.sure,
            doubts=rom.neutral.doubts,
            other_s=rom.neutral.other_s,
        ),
        movements=movements,
        asymmetry=asymmetry,
        quality=describe_quality(
            seen,
            angles,
            rom,
            view,
            (*provenance.warnings, *setting_warnings(camera, view, reference.askew_deg, orientation)),
            mirrored=options.mirrored,
        ),
        statement=STATEMENT,
        statement_key=STATEMENT_KEY,
        session=options.session,
    )
    return Analysis(result, seen, orientation, angles, rom, camera)


def estimator_for(view: View) -> tuple[OrientationEstimator[Any], Planes]:
    """The estimator for a view, and which of flexion, lateral flexion and rotation it measures."""
    if view == "front":
        return FrontEstimator(), (True, True, True)
    return SideViewEstimator(view), SideViewEstimator.measured_planes


def _view(landmarks: LandmarkSeries, options: AnalysisOptions) -> View:
    if options.view == "front":
        return "front"
    found = detect_view(landmarks)
    if options.view == "side" and found == "front":
        return "side_left" if view_evidence(landmarks).trunk_deg < 0 else "side_right"
    return found


def _refuse_empty(landmarks: LandmarkSeries, view: View, provenance: Provenance) -> None:
    found = landmarks.face_found if view == "front" else landmarks.pose_found
    if found.any():
        return
    what = "face" if view == "front" else "person"
    raise NoFaceError(
        f"No {what} was found in any of the {len(landmarks)} frames of {provenance.source.name}. The head and both "
        "shoulders should fill a good part of an upright picture, in even light from the front."
    )


def _camera(landmarks: LandmarkSeries, source: SourceInfo, options: AnalysisOptions) -> CameraModel:
    if options.camera is not None:
        return camera_for_picture(options.camera, landmarks.width, landmarks.height)
    if options.hfov_deg is None and options.distance_m is None and source.focal_35mm_mm is not None:
        return pinhole_as_written(landmarks.width, landmarks.height, source.focal_35mm_mm)
    return pinhole(landmarks.width, landmarks.height, options.hfov_deg)


def _neutral(landmarks: LandmarkSeries, camera: CameraModel, view: View, options: AnalysisOptions) -> Neutral:
    if view == "front":
        facing = facing_angles_deg(face_orientation(landmarks, camera))
    else:
        facing = side_facing_angles(landmarks, view)
    named = options.neutral or (options.protocol.neutral if options.protocol else None)
    if named is None:
        return find_neutral(landmarks.time_s, facing, options.rom.neutral)
    found = landmarks.face_found if view == "front" else landmarks.pose_found
    given = given_neutral(landmarks.time_s, *named, found)
    return doubted(given, landmarks.time_s, facing, options.rom.neutral)


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
        warm_ups=options.warm_ups,
        view=options.view,
        hfov_deg=options.hfov_deg,
        distance_m=options.distance_m,
        camera=options.camera_name,
        camera_sha256=options.camera_sha256,
        norms=options.norms.name,
        protocol=options.protocol_name,
        protocol_sha256=options.protocol_sha256,
        settings=flat_settings(options.rom, options.judgement),
    )


def flat_settings(rom: RomSettings, judgement: JudgementSettings) -> dict[str, float | int | str | bool]:
    """Thresholds of segmentation and judgement by dotted name, as they stand in the result."""
    return _flat({"rom": asdict(rom), "judgement": asdict(judgement)})


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
