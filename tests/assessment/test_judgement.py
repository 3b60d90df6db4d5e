from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neckrom.assessment.judgement import JudgementSettings, PainReport, judge
from neckrom.assessment.norms import load_norms, shipped_norm_names
from neckrom.errors import ConfigurationError
from neckrom.types import MOVEMENTS, Interval, Movement, Neutral, RangeOfMotion, Trial

NORMS = load_norms("article")


def trial(movement: Movement, peak: float, *, sd: float | None = None, bound=False, trunk=0.0) -> Trial:
    interval = None if sd is None else Interval(peak - 1.96 * sd, None if bound else peak + 1.96 * sd)
    return Trial(
        movement=movement,
        start_s=1.0,
        peak_s=2.0,
        end_s=3.0,
        hold_start_s=1.9,
        hold_end_s=2.4,
        peak_deg=peak,
        sd_deg=float("nan") if sd is None else sd,
        interval95=interval,
        lower_bound=bound,
        compensation_deg=trunk,
        coupling_deg=(0.0, 0.0),
        source="face",
        note="lost" if bound else "",
    )


def judged(*trials: Trial, pain=None):
    rom = RangeOfMotion(Neutral(0, 1, "found"), tuple(trials))
    movements, pairs = judge(rom, NORMS, pain or {}, JudgementSettings())
    return {item.movement: item for item in movements}, {item.pair: item for item in pairs}


@pytest.mark.parametrize(
    ("peak", "sd", "bound", "flag"),
    [
        pytest.param(80, None, False, "not_flagged", id="healthy"),
        pytest.param(45, None, False, "flagged", id="exactly-half-is-a-loss-of-50-percent"),
        pytest.param(45.1, None, False, "not_flagged", id="just-above-half"),
        pytest.param(30, 2.0, False, "flagged", id="interval-below-half"),
        pytest.param(43, 2.0, False, "could_not_judge", id="interval-crosses-half-from-below"),
        pytest.param(47, 2.0, False, "could_not_judge", id="interval-crosses-half-from-above"),
        pytest.param(50, 2.0, False, "not_flagged", id="interval-above-half"),
        pytest.param(46, None, True, "not_flagged", id="bound-reaches-half"),
        pytest.param(40, None, True, "could_not_judge", id="bound-below-half"),
        pytest.param(47, 2.0, True, "could_not_judge", id="bound-whose-low-end-is-below-half"),
    ],
)
def test_loss_of_range(peak, sd, bound, flag):
    movements, _ = judged(trial(Movement.ROTATION_LEFT, peak, sd=sd, bound=bound))
    assert movements[Movement.ROTATION_LEFT].flag == flag


@given(st.floats(1, 120), st.one_of(st.none(), st.floats(0.1, 8)))
def test_a_flag_is_raised_only_where_the_interval_supports_it(peak, sd):
    result = judged(trial(Movement.EXTENSION, peak, sd=sd))[0][Movement.EXTENSION]
    low, high = result.interval95_deg or (peak, peak)
    if result.flag == "flagged":
        assert high <= 30 + 0.01
    elif result.flag == "not_flagged":
        assert low > 30 - 0.01
    else:
        assert low <= 30.01 and high >= 29.99


def test_movement_that_did_not_occur_has_nulls_and_a_reason():
    movements, _ = judged()
    assert [item.movement for item in movements.values()] == list(MOVEMENTS)
    for item in movements.values():
        assert (item.best_deg, item.mean_deg, item.cv_percent, item.interval95_deg) == (None,) * 4
        assert item.flag == "could_not_judge"
        assert "not seen" in item.reason


def test_best_mean_and_variation():
    movements, _ = judged(*(trial(Movement.FLEXION, peak) for peak in (40, 44, 42)))
    flexion = movements[Movement.FLEXION]
    assert (flexion.best_deg, flexion.mean_deg) == (44, 42)
    assert flexion.cv_percent == pytest.approx(100 * 2 / 42, abs=0.01)
    assert flexion.percent_of_reference == 88
    assert judged(trial(Movement.FLEXION, 40))[0][Movement.FLEXION].cv_percent is None


@pytest.mark.parametrize(
    ("left", "right", "sd", "flag"),
    [
        pytest.param(70, 70, None, "not_flagged", id="equal"),
        pytest.param(70, 58, None, "not_flagged", id="below-20-percent"),
        pytest.param(70, 50, None, "flagged", id="beyond-20-percent"),
        pytest.param(40, 25, 1.5, "flagged", id="beyond-error-too"),
        pytest.param(20, 15, 2.5, "could_not_judge", id="percent-beyond-error-not"),
    ],
)
def test_asymmetry_needs_both_limits(left, right, sd, flag):
    _, pairs = judged(
        trial(Movement.ROTATION_LEFT, left, sd=sd), trial(Movement.ROTATION_RIGHT, right, sd=sd)
    )
    result = pairs["rotation"]
    assert result.flag == flag
    assert result.difference_deg == abs(left - right)
    assert f"{abs(left - right):.0f} deg" in result.reason


