"""Sample clips played in other orders: what people do, with the pictures' own landmarks.

Pieces of one clip are put together, forwards and backwards, in the landmarks that the real models saw.
What follows the picture from frame to frame does not survive that and is left out, as in older files.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neckrom.assessment.norms import load_norms
from neckrom.landmarks.store import read_landmarks
from neckrom.service.analysis import AnalysisOptions, Provenance, analyse
from neckrom.types import MOVEMENTS, LandmarkSeries
from neckrom.validation.truth import read_truth
from tests.conftest import SAMPLES

pytestmark = pytest.mark.slow

FLEXION, EXTENSION, ROTATION_LEFT, ROTATION_RIGHT, LATERAL_LEFT, LATERAL_RIGHT = MOVEMENTS
CLIP = "chidi_deficit"
FRAME_NS = 33_333_333


class Player:
    """Pieces of a clip with known angles."""

    def __init__(self, landmarks):
        self.series, self.header = read_landmarks(landmarks)
        self.truth = read_truth(SAMPLES / f"{CLIP}.csv")
        self.frames: list[int] = []

    def trial(self, movement):
        return next(trial for trial in self.truth.trials if trial.movement is movement)

    def frame(self, time_s):
        return int(np.argmin(np.abs(self.series.time_s - time_s)))

    def rest(self, seconds):
        """The start of the clip, back and forth."""
        return self.stay(self.frame(0.3), self.frame(1.5), seconds)

    def stay(self, first, last, seconds):
        there = np.arange(first, last + 1)
        round_trip = np.r_[there, there[-2:0:-1]] if len(there) > 2 else there
        self.frames += np.resize(round_trip, round(seconds * 30)).tolist()
        return self

    def go(self, movement, peak_deg=None, *, hold_s=1.0, back=True):
        """Out, as far as is said, hold, and back the same way."""
        trial = self.trial(movement)
        start, hold, end = (self.frame(t) for t in (trial.start_s, trial.hold_start_s, trial.hold_end_s))
        if peak_deg is None:
            out = list(range(start, hold))
            self.frames += out
            self.stay(hold, end, hold_s)
        else:
            angle = movement.sign * self.truth.neck_deg[:, movement.plane]
            reached = int(np.flatnonzero(angle[start:hold] >= peak_deg)[0]) + start
            out = list(range(start, reached))
            self.frames += out
            self.stay(reached - 3, reached + 3, hold_s)  # the pose model does not run on every frame
        if back:
            self.frames += out[::-1]
        return self

    def told(self, **options):
        take = np.array(self.frames)
        rows = {
            name: getattr(self.series, name)[take]
            for name in ("face", "pose", "pose_visibility", "pose_world", "faces", "pose_ran")
        }
        played = LandmarkSeries(
            time_ns=np.arange(len(take), dtype=np.int64) * FRAME_NS,
            width=self.series.width,
            height=self.series.height,
            **rows,
        )
        provenance = Provenance(
            source=replace(self.header.source, kind="landmarks"),
            detector=self.header.detector,
            warnings=(),
            created="2026-01-01T00:00:00+00:00",
        )
        return analyse(
            played,
            provenance,
            AnalysisOptions(norms=load_norms("article"), view="front", hfov_deg=58, **options),
        ).result


@pytest.fixture
def player(sample_landmarks):
    return Player(sample_landmarks(CLIP))


def number(result):
    return {item.movement: len(item.trials) for item in result.movements if item.trials}


def test_restricted_extension_is_not_flexion(player):
    player.rest(2.0)
    for _ in range(3):
        player.go(EXTENSION)
    result = player.rest(0.8).told()
    assert number(result) == {EXTENSION: 3}
    assert result.of(EXTENSION).mean_deg == pytest.approx(25, abs=4)
    assert result.of(FLEXION).status == "not_tested"


def test_side_bend_of_13_each_way_is_flagged_on_both_sides(player):
    player.rest(1.5)
    for _ in range(3):
        player.go(LATERAL_LEFT, 13).go(LATERAL_RIGHT, 13)
    result = player.rest(0.8).told()
    assert number(result) == {LATERAL_LEFT: 3, LATERAL_RIGHT: 3}
    for movement in (LATERAL_LEFT, LATERAL_RIGHT):
        assert result.of(movement).mean_deg == pytest.approx(13, abs=2.5)
        assert result.of(movement).flag == "flagged"


def test_rotation_to_one_side_alone_stays_on_its_side(player):
    player.rest(1.5)
    for _ in range(3):
        player.go(ROTATION_LEFT, 22)
    result = player.told()
    assert number(result) == {ROTATION_LEFT: 3}
    assert result.of(ROTATION_LEFT).mean_deg == pytest.approx(22, abs=4)


def test_a_glance_after_a_flexion_is_not_tested(player):
    result = player.rest(1.5).go(FLEXION, 34).rest(0.8).go(ROTATION_LEFT, 14, hold_s=0.4).rest(1.0).told()
    assert number(result) == {FLEXION: 1}
    rotation = result.of(ROTATION_LEFT)
    assert (rotation.status, rotation.best_deg, rotation.flag) == ("not_tested", None, "could_not_judge")
    assert "not tested" in rotation.reason


def test_beginning_turned_does_not_move_zero(player):
    trial = player.trial(ROTATION_LEFT)
    turned = player.frame(trial.hold_start_s)
    player.frames += range(turned - 20, turned)
    player.frames += range(turned, player.frame(trial.start_s), -1)
    for _ in range(2):
        player.rest(0.6).go(LATERAL_LEFT).go(LATERAL_RIGHT)
    result = player.rest(1.0).told()
    assert number(result) == {LATERAL_LEFT: 2, LATERAL_RIGHT: 2}
    assert result.of(LATERAL_LEFT).best_deg == pytest.approx(18, abs=3)


def test_who_sits_is_not_said_to_have_moved(player):
    result = player.rest(8.0).told()
    assert number(result) == {}
    assert {item.status for item in result.movements} == {"not_tested"}


def test_the_head_held_out_and_named_as_neutral_is_warned_of(player):
    player.rest(1.5)
    for _ in range(3):
        player.go(ROTATION_LEFT, 22).rest(0.5)
    start_s = (player.frames.index(max(player.frames)) + 3) / 30
    result = player.told(neutral=(start_s, start_s + 0.8))
    assert "elsewhere" in result.neutral.doubts
    assert any("--neutral" in warning for warning in result.quality.warnings)
