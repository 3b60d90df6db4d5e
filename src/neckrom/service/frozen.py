"""What would measure now, and how: for plans that must not change in the middle of a study."""

from __future__ import annotations

from dataclasses import dataclass

from neckrom import __version__
from neckrom.assessment.judgement import JudgementSettings
from neckrom.assessment.norms import load_norms
from neckrom.landmarks.mediapipe_engine import engine_identity
from neckrom.rom.range_of_motion import RomSettings
from neckrom.service.analysis import estimator_for, flat_settings


@dataclass(frozen=True, slots=True)
class MeasuringIdentity:
    """Everything that changes numbers, but what is stated of the camera.

    Attributes
    ----------
    version, engine, model_sha256, estimator, calibration_id : str
        As in :class:`neckrom.result.ToolInfo`, of a camera in front.
    settings : dict
        Thresholds of segmentation and judgement, as in :class:`neckrom.result.Configuration`.
    norms : str
    camera, camera_sha256 : str or None
        Name and hash of a camera profile.
    """

    version: str
    engine: str
    model_sha256: str
    estimator: str
    calibration_id: str
    settings: dict[str, float | int | str | bool]
    norms: str
    camera: str | None
    camera_sha256: str | None


def measuring_identity(norms: str = "article", camera: str | None = None) -> MeasuringIdentity:
    """What measures with a norm set and a camera profile.

    Raises
    ------
    ConfigurationError
        If there is no such norm set or profile.
    """
    from neckrom.camera_profiles.profile import load_camera  # noqa: PLC0415  (rarely needed)

    engine, (estimator, _) = engine_identity(), estimator_for("front")
    profile = None if camera is None else load_camera(camera)
    return MeasuringIdentity(
        version=__version__,
        engine=f"{engine.name} {engine.version} ({engine.settings})",
        model_sha256=engine.model_sha256,
        estimator=estimator.identity,
        calibration_id=estimator.calibration_id,
        settings=flat_settings(RomSettings(), JudgementSettings()),
        norms=load_norms(norms).name,
        camera=None if profile is None else profile.profile.name,
        camera_sha256=None if profile is None else profile.sha256,
    )
