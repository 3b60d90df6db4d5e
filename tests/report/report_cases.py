"""Realistic results to show, built from the truth tables of the sample clips.

The numbers are the clips' own truth (natural sway included), cut into trials by
the phases of the table; the verdicts follow the published rules in a few lines.
Nothing here measures: it feeds the code that shows.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from neckrom.assessment.judgement import STATEMENT, JudgementSettings, PainReport, judge
from neckrom.assessment.norms import load_norms
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
from neckrom.types import (
    MOVEMENTS,
    AngleSeries,
    CameraModel,
    Interval,
    LandmarkSeries,
    Movement,
    Neutral,
    OrientationSeries,
    RangeOfMotion,
    Trial,
)

SAMPLES = Path(__file__).resolve().parents[2] / "sample_videos"
PHASES = {
    "flexion": Movement.FLEXION,
    "extension": Movement.EXTENSION,
    "rot_left": Movement.ROTATION_LEFT,
    "rot_right": Movement.ROTATION_RIGHT,
    "side_left": Movement.LATERAL_LEFT,
    "side_right": Movement.LATERAL_RIGHT,
}


@dataclass(frozen=True)
class Case:
    """All that a report is made from."""

    result: Result
    angles: AngleSeries
    rom: RangeOfMotion


@cache
def truth(clip: str) -> dict[str, np.ndarray]:
    """Columns of a truth table; words stay words."""
    with (SAMPLES / f"{clip}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        name: np.array([row[name] for row in rows], dtype=str if name == "phase" else float)
        for name in rows[0]
    }


def angles_of(clip: str) -> AngleSeries:
    """The truth as a measured series: rotation, lateral, yaw and roll count to the left in the table."""
    table = truth(clip)
    number = len(table["time_s"])
    return AngleSeries(
        time_s=table["time_s"],
        neck_deg=np.column_stack([table["flexion"], -table["lateral"], -table["rotation"]]),
        sd_deg=np.full((number, 3), np.nan),
        trunk_deg=np.column_stack([table["trunk_pitch"], -table["trunk_roll"], -table["trunk_yaw"]]),
        beyond=np.zeros(number, dtype=bool),
        source=np.full(number, "face"),
        quality=np.full(number, 0.9),
    )


def rom_of(clip: str, angles: AngleSeries) -> RangeOfMotion:
    """Trials from the phases of the table."""
    table = truth(clip)
    trials = []
    for name, movement in PHASES.items():
        out, hold, back = (
            np.flatnonzero(table["phase"] == f"{name}_{part}") for part in ("out", "hold", "back")
        )
        if hold.size == 0:
            continue
        own = angles.neck_deg[hold] * movement.sign
        others = [column for column in range(3) if column != movement.plane]
        middle = hold[len(hold) // 2]
        time_s = angles.time_s
        trials.append(
            Trial(
                movement=movement,
                start_s=float(time_s[out[0]]),
                peak_s=float(time_s[middle]),
                end_s=float(time_s[back[-1]]),
                hold_start_s=float(time_s[hold[0]]),
                hold_end_s=float(time_s[hold[-1]]),
                peak_deg=float(np.median(own[:, movement.plane])),
                sd_deg=math.nan,
                interval95=None,
                lower_bound=False,
                compensation_deg=float(np.median(angles.trunk_deg[hold, movement.plane]) * movement.sign),
                coupling_deg=tuple(float(np.median(angles.neck_deg[hold, column])) for column in others),
                source="face",
            )
        )
    neutral = Neutral(start_s=0.2, end_s=1.9, origin="found", drift_deg=0.8)
    return RangeOfMotion(neutral, tuple(sorted(trials, key=lambda trial: trial.start_s)))


def repeated(
    angles: AngleSeries, rom: RangeOfMotion, scales: tuple[float, ...]
) -> tuple[AngleSeries, RangeOfMotion]:
    """The same clip several times over, each time somewhat smaller: several trials a direction."""
    step = float(angles.time_s[-1] + 1 / 30)
    parts = [
        angles.replace(time_s=angles.time_s + step * i, neck_deg=angles.neck_deg * scale)
        for i, scale in enumerate(scales)
    ]
    joined = AngleSeries(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("time_s", "neck_deg", "sd_deg", "trunk_deg", "beyond", "source", "quality")
        )
    )
    trials = tuple(
        replace(
            trial,
            peak_deg=trial.peak_deg * scale,
            **{
                name: getattr(trial, name) + step * i
                for name in ("start_s", "peak_s", "end_s", "hold_start_s", "hold_end_s")
            },
        )
        for i, scale in enumerate(scales)
        for trial in rom.trials
    )
    return joined, replace(rom, trials=trials)


def with_intervals(angles: AngleSeries, rom: RangeOfMotion) -> tuple[AngleSeries, RangeOfMotion]:
    """Standard deviations that grow with the angle, as a later estimator gives them."""
    sd = 0.8 + 0.03 * np.abs(angles.neck_deg)
    trials = tuple(
        replace(
            trial,
            sd_deg=0.8 + 0.03 * trial.peak_deg,
            interval95=Interval(
                trial.peak_deg - 1.96 * (0.8 + 0.03 * trial.peak_deg),
                None if trial.lower_bound else trial.peak_deg + 1.96 * (0.8 + 0.03 * trial.peak_deg),
            ),
        )
        for trial in rom.trials
    )
    return angles.replace(sd_deg=sd), replace(rom, trials=trials)


def cut_off(
    angles: AngleSeries, rom: RangeOfMotion, limits: Mapping[Movement, float]
) -> tuple[AngleSeries, RangeOfMotion]:
    """Lose the head past a limit: gaps in the series, lower bounds in the trials."""
    neck, beyond = angles.neck_deg.copy(), angles.beyond.copy()
    source, quality = angles.source.copy(), angles.quality.copy()
    trials = list(rom.trials)
    for movement, limit in limits.items():
        lost = neck[:, movement.plane] * movement.sign > limit
        neck[lost] = np.nan
        beyond |= lost
        source[lost], quality[lost] = "none", 0.0
        trials = [
            replace(trial, peak_deg=limit, lower_bound=True, note="head lost past the bound")
            if trial.movement is movement and trial.peak_deg > limit
            else trial
            for trial in trials
        ]
    return angles.replace(neck_deg=neck, beyond=beyond, source=source, quality=quality), replace(
        rom, trials=tuple(trials)
    )


def without(movements: tuple[Movement, ...], rom: RangeOfMotion) -> RangeOfMotion:
    """Leave trials of some directions out."""
    return replace(rom, trials=tuple(trial for trial in rom.trials if trial.movement not in movements))


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def result_of(
    name: str,
    angles: AngleSeries,
    rom: RangeOfMotion,
    *,
    pain: Mapping[Movement, tuple[int, float | None]] | None = None,
    warnings: tuple[str, ...] = (),
    kind: str = "clip",
    norm_set: str = "article",
) -> Result:
    """A whole result around measured values."""
    norms = load_norms(norm_set)
    asked = {movement: PainReport(*report) for movement, report in (pain or {}).items()}
    movements, asymmetry = judge(rom, norms, asked, JudgementSettings())
    turns = [trial for trial in rom.trials if trial.movement.plane == 2]
    first = turns[0].movement.value.removeprefix("rotation_") if turns else None
    known = any(trial.interval95 is not None for trial in rom.trials)
    share = float(angles.measured.mean() * 100)
    return Result(
        created="2025-03-14T10:20:30+01:00",
        tool=ToolInfo(
            version="0.1.0",
            engine="mediapipe 0.10.21",
            model_sha256="3d3f8b1c" * 8,
            estimator="face-kabsch 1",
            calibration_id="builtin-2025-03",
        ),
        configuration=Configuration(
            mirrored=False,
            neutral=None,
            hfov_deg=None,
            norms="article",
            protocol=None,
            protocol_sha256=None,
            settings={"asymmetry_percent": 20.0, "loss_percent": 50.0},
        ),
        clip=ClipInfo(
            name=name,
            kind=kind,
            sha256="a1b2c3d4" * 8,
            duration_s=float(angles.time_s[-1] + 1 / 30),
            frames=len(angles),
            fps=30.0,
            width=640,
            height=480,
            measured_width=640,
            measured_height=480,
            mirrored=False,
        ),
        camera=CameraInfo(hfov_deg=58.0, origin="default for webcams and phones", assumed=True),
        norms=NormInfo(
            name=norm_set, title=norms.norms.title, citation=norms.norms.citation, sha256=norms.sha256
        ),
        neutral=NeutralInfo(
            start_s=rom.neutral.start_s,
            end_s=rom.neutral.end_s,
            origin=rom.neutral.origin,
            drift_deg=_number(rom.neutral.drift_deg),
        ),
        movements=movements,
        asymmetry=asymmetry,
        quality=Quality(
            frames_measured_percent=share,
            face_found_percent=min(100.0, share + 0.5),
            warnings=warnings,
            first_turn=first,
            first_turn_note=(
                f"First turn read as {first.upper()}: if that is wrong, the clip is mirrored: --mirrored"
                if first
                else "No turn to the side was seen."
            ),
            interval_note="95 % intervals come from measured residuals on rendered people."
            if known
            else "Intervals are left out: no measured residuals exist for this estimator yet.",
        ),
        statement=STATEMENT,
    )


def deficit() -> Case:
    """Extension, left rotation and left side-bend lost by half or more, both pairs uneven; no intervals."""
    angles = angles_of("chidi_deficit")
    rom = rom_of("chidi_deficit", angles)
    return Case(result_of("chidi_deficit", angles, rom), angles, rom)


def deficit_three_trials() -> Case:
    """The same with three trials a direction, intervals, pain and a long list of warnings."""
    angles = angles_of("chidi_deficit")
    angles, rom = with_intervals(*repeated(angles, rom_of("chidi_deficit", angles), (0.95, 1.0, 0.97)))
    pain = dict.fromkeys(MOVEMENTS, (0, None))
    pain[Movement.EXTENSION] = (4, 18.0)
    pain[Movement.ROTATION_LEFT] = (7, 30.0)
    warnings = (
        "The clip is cut short: 2718 of about 2900 frames could be decoded.",
        "Several people were in view in 4 % of the frames; the one nearest to the start was followed.",
        "The field of view was assumed to be 58°: state it with --hfov where it is known.",
    )
    return Case(result_of("chidi_deficit", angles, rom, pain=pain, warnings=warnings), angles, rom)


def healthy() -> Case:
    """Full range everywhere, with intervals."""
    angles = angles_of("anna_full")
    angles, rom = with_intervals(angles, rom_of("anna_full", angles))
    return Case(result_of("anna_full", angles, rom), angles, rom)


def lower_bounds() -> Case:
    """Ends of range past what could be measured; one bound is too low to judge by."""
    angles = angles_of("anna_full")
    limits = {
        Movement.FLEXION: 41.6,
        Movement.EXTENSION: 27.9,
        Movement.ROTATION_LEFT: 68.0,
        Movement.ROTATION_RIGHT: 66.0,
    }
    angles, rom = cut_off(angles, rom_of("anna_full", angles), limits)
    angles, rom = with_intervals(angles, rom)
    warnings = ("The face was lost in 21 % of the frames; stretches without it are greyed.",)
    return Case(result_of("anna_full", angles, rom, warnings=warnings), angles, rom)


def rotation_only() -> Case:
    """Nothing but turning was done, and one side of it only half seen."""
    angles = angles_of("chidi_deficit")
    rom = rom_of("chidi_deficit", angles)
    others = tuple(movement for movement in MOVEMENTS if movement.plane != 2)
    return Case(
        result_of("turns", angles, without(others, rom), kind="landmarks"), angles, without(others, rom)
    )


def close_call() -> Case:
    """Extension just above half of its reference, too close to judge; a repetition that was not counted."""
    angles = angles_of("chidi_deficit")
    rom = rom_of("chidi_deficit", angles)
    neck = angles.neck_deg.copy()
    extended = neck[:, 0] < 0
    neck[extended, 0] *= 1.26
    trials = tuple(
        replace(trial, peak_deg=trial.peak_deg * 1.26) if trial.movement is Movement.EXTENSION else trial
        for trial in rom.trials
    )
    aside = replace(rom.trials[0], peak_deg=21.0, note="stopped half-way and turned back")
    angles, rom = with_intervals(angles.replace(neck_deg=neck), replace(rom, trials=trials))
    rom = replace(rom, set_aside=(aside,))
    return Case(result_of("chidi_deficit", angles, rom), angles, rom)


def trunk_helped() -> Case:
    """The trunk stood in for part of the neck's movement."""
    angles = angles_of("mei_trunkcomp")
    rom = rom_of("mei_trunkcomp", angles)
    return Case(result_of("mei_trunkcomp", angles, rom), angles, rom)


