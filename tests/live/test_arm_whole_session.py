"""One session of the arms' test from start to report: the sample clip as the camera, seen by the real pose model."""

from __future__ import annotations

import csv

import pytest

from neckrom.live.contract import Phase
from neckrom.live.engine import EngineOptions, LiveEngine
from neckrom.live.keys import every_key
from neckrom.live.nerve.protocols import LoadedNerveProtocol, NerveProtocol
from neckrom.live.playback import ClipPlayer
from neckrom.nerve.result import NerveResult
from tests.landmarks.bodies import SAMPLES
from tests.live.nerve_headless import lead_nerve
from tests.live.seen import SeenBodies

CLIP = SAMPLES / "arms.mp4"
PROTOCOL = NerveProtocol(version=1, title="test", tests=("arms",), sides=("right",), repetitions=1)


@pytest.fixture(scope="module")
def led(tmp_path_factory):
    """The session's folder, a state of every phase, and what was said; the one position that the clip has."""
    folder = tmp_path_factory.mktemp("led") / "session"
    options = EngineOptions(LoadedNerveProtocol("test", "0" * 64, PROTOCOL), folder, record=False)
    engine = LiveEngine(
        ClipPlayer(CLIP, fast=True), SeenBodies(CLIP, SAMPLES / "arms.landmarks.parquet"), options
    )
    engine.start()
    keys: list[str] = []

    def watch(state):
        texts = (*state.say, state.headline, *filter(None, [state.detail, state.wording]))
        keys.extend(text.key for text in texts if text.key not in keys)

    try:
        states = lead_nerve(engine, now_at=_up, answer="less", pain="own", watch=watch, only="arm_side")
    finally:
        engine.close()
    assert engine.error is None
    assert engine.why_not_saved is None
    return folder, states, keys


def _up(state):
    said = state.nerve.angle_said.strip("°")
    return said.isdigit() and int(said) >= 84


def test_it_goes_through_every_phase_and_says_only_what_has_words(led):
    _, states, keys = led
    wanted = [Phase.SETUP, Phase.POSITION, Phase.LEAD, Phase.HOLD, Phase.CHANGE, Phase.ANSWER, Phase.CHANGE]
    assert [state.phase for state in states if state.phase in wanted][: len(wanted)] == wanted
    assert set(keys) <= set(every_key())
    for said in ("arm_side.position.right", "arm_side.change.neck_away", "arm_side.change.neck_towards"):
        assert f"nerve_live.{said}" in keys
    assert "nerve_live.of_arms.ask_whose" in keys
    assert "nerve_live.of_arms.advice.front" not in keys


def test_the_recording_is_measured_with_what_was_said(led):
    folder, _, _ = led
    result = NerveResult.model_validate_json((folder / "result.json").read_bytes())
    (trial,) = result.trials
    assert (trial.arm, trial.position, trial.pain) == ("right", "side", "own")
    assert trial.symptom_angle_deg == pytest.approx(88.0, abs=7.0)
    assert trial.change.joint == "neck_side"
    assert trial.change.by_deg > 12
    assert trial.change.answer == "less"
    assert result.arm_tension.right == "found"
    with (folder / "marks.csv").open(encoding="utf-8", newline="") as file:
        marks = [row["kind"] for row in csv.DictReader(file)]
    assert marks == ["position", "symptom", "answer", "answer", "pain"]
