"""Sessions of nerve tests: what they lead through, what they keep, and that nothing a person does breaks them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neckrom.live.contract import Changed, Consent, Heard, Note, Phase, Stop, Whose
from neckrom.live.events import BodySample, Happening, Save, UserCommand
from neckrom.live.keys import every_key
from neckrom.live.nerve.protocols import load_nerve_protocol, nerve_test, shipped_nerve_protocols
from neckrom.live.nerve.session import NerveMachine
from neckrom.screening.safety import nerve_safety_questions
from tests.live.nerve_people import Person, past_the_questions, protocol, simple

OVER = (Phase.RESULT, Phase.SAVING, Phase.STOPPED)


def machine_of(test: str = "slr", **changes) -> NerveMachine:
    machine = NerveMachine(protocol(test, **changes), ask_consent=False)
    past_the_questions(machine)
    return machine


def press(machine: NerveMachine, command) -> None:
    machine.take(UserCommand(machine.time_s, command if not isinstance(command, str) else simple(command)))


def until(machine: NerveMachine, person: Person, phase: Phase) -> None:
    for _ in person.frames(machine):
        if machine.phase is phase:
            return
    raise AssertionError(f"{phase} never came; it ended in {machine.phase}")


def spoken(machine: NerveMachine) -> list[str]:
    return [said.key for said in machine.said]


@pytest.mark.parametrize("name", shipped_nerve_protocols())
def test_the_protocols_that_travel_along_are_whole(name):
    loaded = load_nerve_protocol(name)
    assert loaded.name == name
    assert 1 <= loaded.protocol.minutes <= 30
    for test in loaded.protocol.tests:
        assert nerve_test(test).position


@pytest.mark.parametrize("test", ["slr", "slump"])
def test_a_whole_session_keeps_the_angles_and_the_answers(test):
    machine = Person(felt_deg=40.0, answers={"neck": "less", "ankle": "same"}, whose="own").do(
        machine_of(test)
    )
    assert machine.phase is Phase.RESULT
    assert [step.name for step in machine.plan.done()] == [f"{test}:left:1", f"{test}:right:1"]
    for step in machine.plan.done():
        start = {"slr": 0.0, "slump": 88.0 if step.side == "left" else 90.0}[test]
        assert step.symptom_deg == pytest.approx(start + step.position.sign * 40.0, abs=2.0)
        assert step.held is True
        assert [(each.change.joint, each.answer) for each in step.changes] == [
            ("neck", "less"),
            ("ankle", "same"),
        ]
        assert all(each.by_deg >= each.change.least_deg for each in step.changes)
        assert step.whose == "own"
    kinds = [(mark.kind, mark.answer) for mark in machine.marks()]
    assert kinds == [("symptom", ""), ("answer", "less"), ("answer", "same"), ("pain", "own")] * 2


ARM_ANSWERS = {"neck_away": "more", "neck_towards": "less"}


def test_arms_are_led_through_three_positions_with_the_neck_bent_away_and_back():
    machine = Person(felt_deg=40.0, answers=ARM_ANSWERS, whose="own").do(machine_of("arms"))
    names = [
        f"{name}:{side}:1" for name in ("arm_side", "arm_overhead", "arm_bent") for side in ("left", "right")
    ]
    assert [step.name for step in machine.plan.done()] == names
    for step in machine.plan.done():
        assert step.symptom_deg == pytest.approx(49.0, abs=2.0)
        assert step.held is True
        assert {each.change.joint: each.answer for each in step.changes} == ARM_ANSWERS
        assert all(each.by_deg >= each.change.least_deg for each in step.changes)
    one = [("symptom", ""), ("answer", "more"), ("answer", "less"), ("pain", "own")]
    kinds = [(mark.kind, mark.answer) for mark in machine.marks()]
    assert kinds == [
        mark
        for position in ("side", "overhead", "bent_overhead")
        for mark in [("position", position), *one] * 2
    ]


@pytest.mark.parametrize(("drift_deg", "held"), [(2.0, True), (5.0, False)])
def test_an_arm_is_watched_by_what_is_read_best_of_it(drift_deg, held):
    machine = Person(answers=ARM_ANSWERS, drift_deg=drift_deg).do(machine_of("arms", sides=("left",)))
    assert [step.held for step in machine.plan.done()] == [held] * 3


def test_the_elbow_is_bent_only_with_the_arm_overhead():
    machine = machine_of("arms", sides=("left",))
    waited_s = 0.0
    for _ in Person(answers=ARM_ANSWERS, stays_down=True).frames(machine):
        step = machine.current
        if step is not None and step.position.name == "arm_bent" and machine.phase is Phase.LEAD:
            waited_s = step.start_s - max(each.end_s for each in machine.plan.done())
            break
    assert waited_s > 40.0


def test_what_is_asked_of_an_arm_is_painful_tightness_not_running_pain():
    machine = machine_of("arms", sides=("left",))
    until(machine, Person(answers=ARM_ANSWERS, whose=""), Phase.WHOSE)
    assert spoken(machine)[-1] == "nerve_live.of_arms.ask_whose"


def test_marks_are_in_the_order_of_their_times():
    machine = Person().do(machine_of(repetitions=2))
    times = [mark.time_s for mark in machine.marks()]
    assert times == sorted(times)
    assert len(set(times)) == len(times) == 16


def test_an_answer_that_is_missing_is_left_out_and_the_session_goes_on():
    machine = Person(answers={}, whose="").do(machine_of(sides=("left",)))
    assert machine.phase is Phase.RESULT
    assert [mark.kind for mark in machine.marks()] == ["symptom"]


def test_now_twice_is_now_once():
    machine = Person(nows=3).do(machine_of(sides=("left",)))
    assert [mark.kind for mark in machine.marks()].count("symptom") == 1


def test_without_now_the_end_is_kept_and_nothing_is_asked():
    machine = Person(felt_deg=None, most_deg=75.0).do(machine_of(sides=("left",)))
    (step,) = machine.plan.done()
    assert step.symptom_s is None
    assert step.furthest_deg == pytest.approx(75.0, abs=1.0)
    assert step.changes == []
    assert step.whose is None
    assert machine.marks() == ()


def test_now_is_taken_only_while_the_limb_is_led():
    machine = machine_of(sides=("left",))
    until(machine, Person(), Phase.POSITION)
    press(machine, "now")
    assert machine.phase is Phase.POSITION
    assert machine.current.symptom_s is None


def test_the_wrong_leg_is_said_and_not_marked():
    machine = machine_of(sides=("right",))
    person = Person(wrong_first=True)
    heard = []
    for _ in person.frames(machine):
        heard += [key for key in spoken(machine) if key not in heard]
    assert "nerve_live.slr.wrong.right" in heard
    (step,) = machine.plan.done()
    assert step.symptom_deg == pytest.approx(40.0, abs=2.0)


def test_now_with_the_wrong_leg_up_marks_nothing():
    machine = machine_of(sides=("right",))
    until(machine, Person(), Phase.LEAD)
    angles = {"raise.left": 50.0, "raise.right": 1.0, "knee.right": 4.0}
    machine.take(BodySample(machine.time_s + 0.1, angles))
    press(machine, "now")
    assert machine.phase is Phase.POSITION
    assert machine.current.symptom_s is None
    assert spoken(machine)[-1] == "nerve_live.slr.wrong.right"


@pytest.mark.parametrize(("drift_deg", "held"), [(0.0, True), (2.0, True), (5.0, False), (-5.0, False)])
def test_a_limb_that_moves_by_more_than_three_degrees_was_not_held(drift_deg, held):
    machine = Person(drift_deg=drift_deg).do(machine_of(sides=("left",)))
    (step,) = machine.plan.done()
    assert step.held is held


def test_a_joint_that_does_not_move_is_asked_about_all_the_same_and_its_change_is_kept():
    machine = Person(still_joints=("ankle",)).do(machine_of(sides=("left",)))
    (step,) = machine.plan.done()
    assert step.changes[1].by_deg == pytest.approx(0.0, abs=0.5)
    assert step.changes[1].answer == "more"


def test_a_bent_knee_is_said():
    machine = machine_of(sides=("left",))
    until(machine, Person(), Phase.LEAD)
    for number in range(30):
        machine.take(
            BodySample(machine.time_s + 0.1, {"raise.left": 2.0 * number, "knee.left": 4.0 + number * 2})
        )
    assert "nerve_live.keep_straight" in spoken(machine)


def test_too_fast_is_said():
    machine = machine_of(sides=("left",))
    until(machine, Person(), Phase.LEAD)
    for number in range(8):
        machine.take(BodySample(machine.time_s + 0.1, {"raise.left": 6.0 * number, "knee.left": 4.0}))
    assert "nerve_live.slower" in spoken(machine)


def test_nobody_waits_for_ever_where_nothing_is_seen():
    machine = Person(seen=False, felt_deg=None).do(machine_of(sides=("left",)), most_s=400.0)
    assert machine.phase is Phase.RESULT
    assert [step.status for step in machine.plan] == ["skipped"]
    assert machine.marks() == ()


def test_now_with_a_limb_that_is_not_seen_marks_the_time_and_no_angle():
    machine = machine_of(sides=("left",))
    until(machine, Person(), Phase.LEAD)
    machine.take(BodySample(machine.time_s + 5.0, {}))
    press(machine, "now")
    step = machine.current
    assert step.symptom_s is not None
    assert step.symptom_deg is None
    Person(seen=False).do(machine)
    assert step.held is None
    assert next(mark.kind for mark in machine.marks()) == "symptom"


def test_skip_leaves_the_rest_of_the_side_out():
    machine = machine_of(repetitions=3)
    until(machine, Person(), Phase.BACK)
    until(machine, Person(), Phase.LEAD)
    press(machine, "skip")
    assert [step.status for step in machine.plan][:3] == ["done", "skipped", "skipped"]
    assert machine.current.side == "right"


def test_the_full_wording_comes_once_and_short_after_that():
    machine = machine_of(repetitions=2)
    heard: list[tuple[int, str]] = []
    for _ in Person().frames(machine):
        heard += [(said.id, said.key) for said in machine.said if (said.id, said.key) not in heard]
    keys = [key for _, key in heard]
    assert keys.count("nerve_live.slr.position.left") == 1
    assert keys.count("nerve_live.slr.short.right") == 1
    assert keys.count("nerve_live.again") == 2
    assert keys.count("nerve_live.slr.lead") == 1
    assert keys.count("nerve_live.ask_change") == 1


@pytest.mark.parametrize("reason", ["pain", "dizziness", "nausea"])
def test_a_stop_for_safety_has_its_own_ending_and_no_way_back(reason):
    machine = machine_of()
    until(machine, Person(), Phase.CHANGE)
    effects = machine.take(UserCommand(machine.time_s, Stop(type="stop", reason=reason)))
    assert any(isinstance(effect, Save) for effect in effects)
    assert machine.phase is Phase.STOPPED
    assert machine.stopped_during == "slr:left:1"
    assert spoken(machine)[-1] == f"nerve_live.say.stopped.{reason}"
    assert machine.said[-1].cuts
    for command in ("resume", "now", "continue", "repeat", "skip"):
        press(machine, command)
        assert machine.phase in OVER
    machine.take(Happening(machine.time_s, "saved", "folder"))
    assert "finished" not in [tone.name for tone in machine.tones]


def test_a_yes_to_new_weakness_ends_it_before_anything_moves():
    machine = NerveMachine(protocol(), ask_consent=False)
    past_the_questions(machine, new_weakness="yes")
    assert machine.phase is Phase.REFUSED
    assert not machine.override_allowed


def test_the_questions_hold_those_of_the_neck_and_their_own_once_each():
    ids = [question.id for question in nerve_safety_questions()]
    assert {"new_weakness", "both_legs", "saddle_numb", "walking_balance", "arterial"} <= set(ids)
    assert len(ids) == len(set(ids))


def test_a_pause_in_the_middle_starts_the_repetition_again():
    machine = machine_of(sides=("left",))
    until(machine, Person(), Phase.CHANGE)
    press(machine, "pause")
    assert machine.phase is Phase.PAUSED
    assert machine.marks() == ()
    press(machine, "resume")
    assert machine.phase is Phase.POSITION
    Person().do(machine)
    assert len(machine.marks()) == 4


def test_a_lost_camera_is_set_up_again():
    machine = machine_of(sides=("left",))
    until(machine, Person(), Phase.LEAD)
    machine.take(Happening(machine.time_s, "camera_lost"))
    assert machine.phase is Phase.CAMERA_LOST
    machine.take(Happening(machine.time_s, "camera_back"))
    assert machine.phase is Phase.SETUP
    assert Person().do(machine).phase is Phase.RESULT


def test_the_same_inputs_give_the_same_marks():
    assert Person().do(machine_of()).marks() == Person().do(machine_of()).marks()


# ----------------------------------------------------------------- by properties

COMMANDS = st.one_of(
    st.sampled_from(
        [
            simple(name)
            for name in (
                "continue",
                "pause",
                "resume",
                "repeat",
                "skip",
                "now",
                "felt_nothing",
                "finish",
                "rezero",
            )
        ]
    ),
    st.builds(lambda a: Changed(type="changed", answer=a), st.sampled_from([None, "more", "less", "same"])),
    st.builds(lambda p: Whose(type="whose", pain=p), st.sampled_from([None, "own", "stretch"])),
    st.builds(lambda i: Heard(type="heard", id=i), st.integers(0, 40)),
    st.just(Consent(type="consent", video=True)),
    st.just(Note(type="note", text="x")),
)
ANGLE = st.none() | st.floats(-40, 130)
FRAMES = st.builds(
    lambda wait_s, raise_l, raise_r, neck, person: ("frame", wait_s, raise_l, raise_r, neck, person),
    st.sampled_from([0.05, 0.3, 2.0, 13.0, 50.0]),
    ANGLE,
    ANGLE,
    ANGLE,
    st.booleans(),
)
WORLD = st.sampled_from(["camera_lost", "camera_back", "source_ended"])
KEYS = every_key()


def _feed(machine: NerveMachine, happened) -> list:
    if isinstance(happened, tuple):
        _, wait_s, left, right, neck, person = happened
        named = {
            "raise.left": left,
            "raise.right": right,
            "neck": neck,
            "ankle.left": neck,
            "knee.left": left,
        }
        angles = {name: value for name, value in named.items() if value is not None}
        return machine.take(BodySample(machine.time_s + wait_s, angles, person=person))
    if isinstance(happened, str):
        return machine.take(Happening(machine.time_s, happened))
    return machine.take(UserCommand(machine.time_s, happened))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.one_of(FRAMES, COMMANDS, WORLD), max_size=60), st.sampled_from(["pain", "nausea", "tired"])
)
def test_whatever_happens_marks_make_sense_and_a_stop_ends_it(happened, reason):
    machine = machine_of(repetitions=2)
    saves = 0
    for each in happened:
        saves += sum(isinstance(effect, Save) for effect in _feed(machine, each))
        assert sum(step.status == "now" for step in machine.plan) <= 1
        assert all(said.key in KEYS and set(said.params) <= set(KEYS[said.key]) for said in machine.said)
        for step in machine.plan.done():
            if step.whose is not None:
                assert step.symptom_s is not None
            times = [step.start_s, step.symptom_s, *(each.answered_s for each in step.changes), step.end_s]
            known = [time_s for time_s in times if time_s is not None]
            assert known == sorted(known)
            assert len(step.changes) <= 2
    before = machine.marks()
    saves += sum(
        isinstance(effect, Save)
        for effect in machine.take(UserCommand(machine.time_s, Stop(type="stop", reason=reason)))
    )
    assert machine.phase in OVER
    assert saves == 1
    assert set(before) <= set(machine.marks())


def halted(phase: Phase, reason: str, *, felt_deg: float = 40.0, after_s: float = 1.0):
    """A session that is halted in a phase of its first repetition, and stopped then."""
    machine, person = machine_of("slr"), Person(felt_deg=felt_deg)
    for _ in person.frames(machine):
        if machine.phase is phase and machine._floor.in_phase_s() >= after_s:
            machine.take(UserCommand(machine.time_s, simple("pause")))
            at_s = machine.time_s
            machine.take(UserCommand(at_s + 3.0, Stop(type="stop", reason=reason)))
            return machine, at_s
    raise AssertionError(f"{phase} never came")


@pytest.mark.parametrize("phase", [Phase.HOLD, Phase.CHANGE, Phase.ANSWER, Phase.BACK])
@pytest.mark.parametrize("reason", ["pain", "dizziness", "tired"])
def test_what_was_felt_before_a_stop_is_kept(phase, reason):
    machine, _ = halted(phase, reason, after_s=0.3)
    assert machine.anything_measured
    assert next(mark.kind for mark in machine.marks()) == "symptom"
    assert machine.plan.done()[0].symptom_deg == pytest.approx(40.0, abs=6.0)
    assert machine.stopped_during == "slr:left:1"


@pytest.mark.parametrize("end", [UserCommand(0.0, simple("finish")), Happening(0.0, "source_ended")])
def test_what_was_felt_is_kept_however_the_session_ends(end):
    machine = machine_of()
    until(machine, Person(), Phase.CHANGE)
    machine.take(end)
    assert machine.phase is Phase.SAVING
    assert [mark.kind for mark in machine.marks()] == ["symptom"]


def test_a_stop_for_pain_while_the_limb_is_led_marks_where_it_came():
    machine, at_s = halted(Phase.LEAD, "pain", felt_deg=60.0, after_s=3.0)
    (mark,) = machine.marks()
    assert (mark.kind, mark.time_s) == ("symptom", pytest.approx(at_s))
    assert machine.plan.done()[0].symptom_deg == pytest.approx(36.0, abs=4.0)


@pytest.mark.parametrize(
    ("phase", "reason", "after_s"),
    [(Phase.LEAD, "dizziness", 3.0), (Phase.LEAD, "pain", 0.2), (Phase.POSITION, "pain", 0.3)],
)
def test_a_stop_marks_nothing_that_was_not_felt_in_the_limb(phase, reason, after_s):
    machine, _ = halted(phase, reason, felt_deg=60.0, after_s=after_s)
    assert not machine.anything_measured
    assert machine.marks() == ()


def test_what_was_halted_and_went_on_is_not_kept_twice():
    machine, person, halts = machine_of("slr"), Person(felt_deg=40.0), 0
    for _ in person.frames(machine):
        if machine.phase is Phase.CHANGE and not halts:
            halts = 1
            machine.take(UserCommand(machine.time_s, simple("pause")))
            machine.take(UserCommand(machine.time_s + 2.0, simple("resume")))
            person.moved = {}
    assert [mark.kind for mark in machine.marks()].count("symptom") == len(machine.plan.done())


@pytest.mark.parametrize(("seen", "status"), [(True, "skipped"), (False, "done")])
def test_nothing_felt_of_a_limb_that_was_not_moved_is_no_result(seen, status):
    machine, person = machine_of("slr", sides=("left",)), Person(felt_deg=None, most_deg=0.0, seen=seen)
    until(machine, person, Phase.LEAD)
    for _ in person.frames(machine):
        if machine.phase is Phase.LEAD and machine._floor.in_phase_s() > 2.0:
            step = machine.current
            press(machine, "felt_nothing")
            break
    person.do(machine)
    assert step.status == status