def nothing_found() -> Case:
    """A clip in which no movement was recognised and hardly a frame measured."""
    angles = angles_of("chidi_deficit")
    neck = np.full_like(angles.neck_deg, np.nan)
    neck[:40] = angles.neck_deg[:40]
    angles = angles.replace(neck_deg=neck, trunk_deg=np.full_like(neck, np.nan))
    rom = RangeOfMotion(Neutral(0.2, 1.3, "found"), ())
    return Case(
        result_of("still", angles, rom, warnings=("The face was lost in 96 % of the frames.",)), angles, rom
    )


CASES: dict[str, Callable[[], Case]] = {
    case.__name__: case
    for case in (
        deficit,
        deficit_three_trials,
        healthy,
        lower_bounds,
        close_call,
        rotation_only,
        trunk_helped,
        nothing_found,
    )
}


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=http://evil.example/x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}&amp;",
    "clip\u202egpj.exe\u2066\u200f",
    "שלום عرب 漢字 😀 a\u0301\u0301\u0301\u0301\u0301",
    "x" * 10_000,
    "a\x00\x07\x1b[31m\nb]]>",
)
"""Names that a file may have: markup, templates, text that turns around, other scripts, length, control."""


def renamed(case: Case, name: str) -> Case:
    """The same result of a clip with another name."""
    clip = case.result.clip.model_copy(update={"name": name})
    return replace(case, result=case.result.model_copy(update={"clip": clip}))


