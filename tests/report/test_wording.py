from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neckrom.report import wording
from neckrom.report.content import content_of
from neckrom.types import Movement
from tests.report.conftest import case_of
from tests.report.report_cases import CASES


@pytest.mark.parametrize(
    ("angle_deg", "lower_bound", "expected"),
    [
        pytest.param(24.6, False, "25°", id="rounded"),
        pytest.param(12.5, False, "13°", id="half-away-from-zero"),
        pytest.param(-0.3, False, "0°", id="no-minus-zero"),
        pytest.param(-4.0, False, "−4°", id="negative"),
        pytest.param(55.9, True, "at least 55°", id="a-bound-is-rounded-down"),
        pytest.param(None, False, "not measured", id="null"),
        pytest.param(float("nan"), True, "not measured", id="nan"),
    ],
)
def test_angles_in_words(angle_deg, lower_bound, expected):
    assert wording.angle_text(angle_deg, lower_bound=lower_bound) == expected


@pytest.mark.parametrize(
    ("percent", "lower_bound", "expected"),
    [
        (41.6, False, "42 %"),
        (50.0, False, "50 %"),
        (49.96, False, "49.9 %"),
        (50.3, False, "50.3 %"),
        (50.04, False, "just over 50 %"),
        (79.9, True, "at least 79 %"),
        (None, False, "not measured"),
    ],
)
def test_percent_never_hides_the_side_of_the_half(percent, lower_bound, expected):
    assert wording.percent_text(percent, lower_bound=lower_bound) == expected


@pytest.mark.parametrize(
    ("interval", "expected"),
    [(None, "no interval"), ((21.6, 28.2), "22 to 28°"), ((52.8, None), "52° or more")],
)
def test_intervals_are_never_made_up(interval, expected):
    assert wording.interval_text(interval) == expected


@pytest.mark.parametrize(
    ("time_s", "expected"), [(0.04, "0.0 s"), (59.94, "59.9 s"), (59.96, "1:00.0"), (125.32, "2:05.3")]
)
def test_clip_times(time_s, expected):
    assert wording.seconds_text(time_s) == expected


def test_signed_angles_name_the_persons_side():
    assert wording.signed_text(0, 12.0) == "flexion 12°"
    assert wording.signed_text(0, -12.0) == "extension 12°"
    assert wording.signed_text(1, 3.0) == "side-bend right 3°"
    assert wording.signed_text(2, -3.0) == "rotation left 3°"
    assert wording.signed_text(1, -0.2) == "side-bend 0°"


def test_headline_of_a_deficit_has_the_articles_words_and_every_number():
    found = wording.headline(case_of("deficit_three_trials").result)
    assert found.title == (
        "Loss of half or more in 3 of 6 directions judged; painful motion; substantial asymmetry"
    )
    assert found.points[0] == "Extension 25°: 41 % of the reference 60°; pain 4 of 10, from 18°."
    assert found.points[2] == "Side-bend left 18°: 40 % of the reference 45°."
    assert "34.3° and 72.9°" in found.points[3]
    assert found.meaning == (
        "A loss of half or more, painful motion and substantial asymmetry may each be suggestive of "
        "relevant cervical pathology."
    )


def test_headline_of_a_full_range_claims_nothing():
    found = wording.headline(case_of("healthy").result)
    assert found.title == "No loss of half or more in any of the six directions"
    assert (found.points, found.meaning, found.open_questions) == ((), "", ())


def test_headline_says_what_is_open():
    bounds = wording.headline(case_of("lower_bounds").result)
    assert bounds.title == "No loss of half or more in the 5 of 6 directions that could be judged"
    assert bounds.open_questions == ("Seen, but loss of range could not be judged: extension.",)
    nothing = wording.headline(case_of("nothing_found").result)
    assert nothing.title == "Loss of range could not be judged in any direction"
    assert nothing.open_questions[0].startswith("Not tested: flexion, extension, ")
    assert not nothing.points


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_called_abnormal_and_nothing_diagnosed(name):
    content = content_of(case_of(name).result, {})
    words = repr(content).lower()
    assert "abnormal" not in words
    assert "diagnos" not in words.replace("not a diagnosis", "")


def test_a_movement_without_reference_is_not_judged_in_words():
    item = case_of("deficit").result.of(Movement.EXTENSION)
    item = item.model_copy(
        update={"reference_deg": None, "percent_of_reference": None, "flag": "could_not_judge"}
    )
    assert wording.reference_sentence(item) == "Extension 25°: the norm set gives no reference."
    assert wording.loss_text(item) == "could not be judged"


@given(st.text(max_size=300), st.integers(20, 120))
def test_names_cannot_steer_the_text_around_them(name, limit):
    shown = wording.display_name(name, limit)
    assert 0 < len(shown) <= limit
    assert not any(unicodedata.category(char)[0] == "C" for char in shown)
    assert shown == shown.strip()


def test_a_long_name_keeps_both_ends():
    shown = wording.display_name("start-" + "x" * 10_000 + "-end")
    assert len(shown) == 80
    assert shown.startswith("start-")
    assert shown.endswith("-end")
