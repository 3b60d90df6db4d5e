"""One rounding rule each, in every language."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neckrom import rounding
from neckrom.messages import LANGUAGES, load_messages
from neckrom.saying import figures

ENGLISH = load_messages("en")
GERMAN = load_messages("de")


@pytest.mark.parametrize(
    ("angle_deg", "bound", "expected"),
    [
        pytest.param(24.6, False, "25°", id="rounded"),
        pytest.param(12.5, False, "13°", id="half-away-from-zero"),
        pytest.param(13.5, False, "14°", id="always-away-from-zero"),
        pytest.param(-0.3, False, "0°", id="no-minus-zero"),
        pytest.param(-4.0, False, "−4°", id="negative"),
        pytest.param(55.9, True, "at least 55°", id="a-bound-is-rounded-down"),
        pytest.param(44.6, True, "at least 44°", id="half-of-90-was-not-reached"),
        pytest.param(None, False, "not measured", id="null"),
        pytest.param(math.nan, True, "not measured", id="nan"),
    ],
)
def test_angles_in_words(angle_deg, bound, expected):
    assert figures.angle(angle_deg, ENGLISH, bound=bound) == expected


@pytest.mark.parametrize(
    ("percent", "bound", "expected"),
    [
        (41.6, False, "42 %"),
        (50.0, False, "50 %"),
        (49.96, False, "49.9 %"),
        (49.6, False, "49.6 %"),
        (50.3, False, "50.3 %"),
        (50.04, False, "50.04 %"),
        (50.001, False, "just over 50 %"),
        (49.999, False, "49.9 %"),
        (79.9, True, "at least 79 %"),
        (49.99, True, "at least 49 %"),
        (None, False, "not measured"),
    ],
)
def test_percent_never_hides_the_side_of_the_half(percent, bound, expected):
    assert figures.percent(percent, ENGLISH, bound=bound) == expected


@given(st.floats(0, 200, allow_nan=False))
def test_no_percent_is_shown_on_the_other_side_of_the_half(percent):
    for bound in (False, True):
        digits = rounding.percent_digits(percent, bound=bound)
        shown = float(digits.strip("<> "))
        if bound:
            assert shown <= percent
        elif shown == 50 and percent != 50:
            assert digits.startswith(">" if percent > 50 else "<")
        else:
            assert (shown - 50) * (percent - 50) >= 0


@pytest.mark.parametrize(
    ("change_deg", "bound", "expected"),
    [
        (25.4, False, "+25°"),
        (-12.5, False, "−13°"),
        (25.9, True, "≥ +25°"),
        (-20.6, True, "≤ −20°"),
        (0.4, False, "+0.4°"),
        (-0.4, False, "−0.4°"),
        (0.04, False, "+0.04°"),
        (0.0, False, "0°"),
        (None, False, "–"),
    ],
)
def test_a_sign_never_vanishes(change_deg, bound, expected):
    assert figures.change(change_deg, ENGLISH, bound=bound) == expected


@given(st.floats(-180, 180), st.booleans())
def test_a_change_keeps_its_direction_and_a_bound_claims_no_more_than_is_known(change, bound):
    digits = rounding.change_digits(change, bound=bound).replace("−", "-")
    shown = float(digits)
    if abs(change) >= 0.01:
        assert shown * change > 0
    if bound:
        assert abs(shown) <= abs(change) + 1e-6


@pytest.mark.parametrize(
    ("interval", "expected"),
    [(None, "no interval"), ((21.6, 28.2), "22 to 28°"), ((52.8, None), "52° or more")],
)
def test_intervals_are_never_made_up(interval, expected):
    assert figures.interval(interval, ENGLISH) == expected


def test_short_forms_show_the_same_numbers():
    assert figures.short_angle(44.6, bound=True) == "≥ 44°"
    assert figures.short_interval(21.6, 28.2) == "22–28°"
    assert figures.short_interval(52.8, None) == "≥ 52°"
    assert figures.short_percent(79.9, ENGLISH, bound=True) == "≥ 79 %"
    assert figures.in_brackets(40.2, None) == ""


@pytest.mark.parametrize(
    ("time_s", "expected"), [(0.04, "0.0 s"), (59.94, "59.9 s"), (59.96, "1:00.0"), (125.32, "2:05.3")]
)
def test_clip_times(time_s, expected):
    assert figures.seconds(time_s, ENGLISH) == expected


def test_other_languages_have_their_own_words_and_decimal_sign():
    assert figures.angle(55.9, GERMAN, bound=True) == "mindestens 55°"
    assert figures.short_percent(50.3, GERMAN) == "50,3 %"
    assert figures.change(-0.4, GERMAN) == "−0,4°"
    assert figures.plus_minus(9.6, load_messages("fr")) == "±9,6°"
    assert figures.interval((21.6, 28.2), load_messages("es")) == "22 a 28°"


@pytest.mark.parametrize("language", LANGUAGES)
def test_dates_as_people_write_them(language):
    texts = load_messages(language)
    expected = {
        "en": "14 March 2025",
        "de": "14. März 2025",
        "es": "14 de marzo de 2025",
        "fr": "14 mars 2025",
    }
    assert figures.long_day(date(2025, 3, 14), texts) == expected[language]


def test_a_day_is_the_reader_s(monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    import time  # noqa: PLC0415

    time.tzset()
    try:
        assert figures.day(datetime(2026, 9, 2, 2, 0, tzinfo=UTC)) == "2026-09-01"
    finally:
        monkeypatch.undo()
        time.tzset()