# ------------------------------------------------- what the pictures are made from

_TO_BODY = np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
"""Columns: anterior, superior and right in the table's axes (x left, y up, z forward)."""


def orientations_of(clip: str, angles: AngleSeries) -> OrientationSeries:
    """Head and thorax of the truth table as unit quaternions (x, y, z, w)."""
    table = truth(clip)

    def quaternions(prefix: str) -> np.ndarray:
        stored = np.column_stack([table[f"{prefix}_{part}"] for part in "xyzw"])
        turned = (Rotation.from_quat(stored) * Rotation.from_matrix(_TO_BODY)).as_quat()
        turned[~np.isfinite(angles.neck_deg).all(axis=1)] = np.nan
        return turned

    return OrientationSeries(
        time_ns=np.round(angles.time_s * 1e9).astype(np.int64),
        head=quaternions("q_head_cam"),
        thorax=quaternions("q_trunk_cam"),
        sd_deg=angles.sd_deg,
        beyond=angles.beyond,
        source=angles.source,
        quality=angles.quality,
    )


def landmarks_of(clip: str) -> LandmarkSeries:
    """The anatomical points of the truth table in the places of the pose model; no face mesh."""
    table = truth(clip)
    number = len(table["time_s"])
    pose = np.full((number, 33, 3), np.nan, dtype=np.float32)
    places = {"nose_tip": (0,), "eye_L": (1, 2, 3), "eye_R": (4, 5, 6), "ear_L": (7,), "ear_R": (8,), "chin": (9, 10),
              "shoulder_L": (11,), "shoulder_R": (12,)}  # fmt: skip
    for name, indices in places.items():
        for index in indices:
            pose[:, index] = np.column_stack([table[f"{name}_u"], table[f"{name}_v"], np.zeros(number)])
    return LandmarkSeries(
        time_ns=np.round(table["time_s"] * 1e9).astype(np.int64),
        face=np.full((number, 478, 3), np.nan, dtype=np.float32),
        pose=pose,
        pose_visibility=np.ones((number, 33), dtype=np.float32),
        pose_world=np.full((number, 33, 3), np.nan, dtype=np.float32),
        faces=np.zeros(number, dtype=np.int64),
        pose_ran=np.ones(number, dtype=bool),
        width=640,
        height=480,
    )


def camera_of(clip: str) -> CameraModel:
    """The camera that rendered the clip."""
    table = truth(clip)
    return CameraModel(
        fx=float(table["fx"][0]),
        fy=float(table["fy"][0]),
        cx=float(table["cx"][0]),
        cy=float(table["cy"][0]),
        width=640,
        height=480,
        origin="stated",
        assumed=False,
    )
