"""The guided session as a state machine: every way through it, and that none leads into a dead end."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from neckrom.assessment.norms import load_norms
from neckrom.live.contract import (
    COMMANDS,
    Check,
    Chin,
    Consent,
    Note,
    Override,
    Pain,
    Phase,
    Redo,
    Simple,
    State,
    Stop,
)
from neckrom.live.events import Ask, Happening, LearnNeutral, Sample, Save, StorePicture, UserCommand
from neckrom.live.keys import Key, every_key, text
from neckrom.live.neck_view import state_of
from neckrom.live.session import SessionMachine
from neckrom.live.view import Surroundings
from neckrom.types import MOVEMENTS, Movement
from tests.live.people import (
    NAN3,
    Person,
    answers,
    machine,
    play,
    repetition,
    sample,
    started,
)


def press(session: SessionMachine, time_s: float, *commands):
    return [effect for command in commands for effect in session.take(UserCommand(time_s, command))]


def simple(name: str) -> Simple:
    return Simple(type=name)  # type: ignore[arg-type]


def said(session: SessionMachine) -> list[str]:
    return [spoken.key for spoken in session.said]


# ------------------------------------------------------------ the whole session


def test_an_ordinary_person_is_through_in_six_minutes():
    session = machine("full")
    Person().lead(session)
    assert session.phase is Phase.RESULT
    assert [step.status for step in session.plan] == ["done"] * 30
    assert session.time_s < 360


def test_the_quick_session_takes_less_than_two_minutes():
    session = machine("quick")
    Person().lead(session)
    assert [step.status for step in session.plan] == ["done"] * 6
    assert session.time_s < 120


def test_the_fixed_order_and_what_was_reached():
    session = machine("full")
    effects = Person().lead(session)
    asked = [effect.step for effect in effects if isinstance(effect, Ask) and effect.step is not None]
    wanted = [
        f"{movement.value}:{kind}:{number}"
        for movement in MOVEMENTS
        for kind, count in (("warm_up", 2), ("trial", 3))
        for number in range(1, count + 1)
    ]
    assert asked == wanted
    for step in session.plan:
        assert step.seen is not None
        assert step.seen.peak_deg == pytest.approx(Person().reach[step.movement], abs=1.0)
    result = session.result()
    assert result is not None
    assert [trial.warm_up for trial in result.trial] == [True, True, False, False, False] * 6
    assert result.pain == dict.fromkeys(MOVEMENTS, 1)
    assert session.chin_fingers == 1


def test_at_five_frames_a_second_it_still_works():
    session = machine("quick")
    Person(fps=5.0, hold_s=2.0).lead(session)
    assert [step.status for step in session.plan] == ["done"] * 6


def test_whoever_reaches_little_is_captured_all_the_same():
    person = Person()
    session = machine("quick")
    Person(reach=dict.fromkeys(person.reach, 14.0)).lead(session)
    assert [step.status for step in session.plan] == ["done"] * 6
    assert {round(step.seen.peak_deg) for step in session.plan if step.seen} == {14}


def test_a_direction_that_somebody_cannot_do_is_left_out():
    session = machine("full")
    Person(cannot=frozenset({Movement.EXTENSION})).lead(session)
    assert session.phase is Phase.RESULT
    statuses = {step.status for step in session.plan.of(Movement.EXTENSION)}
    assert statuses == {"skipped"}
    assert [s.status for s in session.plan if s.movement is not Movement.EXTENSION] == ["done"] * 25
    result = session.result()
    assert result is not None
    assert Movement.EXTENSION not in {trial.movement for trial in result.trial}


def test_no_movement_for_twenty_seconds_offers_to_skip():
    session, time_s = started()
    play(session, time_s, [0.0] * 30 * 23)
    assert session.phase is Phase.OUT
    assert Key.SAY_OFFER_SKIP in said(session)


# ------------------------------------------------------------- before it begins


def test_a_stop_sign_refuses_and_no_name_helps():
    session = machine()
    press(session, 0.0, *answers(electric_spine="yes"), simple("continue"))
    assert (session.phase, session.refused_by) == (Phase.REFUSED, ("electric_spine",))
    press(session, 1.0, Override(type="override", clinician="A. Smith"))
    assert session.phase is Phase.REFUSED
    assert session.override is None


def test_a_clinician_goes_on_with_their_name_on_record():
    session = machine()
    press(session, 0.0, *answers(sharp_neck_pain="yes"), simple("continue"))
    assert session.phase is Phase.REFUSED
    press(session, 1.0, Override(type="override", clinician="A. Smith", reason="examined"))
    assert session.phase is Phase.CONSENT
    assert session.override is not None
    assert session.override.clinician == "A. Smith"


def test_a_slip_of_the_finger_can_be_mended():
    session = machine()
    press(session, 0.0, *answers(fever="yes"), simple("continue"))
    press(session, 1.0, *answers()[-4:-3], *answers(), simple("continue"))
    assert session.phase is Phase.CONSENT


@pytest.mark.parametrize("way", [simple("continue"), simple("skip"), Consent(type="consent", video=False)])
def test_no_picture_is_stored_unless_somebody_says_yes(way):
    session = machine()
    press(session, 0.0, *answers(), simple("continue"))
    effects = press(session, 1.0, way)
    assert effects == [StorePicture(False)]
    assert session.phase is Phase.SETUP


def test_nobody_is_asked_where_nothing_is_recorded():
    session = machine(ask_consent=False)
    press(session, 0.0, *answers(), simple("continue"))
    assert session.phase is Phase.SETUP
    assert session.video_allowed is False


def test_the_setup_goes_on_by_itself_after_two_good_seconds_in_a_row():
    session = machine(ask_consent=False)
    press(session, 0.0, *answers(), simple("continue"))
    bad = (Check(name="light", status="bad", advice=text(Key.ADVICE_DARK)),)
    for i in range(45):
        session.take(sample(i / 30))
    session.take(sample(1.6, checks=bad))
    for i in range(59):
        session.take(sample(1.7 + i / 30))
    assert session.phase is Phase.SETUP
    for i in range(4):
        session.take(sample(3.7 + i / 30))
    assert session.phase is Phase.NEUTRAL


def test_the_worst_problem_is_said_but_not_without_end():
    session = machine(ask_consent=False)
    press(session, 0.0, *answers(), simple("continue"))
    bad = (
        Check(name="distance", status="bad", advice=text(Key.ADVICE_TOO_FAR)),
        Check(name="light", status="bad", advice=text(Key.ADVICE_DARK)),
    )
    heard: set[int] = set()
    for i in range(30 * 16):
        session.take(sample(i / 30, checks=bad))
        heard |= {spoken.id for spoken in session.said if spoken.key == Key.ADVICE_TOO_FAR}
    assert len(heard) == 3
    assert Key.ADVICE_DARK not in said(session)


def test_neutral_waits_for_stillness():
    session = machine(ask_consent=False)
    press(session, 0.0, *answers(), simple("continue"), simple("continue"))
    assert session.phase is Phase.NEUTRAL
    for i in range(90):
        shaking = 6 * math.sin(i / 4)
        assert session.take(sample(i / 30, facing_deg=(shaking, 0.0, 0.0))) == []
    effects = []
    for i in range(75):
        effects += session.take(sample(3 + i / 30))
    assert isinstance(effects[0], LearnNeutral)
    assert effects[0].end_s - effects[0].start_s == pytest.approx(2.0, abs=0.05)
    assert effects[0].start_s >= 2.8


def test_a_neutral_that_was_not_seen_well_is_looked_for_again():
    session = machine(ask_consent=False)
    press(session, 0.0, *answers(), simple("continue"), simple("continue"))
    for i in range(75):
        session.take(sample(i / 30))
    session.take(Happening(2.5, "neutral_failed"))
    assert session.phase is Phase.NEUTRAL
    assert session.neutrals == []
    again = [e for i in range(75) for e in session.take(sample(2.6 + i / 30))]
    assert any(isinstance(effect, LearnNeutral) for effect in again)


# ------------------------------------------------------------------- movements


def test_the_end_is_found_from_the_movement_and_said_once():
    session, time_s = started()
    phases = []
    for angle in repetition(50.0, hold_s=2.0):
        time_s = play(session, time_s, [angle])
        if not phases or phases[-1] is not session.phase:
            phases.append(session.phase)
    assert phases == [Phase.ANNOUNCE, Phase.OUT, Phase.HOLD, Phase.BACK, Phase.ANNOUNCE, Phase.OUT]
    assert [tone.name for tone in session.tones] == ["captured"]
    assert said(session).count(Key.SAY_BACK_FIRST) == 1


def test_slow_movement_is_no_end_of_range():
    session, time_s = started()
    play(session, time_s, [i * 10 / 30 for i in range(30 * 5)])  # ten degrees a second
    assert session.phase is Phase.OUT
    assert not session.tones


def test_a_plateau_on_the_way_is_not_the_last_word():
    session, time_s = started()
    way = [
        *(30 * i / 30 for i in range(30)),
        *([30.0] * 30),
        *(30 + 25 * i / 25 for i in range(25)),
        *([55.0] * 40),
        *(55.0 - 55 * i / 30 for i in range(31)),
    ]
    play(session, time_s, way)
    first = session.plan.steps[0]
    assert first.seen is not None
    assert first.seen.peak_deg == pytest.approx(55, abs=1)


def test_an_end_that_cannot_be_told_is_at_least():
    session, time_s = started()
    time_s = play(session, time_s, [i * 30 / 30 for i in range(61)])
    for _ in range(40):
        time_s += 1 / 30
        session.take(sample(time_s, NAN3, sd_deg=NAN3))
    assert session.phase is Phase.BACK
    play(session, time_s, [60 - 2 * i for i in range(31)])
    seen = session.plan.steps[0].seen
    assert seen is not None
    assert seen.lower_bound
    assert seen.peak_deg == pytest.approx(60, abs=0.5)


def test_a_plateau_beyond_what_can_be_measured_is_at_least():
    session = machine("quick")
    Person(lost_from_deg=50.0).lead(session)
    bounds = {step.movement: step.seen.lower_bound for step in session.plan if step.seen is not None}
    assert bounds == {movement: Person().reach[movement] > 50 for movement in MOVEMENTS}


def test_turning_back_at_once_is_asked_for_again_and_not_counted():
    session, time_s = started()
    spike = [60 * min(i, 12 - i) / 6 for i in range(13)]
    play(session, time_s, [0.0] * 40 + spike + [0.0] * 5)
    assert Key.SAY_HOLD_LONGER in said(session)
    assert session.plan.steps[0].status == "now"
    assert session.result() is None


def test_the_trunk_is_called_out_and_repeat_does_that_one_again():
    session, time_s = started()
    time_s = play(session, time_s, repetition(50.0), trunk_deg=(14.0, 0.0, 0.0))
    first = session.plan.steps[0]
    assert first.seen is not None
    assert first.seen.trunk_moved
    assert Key.SAY_TRUNK_MOVED in said(session)
    press(session, time_s, simple("repeat"))
    assert session.current is first
    assert len(first.set_aside) == 1
    play(session, time_s, [0.0] * 10 + repetition(48.0))
    assert first.seen is not None
    assert not first.seen.trunk_moved


def test_first_pain_is_the_angle_at_that_moment():
    session, time_s = started()
    way = repetition(50.0)
    time_s = play(session, time_s, way[:25])
    angle = way[24]
    press(session, time_s, simple("hurts_now"))
    play(session, time_s + 0.5, way[25:])
    seen = session.plan.steps[0].seen
    assert seen is not None
    assert seen.pain_onset_deg == pytest.approx(angle)
    assert seen.first_pain_s == pytest.approx(time_s)
    assert seen.start_s <= seen.first_pain_s <= seen.end_s


def test_pain_that_is_told_afterwards_is_put_at_the_end_of_range():
    session, time_s = started()
    time_s = play(session, time_s, repetition(50.0))
    press(session, time_s, simple("hurts_now"))
    seen = session.plan.steps[0].seen
    assert seen is not None
    assert seen.pain_onset_deg == pytest.approx(50, abs=1)


def test_redo_keeps_the_old_one_out_of_the_result():
    session, time_s = started("quick")
    time_s = play(session, time_s, repetition(50.0))
    assert session.phase is Phase.PAIN
    press(session, time_s, Redo(type="redo", movement=Movement.FLEXION, trial=1))
    assert session.result() is None
    time_s = play(session, time_s, repetition(40.0))
    result = session.result()
    assert result is not None
    assert len(result.trial) == 1
    seen = session.plan.steps[0].seen
    assert seen is not None
    assert seen.peak_deg == pytest.approx(40, abs=1)
    assert len(session.plan.steps[0].set_aside) == 1


def test_redo_of_what_is_none_does_nothing():
    session, time_s = started("quick")
    before = session.phase
    press(session, time_s, Redo(type="redo", movement=Movement.FLEXION, trial=9))
    assert session.phase is before


# ----------------------------------------------------------- pauses and the end


@pytest.mark.parametrize("reason", ["pain", "dizziness", "nausea"])
def test_stopping_for_harm_leaves_no_way_back(reason):
    session, time_s = started()
    time_s = play(session, time_s, repetition(50.0) * 3)
    effects = press(session, time_s, Stop(type="stop", reason=reason))
    assert session.phase is Phase.STOPPED
    assert any(isinstance(effect, Save) for effect in effects)
    assert said(session)[-1] == f"say.stopped.{reason}"
    for name in ("resume", "repeat", "rezero", "skip", "pause", "hurts_now"):
        press(session, time_s, simple(name))
        assert session.phase is Phase.STOPPED
    session.take(Happening(time_s, "saved", "x"))
    press(session, time_s, simple("continue"))
    assert session.phase is Phase.RESULT
    assert session.result() is not None


@pytest.mark.parametrize("reason", ["pain", "dizziness", "nausea"])
def test_after_a_stop_for_harm_nobody_is_congratulated_and_the_advice_stays(reason):
    session, time_s = started()
    time_s = play(session, time_s, repetition(50.0) * 3)
    press(session, time_s, Stop(type="stop", reason=reason))
    press(session, time_s, simple("continue"))
    assert session.phase is Phase.SAVING
    session.take(Happening(time_s, "saved", "x"))
    assert session.phase is Phase.RESULT
    assert "say.finished" not in said(session)
    assert said(session)[-1] == f"say.stopped.{reason}"
    shown = state_of(session, 1, Surroundings(), load_norms("article"))
    assert shown.headline.key == f"headline.result_stopped.{reason}"
    assert shown.detail is not None
    assert shown.detail.key == f"detail.stopped.{reason}"


def test_who_ends_early_gets_a_result_without_praise():
    session, time_s = started()
    time_s = play(session, time_s, repetition(50.0) * 3)
    press(session, time_s, Stop(type="stop", reason="tired"))
    session.take(Happening(time_s, "saved", "x"))
    assert said(session)[-1] == "say.ended_early"
    shown = state_of(session, 1, Surroundings(), load_norms("article"))
    assert shown.detail is not None
    assert shown.detail.key == "detail.ended_early"


def test_the_movement_in_which_it_was_stopped_is_kept():
    session, time_s = started()
    time_s = play(session, time_s, repetition(50.0)[:40])
    assert session.phase is Phase.OUT
    press(session, time_s, Stop(type="stop", reason="dizziness"))
    assert session.stopped_during is session.protocol.directions[0]


@pytest.mark.parametrize("reason", ["tired", "other"])
def test_stopping_for_another_reason_keeps_what_was_seen(reason):
    session, time_s = started()
    time_s = play(session, time_s, repetition(50.0) * 3)
    press(session, time_s, Stop(type="stop", reason=reason))
    assert session.phase is Phase.SAVING
    result = session.result()
    assert result is not None
    assert len(result.trial) == 3


def test_pause_and_resume_start_the_movement_again():
    session, time_s = started()
    time_s = play(session, time_s, repetition(50.0)[:40])
    assert session.phase is Phase.OUT
    press(session, time_s, simple("pause"))
    assert session.phase is Phase.PAUSED
    time_s = play(session, time_s, [0.0] * 90)
    press(session, time_s, simple("resume"))
    assert session.phase is Phase.ANNOUNCE
    play(session, time_s, repetition(50.0))
    seen = session.plan.steps[0].seen
    assert seen is not None
    assert seen.start_s > time_s


def test_leaving_the_picture_pauses():
    session, time_s = started()
    for i in range(30 * 6):
        session.take(sample(time_s + i / 30, NAN3, person=False))
        if i < 30 * 4:
            assert session.phase is not Phase.PAUSED
    assert (session.phase, session.paused_because) == (Phase.PAUSED, "left")
    session.take(sample(time_s + 7))
    press(session, time_s + 7, simple("resume"))
    assert session.phase is Phase.ANNOUNCE


def test_camera_lost_and_back_takes_neutral_again_and_goes_on():
    session, time_s = started()
    time_s = play(session, time_s, repetition(50.0))
    session.take(Happening(time_s, "camera_lost"))
    assert session.phase is Phase.CAMERA_LOST
    session.take(Happening(time_s + 9, "camera_back"))
    assert session.phase is Phase.NEUTRAL
    time_s += 9
    while session.phase is Phase.NEUTRAL:
        time_s += 1 / 30
        for effect in session.take(sample(time_s)):
            if isinstance(effect, LearnNeutral):
                session.take(Happening(time_s, "neutral_learned"))
    assert session.phase is Phase.ANNOUNCE
    assert session.current is session.plan.steps[1]
    assert session.plan.steps[0].status == "done"


def test_the_neutral_of_most_trials_stands_for_all():
    session, time_s = started()
    time_s = play(session, time_s, repetition(50.0) * 3)
    first = session.neutrals[0]
    press(session, time_s, simple("rezero"))
    assert session.phase is Phase.NEUTRAL
    while session.phase is Phase.NEUTRAL:
        time_s += 1 / 30
        for effect in session.take(sample(time_s)):
            if isinstance(effect, LearnNeutral):
                session.take(Happening(time_s, "neutral_learned"))
    result = session.result()
    assert result is not None
    assert result.neutral == first
    play(session, time_s, repetition(50.0) * 2)
    later = session.result()
    assert later is not None
    assert later.neutral == session.neutrals[1]


def test_a_question_that_was_left_for_a_new_neutral_comes_again():
    session, time_s = started("quick")
    time_s = play(session, time_s, repetition(50.0))
    press(session, time_s, simple("rezero"))
    while session.phase is Phase.NEUTRAL:
        time_s += 1 / 30
        for effect in session.take(sample(time_s)):
            if isinstance(effect, LearnNeutral):
                session.take(Happening(time_s, "neutral_learned"))
    assert (session.phase, session.pain_asked) == (Phase.PAIN, Movement.FLEXION)


def test_a_question_that_nobody_answers_is_left_out_in_the_end():
    session, time_s = started("quick")
    time_s = play(session, time_s, repetition(50.0))
    assert session.phase is Phase.PAIN
    time_s = play(session, time_s, [0.0] * 30 * 46)
    assert session.phase is Phase.CHIN
    assert session.pain == {}


# ----------------------------------------------------------------- by properties

KEYS = every_key()
NORMS = load_norms("article")

WORDS = st.one_of(
    st.sampled_from(
        [
            simple(n)
            for n in ("continue", "pause", "resume", "repeat", "skip", "rezero", "hurts_now", "finish")
        ]
    ),
    st.sampled_from([Stop(type="stop", reason=r) for r in ("pain", "nausea", "tired")]),
    st.builds(
        lambda m, t: Redo(type="redo", movement=m, trial=t), st.sampled_from(MOVEMENTS), st.integers(1, 3)
    ),
    st.builds(
        lambda m, s: Pain(type="pain", movement=m, score=s),
        st.sampled_from(MOVEMENTS),
        st.none() | st.integers(0, 10),
    ),
    st.builds(lambda f: Chin(type="chin", fingers=f), st.none() | st.integers(0, 8)),
    st.builds(lambda t: Note(type="note", text=t), st.text(min_size=1, max_size=5)),
    st.builds(lambda v: Consent(type="consent", video=v), st.booleans()),
    st.just(Override(type="override", clinician="A. Smith")),
    st.sampled_from(answers() + answers(fever="yes", sharp_neck_pain="unsure")),
)


class AnySession(RuleBasedStateMachine):
    """Whatever anybody does, in whatever order."""

    @initialize(
        protocol=st.sampled_from(["full", "quick"]),
        consent=st.booleans(),
        done=st.sampled_from([None, 0, 0, 1, 2, 4]),
    )
    def begin(self, protocol, consent, done):
        """At the first question, or after some repetitions."""
        self.session = machine(protocol, ask_consent=consent)
        self.time_s = 0.0
        self.frames: list[tuple[float, tuple[float, float, float]]] = []
        self.lost = False
        self.harmed = False
        self.saves = 0
        if done is not None:
            self.all_is_answered()
            self.somebody_sits_still(6.0, True)
            assert self.session.phase in (Phase.ANNOUNCE, Phase.OUT)
            for _ in range(done):
                self.somebody_does_what_is_asked()

    def give(self, event):
        for effect in self.session.take(event):
            if isinstance(effect, LearnNeutral):
                assert effect.start_s < effect.end_s <= self.time_s + 1e-9
                self.session.take(Happening(self.time_s, "neutral_learned"))
            elif isinstance(effect, Save):
                self.saves += 1
                assert self.saves == 1
                self.session.take(Happening(self.time_s, "saved", "x"))

    @rule(command=WORDS)
    def somebody_presses(self, command):
        self.give(UserCommand(self.time_s, command))

    @rule(reason=st.sampled_from(["pain", "dizziness", "tired"]))
    def somebody_stops(self, reason):
        self.give(UserCommand(self.time_s, Stop(type="stop", reason=reason)))

    @rule()
    def all_is_answered(self):
        for command in [*answers(), simple("continue"), Consent(type="consent", video=False)]:
            self.give(UserCommand(self.time_s, command))

    @rule(seconds=st.sampled_from([0.5, 2.5, 6.0, 30.0]), person=st.sampled_from([True, True, True, False]))
    def somebody_sits_still(self, seconds, person):
        self.show([(0.0, 0.0, 0.0)] * round(seconds * 10), person=person)

    @rule(movement=st.sampled_from(MOVEMENTS), peak=st.sampled_from([5.0, 12.0, 45.0, 80.0]))
    def somebody_moves(self, movement, peak):
        way = repetition(movement.sign * peak)[::3]
        self.show([tuple(a if p == movement.plane else 0.0 for p in range(3)) for a in way])

    @rule()
    def somebody_does_what_is_asked(self):
        if self.session.phase is Phase.PAIN:
            self.give(UserCommand(self.time_s, Pain(type="pain", movement=self.session.pain_asked, score=3)))
        if self.session.phase is Phase.CHIN:
            self.give(UserCommand(self.time_s, Chin(type="chin", fingers=None)))
        wanted = self.session.current.movement if self.session.current else Movement.FLEXION
        way = [0.0] * 12 + repetition(wanted.sign * 40.0)[::3]
        self.show([tuple(a if p == wanted.plane else 0.0 for p in range(3)) for a in way])

    @rule()
    def nothing_is_measured(self):
        self.show([NAN3] * 15)

    @rule()
    def the_camera_is_lost(self):
        self.lost = True
        self.give(Happening(self.time_s, "camera_lost"))

    @rule()
    def the_camera_is_back(self):
        if self.lost:
            self.lost = False
            self.give(Happening(self.time_s, "camera_back"))

    def show(self, angles, *, person=True):
        if self.lost:
            return
        for neck in angles:
            self.time_s += 0.1
            self.frames.append((round(self.time_s, 3), neck))
            self.give(sample(self.time_s, neck, person=person))

    @invariant()
    def nothing_is_in_the_result_that_was_not_seen(self):
        if not hasattr(self, "session"):
            return
        result = self.session.result()
        for trial in result.trial if result else ():
            along = [
                trial.movement.sign * neck[trial.movement.plane]
                for time_s, neck in self.frames
                if trial.start_s - 1e-6 <= time_s <= trial.end_s + 1e-6
            ]
            assert along
            assert np.nanmax(along) >= 8.0
        spans = sorted((t.start_s, t.end_s) for t in (result.trial if result else ()))
        for (_, end), (start, _) in pairwise(spans):
            assert end <= start + 1e-6

    @invariant()
    def harm_leaves_no_way_back(self):
        if not hasattr(self, "session"):
            return
        if self.harmed:
            assert self.session.phase in (Phase.STOPPED, Phase.SAVING, Phase.RESULT)
        self.harmed = self.harmed or self.session.phase is Phase.STOPPED

    @invariant()
    def a_page_can_show_it(self):
        if not hasattr(self, "session"):
            return
        state = state_of(self.session, 1, Surroundings(), NORMS)
        texts = (state.headline, state.detail, *state.say, *state.warnings)
        for shown in texts:
            if shown is not None:
                assert set(shown.params) == set(KEYS[shown.key])
        assert State.model_validate_json(state.model_dump_json()) == state
        assert (state.phase is Phase.PAIN) == (state.pain_asked is not None)

    def teardown(self):
        """From wherever it came to, a person alone finds the way out."""
        if not hasattr(self, "session"):
            return
        self.the_camera_is_back()
        self.give(UserCommand(self.time_s, simple("finish")))
        assert self.session.phase is Phase.RESULT


TestAnySession = AnySession.TestCase
TestAnySession.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@settings(max_examples=40, deadline=None)
@given(st.lists(WORDS, max_size=12))
def test_going_on_always_ends_the_session(commands):
    """Whatever was pressed: somebody who then does what is asked comes to the result."""
    session = machine("quick")
    for command in commands:
        for effect in session.take(UserCommand(0.0, command)):
            if isinstance(effect, Save):
                session.take(Happening(0.0, "saved", "x"))
    if session.phase is Phase.PAUSED:
        session.take(UserCommand(0.0, simple("resume")))
    if session.phase is Phase.REFUSED or session.stop_reason in ("pain", "nausea"):
        return  # they end here, on purpose
    Person(safety_s=1.0).lead(session)
    assert session.phase is Phase.RESULT


def test_a_command_of_every_kind_is_known():
    kinds = {
        *("answer", "override", "consent", "continue", "pause", "resume", "repeat", "skip", "rezero"),
        *("hurts_now", "take_control", "finish", "stop", "redo", "pain", "chin", "note"),
        *("now", "felt_nothing", "changed", "whose", "level"),
    }
    schema = COMMANDS.json_schema()
    assert set(schema["discriminator"]["mapping"]) == kinds
    session = machine()
    session.take(UserCommand(0.0, simple("take_control")))
    assert session.phase is Phase.SAFETY
    assert isinstance(sample(0.0), Sample)
