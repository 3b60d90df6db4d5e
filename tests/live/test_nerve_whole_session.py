"""One session of the straight leg raise from start to report: real models, a rendered clip as the camera."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from neckrom.live.contract import Phase
from neckrom.live.keys import every_key
from neckrom.live.nerve.protocols import NerveProtocol
from neckrom.nerve.result import NerveResult
from neckrom.service.nerve import NerveOptions, measure_nerve_all
from tests.live.nerve_headless import lead_nerve, nerve_engine

CLIP = Path(__file__).parent / "clips" / "leg_raise.mp4"
PROTOCOL = NerveProtocol(version=1, title="test", tests=("slr",), sides=("left",), repetitions=1)


@pytest.fixture(scope="module")
def led(tmp_path_factory):
    """The session's folder, and a state of every phase."""
    folder = tmp_path_factory.mktemp("led") / "session"
    engine = nerve_engine(CLIP, folder, PROTOCOL, record=False)
    engine.start()
    keys: set[str] = set()

    def watch(state):
        keys.update(
            text.key for text in (*state.say, state.headline, *filter(None, [state.detail, state.wording]))
        )

    try:
        states = lead_nerve(engine, now_at=_held, answer="less", pain="own", watch=watch)
    finally:
        engine.close()
    assert engine.error is None
    assert engine.why_not_saved is None
    return folder, states, keys


class Silent:
    """Nobody is told how far it is."""

    def step(self, *_told) -> None:
        return


def _held(state):
    """At the top of the raise, where the clip holds the leg."""
    said = state.nerve.angle_said.strip("°")
    return said.isdigit() and int(said) >= 50


def test_it_goes_through_every_phase_and_says_only_what_has_words(led):
    _, states, keys = led
    phases = [state.phase for state in states]
    wanted = [Phase.SETUP, Phase.POSITION, Phase.LEAD, Phase.HOLD, Phase.CHANGE, Phase.ANSWER, Phase.CHANGE]
    assert [phase for phase in phases if phase in wanted][: len(wanted)] == wanted
    assert phases[-2:] == [Phase.SAVING, Phase.RESULT]
    assert keys <= set(every_key())


def test_the_recording_is_measured_with_what_was_said(led):
    folder, _, _ = led
    result = NerveResult.model_validate_json((folder / "result.json").read_bytes())
    (trial,) = result.trials
    assert trial.leg == "left"
    assert trial.symptom_angle_deg == pytest.approx(54.0, abs=6.0)
    assert trial.pain == "own"
    assert "less" in [
        change.answer for change in (trial.change, *trial.further_changes) if change is not None
    ]
    for name in ("landmarks.parquet", "angles.csv", "marks.csv", "report.html", "session.json"):
        assert (folder / name).stat().st_size > 0
    assert not (folder / "landmarks.arrows").exists()


def test_what_was_said_is_kept_as_a_file_of_marks(led):
    folder, _, _ = led
    with (folder / "marks.csv").open(encoding="utf-8", newline="") as file:
        marks = list(csv.DictReader(file))
    assert [mark["kind"] for mark in marks] == ["symptom", "answer", "answer", "pain"]
    summary = json.loads((folder / "session.json").read_text())["summary"]
    assert [mark["kind"] for mark in summary["marks"]] == [mark["kind"] for mark in marks]
    assert summary["repetitions"][0]["status"] == "done"


def test_measuring_the_folder_again_gives_the_same_result(led, tmp_path):
    folder, _, _ = led
    (outcome,) = measure_nerve_all([folder], tmp_path, NerveOptions("slr"), Silent())
    assert outcome.error is None
    first = NerveResult.model_validate_json((folder / "result.json").read_bytes())
    assert outcome.result is not None
    assert outcome.result.trials == first.trials
    assert outcome.result.reading == first.reading


def test_a_session_that_was_cut_off_is_measured_as_far_as_it_got(led, tmp_path):
    folder, _, _ = led
    cut = tmp_path / "cut"
    cut.mkdir()
    for name in ("session.json", "events.jsonl", "landmarks.parquet"):
        (cut / name).write_bytes((folder / name).read_bytes())
    lines = (cut / "events.jsonl").read_text().splitlines()
    last = max(number for number, line in enumerate(lines) if '"kind": "marks"' in line)
    (cut / "events.jsonl").write_text("\n".join(lines[: last + 1]) + "\n")
    info = json.loads((cut / "session.json").read_text())
    (cut / "session.json").write_text(json.dumps({**info, "finished": False, "summary": None}))
    (outcome,) = measure_nerve_all([cut], tmp_path / "out", NerveOptions("slr"), Silent())
    assert outcome.error is None
    assert outcome.result is not None
    assert outcome.result.trials[0].symptom_s is not None


def test_another_test_of_the_session_is_asked_for_by_its_name(led, tmp_path):
    folder, _, _ = led
    (outcome,) = measure_nerve_all([folder], tmp_path, NerveOptions("slump"), Silent())
    assert "holds no slump: the tests of this session are slr" in str(outcome.error)
