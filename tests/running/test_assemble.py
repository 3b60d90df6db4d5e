"""From a measurement to the result."""

from __future__ import annotations

import json
from functools import cache

import numpy as np

from neckrom.body.result import BodyQuality
from neckrom.result import ToolInfo
from neckrom.running import RunMeasurement, measure_run
from neckrom.running.assemble import About, curves_of, moments_of, run_result
from neckrom.running.result import RunConfiguration, RunResult
from tests.body.clips import BACK, SIDE, runner


@cache
def measured(name: str) -> RunMeasurement:
    return measure_run(runner(name).series)


def about(back_clip: int | None = None) -> About:
    return About(
        created="2026-01-01T00:00:00+00:00",
        tool=ToolInfo(version="0", engine="e", model_sha256="m", estimator="s", calibration_id="c"),
        configuration=RunConfiguration(),
        clips=(),
        quality=BodyQuality(frames_measured_percent=100, person_found_percent=100),
        statement="no diagnosis",
        back_clip=back_clip,
    )


def test_a_result_from_the_side_has_what_the_side_tells():
    result = run_result(measured(SIDE), None, about())
    assert result.kind == "run" and result.view == "side_left"
    assert result.arm_cross is None and result.pelvic_drop is None
    assert result.head_forward is not None and result.head_forward.change_from_standing_deg is None
    assert result.strikes.left is not None and result.strikes.left.near
    assert result.strikes.right is not None and not result.strikes.right.near
    assert len(result.steps) >= 10
    low, high = result.step_asymmetry_interval95
    assert low < result.step_asymmetry_percent < high


def test_a_clip_from_behind_adds_what_only_it_tells():
    result = run_result(measured(SIDE), measured(BACK), about(back_clip=1))
    assert result.arm_cross is not None
    assert result.measured_on["arm_cross"] == 1
    assert result.measured_on["head_forward"] == 0
    assert result.trunk_lean_deg is not None


def test_the_result_survives_json_without_a_nan():
    for run in (measured(SIDE), measured(BACK)):
        result = run_result(run, None, about())
        text = result.model_dump_json()
        assert "NaN" not in text and "Infinity" not in text
        assert RunResult.model_validate(json.loads(text)) == result


def test_moments_are_within_the_clip():
    moments = moments_of(measured(SIDE), measured(BACK))
    assert set(moments) == {"head_forward", "uneven_gait", "arms_across", "rearfoot_strike"}
    for name, moment in moments.items():
        run = measured(BACK) if name == "arms_across" else measured(SIDE)
        assert run.time_s[0] <= moment.time_s <= run.time_s[-1]


def test_curves_lie_on_the_frames():
    for name in (SIDE, BACK):
        curves = curves_of(measured(name), 0)
        assert curves.columns
        assert all(np.isfinite(values).mean() > 0.9 for values in curves.columns.values())
