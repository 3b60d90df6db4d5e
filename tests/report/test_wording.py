from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neckrom.messages import load_messages
from neckrom.report import wording
from neckrom.report.content import content_of
from tests.report.conftest import case_of
from tests.report.report_cases import CASES

ENGLISH = load_messages("en")


def test_signed_angles_name_the_persons_side():
    assert wording.signed_text(0, 12.0, ENGLISH) == "flexion 12°"
    assert wording.signed_text(0, -12.0, ENGLISH) == "extension 12°"
    assert wording.signed_text(1, 3.0, ENGLISH) == "side-bend right 3°"
    assert wording.signed_text(2, -3.0, ENGLISH) == "rotation left 3°"
    assert wording.signed_text(1, -0.2, ENGLISH) == "side-bend 0°"


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_called_abnormal_and_nothing_diagnosed(name):
    content = content_of(case_of(name).result, {})
    words = repr(content).lower()
    assert "abnormal" not in words
    assert "diagnos" not in words.replace("not a diagnosis", "")


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
