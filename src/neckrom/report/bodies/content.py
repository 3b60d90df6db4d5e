"""What a report of a run or a posture is made of, as words: page and paper show the same, each in its own way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from neckrom.body.result import BodyClip, BodyQuality
from neckrom.messages import Messages
from neckrom.report import wording
from neckrom.report.bodies.pictures import BodyPicture
from neckrom.report.content import Table
from neckrom.report.plotting import Maker
from neckrom.result import ToolInfo
from neckrom.saying import figures
from neckrom.saying.grades import LOOKS, Grade
from neckrom.saying.sentences import said_or
from neckrom.saying.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture with its words."""

    picture: BodyPicture
    caption: str
    description: str


@dataclass(frozen=True, slots=True)
class Block:
    """One thing that was found, with its picture beside it.

    Attributes
    ----------
    title, meaning : str
    grade : Grade
    facts : tuple of (name, value)
    shown : Shown or None
    """

    title: str
    meaning: str
    grade: Grade
    facts: tuple[tuple[str, str], ...]
    shown: Shown | None = None

    @property
    def sign(self) -> str:
        """Tells the grade without colour."""
        return LOOKS[self.grade].sign


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure with its words.

    Attributes
    ----------
    draw : callable
        Called with whether it is for a narrow window; gives a maker of the figure.
    """

    title: str
    description: str
    note: str
    draw: Callable[[bool], Maker]


@dataclass(frozen=True, slots=True)
class BodyContent:
    """The whole report as words.

    Attributes
    ----------
    title, clip_name : str
    facts, verdict, blocks, no_pictures, advice : for everybody, on the first pages
    source and all that follow : for clinicians
    limits : tuple of str
        What the figures are worth.
    method : small print
    """

    texts: Messages = field(repr=False)
    title: str
    clip_name: str
    tool: ToolInfo
    facts: tuple[tuple[str, str], ...]
    logo: bytes
    verdict: Verdict
    blocks_title: str
    blocks: tuple[Block, ...]
    no_pictures: str
    advice: tuple[str, ...]
    source: tuple[tuple[str, str], ...]
    quantities_title: str
    quantities: Table
    charts: tuple[Chart, ...]
    limits_title: str
    limits: tuple[str, ...]
    quality: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    method: tuple[tuple[str, str], ...]
    statement: str
    closing: str

    def text(self, key: str, **values: str | int) -> str:
        """A text of the reports by the end of its key."""
        return self.texts.text(f"report.{key}", **values)


# ------------------------------------------------------------------ shared by both kinds

_STATEMENTS = frozenset(
    {"run.statement", "posture.statement", "nerve.statement", "plan.statement", "upper_back.statement"}
)
"""Those that may be asked for: a file from elsewhere may name any text."""


def statement_of(key: str, kept: str, texts: Messages) -> str:
    """What it is and what it is not, in the reader's language."""
    if key in _STATEMENTS:
        return texts.text(key)
    return wording.sentence(wording.display_name(kept, 2000))


def clips_said(clips: tuple[BodyClip, ...], texts: Messages) -> Iterator[tuple[str, str]]:
    """Which recordings it was read from."""
    for recording in clips:
        role = recording.role if recording.role in ("back", "standing") else "run"
        clip = recording.clip
        if clip.frames == 1:
            yield (
                texts.text(f"run.label.clip_{role}"),
                f"{wording.display_name(clip.name)}, {texts.text(f'run.view.{recording.view}')}",
            )
            continue
        said = texts.text(
            "run.label.clip_text",
            name=wording.display_name(clip.name),
            view=f"run.view.{recording.view}",
            length=figures.seconds(clip.duration_s, texts),
            fps=_number(clip.fps, texts),
        )
        if recording.true_fps is not None and abs(recording.true_fps - clip.fps) > 0.01:
            said += f", {texts.text('run.label.slow_motion', fps=_number(recording.true_fps, texts))}"
        yield texts.text(f"run.label.clip_{role}"), said


def warnings_said(quality: BodyQuality, texts: Messages) -> Iterator[str]:
    """The warnings in the reader's language."""
    for number, warning in enumerate(quality.warnings):
        stated = quality.warning_statements[number : number + 1]
        known = tuple(item for item in stated if item is not None)
        yield wording.readable(said_or(known, warning, texts))


def quality_said(
    quality: BodyQuality, clips: tuple[BodyClip, ...], texts: Messages
) -> Iterator[tuple[str, str]]:
    """How well it was seen."""
    frames = texts.text(
        "run.label.frames_text",
        percent=quality.frames_measured_percent,
        person=quality.person_found_percent,
    )
    yield texts.text("report.quality.frames"), frames
    if quality.leg_swaps_mended:
        yield texts.text("run.label.legs"), texts.text("run.label.legs_text", number=quality.leg_swaps_mended)
    rolls = [recording.camera.roll_deg for recording in clips if recording.camera.roll_deg is not None]
    if rolls:
        told = texts.joined([figures.signed(roll) for roll in rolls])
        yield texts.text("report.quality.camera"), texts.text("run.label.roll_text", roll=told)
    stated = () if quality.interval_statement is None else (quality.interval_statement,)
    interval = wording.readable(said_or(stated, quality.interval_note, texts))
    if interval:
        yield texts.text("report.quality.intervals"), interval


def method_said(
    tool: ToolInfo,
    clips: tuple[BodyClip, ...],
    settings: dict[str, float | int | str | bool],
    texts: Messages,
) -> Iterator[tuple[str, str]]:
    """Tool, models and recordings, in small print."""
    yield texts.text("report.method.tool"), f"{tool.name} {tool.version}, {tool.engine}, {tool.estimator}"
    yield texts.text("report.method.calibration"), tool.calibration_id
    for recording in clips:
        clip = recording.clip
        pixels = f"{clip.width} x {clip.height}"
        said = texts.text("report.method.clip_text", frames=clip.frames, fps=clip.fps, pixels=pixels)
        if clip.mirrored:
            said += f", {texts.text('report.method.mirrored')}"
        yield texts.text("report.method.clip"), f"{wording.display_name(clip.name)}: {said}"
        yield texts.text("report.method.sha_clip"), clip.sha256
    yield texts.text("report.method.sha_models"), tool.model_sha256
    if settings:
        told = ", ".join(
            f"{name} {f'{value:g}' if isinstance(value, float) else wording.display_name(str(value), 200)}"
            for name, value in sorted(settings.items())
        )
        yield texts.text("report.method.settings"), told


def _number(value: float, texts: Messages) -> str:
    return f"{round(value, 2):g}".replace(".", texts.point)
