"""Both legs of a person beside each other: in one recording, and in two of one day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neckrom.cli.nerve import show_sides
from neckrom.handouts.bodies import nerve_table, sides_of_days, sides_said
from neckrom.messages import LANGUAGES, load_messages
from neckrom.nerve.corrections import load_corrections
from neckrom.nerve.legs import resting_elsewhere
from neckrom.nerve.reading import read_sides
from neckrom.nerve.sides import SideAngle, compare_angles, compare_recordings, mean_angle
from tests.records.body_folders import nerve_result

ENGLISH = load_messages("en")
ANGLE = st.floats(0, 90)
WIDER = st.floats(0, 20)


def filmed(side: str, angle_deg: float, kind: str = "slump", **changes):
    """A result of one leg, filmed from its own side."""
    result = nerve_result(f"{side}.mp4")
    (trial, *_) = result.trials
    own = {
        "leg": side,
        "symptom_angle_deg": angle_deg,
        "interval95_deg": (angle_deg - 2, angle_deg + 2),
        "knee_deg": angle_deg,
        "leg_raise_deg": angle_deg,
    }
    tool = result.tool.model_copy(update={"calibration_id": load_corrections().calibration_id})
    update = {"kind": kind, "side": side, "tool": tool, "trials": (trial.model_copy(update=own),)}
    return result.model_copy(update=update | changes)


@dataclass(frozen=True)
class Row:
    id: str
    measured: datetime


@dataclass(frozen=True)
class Seen:
    row: Row
    result: object


def seen(day: int, result) -> Seen:
    return Seen(Row(result.clip.name, datetime(2026, 4, day, 12, tzinfo=UTC)), result)


@given(
    left=ANGLE,
    right=ANGLE,
    wider=WIDER,
    test=st.sampled_from(["slr", "slump"]),
    how=st.sampled_from(["near_near", "near_far"]),
)
def test_it_does_not_matter_which_side_is_which(left, right, wider, test, how):
    corrections = load_corrections()
    one = compare_angles(corrections, test, how, SideAngle(left, wider), SideAngle(right))
    other = compare_angles(corrections, test, how, SideAngle(right), SideAngle(left, wider))
    low, high = one.interval95_deg
    assert (one.difference_deg, one.interval95_deg, one.verdict) == (
        other.difference_deg,
        other.interval95_deg,
        other.verdict,
    )
    assert low <= one.difference_deg < high
    assert (one.verdict == "within_error") == (low == 0.0)
    if left != right:
        assert one.smaller != other.smaller
        # a raised leg goes further with a larger angle, a knee that is straightened with a smaller one
        assert one.smaller == ("left" if (left < right) == (test == "slr") else "right")


def test_a_leg_that_was_lost_at_the_mark_makes_the_difference_less_sure():
    corrections = load_corrections()
    sure = compare_angles(corrections, "slump", "near_near", SideAngle(20.0), SideAngle(40.0))
    unsure = compare_angles(corrections, "slump", "near_near", SideAngle(20.0), SideAngle(40.0, 7.0))
    assert unsure.interval95_deg[1] - sure.interval95_deg[1] == pytest.approx(7.0)
    mean = mean_angle([SideAngle(20.0), SideAngle(float("nan")), SideAngle(24.0, 3.0)])
    assert mean == SideAngle(22.0, 3.0)


def test_no_range_of_a_slump_is_called_unusual():
    sides = compare_angles(load_corrections(), "slump", "near_near", SideAngle(0.0), SideAngle(80.0))
    assert sides.verdict == "usual"


@pytest.mark.parametrize("kind", ["slump", "slr"])
def test_two_recordings_of_a_day_are_one_test_of_both_legs(kind):
    left, right = filmed("left", 10.0, kind), filmed("right", 50.0, kind)
    tests = [seen(2, right), seen(2, left), seen(1, filmed("left", 30.0, kind))]
    (pair,) = sides_of_days(tests)
    assert pair.sides.difference_deg == pytest.approx(40.0)
    assert pair.sides.smaller == ("right" if kind == "slump" else "left")
    rows = nerve_table(tests, ENGLISH).rows
    assert len(rows) == 4
    assert "each leg from its own side" in rows[0][1]
    assert rows[0][4].startswith("40°")
    (line,) = sides_said(tests, ENGLISH)
    assert "each leg filmed from its own side, 2026-04-02. Left and right differ by 40°" in line
    assert line.endswith("Range alone is never a finding.")


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_said_in_every_language(language):
    texts = load_messages(language)
    tests = [seen(2, filmed("right", 50.0)), seen(2, filmed("left", 10.0))]
    assert sides_said(tests, texts)[0].startswith(texts.text("nerve.kind.slump"))


def test_the_command_compares_two_clips(capsys):
    show_sides(filmed("right", 50.0), filmed("left", 10.0), ENGLISH)
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith("If both clips show the same person on one day: Left and right differ by 40")
    show_sides(filmed("left", 50.0), filmed("left", 10.0), ENGLISH)
    assert capsys.readouterr().out == ""


def test_what_does_not_belong_together_is_not_compared():
    left, right = filmed("left", 10.0), filmed("right", 50.0)
    assert sides_of_days([seen(2, right), seen(1, left)]) == ()
    assert compare_recordings(left, filmed("left", 50.0)) is None
    assert compare_recordings(left, filmed("right", 50.0, "slr")) is None
    assert compare_recordings(left, right.model_copy(update={"side": "front", "kind": "arms"})) is None
    # the leg behind is read otherwise than the one in front
    (trial,) = right.trials
    behind = right.model_copy(update={"trials": (trial.model_copy(update={"leg": "left"}),)})
    assert compare_recordings(left, behind) is None
    # other fitted numbers are off by something else
    older = right.tool.model_copy(update={"calibration_id": "nerve-older"})
    assert compare_recordings(left, right.model_copy(update={"tool": older})) is None


def test_a_side_without_a_symptom_is_compared_at_the_end_of_both_ways():
    (trial,) = filmed("right", 50.0).trials
    nothing = trial.model_copy(
        update={"symptom_s": None, "symptom_angle_deg": None, "interval95_deg": None, "knee_deg": 13.0}
    )
    sides = compare_recordings(filmed("left", 10.0), filmed("right", 50.0, trials=(nothing,)))
    assert sides.difference_deg == pytest.approx(3.0)


def test_a_leg_that_was_tested_and_not_measured_is_not_said_not_to_have_been_tested():
    (alone,), (lost,) = read_sides("slump", None), read_sides("slump", None, both_tested=True)
    assert alone.key == "nerve.reading.one_side"
    assert lost.key == "nerve.reading.one_side_read"


@pytest.mark.parametrize(("away_px", "exchanged"), [(150.0, False), (130.0, True)])
def test_the_nearer_leg_is_the_longer_one(away_px, exchanged):
    """The far foot, hidden before, is seen where the near one had hung while that is away."""
    time_s = np.arange(60) / 10.0
    pose = np.zeros((60, 33, 3))
    for side, (knee, ankle, heel, toe) in enumerate([(25, 27, 29, 31), (26, 28, 30, 32)]):
        pose[:, knee, :2] = 300.0 + 12.0 * side, 300.0
        pose[:, ankle, :2] = pose[:, knee, :2] + (0.0, 140.0)
        pose[:, heel, :2] = pose[:, ankle, :2] + (-10.0, 15.0)
        pose[:, toe, :2] = pose[:, ankle, :2] + (40.0, 20.0)
    away = slice(20, 45)
    for point in (26, 28, 30, 32):
        pose[away, point, 0] -= 12.0
    pose[away, 27, :2] = pose[away, 25, :2] + (away_px, 0.0)
    pose[away, 29, :2] = pose[away, 27, :2] + (15.0, 10.0)
    pose[away, 31, :2] = pose[away, 27, :2] + (20.0, -40.0)
    answer = resting_elsewhere(pose, time_s, "left", 180.0)
    assert bool(answer[25:40].all()) is exchanged
    assert bool(answer[25:40].any()) is exchanged
