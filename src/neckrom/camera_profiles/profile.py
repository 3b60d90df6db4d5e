"""Camera profiles: TOML files that travel with the package, lie in the user's data folder, or are given.

Their pixels count from the corner of the picture, as in :mod:`neckrom.kinematics.camera`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from platformdirs import user_data_path
from pydantic import BaseModel, ConfigDict, Field, model_validator

from neckrom.config_file import load_toml
from neckrom.errors import ConfigurationError, OptionValueError, OutputError
from neckrom.kinematics.camera import can_be_undistorted
from neckrom.private_files import whole_file
from neckrom.resources import resource
from neckrom.types import CameraModel

_NAME = r"^\w[\w-]{0,63}$"
_HFOV_AGREES_DEG = 0.1

_Pixels = Annotated[int, Field(ge=16, le=32768)]
_Length = Annotated[float, Field(gt=0)]


class CameraProfile(BaseModel):
    """What is known of one camera in one mode.

    Attributes
    ----------
    name : str
        Letters, digits, ``-`` and ``_``.
    width, height : int
        Upright picture in which the other pixels count.
    fx, fy, cx, cy : float
        Focal lengths and principal point.
    hfov_deg : float
        Along the width; said twice so that a slip in the file is noticed.
    distortion : tuple of float
        Brown's k1, k2, p1, p2 and maybe k3 as OpenCV has them, or empty.
    nominal : bool
        From a maker's figures, not from a calibration.
    rms_px : float, optional
        Reprojection error of the calibration.
    views : int
        Views of the board that it was made from.
    created : datetime, optional
    note : str
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    version: Literal[1] = 1
    name: str = Field(pattern=_NAME)
    note: str = ""
    width: _Pixels
    height: _Pixels
    hfov_deg: float = Field(ge=20, le=150)
    fx: _Length
    fy: _Length
    cx: float
    cy: float
    distortion: Annotated[tuple[float, ...], Field(strict=False)] = ()
    nominal: bool = False
    rms_px: float | None = Field(default=None, ge=0)
    views: int = Field(default=0, ge=0)
    created: datetime | None = None

    @model_validator(mode="after")
    def _is_a_camera(self) -> CameraProfile:
        if not 0.8 < self.fx / self.fy < 1.25:
            raise ValueError(
                "fx and fy differ by more than a quarter: no camera's pixels are so far from square"
            )
        if not (0.25 < self.cx / self.width < 0.75 and 0.25 < self.cy / self.height < 0.75):
            raise ValueError("cx, cy must lie near the middle of the picture")
        if len(self.distortion) not in (0, 4, 5):
            raise ValueError("distortion must hold k1, k2, p1, p2 and maybe k3, or be empty")
        angle = float(2 * np.degrees(np.arctan(self.width / 2 / self.fx)))
        if abs(angle - self.hfov_deg) > _HFOV_AGREES_DEG:
            raise ValueError(f"hfov_deg does not agree with width and fx, which give {angle:.2f}")
        if self.nominal == (self.rms_px is not None):
            raise ValueError("a calibrated camera has rms_px, a nominal one (nominal = true) has none")
        if not can_be_undistorted(self._model("")):
            raise ValueError("distortion folds the picture within its edges: calibrate the camera again")
        return self

    def camera(self) -> CameraModel:
        """The camera at the profile's own size, with words on where it comes from.

        Returns
        -------
        CameraModel
            Pixels.
        """
        if self.nominal:
            return self._model(f"profile {self.name}: nominal, not calibrated")
        when = f" on {self.created:%Y-%m-%d}" if self.created else ""
        return self._model(f"profile {self.name}: calibrated{when}, {self.views} views, {self.rms_px:.2f} px")

    def _model(self, origin: str) -> CameraModel:
        return CameraModel(
            fx=self.fx,
            fy=self.fy,
            cx=self.cx,
            cy=self.cy,
            width=self.width,
            height=self.height,
            origin=origin,
            assumed=False,
            distortion=self.distortion,
        )


@dataclass(frozen=True, slots=True)
class LoadedCamera:
    """A profile and where it came from."""

    profile: CameraProfile
    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class ProfileEntry:
    """A profile that ``--camera`` finds by its name.

    Attributes
    ----------
    name : str
    path : Path
    shipped : bool
        Travels with the package; otherwise the user's own.
    profile : CameraProfile or None
        None where the file has a mistake.
    problem : str
        What is wrong with the file; empty where nothing is.
    """

    name: str
    path: Path
    shipped: bool
    profile: CameraProfile | None
    problem: str = ""


def user_folder() -> Path:
    """Where a user's own profiles lie; it may not exist yet.

    Returns
    -------
    Path
    """
    return user_data_path("neckrom", appauthor=False) / "cameras"


