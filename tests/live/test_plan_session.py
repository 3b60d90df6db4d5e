"""The session of a plan before its machine: order, limits, counts, stops, pauses, and what it says."""

from __future__ import annotations

import dataclasses
import math

import pytest

from neckrom.live.contract import Answer, Heard, Level, Phase, Stop
from neckrom.live.events import BodySample, Happening, Save, UserCommand
from neckrom.live.exercise.session import PlanMachine
from neckrom.live.exercise.view import plan_state_of
from neckrom.live.keys import every_key
from neckrom.live.protocols import protocol_of_plan
from neckrom.live.view import Surroundings
from neckrom.plans.plan_file import load_plan
from neckrom.web.hub import WAITS_FOR_THE_VOICE
from tests.live.nerve_people import GOOD, Person, simple


class Exerciser(Person):
    """A person who also exercises: ``tops`` are how far beyond the mark each way goes."""

    def __init__(self, *, tops=(4.0,), levels=(5, 3), **ways):
        super().__init__(**ways)
        self.tops, self.levels = tops, list(levels)
        self.number, self.out, self.shows = 0, True, False
        self.keys: set[str] = set()
        self.phases: list[Phase] = []

    def frames(self, machine, most_s=1500.0):
        for effects in super().frames(machine, most_s):
            self.keys.update(text.key for text in machine.said)
            if self.shows:
                state = plan_state_of(machine, 1, Surroundings())
                self.keys.update(
                    text.key for text in filter(None, [state.headline, state.detail, state.wording])
                )
            if not self.phases or self.phases[-1] is not machine.phase:
                self.phases.append(machine.phase)
            yield effects

    def _move(self, machine):
        if machine.phase is not Phase.EXERCISE:
            self.number, self.out = 0, True
            super()._move(machine)
            return
        one = machine.room.set
        goal = None if one is None else one.goal
        limb = self.moved.get("limb", 0.0)
        if goal is None:
            self.moved = {"limb": 0.0}
            return
        if machine.room._home_s > machine.time_s - 0.5:
            return
        top = goal.counts_from_deg - goal.rest_deg + self.tops[self.number % len(self.tops)]
        if self.out:
            self.moved["limb"] = min(limb + 1.2, top)
            self.out = limb < top
        else:
            self.moved["limb"] = max(limb - 1.5, 0.0)
            if self.moved["limb"] == 0.0:
                self.number, self.out = self.number + 1, True

    def _angles(self, machine):
        angles = super()._angles(machine)
        one = machine.room.set
        if machine.phase is Phase.EXERCISE and one is not None:
            position = machine.position
            angles[f"{position.led}.{one.side}"] += position.sign * self.moved.get("limb", 0.0)
        return angles

    def _say(self, machine):
        if machine.phase is Phase.LEVEL and self.levels:
            return machine.take(UserCommand(machine.time_s, Level(type="level", score=self.levels.pop(0))))
        return super()._say(machine)


def admitted(name="slr_slider", **answers):
    machine = PlanMachine(load_plan(name), ask_consent=False)
    for question in machine.gate.questions:
        said = answers.get(question.id, "no")
        machine.take(UserCommand(machine.time_s, Answer(type="answer", question=question.id, answer=said)))
    machine.take(UserCommand(machine.time_s, simple("continue")))
    return machine


@pytest.mark.parametrize("name", ["slr_slider", "slump_slider"])
def test_test_exercise_and_test_again(name):
    machine, person = admitted(name), Exerciser(felt_deg=52.0)
    person.shows = True
    person.do(machine, 1500.0)
    assert machine.phase is Phase.RESULT
    order = [phase for phase in person.phases if phase in (Phase.LEAD, Phase.EXERCISE)]
    assert order == [Phase.LEAD, Phase.LEAD, Phase.EXERCISE, Phase.LEAD, Phase.LEAD]
    told = machine.record()
    assert (told["pain_before"], told["pain_after"]) == (5, 3)
    assert [one["round"] for one in told["tests"]] == ["before", "before", "after", "after"]
    for one in told["sets"]:
        assert [each["outcome"] for each in one["repetitions"]] == ["reached"] * 10
    assert person.keys <= set(every_key())


