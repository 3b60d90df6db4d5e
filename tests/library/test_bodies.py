"""Runs and postures as programs measure them, from the samples."""

from __future__ import annotations

import pytest

import neckrom
from neckrom.errors import ConfigurationError, InputError
from tests.landmarks.bodies import SAMPLES

RUN, BACK = SAMPLES / "run_side.landmarks.parquet", SAMPLES / "run_back.landmarks.parquet"


def test_a_run_with_the_clip_from_behind():
    found = neckrom.measure_run(RUN, back=BACK, speed_kmh=10)
    assert found.kind == "run"
    assert found.cadence_spm == pytest.approx(170, rel=0.01)
    assert [clip.role for clip in found.clips] == ["run", "back"]
    assert found.configuration.speed_kmh == 10
    assert repr(found).startswith("<RunResult of 'run_side': head_forward ")


def test_a_posture_of_one_path_or_several():
    one = neckrom.measure_posture(SAMPLES / "standing.jpg")
    assert one.kind == "posture"
    assert one.side == "left"
    assert repr(one) == "<PostureResult of 'standing', seen from the left>"


def test_an_arm_test_with_its_marks():
    found = neckrom.measure_nerve(
        SAMPLES / "arms.landmarks.parquet", "arms", marks=SAMPLES / "arms.marks.csv"
    )
    assert found.kind == "arms"
    assert found.trials
    assert any(trial.symptom_angle_deg is not None for trial in found.trials)


def test_mistakes_of_a_nerve_test():
    with pytest.raises(
        ConfigurationError, match=r"mirrored='no'(.|\n)*test='slumps': give one of slr, slump, arms"
    ):
        neckrom.measure_nerve("no.mp4", "slumps", mirrored="no")
    with pytest.raises(InputError, match=r"no\.mp4 does not exist"):
        neckrom.measure_nerve("no.mp4", "slump")
    with pytest.raises(ConfigurationError, match=r"none\.csv"):
        neckrom.measure_nerve("no.mp4", "slump", marks="none.csv")


def test_mistakes_are_named_before_anything_is_measured():
    with pytest.raises(ConfigurationError, match=r"rotate_deg=45(.|\n)*fps_true=-1"):
        neckrom.measure_run("no.mp4", rotate_deg=45, fps_true=-1)
    with pytest.raises(ConfigurationError, match="speed_kmh='10': give a number"):
        neckrom.measure_run("no.mp4", speed_kmh="10")
    with pytest.raises(ConfigurationError, match="one picture or clip"):
        neckrom.measure_posture([])
