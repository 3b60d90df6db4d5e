"""Made-up measurements of known truth: what a perfect, a compressing or a forgetful instrument would give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from neckrom.assessment.judgement import JudgementSettings, judge
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
from neckrom.types import AngleSeries, FloatArray, Movement, Neutral, RangeOfMotion, Trial
from neckrom.validation.truth import TruthTable, TruthTrial, read_truth

SAMPLES = Path(__file__).parents[2] / "sample_videos"


def sample(name: str) -> TruthTable:
    return read_truth(SAMPLES / f"{name}.csv")


def measured_trial(true: TruthTrial, peak_deg: float | None = None, **changes: object) -> Trial:
    """The trial that an instrument gives which reads ``peak_deg`` instead of the true end range."""
    values: dict[str, object] = {
        "movement": true.movement,
        "start_s": true.start_s,
        "peak_s": true.hold_start_s,
        "end_s": true.end_s,
        "hold_start_s": true.hold_start_s,
        "hold_end_s": true.hold_end_s,
        "peak_deg": true.peak_deg if peak_deg is None else peak_deg,
        "sd_deg": float("nan"),
        "interval95": None,
        "lower_bound": False,
        "compensation_deg": true.compensation_deg,
        "coupling_deg": true.coupling_deg,
        "source": "face",
    }
    return Trial(**(values | changes))


def result_of(trials: Sequence[Trial], set_aside: Sequence[Trial] = ()) -> Result:
    norms = load_norms("article")
    rom = RangeOfMotion(Neutral(0.0, 1.0, "found"), tuple(trials), (), tuple(set_aside))
    movements, asymmetry = judge(rom, norms, {}, JudgementSettings())
    return Result(
        created="2026-01-01T00:00:00+00:00",
        tool=ToolInfo(version="0", engine="none", model_sha256="0", estimator="none", calibration_id="none"),
        configuration=Configuration(
            mirrored=False,
            neutral=None,
            hfov_deg=None,
            norms="article",
            protocol=None,
            protocol_sha256=None,
            settings={},
        ),
        clip=ClipInfo(
            name="clip",
            kind="clip",
            sha256="0",
            duration_s=1.0,
            frames=30,
            fps=30.0,
            width=640,
            height=480,
            measured_width=640,
            measured_height=480,
            mirrored=False,
        ),
        camera=CameraInfo(hfov_deg=60.0, origin="assumed", assumed=True),
        norms=NormInfo(name="article", title="t", citation="c", sha256="0"),
        neutral=NeutralInfo(start_s=0.0, end_s=1.0, origin="found", drift_deg=None),
        movements=movements,
        asymmetry=asymmetry,
        quality=Quality(
            frames_measured_percent=100.0,
            face_found_percent=100.0,
            warnings=("a warning",),
            first_turn=None,
            first_turn_note="",
            interval_note="",
        ),
        statement="s",
    )


def angles_of(truth: TruthTable, read: Callable[[FloatArray], FloatArray] = np.copy) -> AngleSeries:
    """The angles that an instrument gives which reads ``read(true neck angles)`` in every frame."""
    neck = read(truth.neck_deg)
    return AngleSeries(
        time_s=truth.time_s,
        neck_deg=neck,
        sd_deg=np.full_like(neck, np.nan),
        trunk_deg=truth.trunk_deg.copy(),
        beyond=np.zeros(len(neck), dtype=bool),
        source=np.full(len(neck), "face"),
        quality=np.ones(len(neck)),
    )


def first(truth: TruthTable, movement: Movement) -> TruthTrial:
    return next(trial for trial in truth.trials if trial.movement is movement)