def test_the_mark_lies_below_todays_symptom_and_the_test_again_follows_at_once():
    machine, person = admitted(), Exerciser(felt_deg=50.0)
    ended = began = None
    for _ in person.frames(machine):
        if machine.phase is Phase.EXERCISE:
            ended = machine.time_s
        elif ended is not None and began is None and machine.phase is Phase.LEAD:
            began = machine.time_s
    one = machine.sets[0]
    assert one.goal is not None
    assert one.goal.limit_deg == pytest.approx(50.0, abs=1.5)
    assert one.goal.counts_from_deg < one.goal.limit_deg - one.goal.error_deg
    assert began - ended < 60.0  # in the same minute


def test_what_stays_short_or_goes_too_far_is_not_counted():
    machine, person = admitted(), Exerciser(tops=(-6.0, 3.0, 12.0))
    person.do(machine)
    told = [each["outcome"] for each in machine.record()["sets"][0]["repetitions"]]
    assert told.count("reached") <= told.count("short") == pytest.approx(told.count("past"), abs=1)
    assert {"plan_live.short", "plan_live.past", "plan_live.too_far"} <= person.keys


def test_it_ends_though_the_mark_is_never_reached():
    machine, person = admitted(), Exerciser(tops=(-6.0,))
    person.do(machine)
    assert machine.phase is Phase.RESULT
    assert machine.sets[0].counted == 0
    assert len(machine.sets[0].repetitions) == 20


def test_something_felt_on_the_way_lowers_the_mark():
    machine, person = admitted(), Exerciser(felt_deg=60.0)
    first = None
    for _ in person.frames(machine):
        one = machine.room.set
        if one is not None and one.goal is not None and first is None and person.moved.get("limb", 0) > 40:
            first = one.goal
            machine.take(UserCommand(machine.time_s, simple("now")))
    one = machine.sets[0]
    assert one.felt == 1
    assert one.goal.limit_deg < 45.0 < first.limit_deg
    assert one.counted == 10


def test_felt_so_early_that_no_mark_fits():
    machine, person = admitted(), Exerciser(felt_deg=13.0)
    person.do(machine)
    assert [one.why_not for one in machine.sets] == ["no_room", "no_room"]
    assert machine.phase is Phase.RESULT


def test_a_limb_that_is_never_seen_is_left_out_and_waited_for_no_longer():
    machine, person = admitted(), Exerciser(seen=False)
    person.do(machine)
    assert machine.phase is Phase.RESULT
    assert {one.why_not for one in machine.sets} <= {"not_seen", "not_tested"}


def test_of_a_slump_only_the_leg_towards_the_camera_is_done():
    machine, person = admitted("slump_slider"), Exerciser(felt_deg=52.0)
    own = machine._take_sample

    def seen_from_the_right(sample):
        own(dataclasses.replace(sample, near="right"))

    machine._take_sample = seen_from_the_right
    person.do(machine)
    assert [(one.side, one.why_not, one.counted) for one in machine.sets] == [
        ("left", "far_side", 0),
        ("right", "", 10),
    ]
    assert {one["side"] for one in machine.record()["tests"]} == {"right"}


@pytest.mark.parametrize("reason", ["pain", "dizziness", "nausea"])
def test_a_stop_in_the_exercise_is_silent_at_once_and_leaves_no_way_back(reason):
    machine, person = admitted(), Exerciser()
    for _ in person.frames(machine):
        if machine.phase is Phase.EXERCISE and machine.sets[0].counted == 3:
            effects = machine.take(UserCommand(machine.time_s, Stop(type="stop", reason=reason)))
            assert machine.phase is Phase.STOPPED
            assert machine.said[-1].cuts
            break
    assert any(isinstance(effect, Save) for effect in effects)
    assert machine.record()["sets"][0]["repetitions"]
    machine.take(BodySample(machine.time_s + 1, {}, person=True))
    assert machine.phase is Phase.STOPPED
    assert machine.stopped_during == "exercise:left"


