"""Arm tests of clips: positions, angles, the neck, what is refused and what is said."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neckrom.body import read_body
from neckrom.cli import main
from neckrom.errors import InputError
from neckrom.landmarks.body_store import read_bodies
from neckrom.landmarks.mirror import mirror_bodies
from neckrom.nerve.angles import smoothed
from neckrom.nerve.arms.angles import ArmSeries, ArmTestAngles, measure_arm_angles
from neckrom.nerve.arms.assemble import arm_test_result
from neckrom.nerve.arms.corrections import load_arm_corrections
from neckrom.nerve.arms.measure import measure_arm_test, neck_moves
from neckrom.nerve.arms.trials import find_arm_trials
from neckrom.nerve.assemble import About
from neckrom.nerve.marks import Mark, load_marks
from neckrom.nerve.result import NerveResult
from neckrom.result import ClipInfo, ToolInfo
from neckrom.service.nerve import ARM_ANGLE_COLUMNS
from neckrom.types import BodySeries
from tests.landmarks.bodies import SAMPLES
from tests.nerve.figure import ramp

MARKS = load_marks(SAMPLES / "arms.marks.csv")
TOOL = ToolInfo(
    name="neckrom", version="1", engine="none", model_sha256="0" * 64, estimator="t", calibration_id="t"
)
CLIP = ClipInfo(
    name="arms", kind="clip", sha256="0" * 64, duration_s=16.8, frames=252, fps=15.0, width=1280, height=720,
    measured_width=1280, measured_height=720, mirrored=False,
)  # fmt: skip


@cache
def series() -> BodySeries:
    """What the pose model saw in the sample: each arm once out to the side."""
    return read_bodies(SAMPLES / "arms.landmarks.parquet")[0]


@cache
def truth() -> dict[str, np.ndarray]:
    with (SAMPLES / "arms.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        name: np.array([float(row[name]) for row in rows])
        for name in ("abduction_L_deg", "abduction_R_deg", "elbow_L_deg", "elbow_R_deg", "neck_lateral_deg")
    }


def result_of(marks=MARKS, *, marked: bool = True, of: BodySeries | None = None) -> NerveResult:
    about = About(clip=CLIP, tool=TOOL, created="2026-01-01T00:00:00+00:00", marked=marked)
    return arm_test_result(measure_arm_test(of or series(), tuple(marks)), about)


# ------------------------------------------------------------------------ angles


def test_the_sample_is_read_as_exactly_as_it_is_said():
    angles = measure_arm_angles(read_body(series()))
    for side, letter in (("left", "L"), ("right", "R")):
        up = truth()[f"abduction_{letter}_deg"] > 40
        error = angles.arms[side].abduction_deg - truth()[f"abduction_{letter}_deg"]
        assert np.nanmean(np.abs(error[up])) < 5.0
        assert np.nanmean(np.abs(error[~up])) < 3.0
        bent = angles.arms[side].elbow_deg - truth()[f"elbow_{letter}_deg"]
        assert np.nanmean(np.abs(bent)) < 6.0
    neck = angles.neck_side_bend_deg - truth()["neck_lateral_deg"]
    assert np.nanmean(np.abs(neck)) < 4.0


def test_a_mirrored_person_has_the_other_arm_and_the_same_angles():
    straight, mirrored = (measure_arm_angles(read_body(s)) for s in (series(), mirror_bodies(series())))
    for side, opposite in (("left", "right"), ("right", "left")):
        one, two = straight.arms[side], mirrored.arms[opposite]
        np.testing.assert_allclose(one.abduction_deg, two.abduction_deg, atol=0.01)
        np.testing.assert_allclose(one.elbow_deg, two.elbow_deg, atol=0.01)
    np.testing.assert_allclose(straight.neck_side_bend_deg, -mirrored.neck_side_bend_deg, atol=0.01)


@settings(max_examples=8, deadline=None)
@given(st.floats(-8, 8), st.floats(0.4, 2.5))
def test_neither_the_roll_of_the_camera_nor_the_size_of_the_picture_changes_an_angle(roll_deg, zoom):
    turn = np.radians(roll_deg)
    matrix = zoom * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    some = slice(0, 40)
    cut = replace_frames(series(), some)
    pose = cut.pose.copy()
    pose[..., :2] = pose[..., :2] @ matrix.T.astype(np.float32)
    pose[..., 2] *= zoom
    one, two = (measure_arm_angles(read_body(s)) for s in (cut, replace(cut, pose=pose)))
    np.testing.assert_allclose(one.arms["right"].abduction_deg, two.arms["right"].abduction_deg, atol=0.3)
    np.testing.assert_allclose(one.neck_side_bend_deg, two.neck_side_bend_deg, atol=0.3)


def replace_frames(of: BodySeries, some: slice) -> BodySeries:
    return replace(
        of,
        time_ns=of.time_ns[some],
        pose=of.pose[some],
        pose_world=of.pose_world[some],
        pose_visibility=of.pose_visibility[some],
        people=of.people[some],
    )


# ------------------------------------------------------------------------ trials


def made_up(fps: float, noise_deg: float, **paths) -> ArmTestAngles:
    """Angles of a left arm along paths of (time, angle); the right one hangs."""
    last_s = max(path[-1][0] for path in paths.values())
    time_s = np.arange(0.0, last_s, 1.0 / fps)
    random = np.random.default_rng(1)

    def along(name: str) -> np.ndarray:
        return smoothed(time_s, ramp(time_s, *paths[name]) + random.normal(0, noise_deg, len(time_s)))

    abduction, elbow = along("abduction"), along("elbow")
    rest = np.full(len(time_s), 9.0)
    return ArmTestAngles(
        time_s=time_s,
        arms={
            "left": ArmSeries(abduction, elbow, abduction, abduction, np.ones(len(time_s))),
            "right": ArmSeries(rest, rest, rest, rest, np.ones(len(time_s))),
        },
        neck_side_bend_deg=np.zeros(len(time_s)),
        trunk_lean_deg=np.zeros(len(time_s)),
        corrections=load_arm_corrections(),
    )


def led(
    rate_deg_s: float, hold_s: float, *levels: tuple[float, float]
) -> dict[str, list[tuple[float, float]]]:
    """From one level of (abduction, elbow) to the next at a steady speed, each held."""
    now, at_s = (9.0, 9.0), 2.0
    paths = {"abduction": [(0.0, 9.0), (2.0, 9.0)], "elbow": [(0.0, 9.0), (2.0, 9.0)]}
    for level in levels:
        at_s += max(abs(level[0] - now[0]), abs(level[1] - now[1])) / rate_deg_s
        for name, angle in zip(paths, level, strict=True):
            paths[name].append((at_s, angle))
            paths[name].append((at_s + hold_s, angle))
        at_s, now = at_s + hold_s, level
    return paths


@settings(max_examples=25, deadline=None)
@given(st.floats(8, 120), st.floats(1.5, 6), st.sampled_from([8.0, 15.0, 30.0]), st.floats(0, 0.6))
def test_positions_are_told_apart_however_slowly_an_arm_is_led(rate_deg_s, hold_s, fps, noise_deg):
    paths = led(rate_deg_s, hold_s, (88, 9), (158, 9), (155, 90), (9, 9))
    trials = find_arm_trials(made_up(fps, noise_deg, **paths))
    assert [trial.position for trial in trials] == ["side", "overhead", "bent_overhead"]
    assert all(trial.arm == "left" for trial in trials)
    for trial, place in zip(trials, (2, 4, 6), strict=True):
        stood_s = (paths["abduction"][place][0], paths["abduction"][place + 1][0])
        assert abs(trial.reached_s - stood_s[0]) < 0.8
        assert abs(trial.return_s - stood_s[1]) < 0.8
        assert trial.start_s <= trial.reached_s < trial.return_s <= trial.end_s
    assert all(one.end_s <= two.start_s for one, two in pairwise(trials))


def test_an_arm_overhead_on_its_way_to_be_bent_is_no_trial_of_its_own_where_there_is_another():
    paths = led(40, 2.0, (158, 9), (9, 9), (158, 9), (155, 90), (9, 9))
    trials = find_arm_trials(made_up(15, 0.3, **paths))
    assert [trial.position for trial in trials] == ["overhead", "bent_overhead"]
    alone = led(40, 2.0, (158, 9), (155, 90), (9, 9))
    trials = find_arm_trials(made_up(15, 0.3, **alone))
    assert [trial.position for trial in trials] == ["overhead", "bent_overhead"]


def test_the_position_that_was_asked_for_counts():
    angles = made_up(15, 0.3, **led(15, 3.0, (60, 9), (9, 9), (100, 9), (9, 9)))
    assert [trial.position for trial in find_arm_trials(angles)] == ["side", "side"]
    marks = (Mark(1.0, "position", "side"), Mark(10.0, "position", "overhead"))
    trials = find_arm_trials(angles, marks)
    assert [trial.position for trial in trials] == ["side", "overhead"]
    assert trials[1].start_s >= 10.0


def test_a_short_stand_is_found_in_a_clip_of_few_pictures():
    paths = led(110, 0.7, (88, 9), (158, 9), (155, 90), (9, 9))
    trials = find_arm_trials(made_up(5, 0.3, **paths))
    assert [trial.position for trial in trials] == ["side", "overhead", "bent_overhead"]


@pytest.mark.parametrize("fps", [5, 15, 30])
def test_a_short_stand_is_found_after_long_ones(fps):
    """However long an arm is held before, it is as fast between: that is what a stand is told from."""
    long = led(110, 9.0, (88, 9), (158, 9))
    at_s, hold_s = long["abduction"][-1][0], 0.7
    for name, bent, end in (("abduction", 155, 9), ("elbow", 90, 9)):
        long[name] += [
            (at_s + 0.75, bent),
            (at_s + 0.75 + hold_s, bent),
            (at_s + 3.0, end),
            (at_s + 4.0, end),
        ]
    trials = find_arm_trials(made_up(fps, 0.3, **long))
    assert [trial.position for trial in trials] == ["side", "overhead", "bent_overhead"]


def test_an_arm_that_goes_up_and_down_without_a_stop_is_one_trial():
    paths = {"abduction": [(0, 9), (2, 9), (3, 90), (4, 9), (6, 9)], "elbow": [(0, 9), (6, 9)]}
    (trial,) = find_arm_trials(made_up(30, 0.3, **paths))
    assert trial.position == "side"
    assert 2.5 < trial.reached_s <= trial.return_s < 3.5


def test_arms_that_swing_a_little_are_no_trial():
    paths = {"abduction": [(0, 9), (1, 24), (2, 9), (3, 22), (4, 9)], "elbow": [(0, 9), (4, 9)]}
    assert find_arm_trials(made_up(30, 0.5, **paths)) == ()


# -------------------------------------------------------------------------- neck


@settings(max_examples=40, deadline=None)
@given(st.floats(14, 40), st.floats(0, 30), st.sampled_from([-1, 1]), st.floats(0.4, 2), st.floats(0, 0.5))
def test_a_neck_that_is_bent_and_brought_back_moved_twice(size, through, sign, move_s, noise_deg):
    time_s = np.arange(0.0, 12.0, 1 / 15)
    path = ramp(
        time_s,
        (0, 2),
        (3, 2),
        (3 + move_s, 2 + size),
        (7, 2 + size),
        (7 + move_s, 2 - through),
        (12, 2 - through),
    )
    angle = sign * (path + np.random.default_rng(0).normal(0, noise_deg, len(time_s)))
    one, two = neck_moves(time_s, angle, 1.0, 12.0)
    assert one.by_deg == pytest.approx(sign * size, abs=2.5)
    assert two.by_deg == pytest.approx(-sign * (size + through), abs=3.5)
    assert 3.0 - 0.3 < one.done_s < 3 + move_s + 0.3
    assert 7.0 - 0.3 < two.done_s < 7 + move_s + 0.3


def test_a_neck_that_is_still_moved_never():
    time_s = np.arange(0.0, 10.0, 0.1)
    assert neck_moves(time_s, np.random.default_rng(0).normal(3, 1.5, 100), 1.0, 9.0) == ()
    assert neck_moves(time_s, np.full(100, np.nan), 1.0, 9.0) == ()


# ------------------------------------------------------------------------ result


def test_the_sample_with_its_marks():
    result = result_of()
    right, left = result.trials
    assert (right.arm, right.position, left.arm, left.position) == ("right", "side", "left", "side")
    assert right.leg is None
    assert right.symptom_s == 2.5
    low, high = right.interval95_deg
    assert low < 88.0 < high
    assert right.held is True
    assert [(change.joint, change.answer) for change in (right.change, *right.further_changes)] == [
        ("neck_side", "more"),
        ("neck_side", "less"),
    ]
    assert right.change.by_deg > 15
    assert right.further_changes[0].by_deg < -15
    assert left.change.answer == "same"
    assert (right.pain, left.pain) == ("own", "stretch")
    assert result.side_difference == "within_error"
    assert result.arm_tension.right == "found"
    assert result.arm_tension.left == "unknown", "two positions were not asked for"
    keys = [statement.key.rsplit(".", 1)[1] for statement in result.reading_statements]
    assert keys == [
        "arm_came_at", "arm_painful", "arm_nerve", "arm_came_at", "stretch", "arm_sign", "arms_alike",
        "range_alone",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "open_", "said"),
    [
        pytest.param("more", ("same", "same"), True, "answer_left", id="changed-by-what-was-not-seen"),
        pytest.param("more", ("more", "less"), True, "arm_nerve", id="changed-by-what-was-seen-too"),
        pytest.param("same", ("same", "same"), True, "stays", id="same-unseen"),
        pytest.param(None, ("same", "same"), False, "stays", id="none-left"),
    ],
)
def test_an_answer_to_a_movement_that_was_not_seen_leaves_the_arm_open(before, after, open_, said):
    unseen = () if before is None else (Mark(2.7, "answer", before),)
    seen = (Mark(4.6, "answer", after[0]), Mark(6.2, "answer", after[1]))
    result = result_of((Mark(2.5, "symptom"), *unseen, *seen, Mark(7.5, "pain", "own")))
    right = result.trials[0]
    assert [change.answer for change in (right.change, *right.further_changes)] == list(after)
    noted = [line for line in result.quality.warnings if "follows no bending of the neck" in line]
    assert len(noted) == open_
    assert "ankle" not in " ".join(result.quality.warnings)
    keys = [statement.key.rsplit(".", 1)[1] for statement in result.reading_statements]
    assert keys[:2] == ["arm_came_at", "arm_painful"]
    assert keys[2] == said
    assert result.arm_tension.right == "found"


def test_without_marks_nothing_is_known_of_symptoms():
    result = result_of((), marked=False)
    assert [trial.symptom_s for trial in result.trials] == [None, None]
    assert "No marks were given" in result.reading
    assert {result.arm_tension.left, result.arm_tension.right} == {"unknown"}


def test_an_arm_that_slips_was_not_held():
    # the pose of a lower arm, put in the middle of the hold
    slipped = series().pose.copy()
    from_s, to_s = (np.abs(series().time_ns * 1e-9 - at).argmin() for at in (3.5, 6.0))
    elbow, wrist, shoulder = (slipped[from_s:to_s, i, :2].copy() for i in (14, 16, 12))
    turn = np.radians(-4.0)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    slipped[from_s:to_s, 14, :2] = shoulder + (elbow - shoulder) @ matrix.T
    slipped[from_s:to_s, 16, :2] = shoulder + (wrist - shoulder) @ matrix.T
    result = result_of(of=replace(series(), pose=slipped))
    assert [trial.held for trial in result.trials] == [False, True]
    assert "was not held" in result.reading


def test_a_shoulder_whose_point_wanders_is_no_arm_that_slips():
    """The forearm stays as it was: that is not known to be a slip, nor to be none."""
    wandered = series().pose.copy()
    from_s, to_s = (np.abs(series().time_ns * 1e-9 - at).argmin() for at in (3.5, 6.0))
    reach_px = np.linalg.norm(wandered[from_s, 16, :2] - wandered[from_s, 12, :2])
    wandered[from_s:to_s, 12, 1] += np.tan(np.radians(5.0)) * reach_px
    right, left = result_of(of=replace(series(), pose=wandered)).trials
    assert right.held is None
    assert right.moved_deg is None
    assert left.held is True


def test_of_a_hand_outside_of_the_picture_neither_elbow_nor_holding_is_told():
    # the picture ends a little beyond the left wrist, as far as it ever goes
    wrists = series().pose[:, 15, 0]
    cut = replace(series(), width=int(np.nanmax(wrists)) + 4)
    right, left = result_of(of=cut).trials
    assert (left.elbow_deg, left.held) == (None, None)
    assert left.abduction_deg == pytest.approx(result_of().trials[1].abduction_deg, abs=0.5)
    assert right.held is True
    assert right.elbow_deg is not None
    warnings = result_of(of=cut).quality.warnings
    assert [line for line in warnings if "hand of the left arm leaves the picture" in line]
    assert not [line for line in warnings if "hand of the right arm" in line]


def test_a_symptom_with_both_arms_raised_is_neither_ones():
    both = series().pose.copy()
    middle = both[:, [11, 12, 23, 24], 0].mean(axis=1)
    first = series().time_ns * 1e-9 < result_of().trials[0].end_s
    for right in (12, 14, 16, 18, 20, 22):
        both[first, right - 1] = both[first, right]
        both[first, right - 1, 0] = 2 * middle[first] - both[first, right, 0]
    result = result_of((Mark(2.5, "symptom"), Mark(5.0, "pain", "own")), of=replace(series(), pose=both))
    assert [trial.arm for trial in result.trials[:2]] in (["left", "right"], ["right", "left"])
    assert {trial.symptom_s for trial in result.trials} == {None}
    assert (result.arm_tension.left, result.arm_tension.right) == ("unknown", "unknown")
    assert sum("Both arms were raised" in line for line in result.quality.warnings) == 1
    assert sum("to which of them it belongs cannot be told" in line for line in result.quality.warnings) == 2
    assert "belongs to no trial" in result.reading
    assert "painful tightness" not in result.reading.lower()


@settings(max_examples=8, deadline=None)
@given(st.floats(-150, 150))
def test_a_hand_that_is_bent_turns_the_elbow_little(bent_deg):
    turn = np.radians(bent_deg)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    some = replace_frames(series(), slice(0, 60))
    pose = some.pose.copy()
    pose[:, 20, :2] = pose[:, 16, :2] + (pose[:, 20, :2] - pose[:, 16, :2]) @ matrix.T
    one, two = (measure_arm_angles(read_body(replace(some, pose=p))).arms["right"] for p in (some.pose, pose))
    assert np.nanmax(np.abs(one.elbow_deg - two.elbow_deg)) < 15.0
    np.testing.assert_allclose(one.abduction_deg, two.abduction_deg)


def test_tension_is_not_found_only_where_all_positions_were_asked_for():
    result = result_of((Mark(2.5, "symptom"), Mark(7.5, "pain", "own")))
    assert (result.arm_tension.right, result.arm_tension.left) == ("found", "unknown")


def test_now_twice_counts_once_and_is_said():
    result = result_of((Mark(2.5, "symptom"), Mark(2.8, "symptom")))
    assert result.trials[0].symptom_s == 2.5
    assert any("marked 2 times" in line for line in result.quality.warnings)


def test_a_mark_at_rest_is_said_and_not_used():
    result = result_of((Mark(0.1, "symptom"), Mark(10.6, "symptom")))
    assert result.trials[0].symptom_s is None
    assert any("belongs to no trial" in line for line in result.quality.warnings)


def test_pain_that_was_said_of_a_mark_at_rest_is_no_negative_test():
    result = result_of((Mark(0.1, "symptom"), Mark(7.5, "pain", "own")))
    assert result.trials[0].symptom_s is None
    assert result.arm_tension.right == "found"
    assert "brought nothing on" not in result.reading
    assert "belongs to no trial" in result.reading


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda pose: pose * 0.1, "too small"),
        (lambda pose: pose + np.array([0, 500, 0]), "does not fit"),
        (lambda pose: pose - np.array([0, 200, 0]), "head, shoulders or hips"),
        (lambda pose: pose * np.nan, "Nobody is seen"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_do(spoil, said):
    with pytest.raises(InputError, match=said):
        measure_arm_test(replace(series(), pose=spoil(series().pose).astype(np.float32)))


def test_a_run_from_the_side_or_behind_is_no_arm_test():
    for name, where in (("run_side", "left side"), ("run_back", "back")):
        with pytest.raises(InputError, match=f"camera looks from the {where}"):
            measure_arm_test(read_bodies(SAMPLES / f"{name}.landmarks.parquet")[0])


def test_arms_that_hang_are_no_test():
    with pytest.raises(InputError, match="No arm is raised"):
        measure_arm_test(replace_frames(series(), slice(0, 14)))


def test_the_command_writes_everything(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(main.signal, "signal", lambda *_: None)
    arguments = [
        "measure", SAMPLES / "arms.landmarks.parquet", "--protocol", "arms", "--marks", SAMPLES / "arms.marks.csv",
        "--out", tmp_path, "--json",
    ]  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["neckrom", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main.run()
    assert not ended.value.code
    content = json.loads(capsys.readouterr().out)
    assert content["kind"] == "arms"
    assert content["side"] == "front"
    (folder,) = tmp_path.iterdir()
    rows = list(csv.reader((folder / "angles.csv").open()))
    assert tuple(rows[0]) == ARM_ANGLE_COLUMNS
    assert len(rows) == len(series()) + 1
    assert "nerve tension in the arms" in (folder / "report.html").read_text(encoding="utf-8")
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF")


def test_a_position_that_was_asked_for_and_not_found_is_said():
    """Nothing is known of it: that is no negative test."""
    found = result_of((Mark(0.1, "symptom"),)).trials
    rest_s = 0.5 * (found[0].end_s + found[1].start_s)
    marks = (
        Mark(0.1, "position", "side"),
        Mark(rest_s - 0.05, "position", "overhead"),
        Mark(rest_s, "position", "side"),
    )
    result = result_of(marks)
    assert [trial.position for trial in result.trials] == ["side", "side"]
    assert any(f"{rest_s - 0.05:.1f} s was not found" in line for line in result.quality.warnings)
    assert "brought nothing on" not in result.reading
    assert (result.arm_tension.right, result.arm_tension.left) == ("unknown", "unknown")
    whole = result_of((marks[0], marks[2]))
    assert not any("was not found" in line for line in whole.quality.warnings)
