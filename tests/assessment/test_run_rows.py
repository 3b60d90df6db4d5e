"""The four rows of a run: marked beyond their own error, in the article's direction, and never else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neckrom.assessment.run_rows import COARSE_PERCENT, judged
from neckrom.body.result import Value
from neckrom.messages import load_messages
from neckrom.running.result import ROWS, Strikes
from tests.report.body_cases import clip_info, run_result, strike

ENDS = st.tuples(st.floats(-40, 40), st.floats(0, 30)).map(
    lambda pair: (pair[0] - pair[1], pair[0] + pair[1])
)


def flag(result, name):
    return judged(result).row(name).flag


def with_head(result, change, interval, drift=(0.5, (-1.0, 2.0))):
    head = result.head_forward.model_copy(
        update={
            "change_from_standing_deg": change,
            "change_from_standing_interval95_deg": interval,
            "change_over_run_deg": drift[0],
            "change_over_run_interval95_deg": drift[1],
        }
    )
    return result.model_copy(update={"head_forward": head})


def test_there_are_the_four_rows_of_the_article_in_its_order():
    assert tuple(row.name for row in run_result().rows) == ROWS


@given(interval=ENDS)
def test_a_head_is_marked_only_where_all_of_the_interval_lies_forward(interval):
    found = flag(with_head(run_result(), sum(interval) / 2, interval), "head_forward")
    assert found == ("flagged" if interval[0] > 0 else "not_flagged")


def test_a_head_that_comes_forward_during_the_run_is_marked_without_a_standing_clip():
    result = run_result(standing=False)
    assert flag(result, "head_forward") == "could_not_judge"
    came = with_head(result, None, None, (4.0, (2.0, 6.0)))
    row = judged(came).row("head_forward")
    assert (row.flag, row.measure, row.value) == ("flagged", "change_over_run", 4.0)
    assert "--standing" in row.reason


@given(interval=ENDS)
def test_gait_is_marked_where_the_interval_leaves_out_zero_whichever_side(interval):
    result = run_result().model_copy(
        update={"step_asymmetry_percent": sum(interval) / 2, "step_asymmetry_interval95": interval}
    )
    apart = interval[0] > 0 or interval[1] < 0
    row = judged(result).row("uneven_gait")
    coarse = interval[1] - interval[0] > 2 * COARSE_PERCENT
    assert row.flag == ("flagged" if apart else "could_not_judge" if coarse else "not_flagged")
    if apart:
        assert ("left contact" if interval[0] > 0 else "right contact") in row.reason
        assert "−" not in row.reason


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        pytest.param((0.1, 0.2), (-0.2, -0.1), "flagged", id="one-crosses"),
        pytest.param((-0.3, -0.2), (0.02, 0.3), "flagged", id="the-other-crosses"),
        pytest.param((-0.3, -0.1), (-0.2, -0.1), "not_flagged", id="both-on-their-side"),
        pytest.param((-0.1, 0.1), (-0.2, -0.1), "could_not_judge", id="one-within-the-error"),
        pytest.param((-0.1, 0.1), (-0.2, 0.3), "could_not_judge", id="both-within-the-error"),
        pytest.param((-0.3, -0.1), None, "could_not_judge", id="one-unseen"),
        pytest.param((0.1, 0.3), None, "flagged", id="one-unseen-the-other-crosses"),
        pytest.param(None, None, "could_not_judge", id="none-seen"),
    ],
)
def test_arms_are_marked_where_a_wrist_is_past_the_middle_beyond_its_error(left, right, expected):
    def value(ends):
        return None if ends is None else Value(value=sum(ends) / 2, interval95=ends)

    arms = run_result().arm_cross.model_copy(
        update={"left_median_shoulder_widths": value(left), "right_median_shoulder_widths": value(right)}
    )
    assert flag(run_result().model_copy(update={"arm_cross": arms}), "arms_across") == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        pytest.param("rear", "rear", "flagged", id="both"),
        pytest.param("mid", "rear", "flagged", id="far-one"),
        pytest.param("mid", "fore", "not_flagged", id="none"),
        pytest.param("mid", None, "could_not_judge", id="other-open"),
        pytest.param(None, None, "could_not_judge", id="both-open"),
    ],
)
def test_strike_is_marked_by_its_class_alone(left, right, expected):
    strikes = Strikes(left=strike(9.0, near=True, kind=left), right=strike(8.0, near=False, kind=right))
    assert flag(run_result().model_copy(update={"strikes": strikes}), "rearfoot_strike") == expected


def test_too_few_pictures_a_second_are_named_as_the_reason():
    result = run_result()
    slow = result.clips[0].model_copy(update={"clip": clip_info("slow", fps=30.0)})
    strikes = Strikes(left=strike(9.0, near=True, kind=None), right=strike(8.0, near=False, kind=None))
    result = result.model_copy(update={"clips": (slow, *result.clips[1:]), "strikes": strikes})
    row = judged(result).row("rearfoot_strike")
    assert "30 pictures a second" in row.reason
    assert row.value == 9.0


def test_what_a_side_view_cannot_tell_names_the_view_to_film():
    row = run_result(back=False).row("arms_across")
    assert (row.flag, row.value) == ("could_not_judge", None)
    assert "--back" in row.reason


@pytest.mark.parametrize("language", ["en", "de", "es", "fr"])
def test_rows_say_what_may_be_and_never_what_is(language):
    """No word of injury, disease or abnormality as a finding."""
    texts = load_messages(language)
    for row in run_result().rows:
        said = " ".join(texts.text(each.key, **each.values) for each in row.reason_statements)
        assert said
        assert not any(word in said.lower() for word in ("abnormal", "anormal", "krankhaft", "patholog"))
