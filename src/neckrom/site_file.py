"""What a study measured at one place: error and detectable change of its camera and version, signed by a hash.

It holds only for what it was measured with. :meth:`SiteFile.mismatch` says why it does not hold for a result.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from neckrom.errors import ConfigurationError
from neckrom.private_files import read_plain
from neckrom.result import Result
from neckrom.types import MOVEMENTS, Movement

MOST_BYTES = 200_000
_ALIKE_DEG = 0.5
_FROM_FILE = "written in the file"

Mismatch = Literal["version", "estimator", "calibration", "camera", "view"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SiteTool(_Strict):
    """What measured."""

    version: str
    model_sha256: str
    estimator: str
    calibration_id: str


class SiteCamera(_Strict):
    """The camera, as far as a result knows it.

    Another camera of the same picture size, whose lens nobody stated, looks the same from here.
    """

    view: str
    long_side: int
    short_side: int
    hfov_deg: float | None
    distance_m: float | None
    profile_sha256: str | None
    file_hfov_deg: float | None = Field(description="From the focal length that the file names.")


class SiteMovement(_Strict):
    """One direction, degrees; camera minus reference."""

    people: int
    bias_deg: float
    lower_deg: float
    upper_deg: float
    people_retest: int
    within_day_mdc95_deg: float | None = Field(gt=0)
    between_days_mdc95_deg: float | None = Field(gt=0)

    @property
    def mdc95_deg(self) -> float:
        """Between days where it was measured, else within a day."""
        known = self.between_days_mdc95_deg or self.within_day_mdc95_deg
        assert known is not None
        return known

    @model_validator(mode="after")
    def _whole(self) -> SiteMovement:
        if self.between_days_mdc95_deg is None and self.within_day_mdc95_deg is None:
            raise ValueError("neither within a day nor between days is there a detectable change")
        return self


class SiteFile(_Strict):
    """The whole file."""

    schema_version: Literal["1"] = "1"
    study: str
    reference: Literal["crom", "imu", "optoelectronic"]
    created: date
    simulated: bool
    people: int
    plan_sha256: str
    tool: SiteTool
    camera: SiteCamera
    movements: dict[Movement, SiteMovement]
    sha256: str = Field(default="", description="Of everything else in the file.")

    @model_validator(mode="after")
    def _six(self) -> SiteFile:
        if set(self.movements) != set(MOVEMENTS):
            raise ValueError("movements must name all six")
        return self

    @property
    def digest(self) -> str:
        """SHA-256 of everything but the hash."""
        content = self.model_dump(mode="json", exclude={"sha256"})
        return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def signed(self) -> SiteFile:
        """With the hash of its own content."""
        return self.model_copy(update={"sha256": self.digest})

    @property
    def between_days(self) -> bool:
        """Whether the detectable change of every direction is one between days."""
        return all(movement.between_days_mdc95_deg is not None for movement in self.movements.values())

    def mismatch(self, result: Result) -> Mismatch | None:
        """Why it does not hold for a result; None where it does."""
        tool, camera = result.tool, camera_of(result)
        if tool.version != self.tool.version:
            return "version"
        if tool.estimator != self.tool.estimator or tool.model_sha256 != self.tool.model_sha256:
            return "estimator"
        if tool.calibration_id != self.tool.calibration_id:
            return "calibration"
        if camera.view != self.camera.view:
            return "view"
        return None if same_camera(camera, self.camera) else "camera"


def camera_of(result: Result) -> SiteCamera:
    """The camera of a result."""
    settings, clip, camera = result.configuration, result.clip, result.camera
    return SiteCamera(
        view=camera.view,
        long_side=max(clip.width, clip.height),
        short_side=min(clip.width, clip.height),
        hfov_deg=settings.hfov_deg,
        distance_m=settings.distance_m,
        profile_sha256=settings.camera_sha256,
        file_hfov_deg=camera.hfov_deg if camera.origin.startswith(_FROM_FILE) else None,
    )


def same_camera(one: SiteCamera, other: SiteCamera) -> bool:
    """Whether two cameras are the same as far as results know them; fields of view in files vary a little."""
    if one.model_copy(update={"file_hfov_deg": None}) != other.model_copy(update={"file_hfov_deg": None}):
        return False
    if one.file_hfov_deg is None or other.file_hfov_deg is None:
        return one.file_hfov_deg is other.file_hfov_deg
    return abs(one.file_hfov_deg - other.file_hfov_deg) <= _ALIKE_DEG


def first_mismatch(site: SiteFile, results: Iterable[Result]) -> Mismatch | None:
    """Why a site file does not hold for all of some results; None where it does."""
    for result in results:
        found = site.mismatch(result)
        if found is not None:
            return found
    return None


def read_site(path: Path) -> SiteFile:
    """Read a site file.

    Raises
    ------
    FileNotFoundError
    ConfigurationError
        If it is none, or was changed after it was written.
    """
    try:
        site = SiteFile.model_validate_json(read_plain(path, MOST_BYTES))
    except FileNotFoundError:
        raise
    except (OSError, ValidationError, ValueError) as error:
        raise ConfigurationError(
            f"{path} is no site file that can be read: write it anew with neckrom study analyse DIR --site FILE."
        ) from error
    if site.sha256 != site.digest:
        raise ConfigurationError(
            f"{path} was changed after it was written: its hash does not fit. Write it anew with neckrom study "
            "analyse DIR --site FILE."
        )
    return site
