"""Runs and postures as programs measure them, from the samples."""

from __future__ import annotations

import pytest

import neckrom
from neckrom.errors import ConfigurationError, InputError
from neckrom.library.notebooks import show_in_notebooks
from tests.landmarks.bodies import SAMPLES
from tests.records.body_folders import nerve_result, write_nerve
from tests.report.body_cases import posture_result, run_result

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
    assert repr(found).startswith("<NerveResult of 'arms': arms, at the first symptom (deg) right side ")


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


@pytest.mark.parametrize(
    ("result", "line", "said"),
    [
        pytest.param(
            nerve_result("<b>raise</b>.mp4"),
            "<NerveResult of '<b>raise</b>.mp4': slr, at the first symptom (deg) right 64>",
            "points to a nerve under tension",
            id="nerve",
        ),
        pytest.param(
            run_result("<b>run</b>.mp4"), "<RunResult of '<b>run</b>.mp4': ", "Trunk lean", id="run"
        ),
        pytest.param(posture_result(), "<PostureResult of ", "Trunk lean", id="posture"),
    ],
)
def test_a_notebook_shows_a_line_or_a_page(result, line, said):
    show_in_notebooks()
    assert repr(result).startswith(line)
    assert "\n" not in repr(result)
    page = result._repr_html_()
    assert page.startswith("<div>")
    assert page.endswith("</div>")
    assert said in page
    assert "<table>" in page
    assert "<b>raise" not in page
    assert "<b>run<" not in page


def test_a_nerve_test_without_an_angle_says_so_in_its_line():
    base = nerve_result()
    trial = base.trials[0].model_copy(
        update={"leg": None, "arm": "left", "position": "overhead", "symptom_angle_deg": None}
    )
    assert "left overhead no angle" in repr(base.model_copy(update={"trials": (trial,)}))
    assert "no trial" in repr(base.model_copy(update={"trials": ()}))


def test_a_result_that_is_read_shows_itself(tmp_path):
    found = neckrom.read_result(write_nerve(tmp_path / "raise"))
    assert found._repr_html_().startswith("<div>")


def test_a_result_that_nobody_lays_out_is_left_to_its_line():
    class Other(type(nerve_result())):
        """Not known to the library."""

    assert Other.model_validate(nerve_result().model_dump())._repr_html_() is None
