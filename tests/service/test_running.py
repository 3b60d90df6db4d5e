"""A run from landmarks to its result: mirrors, slow motion, what is refused, what its pictures are."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neckrom.errors import InputError
from neckrom.landmarks.body_store import read_bodies
from neckrom.landmarks.mirror import mirror_bodies
from neckrom.running.result import RunResult
from neckrom.service.body_recordings import BodyRecording
from neckrom.service.other_people import goes_over_s
from neckrom.service.running import RunOptions, measured_run
from neckrom.types import Notice
from tests.landmarks.bodies import SAMPLES

RUN = SAMPLES / "run_side.landmarks.parquet"


def recording(**changes: object) -> BodyRecording:
    """The sample run; ``warnings`` go into the header, the rest into the series."""
    series, header = read_bodies(RUN)
    header = replace(header, warnings=changes.pop("warnings", ()))
    series = changes.pop("series", series)
    return BodyRecording(RUN, None, False, RUN, header, replace(series, **changes))


@cache
def plain() -> RunResult:
    return measured_run({"run": recording()}, RunOptions()).result


def test_a_clip_that_was_stored_mirrored_gives_the_same_run():
    mirrored = recording(series=mirror_bodies(read_bodies(RUN)[0]))
    found = measured_run({"run": mirrored}, RunOptions(mirrored=True)).result
    assert found.view == plain().view
    assert found.clips[0].clip.mirrored
    assert found.cadence_spm == pytest.approx(plain().cadence_spm, abs=0.01)
    assert [step.foot for step in found.steps] == [step.foot for step in plain().steps]
    for one, other in zip(found.steps, plain().steps, strict=True):
        assert one.contact_s == pytest.approx(other.contact_s, abs=2e-3)
        assert one.strike_deg == pytest.approx(other.strike_deg, abs=0.2)
    wrong = measured_run({"run": mirrored}, RunOptions()).result
    assert wrong.view == "side_right"


def test_slow_motion_is_the_same_run_in_real_time():
    series = read_bodies(RUN)[0]
    slow = recording(time_ns=series.time_ns * 4)
    measured = measured_run({"run": slow}, RunOptions(fps_true=60.0))
    found = measured.result
    assert found.cadence_spm == pytest.approx(plain().cadence_spm, abs=0.05)
    assert found.clips[0].true_fps == pytest.approx(60, abs=0.1)
    assert found.clips[0].clip.fps == pytest.approx(15, abs=0.1)
    for one, other in zip(found.steps, plain().steps, strict=True):
        assert one.contact_s == pytest.approx(other.contact_s, abs=2e-3)
    shown = found.row("rearfoot_strike").moment  # pictures are named as a player shows them
    assert min(abs(shown.time_s - 4 * step.contact_s) for step in found.steps) < 0.05
    assert shown.time_s > found.steps[0].contact_s * 3.9


def test_slow_motion_without_a_word_is_no_run_and_says_what_to_try():
    series = read_bodies(RUN)[0]
    with pytest.raises(InputError, match=r"--fps-true"):
        measured_run({"run": recording(time_ns=series.time_ns * 4)}, RunOptions())


def test_a_camera_that_went_along_is_refused_and_one_in_the_hand_is_warned_of():
    pans = Notice("The camera followed the person.", "camera_pans", percent=40.0)
    with pytest.raises(InputError, match="followed the person"):
        measured_run({"run": recording(warnings=(pans,))}, RunOptions())
    moves = Notice("The camera did not stand still.", "camera_moves", percent=3.0, roll_deg=0.2)
    found = measured_run({"run": recording(warnings=(moves,))}, RunOptions()).result
    assert "The camera did not stand still." in found.quality.warnings
    keys = [said.key for said in found.quality.warning_statements if said is not None]
    assert "notice.camera_moves" in keys


def test_a_second_runner_is_refused_and_somebody_who_passes_is_not():
    series = read_bodies(RUN)[0]
    passes = np.where(series.time_s < 1.5, 2, 1).astype(series.people.dtype)
    assert measured_run({"run": recording(people=passes)}, RunOptions()).result.quality.most_people == 2
    with pytest.raises(InputError, match=r"another person beside the runner, in 100%.*one person alone"):
        measured_run({"run": recording(people=np.full_like(passes, 2))}, RunOptions())
    pose = series.pose.copy()
    pose[200:, :, 0] += 400
    with pytest.raises(InputError, match=r"go over from one person to another, first at 3\.3 s"):
        measured_run({"run": recording(people=passes, pose=pose)}, RunOptions())


@settings(max_examples=20)
@given(row=st.integers(1, 300), move=st.floats(150, 600), back=st.integers(1, 59))
def test_a_body_that_is_elsewhere_for_a_while_is_found_at_both_ends(row, move, back):
    series = read_bodies(RUN)[0]
    pose = series.pose.copy()
    pose[row : row + back, :, 0] += move
    found = goes_over_s(replace(series, pose=pose))
    assert found == pytest.approx([series.time_s[row], series.time_s[row + back]])


def test_a_picture_that_changes_all_the_time_is_said_to_be_dark_and_no_run_too_short():
    series, header = read_bodies(RUN)
    header = replace(header, cuts_ns=tuple(int(moment) for moment in series.time_ns[60:-1:60]))
    flickers = BodyRecording(RUN, None, False, RUN, header, series)
    with pytest.raises(InputError, match=r"too dark and noisy"):
        measured_run({"run": flickers}, RunOptions())


def test_a_standing_picture_is_one_frame_and_counts_as_zero_for_the_head():
    series = read_bodies(RUN)[0]
    one = np.zeros(len(series), dtype=bool)
    one[100] = True
    still = recording(
        time_ns=series.time_ns[:1] * 0,
        pose=series.pose[one],
        pose_world=series.pose_world[one],
        pose_visibility=series.pose_visibility[one],
        people=series.people[one],
    )
    found = measured_run({"run": recording(), "standing": still}, RunOptions()).result
    assert [clip.role for clip in found.clips] == ["run", "standing"]
    assert found.head_forward.change_from_standing_deg is not None
    assert plain().head_forward.change_from_standing_deg is None


def test_two_clips_from_the_side_are_not_a_side_and_a_back():
    with pytest.raises(InputError, match="takes a clip of the run from behind"):
        measured_run({"run": recording(), "back": recording()}, RunOptions())