def test_asymmetry_cannot_be_judged_on_a_bound():
    _, pairs = judged(trial(Movement.LATERAL_LEFT, 30, bound=True), trial(Movement.LATERAL_RIGHT, 45))
    assert pairs["lateral"].flag == "could_not_judge"
    assert pairs["lateral"].difference_deg is None


def test_pain_is_flagged_apart_from_loss_of_range():
    movements, _ = judged(
        trial(Movement.FLEXION, 50),
        pain={Movement.FLEXION: PainReport(3, 38.0), Movement.EXTENSION: PainReport(0)},
    )
    flexion = movements[Movement.FLEXION]
    assert (flexion.flag, flexion.pain_flag, flexion.pain_onset_deg) == ("not_flagged", "flagged", 38.0)
    assert movements[Movement.EXTENSION].pain_flag == "not_flagged"
    assert movements[Movement.ROTATION_LEFT].pain_flag == "could_not_judge"


def test_trunk_that_stands_in_for_the_neck_is_flagged():
    movements, _ = judged(
        trial(Movement.ROTATION_LEFT, 60, trunk=20), trial(Movement.LATERAL_LEFT, 40, trunk=2)
    )
    assert movements[Movement.ROTATION_LEFT].compensation_flag == "flagged"
    assert movements[Movement.LATERAL_LEFT].compensation_flag == "not_flagged"


def test_no_wording_diagnoses():
    movements, pairs = judged(trial(Movement.ROTATION_LEFT, 20), trial(Movement.ROTATION_RIGHT, 80))
    text = " ".join(item.reason for item in [*movements.values(), *pairs.values()]).lower()
    assert "may be suggestive of" in text
    for word in ("abnormal", "diagnos", "disease"):
        assert word not in text


def test_shipped_norms_are_complete_and_cited():
    for name in shipped_norm_names():
        for movement in MOVEMENTS:
            norm = load_norms(name).of(movement)
            assert norm.citation and norm.population
    article = load_norms("article")
    assert [article.of(movement).reference_deg for movement in MOVEMENTS] == [50, 60, 90, 90, 45, 45]


def test_norm_file_names_all_mistakes(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        "version = 1\ntitle = 'Mine'\ncitation = ''\n[movements.flexion]\nreference_deg = -3\npopulation = 'x'\n"
    )
    with pytest.raises(ConfigurationError) as error:
        load_norms(str(path))
    text = str(error.value)
    assert "line 3, citation" in text
    assert "line 5, movements.flexion.reference_deg" in text
    assert "movements.flexion.citation" in text


def test_unknown_norm_set_names_the_known_ones():
    with pytest.raises(ConfigurationError, match="ama, article"):
        load_norms("nope")


@pytest.mark.parametrize(
    ("movement", "peak", "proposed"),
    [
        (Movement.FLEXION, 26, True),
        (Movement.FLEXION, 45, False),
        (Movement.ROTATION_LEFT, 46, False),
    ],
)
def test_a_side_clip_is_proposed_where_only_it_would_tell(movement, peak, proposed):
    movements, _ = judged(trial(movement, peak, sd=4.0))
    assert ("from the person's side" in movements[movement].reason) == proposed


def test_a_direction_that_was_not_tested_is_never_a_loss():
    aside = replace(trial(Movement.ROTATION_LEFT, 12), aside="once", note="one small excursion was seen")
    rom = RangeOfMotion(Neutral(0, 1, "found"), (trial(Movement.FLEXION, 34),), set_aside=(aside,))
    movements, pairs = judge(rom, load_norms("article"), {}, JudgementSettings())
    by_name = {item.movement: item for item in movements}
    rotation = by_name[Movement.ROTATION_LEFT]
    assert (rotation.status, rotation.not_tested_because, rotation.best_deg) == ("not_tested", "once", None)
    assert rotation.flag == "could_not_judge"
    assert rotation.reason == (
        "Rotation left was not tested: it was seen once only, small, and without the other side."
    )
    assert rotation.set_aside[0].kind == "once"
    assert by_name[Movement.ROTATION_RIGHT].not_tested_because == "not_seen"
    assert by_name[Movement.FLEXION].status == "tested"
    assert "not tested" in pairs[0].reason


def test_nothing_is_judged_where_zero_could_not_be_told():
    neutral = Neutral(0, 1, "found", sure=False, doubts=("two_places",), other_s=(4.0, 5.0))
    trials = (trial(Movement.ROTATION_LEFT, 20), trial(Movement.ROTATION_RIGHT, 80))
    movements, pairs = judge(RangeOfMotion(neutral, trials), load_norms("article"), {}, JudgementSettings())
    assert {item.flag for item in (*movements, *pairs)} == {"could_not_judge"}
