"""What a user can set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class MeasureOptions:
    """Options of one measurement.

    Attributes
    ----------
    mirrored : bool
        The clip was stored mirrored, as many phones do with the front camera.
    neutral : tuple of two float, optional
        Start and end of the neutral stretch in seconds.
    warm_ups : int, optional
        So many repetitions of each direction come first and do not count; left out, only the pattern of
        two smaller ones before three alike is taken for warm-ups.
    rotate_deg : int, optional
        Degrees clockwise (0, 90, 180, 270) by which the picture is turned beyond what the file asks for; None
        finds out whether it lies on its side or head.
    view : str
        "auto", "front" or "side": from where the camera looks at the person.
    hfov_deg : float, optional
        Horizontal field of view of the upright picture.
    distance_m : float, optional
        Metres from the eyes to the camera at rest, where the field of view is not known.
    camera : str, optional
        Name or path of a camera profile, instead of ``hfov_deg``.
    protocol : Path, optional
        File that names trials and pain.
    norms : str
        Name of a shipped norm set, or path of one.
    overlay : bool
        Also write the clip with angles drawn in.
    pictures : bool
        Whether anything that is written may show the person.
    overwrite : bool
        Whether an earlier result may be replaced.
    language : str
        Of report, pictures and overlay: one of :data:`neckrom.messages.LANGUAGES`.
    """

    mirrored: bool = False
    neutral: tuple[float, float] | None = None
    warm_ups: int | None = None
    rotate_deg: int | None = None
    view: Literal["auto", "front", "side"] = "auto"
    hfov_deg: float | None = None
    distance_m: float | None = None
    camera: str | None = None
    protocol: Path | None = None
    norms: str = "article"
    overlay: bool = False
    pictures: bool = True
    overwrite: bool = False
    language: str = "en"
