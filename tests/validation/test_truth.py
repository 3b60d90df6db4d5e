from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from neckrom.errors import ConfigurationError
from neckrom.kinematics.neck_angles import cardan_deg
from neckrom.types import MOVEMENTS, Movement
from neckrom.validation.truth import REQUIRED_COLUMNS, convert_signs, find_trials, read_truth
from tests.validation.instruments import SAMPLES, sample

ANGLE = st.floats(-60, 60)


def columns(**angles: float) -> dict[str, np.ndarray]:
    names = ("flexion", "rotation", "lateral", "trunk_yaw", "trunk_pitch", "trunk_roll")
    return {name: np.array([angles.get(name, 0.0)]) for name in names}


def write_table(path: Path, rows: list[dict[str, object]], names: tuple[str, ...] = REQUIRED_COLUMNS) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        writer.writerows(rows)
    return path


def row(time_s: object, phase: str = "neutral", **angles: object) -> dict[str, object]:
    return dict.fromkeys(REQUIRED_COLUMNS, 0.0) | {"time_s": time_s, "phase": phase} | angles


# ----------------------------------------------------------------------- signs


@pytest.mark.parametrize(
    ("name", "value", "axis", "turn_deg"),
    [
        # our body axes: x anterior, y superior, z to the person's right; right-hand rule
        pytest.param("flexion", 30.0, "z", -30.0, id="chin-to-chest"),
        pytest.param("rotation", 40.0, "y", 40.0, id="face-to-the-left"),
        pytest.param("lateral", 20.0, "x", -20.0, id="left-ear-to-left-shoulder"),
    ],
)
def test_neck_turns_about_the_right_axis(name, value, axis, turn_deg):
    neck, trunk = convert_signs(columns(**{name: value}))
    expected = Rotation.from_euler(axis, [[turn_deg]], degrees=True)
    np.testing.assert_allclose(neck.as_matrix(), expected.as_matrix(), atol=1e-12)
    np.testing.assert_allclose(trunk.as_matrix(), [np.eye(3)], atol=1e-12)


@pytest.mark.parametrize(
    ("name", "value", "axis", "turn_deg"),
    [
        pytest.param("trunk_pitch", 10.0, "z", -10.0, id="leans-forward"),
        pytest.param("trunk_yaw", 20.0, "y", 20.0, id="turns-to-the-left"),
        pytest.param("trunk_roll", 15.0, "x", -15.0, id="leans-to-the-left"),
    ],
)
def test_trunk_turns_about_the_right_axis(name, value, axis, turn_deg):
    neck, trunk = convert_signs(columns(**{name: value}))
    expected = Rotation.from_euler(axis, [[turn_deg]], degrees=True)
    np.testing.assert_allclose(trunk.as_matrix(), expected.as_matrix(), atol=1e-12)
    np.testing.assert_allclose(neck.as_matrix(), [np.eye(3)], atol=1e-12)


@given(ANGLE, ANGLE, ANGLE)
def test_mixed_neck_angles_only_change_signs(flexion, rotation, lateral):
    """The table's Cardan product is the tool's own: flexion, lateral, rotation."""
    neck, _ = convert_signs(columns(flexion=flexion, rotation=rotation, lateral=lateral))
    upright = np.array([[0.0, 0.0, 0.0, 1.0]])
    np.testing.assert_allclose(
        cardan_deg(upright, neck.as_quat()), [[flexion, -lateral, -rotation]], atol=1e-6
    )


def test_quaternions_of_a_real_table_say_the_same():
    """The table's own quaternion (axes x left, y up, z forward) is an independent witness of the signs."""
    path = SAMPLES / "bruno_random.csv"
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    w, x, y, z = (np.array([float(item[f"q_head_thorax_{name}"]) for item in rows]) for name in "wxyz")
    ours = {name: np.array([float(item[name]) for item in rows]) for name in columns()}
    neck, _ = convert_signs(ours)
    # x left, y up, z forward written in x forward, y up, z right
    in_our_axes = Rotation.from_quat(np.column_stack([z, y, -x, w]))
    assert np.degrees((neck.inv() * in_our_axes).magnitude()).max() < 1e-3


def test_left_and_right_of_a_real_table():
    """chidi_deficit turns 35 deg to the left and 75 to the right, bends 18 to the left and 40 to the right."""
    peaks = {trial.movement: round(trial.peak_deg) for trial in sample("chidi_deficit").trials}
    assert peaks == {
        Movement.FLEXION: 50,
        Movement.EXTENSION: 25,
        Movement.ROTATION_LEFT: 35,
        Movement.ROTATION_RIGHT: 75,
        Movement.LATERAL_LEFT: 18,
        Movement.LATERAL_RIGHT: 40,
    }


def test_series_are_positive_to_the_right():
    truth = sample("chidi_deficit")
    rotation = truth.neck_deg[:, 2]
    assert rotation[truth.phase == "rot_left_hold"].mean() == pytest.approx(-35.0, abs=0.7)
    assert rotation[truth.phase == "rot_right_hold"].mean() == pytest.approx(75.0, abs=0.7)


def test_trunk_that_moves_along_counts_as_positive_compensation():
    by_movement = {trial.movement: trial for trial in sample("mei_trunkcomp").trials}
    expected = dict(zip(MOVEMENTS, (8, 8, 20, 25, 10, 12), strict=True))
    for movement, size in expected.items():
        assert by_movement[movement].compensation_deg == pytest.approx(size, abs=0.7)


