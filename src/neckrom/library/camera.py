"""The camera that filmed a clip, as a program states it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from neckrom.camera_profiles import load_camera
from neckrom.errors import ConfigurationError, OptionValueError
from neckrom.library.given import is_number, is_whole, shown
from neckrom.types import CameraModel

_STATED = "stated by the program"


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A pinhole camera, and what its lens bends.

    Attributes
    ----------
    fx, fy : float
        Focal lengths, pixels.
    cx, cy : float
        Principal point, pixels from the left and from the top.
    width, height : int
        Size of the upright picture for which these numbers hold, pixels. Clips of the same proportions are
        measured with them, too.
    distortion : tuple of float
        Brown's coefficients k1, k2, p1, p2 and maybe k3, as OpenCV has them; empty for a straight lens.
    name : str
        For the report.
    origin : str
        Where the numbers come from, in words for the report.
    sha256 : str or None
        Of the profile's file, where there is one.

    Raises
    ------
    ConfigurationError
        A number is not one of a camera.
    """

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int
    distortion: tuple[float, ...] = ()
    name: str = "camera"
    origin: str = _STATED
    sha256: str | None = None

    def __post_init__(self) -> None:
        problems = []
        if not all(is_number(value) and value > 0 for value in (self.fx, self.fy)):
            problems.append("fx and fy must be focal lengths in pixels, above 0")
        if not all(is_whole(value) and value > 0 for value in (self.width, self.height)):
            problems.append("width and height must be whole pixels, above 0")
        elif not (_lies_within(self.cx, self.width) and _lies_within(self.cy, self.height)):
            problems.append("cx and cy must lie within the picture")
        if not _bends(self.distortion):
            problems.append("distortion must be k1, k2, p1, p2 and maybe k3, or nothing: ()")
        if problems:
            raise ConfigurationError("This is no camera.", tuple(problems))
        object.__setattr__(self, "distortion", tuple(self.distortion))

    @classmethod
    def load(cls, name_or_path: str | Path) -> Camera:
        """A profile: one that travels with neckrom, one of your own (``neckrom calibrate``), or a file.

        Parameters
        ----------
        name_or_path : str or Path

        Returns
        -------
        Camera

        Raises
        ------
        ConfigurationError
            There is none, or its file has a mistake.
        """
        if not isinstance(name_or_path, str | PathLike):
            raise OptionValueError(
                f"name_or_path={shown(name_or_path)}: give the name of a profile, or its file"
            )
        loaded = load_camera(str(name_or_path))
        model = loaded.profile.camera()
        return cls(
            fx=model.fx,
            fy=model.fy,
            cx=model.cx,
            cy=model.cy,
            width=model.width,
            height=model.height,
            distortion=model.distortion,
            name=loaded.profile.name,
            origin=model.origin,
            sha256=loaded.sha256,
        )

    @property
    def hfov_deg(self) -> float:
        """Horizontal field of view, degrees."""
        return self.model().hfov_deg

    def model(self) -> CameraModel:
        """As the measurement takes it.

        Returns
        -------
        CameraModel
            Pixels.
        """
        return CameraModel(
            fx=self.fx,
            fy=self.fy,
            cx=self.cx,
            cy=self.cy,
            width=self.width,
            height=self.height,
            origin=self.origin,
            assumed=False,
            distortion=self.distortion,
        )


def _lies_within(value: float, size_px: int) -> bool:
    return is_number(value) and 0 < value < size_px


def _bends(distortion: object) -> bool:
    return (
        isinstance(distortion, Iterable)
        and all(map(is_number, given := tuple(distortion)))
        and len(given) in (0, 4, 5)
    )
