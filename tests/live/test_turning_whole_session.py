"""One session of turning the trunk from start to report: the sample clip as the camera, seen by the real pose model."""

from __future__ import annotations

import json
import shutil
import time

import pytest

from neckrom.landmarks.body_store import read_bodies
from neckrom.live.contract import Answer, Phase, Simple
from neckrom.live.engine import EngineOptions, LiveEngine
from neckrom.live.keys import every_key
from neckrom.live.playback import ClipPlayer
from neckrom.live.turning.protocols import LoadedTurnProtocol, TurnProtocol
from neckrom.screening.safety import nerve_safety_questions
from neckrom.upper_back.measure import measure_upper_back
from neckrom.upper_back.result import UpperBackResult
from neckrom.web.live_result import shown_upper_back, upper_back_in
from tests.landmarks.bodies import SAMPLES
from tests.live.seen import SeenBodies
from tests.nerve.test_measuring import run  # noqa: F401  (a fixture)

CLIP, SEEN = SAMPLES / "upper_back.mp4", SAMPLES / "upper_back.landmarks.parquet"
PROTOCOL = TurnProtocol(version=1, title="test", sides=("right", "left"), repetitions=1)
PATIENCE_S = 120.0


def lead(engine, over, watch=lambda _state: None):
    """Answer the questions, and follow the session until it is ``over``."""
    seq, give_up, asked = -1, time.monotonic() + PATIENCE_S, False
    while True:
        assert time.monotonic() < give_up, "the session does not get on"
        state = engine.wait(seq, 5.0)
        seq = state.seq
        watch(state)
        if over(state):
            return
        if state.phase is Phase.SAFETY and not asked:
            asked = True
            for question in nerve_safety_questions():
                engine.command(Answer(type="answer", question=question.id, answer="no"))
            engine.command(Simple(type="continue"))


@pytest.fixture(scope="module")
def seen():
    return SeenBodies(CLIP, SEEN)


@pytest.fixture(scope="module")
def led(tmp_path_factory, seen):
    """The session's folder, a state of every phase, and what was said."""
    folder = tmp_path_factory.mktemp("led") / "session"
    options = EngineOptions(LoadedTurnProtocol("test", "0" * 64, PROTOCOL), folder, record=False)
    engine = LiveEngine(ClipPlayer(CLIP, fast=True), seen, options)
    engine.start()
    keys: list[str] = []
    states: list = []

    def watch(state):
        texts = (*state.say, state.headline, *filter(None, [state.detail, state.wording]))
        keys.extend(text.key for text in texts if text.key not in keys)
        if not states or states[-1].phase is not state.phase:
            states.append(state)

    try:
        lead(engine, lambda state: state.phase is Phase.RESULT, watch)
    finally:
        engine.close()
    assert engine.error is None
    assert engine.why_not_saved is None
    return folder, states, keys


def result_in(folder) -> UpperBackResult:
    return UpperBackResult.model_validate_json((folder / "result.json").read_bytes())


def test_it_leads_through_every_phase_and_says_only_what_has_words(led):
    _, states, keys = led
    one = [Phase.POSITION, Phase.LEAD, Phase.HOLD, Phase.BACK]
    wanted = [Phase.SETUP, *one, *one, Phase.SAVING, Phase.RESULT]
    assert [state.phase for state in states if state.phase in wanted] == wanted
    assert set(keys) <= set(every_key())
    advised = {key for key in keys if ".wrong." in key or ".advice." in key}
    assert advised <= {"turning_live.advice.person"}  # until enough frames came to see somebody in them
    assert all(state.nerve.angle_said == "–" for state in states if state.nerve)


def test_the_turns_are_those_of_the_clip(led):
    folder, _, _ = led
    result = result_in(folder)
    clip = measure_upper_back(read_bodies(SEEN)[0])
    assert [turn.side for turn in result.turns] == ["right", "left"]
    assert result.rotation_left.turn_deg == pytest.approx(clip.left.turn_deg, abs=2.0)
    assert result.rotation_right.turn_deg == pytest.approx(clip.right.turn_deg, abs=2.0)
    assert result.stop_reason is None
    shown = shown_upper_back(upper_back_in(folder), "de", home="/live/report/report")
    assert [bar.best for bar in shown.bars] == [
        f"{round(side.turn_deg)}°" for side in (result.rotation_left, result.rotation_right)
    ]


def test_the_recording_is_measured_again_with_the_same_numbers(led, tmp_path, run):  # noqa: F811
    folder, _, _ = led
    live = result_in(folder)
    assert run("measure", folder, "--out", tmp_path, "--no-pictures") == 0
    again = result_in(tmp_path / folder.name)
    assert again.turns == live.turns
    assert again.reading == live.reading
    alone = measure_upper_back(read_bodies(folder / "landmarks.parquet")[0])
    assert [round(one.turn_deg, 2) for one in alone.repetitions] == [one.turn_deg for one in live.turns]


def test_a_stop_is_in_the_result_made_again_and_before_all_else(led, tmp_path, run):  # noqa: F811
    folder, _, _ = led
    info = json.loads((folder / "session.json").read_text(encoding="utf-8"))
    info["summary"]["stop_reason"] = "pain"
    (folder / "session.json").write_text(json.dumps(info), encoding="utf-8")
    assert run("measure", folder, "--out", tmp_path, "--no-pictures") == 0
    result = result_in(tmp_path / folder.name)
    assert result.stop_reason == "pain"
    shown = shown_upper_back(result, "en", home="x")
    assert shown.lines[0].grade == "stop"
    assert "Do not repeat the test" in shown.advice[0]


def test_a_session_that_is_cut_off_or_killed_keeps_the_turn_that_was_over(seen, tmp_path, run):  # noqa: F811
    folder, killed = tmp_path / "session", tmp_path / "killed"
    options = EngineOptions(LoadedTurnProtocol("test", "0" * 64, PROTOCOL), folder, record=False)
    engine = LiveEngine(ClipPlayer(CLIP, fast=True), seen, options)
    engine.start()
    try:
        lead(engine, lambda state: state.phase is Phase.HOLD and state.nerve.side == "left")
        engine.command(Simple(type="pause"))  # the clip would play on
        time.sleep(1.2)  # what is waiting is put on the disk about once a second
        shutil.copytree(folder, killed)
    finally:
        engine.close()  # as Ctrl-C does
    assert engine.result_folder == folder
    assert run("measure", killed, "--out", tmp_path / "out", "--no-pictures") == 0
    for result in (result_in(folder), result_in(tmp_path / "out" / "killed")):
        assert [turn.side for turn in result.turns] == ["right"]
        assert result.side_difference == "one_side"