def load_camera(name_or_path: str) -> LoadedCamera:
    """Load a profile by its name (the user's own before those that ship), or from a file.

    Parameters
    ----------
    name_or_path : str

    Returns
    -------
    LoadedCamera
        With the SHA-256 of the file.

    Raises
    ------
    ConfigurationError
        If there is none, or naming every mistake of the file with line and field.
    """
    path = _find(name_or_path)
    profile = load_toml(path, CameraProfile, "camera profile")
    return LoadedCamera(profile, path, hashlib.sha256(path.read_bytes()).hexdigest())


def _find(name_or_path: str) -> Path:
    if name_or_path.endswith(".toml") or any(mark in name_or_path for mark in (os.sep, os.altsep) if mark):
        return Path(name_or_path)
    for entry in _files():
        if entry[0].stem == name_or_path:
            return entry[0]
    names = ", ".join(dict.fromkeys(path.stem for path, _ in _files()))
    raise OptionValueError(
        f"No camera profile {name_or_path!r}: choose one of {names}, give the path of a profile (.toml), or make "
        "one: neckrom calibrate camera CLIP --name NAME"
    )


def list_profiles() -> list[ProfileEntry]:
    """All profiles that have a name, the user's own first; damaged ones too.

    Returns
    -------
    list of ProfileEntry
        A damaged one has no profile, and says what is wrong.
    """
    entries = []
    for path, shipped in _files():
        try:
            profile = load_toml(path, CameraProfile, "camera profile")
        except ConfigurationError as error:
            entries.append(ProfileEntry(path.stem, path, shipped, None, str(error)))
        else:
            entries.append(ProfileEntry(path.stem, path, shipped, profile))
    return entries


def _files() -> list[tuple[Path, bool]]:
    own = [(path, False) for path in sorted(user_folder().glob("*.toml"))]
    return own + [(path, True) for path in sorted(resource("calibration", "cameras").glob("*.toml"))]


# --------------------------------------------------------------------- saving


def check_new_name(name: str, *, overwrite: bool) -> None:
    """Refuse a name before the work is done.

    Parameters
    ----------
    name : str
    overwrite : bool
        Whether a profile of the user's own may be replaced.

    Raises
    ------
    ConfigurationError
        If it is no name, or that of a profile that ships.
    OutputError
        If the user has such a profile already.
    """
    if not re.fullmatch(_NAME, name):
        raise OptionValueError(
            f"{name!r} cannot name a camera: take letters, digits, - and _, as in --name desk-webcam."
        )
    if (resource("calibration", "cameras") / f"{name}.toml").exists():
        raise OptionValueError(f"A camera {name} comes with neckrom: choose another name with --name.")
    if (user_folder() / f"{name}.toml").exists() and not overwrite:
        raise OutputError(
            f"There is already a camera {name} in {user_folder()}. Choose another --name, or say --overwrite."
        )


def save_profile(profile: CameraProfile, *, overwrite: bool) -> Path:
    """Write a profile into the user's folder, whole or not at all, readable by its owner alone.

    Parameters
    ----------
    profile : CameraProfile
    overwrite : bool
        Whether one of the same name may be replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ConfigurationError, OutputError
        As :func:`check_new_name`, or if it cannot be written.
    """
    check_new_name(profile.name, overwrite=overwrite)
    folder = user_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = folder / f"{profile.name}.toml"
        write_whole(target, toml_text(profile).encode())
    except OSError as error:
        raise OutputError(
            f"The camera profile cannot be written into {folder}: {error.strerror or error}."
        ) from error
    return target


def write_whole(path: Path, content: bytes) -> None:
    """Put a file in its place in one step; nothing half-written is ever seen under its name.

    Parameters
    ----------
    path : Path
        Replaced where it is there.
    content : bytes

    Raises
    ------
    OSError
        It cannot be written; what was there stays.
    """
    with whole_file(path, replace=True) as file:
        file.write(content)


def toml_text(profile: CameraProfile) -> str:
    """The profile as it stands in its file.

    Parameters
    ----------
    profile : CameraProfile

    Returns
    -------
    str
        TOML.
    """
    lines = ["# Camera profile of neckrom; pixels count from the corner of the picture."]
    for name, value in profile.model_dump(exclude_none=True).items():
        if isinstance(value, datetime):
            text = value.isoformat(timespec="seconds")
        elif isinstance(value, tuple):
            text = f"[{', '.join(repr(number) for number in value)}]"
        else:
            text = json.dumps(value, ensure_ascii=False)
        lines.append(f"{name} = {text}")
    return "\n".join(lines) + "\n"
