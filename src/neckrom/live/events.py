"""What goes into a session, and what it asks of the world around it: values only.

Every input carries the camera's time. A session is a function of its inputs: the same ones, in the
same order, give the same trials.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from neckrom.live.contract import Check, Command, Heard
from neckrom.types import Movement

Angles = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Sample:
    """One frame, measured; degrees, NaN is not measured.

    Attributes
    ----------
    time_s : float
    neck_deg, trunk_deg, sd_deg : tuple of three float
        Flexion, lateral, rotation; NaN before neutral is learned.
    beyond : bool
        Past what can be measured.
    facing_deg : tuple of three float
        The head against the camera: for finding neutral.
    person : bool
        Face or body of the person is seen.
    checks : tuple of Check
        The set-up, as it is now; empty where it was not looked at.
    """

    time_s: float
    neck_deg: Angles
    trunk_deg: Angles
    sd_deg: Angles
    beyond: bool
    facing_deg: Angles
    person: bool
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class BodySample:
    """One frame of a whole body, measured.

    Attributes
    ----------
    time_s : float
    angles_deg : mapping
        Angles by name, such as ``raise.left``, ``neck``; degrees. What is not measured is not in it.
    person : bool
        A body is seen.
    checks : tuple of Check
        The set-up, as it is now; empty where it was not looked at.
    near : {"left", "right"} or None
        The person's side that the camera sees; None where that is not told.
    """

    time_s: float
    angles_deg: Mapping[str, float] = field(default_factory=dict)
    person: bool = True
    checks: tuple[Check, ...] = ()
    near: Literal["left", "right"] | None = None


@dataclass(frozen=True, slots=True)
class UserCommand:
    """A button, a key or a word of the person or the clinician; or how far the page's voice is."""

    time_s: float
    command: Command | Heard


@dataclass(frozen=True, slots=True)
class Happening:
    """Something in the world around the session.

    ``camera_lost``, ``camera_back``; ``source_ended``: the clip that stands in for a camera is over;
    ``neutral_learned``, ``neutral_failed``: answers to :class:`LearnNeutral`; ``saved``, ``nothing_to_save``,
    ``not_saved``: answers to :class:`Save`.
    """

    time_s: float
    what: Literal[
        "camera_lost",
        "camera_back",
        "source_ended",
        "neutral_learned",
        "neutral_failed",
        "saved",
        "nothing_to_save",
        "not_saved",
    ]
    folder: str = ""


Input = Sample | BodySample | UserCommand | Happening


@dataclass(frozen=True, slots=True)
class LearnNeutral:
    """Take these seconds as the person's neutral."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Ask:
    """Which movement is wanted now, for a clip that plays the camera; None: sit still."""

    step: str | None


@dataclass(frozen=True, slots=True)
class StorePicture:
    """The person said whether the picture may be stored."""

    allowed: bool


@dataclass(frozen=True, slots=True)
class TakePhoto:
    """The end of range is held now."""

    movement: Movement
    trial: int
    warm_up: bool


@dataclass(frozen=True, slots=True)
class Save:
    """The session is over: write what there is."""


Effect = LearnNeutral | Ask | StorePicture | TakePhoto | Save