def test_a_pause_keeps_what_was_counted():
    machine, person = admitted(), Exerciser()
    paused = False
    for _ in person.frames(machine):
        if machine.phase is Phase.EXERCISE and machine.sets[0].counted == 4 and not paused:
            paused = True
            machine.take(UserCommand(machine.time_s, simple("pause")))
            assert machine.phase is Phase.PAUSED
            machine.take(UserCommand(machine.time_s + 5, simple("resume")))
            person.moved = {}
            person.out = True
    assert machine.sets[0].counted == 10
    assert paused


def test_a_lost_camera_sets_up_again_and_goes_on_with_the_exercise():
    machine, person = admitted(), Exerciser()
    lost = False
    for _ in person.frames(machine):
        if machine.phase is Phase.EXERCISE and machine.sets[0].counted == 2 and not lost:
            lost = True
            machine.take(Happening(machine.time_s, "camera_lost"))
            machine.take(Happening(machine.time_s + 3, "camera_back"))
            assert machine.phase is Phase.SETUP
            person.moved, person.out = {}, True
    assert machine.sets[0].counted == 10


def test_who_was_stopped_before_is_refused_but_by_a_clinician():
    machine = admitted(stopped_before="yes")
    assert machine.phase is Phase.REFUSED
    assert machine.override_allowed


def test_leaving_everything_out_ends_it():
    machine = admitted()
    for _ in range(400):
        if machine.phase is Phase.RESULT:
            break
        machine.take(BodySample(machine.time_s + 0.5, {}, person=True, checks=GOOD))
        effects = machine.take(UserCommand(machine.time_s, simple("skip")))
        if any(isinstance(effect, Save) for effect in effects):
            machine.take(Happening(machine.time_s, "nothing_to_save", ""))
    assert machine.phase is Phase.RESULT


def test_a_plan_of_the_neck_is_a_session_of_the_neck_with_its_repetitions():
    plan = load_plan("neck_mobility")
    loaded = protocol_of_plan(plan)
    assert (loaded.name, loaded.sha256) == ("neck_mobility", plan.sha256)
    protocol = loaded.protocol
    assert protocol.directions == plan.plan.directions
    assert (protocol.warm_ups, protocol.trials) == (0, 5)


def test_nobody_waits_for_a_voice_that_has_spoken():
    machine, person, said = admitted(), Exerciser(felt_deg=52.0), None
    aimed_s = begun_s = math.nan
    for _ in person.frames(machine):
        newest = machine.said[-1].id
        # as the server passes it on: only where it says that the session waits for it
        if machine.phase in WAITS_FOR_THE_VOICE and newest != said:
            said = newest
            machine.take(UserCommand(machine.time_s, Heard(type="heard", id=newest)))
        if machine.phase is Phase.EXERCISE and math.isnan(begun_s):
            begun_s = machine.time_s
        if machine.room.set is not None and machine.room.set.goal is not None:
            aimed_s = machine.time_s
            break
    assert aimed_s - begun_s < 3.0


def test_a_limb_that_never_comes_back_ends_the_set():
    machine, person = admitted(), Exerciser()
    stays = person._move

    def out_and_stays(machine):
        if machine.phase is not Phase.EXERCISE or person.moved.get("limb", 0.0) < 30.0:
            stays(machine)

    person._move = out_and_stays
    begun_s = None
    for _ in person.frames(machine):
        if machine.phase is Phase.EXERCISE and begun_s is None:
            begun_s = machine.time_s
        if begun_s is not None and machine.phase is not Phase.EXERCISE:
            break
        if machine.sets[0].status == "done":
            break
    assert machine.sets[0].status == "done"
    assert machine.time_s - begun_s < 100.0
