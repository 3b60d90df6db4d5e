"""Sessions of turning the trunk: what they lead through, what they keep, and that nothing a person does breaks them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neckrom.body import read_body
from neckrom.live.contract import Answer, Consent, Heard, Note, Phase, Stop
from neckrom.live.events import BodySample, Happening
from neckrom.live.keys import every_key
from neckrom.live.pace import Pace
from neckrom.live.turning.checks import check_turning
from neckrom.live.turning.protocols import load_turn_protocol, shipped_turn_protocols
from neckrom.live.turning.reading import TurnReading
from neckrom.live.turning.session import TurnMachine
from neckrom.live.turning.view import turning_state_of
from neckrom.live.view import Surroundings
from neckrom.screening.safety import nerve_safety_questions
from neckrom.types import BodyFrame
from neckrom.upper_back.measure import measure_upper_back
from tests.live.turning_people import Sitter, machine_of, press, protocol, settled
from tests.upper_back.figure import UNCROSSED, person, sitting, ways

BRIGHT = np.full((480, 640, 3), 128, dtype=np.uint8)


def names(machine: TurnMachine) -> list[str]:
    return [step.name for step in machine.plan.done()]


def spoken(machine: TurnMachine) -> list[str]:
    return [each.key for each in machine.said]


def test_sides_are_turned_to_in_turn_and_each_as_often_as_the_protocol_says():
    machine = Sitter().do(machine_of(repetitions=3))
    sides = [f"trunk_turn:{side}:{number}" for number in (1, 2, 3) for side in ("left", "right")]
    assert names(machine) == sides
    (stretch,) = machine.record()
    assert [turn["side"] for turn in stretch["turns"]] == ["left", "right"] * 3
    times = [time for turn in stretch["turns"] for time in (turn["start_s"], turn["end_s"])]
    assert stretch["start_s"] < times[0]
    assert all(before < after for before, after in pairwise(times))


def test_the_other_side_is_said_and_the_turn_starts_again():
    machine = machine_of(sides=("left",))
    heard = set()
    for _ in Sitter(wrong_first=True).frames(machine):
        heard.update(spoken(machine))
    assert "turning_live.to.wrong.left" in heard
    assert names(machine) == ["trunk_turn:left:1"]


def test_who_does_not_turn_is_left_out_and_not_measured_as_zero():
    machine = Sitter(most_deg=4.0).do(machine_of(sides=("left",)))
    assert machine.phase is Phase.RESULT
    assert not machine.anything_measured
    assert machine.plan.steps[0].status == "skipped"


def test_who_is_not_seen_is_led_by_time():
    machine = Sitter(seen=False).do(machine_of(sides=("left",)))
    assert names(machine) == ["trunk_turn:left:1"]
    (step,) = machine.plan
    assert 10.0 < step.end_s - step.start_s < 40.0


def test_the_way_is_as_long_as_the_person_still_turns_and_held_at_its_end():
    machine, sitter = machine_of(sides=("left",)), Sitter(most_deg=55.0)
    held = [sitter.turn_deg for _ in sitter.frames(machine) if machine.phase is Phase.HOLD]
    assert held == pytest.approx([55.0] * len(held))
    assert 14 <= len(held) <= 17


@pytest.mark.parametrize("rest_deg", [-10.0, 10.0])
def test_who_does_not_come_back_quite_to_the_middle_is_led_on_and_not_ahead(rest_deg):
    machine, sitter = machine_of(), Sitter(rest_deg=rest_deg)
    held = [abs(sitter.turn_deg) for _ in sitter.frames(machine) if machine.phase is Phase.HOLD]
    assert len(names(machine)) == 2
    assert min(held) == 40.0
    assert machine.time_s < 30.0


def test_who_waits_before_turning_has_not_turned():
    machine, sitter = machine_of(sides=("left",)), Sitter(rest_deg=11.0)
    sitter.until(machine, Phase.LEAD)
    for _ in range(50):
        machine.take(BodySample(machine.time_s + 0.1, {"turn": 11.0}))
    assert machine.phase is Phase.LEAD


@pytest.mark.parametrize("phase", [Phase.POSITION, Phase.LEAD, Phase.HOLD, Phase.BACK])
def test_after_a_pause_all_begins_at_a_rest_of_its_own(phase):
    machine, sitter = machine_of(sides=("left",), repetitions=2), Sitter()
    for _ in sitter.frames(machine):
        if machine.phase is phase and len(machine.plan.done()) == 1:
            break
    press(machine, "pause")
    assert machine.phase is Phase.PAUSED
    press(machine, "resume")
    assert machine.phase is Phase.SETUP
    sitter.do(machine)
    assert [len(stretch["turns"]) for stretch in machine.record()] == [1, 1]


def test_a_lost_camera_leads_back_to_the_set_up_and_loses_no_turn():
    machine, sitter = machine_of(sides=("left",), repetitions=2), Sitter()
    for _ in sitter.frames(machine):
        if machine.phase is Phase.LEAD and machine.plan.done():
            break
    machine.take(Happening(machine.time_s, "camera_lost"))
    assert machine.phase is Phase.CAMERA_LOST
    machine.take(Happening(machine.time_s, "camera_back"))
    assert machine.phase is Phase.SETUP
    assert len(names(sitter.do(machine))) == 2


@pytest.mark.parametrize("reason", ["pain", "dizziness", "nausea", "tired"])
def test_a_stop_keeps_what_is_over_and_drops_what_was_begun(reason):
    machine, sitter = machine_of(repetitions=2), Sitter()
    for _ in sitter.frames(machine):
        if machine.phase is Phase.LEAD and len(machine.plan.done()) == 1:
            break
    effects = press(machine, Stop(type="stop", reason=reason))
    settled(machine, effects)
    assert names(machine) == ["trunk_turn:left:1"]
    assert machine.stopped_during == "trunk_turn:right:1"
    assert machine.stop_reason == reason
    assert machine.phase is (Phase.RESULT if reason == "tired" else Phase.STOPPED)


def test_s_leaves_out_the_rest_of_a_side():
    machine, sitter = machine_of(repetitions=3), Sitter()
    sitter.until(machine, Phase.LEAD)
    press(machine, "skip")
    assert {step.status for step in machine.plan.of("left")} == {"skipped"}
    assert len(names(sitter.do(machine))) == 3


def test_enter_alone_leads_through():
    machine, sitter = machine_of(sides=("right",)), Sitter(seen=False)
    for _ in sitter.frames(machine):
        if machine.phase in (Phase.POSITION, Phase.LEAD, Phase.HOLD, Phase.BACK):
            settled(machine, press(machine, "continue"))
    assert names(machine) == ["trunk_turn:right:1"]
    assert machine.time_s < 10.0


def test_the_pages_are_told_no_angle():
    machine, sitter = machine_of(), Sitter()
    for number, _ in enumerate(sitter.frames(machine)):
        state = turning_state_of(machine, number, Surroundings())
        assert state.nerve.test == "upper_back"
        assert state.nerve.angle_said == "–"
        assert all(one.angle_said == "–" for one in state.nerve.repetitions)


def test_the_protocol_that_ships():
    assert shipped_turn_protocols() == ("upper_back",)
    shipped = load_turn_protocol("upper_back").protocol
    assert (shipped.sides, shipped.repetitions) == (("left", "right"), 3)
    assert shipped.minutes == 2


COMMANDS = st.sampled_from(
    [
        *("continue", "pause", "resume", "repeat", "skip", "now", "felt_nothing", "rezero", "finish"),
        Stop(type="stop", reason="pain"),
        Stop(type="stop", reason="other"),
        Consent(type="consent", video=False),
        Note(type="note", text="x"),
        Heard(type="heard", id=3),
        Answer(type="answer", question="fever", answer="no"),
        *("camera_lost", "camera_back", "source_ended"),
    ]
)
TURNS = st.one_of(st.none(), st.floats(-70, 70))


@given(st.lists(st.tuples(st.integers(1, 25), TURNS, COMMANDS), max_size=25))
@settings(max_examples=60, deadline=None)
def test_nothing_that_a_person_does_breaks_it(did):
    machine, known = machine_of(repetitions=2), every_key()
    sitter = Sitter()
    for frames, turn, command in did:
        if machine.phase is Phase.RESULT:
            break
        for _, _ in zip(range(frames), sitter.frames(machine), strict=False):
            pass
        if turn is not None:
            machine.take(BodySample(machine.time_s + 0.1, {"turn": turn}))
        if isinstance(command, str) and command.startswith(("camera", "source")):
            effects = machine.take(Happening(machine.time_s, command))
        else:
            effects = press(machine, command)
        settled(machine, effects)
        assert set(spoken(machine)) <= set(known)
        turning_state_of(machine, 1, Surroundings())
    kept = names(machine)
    press(machine, "finish")
    machine.take(Happening(machine.time_s, "saved", "folder"))
    assert names(machine) == kept
    turns = [turn for stretch in machine.record() for turn in stretch["turns"]]
    assert len(turns) == len(kept)
    assert len(set(kept)) == len(kept)
    times = [time for turn in turns for time in (turn["start_s"], turn["end_s"])]
    assert times == sorted(times)
    for stretch in machine.record():
        assert all(turn["start_s"] >= stretch["start_s"] for turn in stretch["turns"])


# ------------------------------------------------------------------ set-up, reading


def bad(series) -> list[str]:
    checks = check_turning(read_body(series), BRIGHT, Pace(15.0, 15.0), person=True)
    return [check.name for check in checks if check.status == "bad"]


def test_the_set_up_asks_for_what_a_clip_would_be_refused_without():
    still = np.zeros(30)
    assert bad(sitting(still)) == []
    assert bad(sitting(still, hands_m=-0.2)) == ["arms"]
    assert bad(sitting(still, past_deg=26.0)) == ["front"]
    assert "knees" in bad(sitting(still, at_px=(320.0, 478.0)))
    assert bad(person(UNCROSSED)[0]) == ["arms"]
    slow = check_turning(read_body(sitting(still)), BRIGHT, Pace(3.0, 3.0), person=True)
    assert [check.name for check in slow if check.status == "bad"] == ["frame_rate"]
    nobody = check_turning(None, BRIGHT, Pace(15.0, 15.0))
    assert nobody[0].advice.key == "turning_live.advice.person"


def test_the_turn_that_leads_is_read_as_the_recording_is():
    series = sitting(ways(50, -30))
    reading = TurnReading(series.width, series.height)
    live = [
        reading.step(
            BodyFrame(
                int(series.time_ns[i]) + 1,
                series.pose[i],
                series.pose_world[i],
                series.pose_visibility[i],
                1,
            ),
            recorded=True,
        ).get("turn", 0.0)
        for i in range(len(series))
    ]
    measured = measure_upper_back(series)
    assert max(live) == pytest.approx(measured.left.turn_deg, abs=1.5)
    assert -min(live) == pytest.approx(measured.right.turn_deg, abs=1.5)


@pytest.mark.parametrize("question", ["new_weakness", "both_legs", "arterial"])
def test_a_red_flag_ends_it_before_anything_moves(question):
    machine = TurnMachine(protocol(), ask_consent=False)
    for each in nerve_safety_questions():
        answer = "yes" if each.id == question else "no"
        press(machine, Answer(type="answer", question=each.id, answer=answer))
    press(machine, "continue")
    assert machine.phase is Phase.REFUSED
    assert machine.refused_by == (question,)
