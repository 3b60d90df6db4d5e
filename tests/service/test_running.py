"""A run from landmarks to its result: mirrors, slow motion, what is refused, what its pictures are."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from neckrom.errors import InputError
from neckrom.landmarks.body_store import read_bodies
from neckrom.landmarks.mirror import mirror_bodies
from neckrom.running.result import RunResult
from neckrom.service.body_recordings import BodyRecording
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
    for row, before in zip(found.rows, plain().rows, strict=True):
        if before.moment is not None:  # pictures are named as a player shows them
            assert row.moment.time_s == pytest.approx(4 * before.moment.time_s, abs=0.03)


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