# ----------------------------------------------------------------- zero, views


def test_zero_is_the_persons_own_neutral(tmp_path):
    """A habitual posture of 6 deg of flexion is not part of the movement."""
    phases = ["neutral"] * 5 + ["flexion_out"] * 3 + ["flexion_hold"] * 5
    rows = [
        row(i / 10, phase, flexion=36.0 if phase == "flexion_hold" else 6.0, trunk_yaw=4.0)
        for i, phase in enumerate(phases)
    ]
    truth = read_truth(write_table(tmp_path / "t.csv", rows))
    assert truth.trials[0].peak_deg == pytest.approx(30.0)
    np.testing.assert_allclose(truth.trunk_deg, 0.0, atol=1e-9)


@pytest.mark.parametrize(("name", "view"), [("anna_full", "front"), ("chidi_side", "side")])
def test_view_is_told_from_the_trunk(name, view):
    assert sample(name).view == view


def test_view_is_unknown_without_the_trunks_quaternion(tmp_path):
    assert read_truth(write_table(tmp_path / "t.csv", [row(0.0), row(0.1)])).view == "unknown"


# ---------------------------------------------------------------------- trials


def test_trials_of_a_whole_clip():
    truth = sample("anna_full")
    assert [trial.movement for trial in truth.trials] == list(MOVEMENTS)
    flexion = truth.trials[0]
    assert (flexion.start_s, flexion.end_s) == pytest.approx((2.03, 8.0), abs=0.01)
    assert (flexion.hold_start_s, flexion.hold_end_s) == pytest.approx((4.53, 5.5), abs=0.01)
    assert not truth.is_free
    assert all(trial.single_plane for trial in truth.trials)


def test_free_movement_has_no_trials():
    truth = sample("bruno_random")
    assert truth.is_free
    assert truth.moving.sum() == (truth.phase == "random").sum() > 500


def phases_to_trials(*phases: str):
    phase = np.array(phases)
    time_s = np.arange(len(phases)) * 0.1
    neck = np.zeros((len(phases), 3))
    neck[:, 0] = np.where(np.char.endswith(phase, "hold"), 30.0, 0.0)
    return find_trials(time_s, neck, np.zeros_like(neck), phase)


def test_a_repetition_needs_a_hold():
    assert phases_to_trials("neutral", "flexion_out", "flexion_back", "rest") == ()


def test_a_clip_that_ends_in_the_hold_has_the_repetition():
    (trial,) = phases_to_trials("neutral", "flexion_out", "flexion_hold", "flexion_hold")
    assert trial.end_s == pytest.approx(0.3)


def test_two_repetitions_in_a_row_stay_apart():
    one = ("flexion_out", "flexion_hold", "flexion_back")
    found = phases_to_trials(*one, *one)
    assert [(round(t.start_s, 1), round(t.end_s, 1)) for t in found] == [(0.0, 0.2), (0.3, 0.5)]


def test_movement_of_another_name_is_noted_not_refused(tmp_path):
    rows = [row(0.0), row(0.1, "circle_out"), row(0.2, "circle_hold"), row(0.3, "rest")]
    truth = read_truth(write_table(tmp_path / "t.csv", rows))
    assert truth.is_free
    assert "circle_hold" in truth.notes[0]


# ------------------------------------------------------------------- bad files


def test_all_missing_columns_are_named(tmp_path):
    path = write_table(tmp_path / "t.csv", [{"time_s": 0.0, "flexion": 1.0}], ("time_s", "flexion"))
    with pytest.raises(ConfigurationError) as caught:
        read_truth(path)
    for name in set(REQUIRED_COLUMNS) - {"time_s", "flexion"}:
        assert f"'{name}'" in str(caught.value)


def test_all_bad_cells_are_named_with_line_and_column(tmp_path):
    rows = [row(0.0), row(0.1, flexion="oops"), row("nan", lateral="")]
    with pytest.raises(ConfigurationError) as caught:
        read_truth(write_table(tmp_path / "t.csv", rows))
    assert "line 3, column flexion: 'oops' is not a number" in str(caught.value)
    assert "line 4, column time_s: 'nan' is not a number" in str(caught.value)
    assert "line 4, column lateral: '' is not a number" in str(caught.value)


def test_times_must_rise(tmp_path):
    rows = [row(0.0), row(0.1), row(0.1), row(0.05)]
    with pytest.raises(ConfigurationError, match="line 4: time_s does not rise") as caught:
        read_truth(write_table(tmp_path / "t.csv", rows))
    assert "line 5" in str(caught.value)


def test_short_rows_are_named(tmp_path):
    path = write_table(tmp_path / "t.csv", [row(0.0)])
    path.write_text(path.read_text(encoding="utf-8") + "0.1,2\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="line 3: 2 cells, the heading has 8"):
        read_truth(path)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(",".join(REQUIRED_COLUMNS).encode(), id="heading-only"),
        pytest.param(b"\xff\xfe\x00\x01binary", id="not-text"),
    ],
)
def test_files_that_are_no_tables_are_refused(tmp_path, content):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"t\.csv"):
        read_truth(path)


def test_a_long_list_of_mistakes_is_cut(tmp_path):
    rows = [row(i / 10, flexion="x") for i in range(100)]
    with pytest.raises(ConfigurationError, match="and 80 more"):
        read_truth(write_table(tmp_path / "t.csv", rows))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_truth(tmp_path / "none.csv")
