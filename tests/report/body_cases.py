"""Runs and postures to show: a stick figure that runs by formulas, and results with likely numbers.

Nothing here measures: it feeds the code that judges, says and shows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from neckrom.assessment.run_rows import judged
from neckrom.body.points import index_of
from neckrom.body.result import BodyClip, BodyQuality, BodyView, LeftRight, Tilt, Value
from neckrom.messages import load_messages
from neckrom.posture.result import PlumbLine, PosturePoints, PostureResult, PostureView
from neckrom.result import ClipInfo, ToolInfo
from neckrom.running.curves import Curves
from neckrom.running.result import (
    ArmCross,
    HeadForward,
    Moment,
    PelvicDrop,
    RowName,
    RunConfiguration,
    RunResult,
    Step,
    Strike,
    Strikes,
    Times,
)
from neckrom.types import BodySeries, Frame

FPS = 60.0
STEP_S = 0.352
WIDTH, HEIGHT = 640, 360
TOOL = ToolInfo(
    version="1.0.0",
    engine="stand-in",
    model_sha256="0" * 64,
    estimator="running-1",
    calibration_id="run-1",
)


def clip_info(name: str, frames: int = 480, fps: float = FPS) -> ClipInfo:
    return ClipInfo(
        name=name,
        kind="clip",
        sha256=hashlib.sha256(name.encode()).hexdigest(),
        duration_s=frames / fps,
        frames=frames,
        fps=fps,
        width=WIDTH,
        height=HEIGHT,
        measured_width=WIDTH,
        measured_height=HEIGHT,
        mirrored=False,
    )


def steps_of(seconds: float = 8.0, asymmetry_percent: float = 3.0) -> tuple[Step, ...]:
    """Contacts in turn, left first; the left step is longer by so much."""
    found, time, foot = [], 0.3, "left"
    while time < seconds - 0.3:
        longer = 1 + (0.005 if foot == "left" else -0.005) * asymmetry_percent
        length = STEP_S * longer
        angle = 11.0 if foot == "left" else 9.0
        found.append(
            Step(
                foot=foot,
                near=foot == "left",
                contact_s=round(time, 4),
                off_s=round(time + 0.24, 4),
                strike_deg=angle,
                strike_interval95_deg=(angle - 4.0, angle + 4.0),
                strike_class="rear",
                step_s=None if not found else round(length, 4),
                flight_s=None if not found else round(length - 0.24, 4),
                shank_deg=6.4,
                knee_deg=14.0,
            )
        )
        foot = "right" if foot == "left" else "left"
        time += STEP_S
    return tuple(found)


def run_result(
    name: str = "side.mp4", *, back: bool = True, standing: bool = True, **changes: object
) -> RunResult:
    """A run from the side, with the clips that are said to be there."""
    roles: list[tuple[str, BodyView, str]] = [("run", "side_left", name)]
    if back:
        roles.append(("back", "back", f"back of {name}"))
    if standing:
        roles.append(("standing", "side_left", f"standing {name}"))
    clips = tuple(
        BodyClip(role=role, view=view, clip=clip_info(each), camera=Tilt(roll_deg=1.2, roll_origin="belt"))
        for role, view, each in roles
    )
    result = RunResult(
        created="2026-03-14T10:20:30+01:00",
        tool=TOOL,
        configuration=RunConfiguration(speed_kmh=10.5, settings={"fps_min": 60}),
        clips=clips,
        view="side_left",
        cadence_spm=170.3,
        cadence_interval95_spm=(169.5, 171.1),
        steps=steps_of(),
        step_asymmetry_percent=3.0,
        step_asymmetry_interval95=(1.8, 4.2),
        times=Times(
            contact=pair(0.243, 0.236, 2.9, (-1.0, 6.8)),
            step=pair(0.357, 0.347, 3.0, (1.8, 4.2)),
            flight=pair(0.112, 0.109, None, None),
        ),
        strikes=Strikes(left=strike(11.0, near=True), right=strike(9.0, near=False)),
        trunk_lean_deg=6.2,
        trunk_lean_interval95_deg=(3.7, 8.7),
        head_forward=HeadForward(
            ear_shoulder_deg=24.0,
            ear_shoulder_interval95_deg=(10.0, 38.0),
            change_from_standing_deg=6.4 if standing else None,
            change_from_standing_interval95_deg=(3.1, 9.7) if standing else None,
            first_third_deg=23.4,
            last_third_deg=24.2,
            change_over_run_deg=0.8,
            change_over_run_interval95_deg=(-1.0, 2.6),
            pitch_deg=4.0,
        ),
        arm_cross=ArmCross(
            left_share=0.92,
            right_share=0.05,
            left_max_shoulder_widths=0.22,
            right_max_shoulder_widths=0.02,
            left_median_shoulder_widths=Value(value=0.14, interval95=(0.06, 0.22)),
            right_median_shoulder_widths=Value(value=-0.08, interval95=(-0.16, 0.0)),
        )
        if back
        else None,
        shoulder_line_range_deg=22.0 if back else None,
        shoulder_against_pelvis_range_deg=Value(value=31.0) if back else None,
        pelvic_drop=PelvicDrop(left_deg=5.1, right_deg=4.8, left_interval95_deg=(3.0, 7.2)) if back else None,
        vertical_movement_leg_lengths=Value(value=0.08, interval95=(0.07, 0.09)),
        rows=(),
        quality=BodyQuality(
            frames_measured_percent=98.5,
            person_found_percent=100.0,
            leg_swaps_mended=2,
            warnings=("The camera looks 6 deg off the side",),
        ),
        statement=load_messages("en").texts["run.statement"],
    )
    result = result.model_copy(update=changes)
    moments: dict[RowName, Moment] = {"head_forward": Moment(clip=0, time_s=4.0)}
    if back:
        moments["arms_across"] = Moment(clip=1, time_s=2.0)
    return judged(result, moments)


def pair(
    left: float, right: float, asymmetry: float | None, interval: tuple[float, float] | None
) -> LeftRight:
    return LeftRight(
        left=Value(value=left, interval95=(left - 0.006, left + 0.006)),
        right=Value(value=right, interval95=(right - 0.009, right + 0.009)),
        asymmetry_percent=asymmetry,
        asymmetry_interval95=interval,
    )


def strike(angle: float, *, near: bool, kind: str | None = "rear") -> Strike:
    return Strike(
        near=near,
        steps=10,
        median_deg=angle,
        interval95_deg=(angle - 3.0, angle + 3.0),
        strike_class=kind,
        rear_share=1.0 if kind == "rear" else 0.0,
        class_certainty=0.97,
        shank_deg=Value(value=6.4, interval95=(4.0, 8.8)),
        knee_deg=Value(value=14.0, interval95=(10.0, 18.0)),
    )


def curves_of(result: RunResult, clip: int = 0) -> Curves:
    """Angles over time that fit the steps: a stride lasts two of them."""
    time_s = np.arange(480) / FPS
    phase = 2 * np.pi * (time_s - 0.3) / (2 * STEP_S)
    columns = {"trunk_lean_deg": 6.2 + 1.2 * np.sin(2 * phase)}
    for side, late in (("left", 0.0), ("right", np.pi)):
        at = phase - late
        columns[f"knee_{side}_deg"] = 45 - 32 * np.cos(at - 0.4) + 10 * np.sin(2 * at)
        columns[f"foot_{side}_deg"] = 11 * np.cos(at) - 30 * np.clip(np.sin(at - 1.9), 0, None)
    if not result.clips[clip].view.startswith("side"):
        columns = {"shoulder_turn_deg": 11 * np.sin(phase)}
    return Curves(clip, time_s, columns)


def body_series(view: BodyView = "side_left", frames: int = 480) -> BodySeries:
    """A stick figure running, in pixels of a picture of 640 x 360."""
    time_s = np.arange(frames) / FPS
    phase = 2 * np.pi * (time_s - 0.3) / (2 * STEP_S)
    pose = np.full((frames, 33, 3), np.nan, dtype=np.float32)
    side_on = view.startswith("side")
    for side, late, width in (("left", 0.0, -1.0), ("right", np.pi, 1.0)):
        swing = np.sin(phase - late)
        lift = np.clip(np.cos(phase - late + 0.6), 0, None)
        across = 0.0 if side_on else 14.0 * width
        ahead = -1.0 if side_on else 0.0
        places = {
            "ear": (0.3 * across + ahead * 12, 90),
            "eye": (0.2 * across + ahead * 22, 88),
            "shoulder": (1.4 * across + ahead * 4, 120),
            "elbow": (1.7 * across - ahead * 14 * swing, 160),
            "wrist": (0.4 * across - ahead * 34 * swing - ahead * 8, 175 + 8 * swing),
            "index": (0.4 * across - ahead * 40 * swing - ahead * 8, 178 + 8 * swing),
            "hip": (across, 190),
            "knee": (across + ahead * 26 * swing, 245 - 12 * lift),
            "ankle": (across + ahead * 44 * swing, 300 - 34 * lift),
            "heel": (across + ahead * (44 * swing - 6), 308 - 36 * lift),
            "toe": (across + ahead * (44 * swing + 18), 310 - 30 * lift),
        }
        for name, (x, y) in places.items():
            at = index_of(name, side)
            pose[:, at, 0], pose[:, at, 1], pose[:, at, 2] = 320.0 + x, y, width * 80.0 * side_on
    nose = 0.5 * (pose[:, 2] + pose[:, 5])
    pose[:, 0] = nose + np.array([0.0, 0.0, 0.0 if side_on else 20.0], dtype=np.float32)
    return BodySeries(
        time_ns=np.round(time_s * 1e9).astype(np.int64),
        pose=pose,
        pose_world=np.zeros_like(pose),
        pose_visibility=np.ones((frames, 33), dtype=np.float32),
        people=np.ones(frames, dtype=np.int64),
        width=WIDTH,
        height=HEIGHT,
    )


def frame_at(time_s: float) -> Frame:
    """A plain grey picture."""
    image = np.full((HEIGHT, WIDTH, 3), 150, dtype=np.uint8)
    image[310:] = 110
    return Frame(round(time_s * FPS), round(time_s * 1e9), image)


def frames_of(result: RunResult) -> Mapping[RowName, Frame]:
    return {row.name: frame_at(row.moment.time_s) for row in result.rows if row.moment is not None}


def posture_result(name: str = "standing.jpg", *, c7: bool = True) -> PostureResult:
    def view(side: str, ear: float) -> PostureView:
        return PostureView(
            recording=BodyClip(
                role="posture", view=f"side_{side}", clip=clip_info(f"{side} {name}", frames=1, fps=1.0)
            ),
            side=side,
            ear_shoulder_deg=ear,
            ear_shoulder_interval95_deg=(ear - 12, ear + 12),
            trunk_lean_deg=1.4,
            trunk_lean_interval95_deg=(-1.1, 3.9),
            craniovertebral_deg=47.2 if c7 else None,
            craniovertebral_interval95_deg=(45.7, 48.7) if c7 else None,
            c7_origin="marked" if c7 else None,
            head_pitch_deg=4.0,
            plumb=PlumbLine(ear=0.05, shoulder=0.02, hip=-0.01),
            points=PosturePoints(
                ear=(310.0, 90.0),
                shoulder=(318.0, 125.0),
                hip=(320.0, 195.0),
                knee=(318.0, 250.0),
                ankle=(322.0, 305.0),
                c7=(332.0, 112.0) if c7 else None,
                tragus=(310.0, 91.0) if c7 else None,
            ),
        )

    views = (view("left", 22.0), view("right", 19.0))
    first = views[0].model_dump(exclude={"recording", "change"})
    return PostureResult(
        **first,
        created="2026-03-14T10:20:30+01:00",
        tool=TOOL,
        views=views,
        quality=BodyQuality(frames_measured_percent=100.0, person_found_percent=100.0),
        statement=load_messages("en").texts["posture.statement"],
    )
