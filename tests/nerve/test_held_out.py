"""Rendered people who were not used for fitting: what the documents say of them holds."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from neckrom.nerve.arms.measure import measure_arm_test
from neckrom.nerve.marks import Mark
from neckrom.nerve.measure import measure_leg_test

CALIBRATION = Path(__file__).parents[2] / "calibration"


@pytest.fixture(scope="module")
def table() -> ModuleType:
    """The module that reads the table."""
    spec = importlib.util.spec_from_file_location("nerve_table", CALIBRATION / "nerve_table.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["nerve_table"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["nerve_table"]


@pytest.mark.parametrize(
    ("name", "angle", "most_deg"),
    [
        ("slr_D3", "raise", 2.5),
        ("p022_slr", "raise", 2.5),
        ("slump_A2", "knee", 3.5),
        ("p012_slump", "knee", 3.5),
    ],
)
def test_legs_are_read_as_well_as_it_is_said(table, name, angle, most_deg):
    (clip,) = [clip for clip in table.read() if clip.name == name]
    assert clip.held_out
    hold = next(start for phase, start, _ in clip.phases if phase in ("raise_hold", "knee_hold"))
    measured = measure_leg_test(clip.series, clip.kind, (Mark(hold + 0.1, "symptom"),))
    (trial,) = measured.trials
    assert trial.leg == clip.tested
    assert measured.near == clip.seen
    error = (
        getattr(measured.angles.legs[trial.leg], f"{angle}_deg")
        - clip.truth[f"{angle}_{clip.tested[0].upper()}"]
    )
    assert np.nanmean(np.abs(error)) < most_deg
    true = np.interp(hold + 0.1, measured.angles.time_s, clip.truth[f"{angle}_{clip.tested[0].upper()}"])
    low, high = trial.interval95_deg
    assert low < true < high


def test_legs_that_the_model_exchanged_are_put_right(table):
    (clip,) = [clip for clip in table.read() if clip.name == "p043_slump"]
    measured = measure_leg_test(clip.series, "slump")
    assert {trial.leg for trial in measured.trials} == {clip.tested}
    assert measured.swaps >= 1


@pytest.mark.parametrize("name", ["p708_arms", "p724_arms"])
def test_arms_are_read_as_well_as_it_is_said(table, name):
    (clip,) = [clip for clip in table.read(table.ARM_TABLE) if clip.name == name]
    assert clip.held_out
    measured = measure_arm_test(clip.series)
    for side, letter in (("left", "L"), ("right", "R")):
        up = clip.truth[f"abduction_{letter}"] > 40
        if up.any():
            arm = measured.angles.arms[side]
            assert np.nanmean(np.abs(arm.abduction_deg - clip.truth[f"abduction_{letter}"])[up]) < 3.0
            assert np.nanmean(np.abs(arm.elbow_deg - clip.truth[f"elbow_{letter}"])[up]) < 5.0
    neck = measured.angles.neck_side_bend_deg - clip.truth["bend"]
    assert np.nanmean(np.abs(neck)) < 4.0
    assert {trial.trial.position for trial in measured.trials} == {"side", "overhead", "bent_overhead"}
