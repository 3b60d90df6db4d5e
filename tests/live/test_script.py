"""What the voice says: enough to be led by it alone, and not more than there is time for."""

from __future__ import annotations

import pytest

from neckrom.live.contract import Check, Consent, Heard, Pain, Phase, Simple, Stop
from neckrom.live.events import Happening, UserCommand
from neckrom.live.introduction import introduction_to
from neckrom.live.keys import Key, text
from neckrom.live.protocols import SessionProtocol
from neckrom.live.session import SessionMachine
from neckrom.messages import LANGUAGES, load_messages
from neckrom.types import MOVEMENTS, Movement
from tests.live.people import (
    CHARACTERS_A_SECOND,
    Listener,
    Person,
    answers,
    machine,
    play,
    repetition,
    sample,
    started,
)


def led(protocol: str, language: str, *, waits: bool = True):
    session = machine(protocol)
    listener = Listener(load_messages(language), CHARACTERS_A_SECOND[language])
    Person(listener=listener, waits=waits).lead(session)
    assert [step.status for step in session.plan] == ["done"] * len(session.plan.steps)
    return session, listener


def keys(session) -> list[str]:
    return [spoken.key for spoken in session.said]


def send(session, *commands):
    return [effect for command in commands for effect in session.take(UserCommand(session.time_s, command))]


def to_the_introduction(*, heard: bool):
    session = machine("full")
    send(session, *answers(), Simple(type="continue"))
    if heard:
        send(session, Heard(type="heard", id=1))
    send(session, Consent(type="consent", video=False))
    return session


@pytest.mark.parametrize("language", LANGUAGES)
def test_with_the_whole_script_it_stays_in_time(language):
    assert led("full", language, waits=True)[0].time_s < 360
    assert led("quick", language, waits=True)[0].time_s < 120


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_voice_alone_is_enough(language):
    """Whoever only hears it knows every key and every movement before it is needed."""
    _, listener = led("full", language)
    said = [sentence.key for *_, sentence in listener.log]
    for key in (
        Key.SAY_SAFETY,
        Key.SAY_ANSWERED,
        Key.SAY_CONSENT,
        Key.SAY_INTRO_STOP,
        Key.SAY_PAIN_FIRST,
        Key.SAY_CHIN,
    ):
        assert said.count(key) == 1, key
    assert [key for key in said if key.startswith("say.move.")] == [f"say.move.{m.value}" for m in MOVEMENTS]
    assert said.index(Key.SAY_INTRO_CAPTURED) < said.index("say.move.flexion")
    assert said.count(Key.SAY_LAST) == 6
    assert said.count(Key.SAY_HALF) == 1
    assert said[-2:] == [Key.SAY_SAVING, Key.SAY_FINISHED]


def test_no_two_sentences_at_once_and_the_wording_is_heard_out():
    _, listener = led("full", "en", waits=True)
    log = [entry for entry in listener.log if not entry[3].cuts]
    for begins_s, _, words, sentence in log:
        if sentence.key.startswith("say.move."):
            later = [entry for entry in listener.log if entry[0] > begins_s and entry[3].cuts]
            assert later[0][0] >= begins_s + 2.0, words


@pytest.mark.parametrize("movement", MOVEMENTS, ids=lambda movement: movement.value)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_wording_says_how(language, movement):
    words = load_messages(language).text(f"say.move.{movement.value}").lower()
    slowly, comfort, tone = {
        "en": ("slowly", "comfortable", "tone"),
        "de": ("langsam", "angenehm", "ton"),
        "es": ("despacio", "cómodo", "tono"),
        "fr": ("lentement", "confortable", "son"),
    }[language]
    assert slowly in words
    assert comfort in words
    assert tone in words


@pytest.mark.parametrize("movement", MOVEMENTS, ids=lambda movement: movement.value)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_shorter_wording_still_says_slowly_and_how_far(language, movement):
    words = load_messages(language).text(f"say.once.{movement.value}").lower()
    for wanted in {
        "en": ("slowly", "as far as is comfortable"),
        "de": ("langsam", "so weit es angenehm ist"),
        "es": ("despacio", "lo que pueda sin forzar"),
        "fr": ("lentement", "tant que c'est confortable"),
    }[language]:
        assert wanted in words


def test_what_the_tone_means_is_said_once_where_each_movement_is_done_once():
    said = [sentence.key for *_, sentence in led("quick", "en")[1].log]
    assert [key for key in said if key.startswith(("say.move.", "say.once."))] == [
        "say.move.flexion",
        *(f"say.once.{movement.value}" for movement in MOVEMENTS[1:]),
    ]
    assert said.count(Key.SAY_HOLD) == 6, "at the end it is said to hold"


def test_who_asks_for_it_again_hears_all_of_it():
    session, time_s = started("quick")
    time_s = play(session, time_s, [0.0] * 40 + repetition(50.0))
    send(session, Pain(type="pain", movement=Movement.FLEXION, score=1), Simple(type="skip"))
    assert keys(session)[-1] == "say.once.extension"
    send(session, Simple(type="repeat"))
    assert keys(session)[-1] == "say.move.extension"


@pytest.mark.parametrize("trials", [1, 2])
def test_pain_is_asked_for_once_on_the_way_back_from_the_last_one(trials):
    directions = (Movement.FLEXION, Movement.EXTENSION)
    protocol = SessionProtocol(
        version=1, title="x", directions=directions, warm_ups=0, trials=trials, ask_chin=False
    )
    session = SessionMachine(protocol, ask_consent=False)
    listener = Listener(load_messages("en"))
    asked_in = {}
    take = session.take

    def watched(event):
        effects = take(event)
        for sentence in session.said:
            if sentence.key.startswith("say.pain"):
                asked_in.setdefault(sentence.id, session.phase)
        return effects

    session.take = watched
    Person(listener=listener).lead(session)
    assert list(asked_in.values()) == [Phase.BACK, Phase.BACK]
    assert set(session.pain) == set(directions)


def test_a_movement_that_is_broken_off_on_the_way_back_is_asked_of_again():
    session, time_s = started("quick")
    time_s = play(session, time_s, [0.0] * 40 + repetition(50.0, back_s=0.3, rest_s=0.0)[:-9])
    assert keys(session)[-1] == Key.SAY_PAIN_FIRST
    send(session, Simple(type="pause"), Simple(type="resume"))
    play(session, time_s, [0.0] * 40 + repetition(50.0))
    assert session.phase is Phase.PAIN
    assert keys(session)[-1] == Key.SAY_PAIN


def test_shoulders_that_moved_along_are_told_before_pain_is_asked_for():
    session, time_s = started("quick")
    play(session, time_s, [0.0] * 40 + repetition(50.0), trunk_deg=(20.0, 0.0, 0.0))
    assert session.phase is Phase.PAIN
    assert keys(session)[-2:] == [Key.SAY_TRUNK_MOVED, Key.SAY_PAIN_FIRST]


def test_nobody_is_introduced_where_nobody_listens():
    session = to_the_introduction(heard=False)
    assert session.phase is Phase.SETUP


def test_the_introduction_goes_as_fast_as_it_is_heard_and_never_waits_for_ever():
    session = to_the_introduction(heard=True)
    assert session.phase is Phase.INTRO
    first = session.said[-1]
    for _ in range(30 * 14):
        session.take(sample(session.time_s + 1 / 30))
    assert session.introduction.at == 0, "it waits for the voice"
    send(session, Heard(type="heard", id=first.id))
    session.take(sample(session.time_s + 0.1))
    assert session.introduction.at == 1
    time_s = session.time_s
    while session.phase is Phase.INTRO:
        session.take(sample(session.time_s + 1 / 10))
        assert session.time_s < time_s + 15.5 * len(session.introduction.lines)
    session.take(sample(session.time_s + 0.1))
    assert session.phase is Phase.NEUTRAL, "seat and light were good meanwhile"
    assert Key.SAY_SETUP not in keys(session)


def test_enter_goes_past_the_introduction_and_bad_light_still_counts():
    session = to_the_introduction(heard=True)
    dark = (Check(name="light", status="bad", advice=text(Key.ADVICE_DARK)),)
    for _ in range(90):
        session.take(sample(session.time_s + 1 / 30, checks=dark))
    send(session, Simple(type="continue"))
    assert session.phase is Phase.SETUP


@pytest.mark.parametrize(
    ("warm_ups", "trials", "number", "key"),
    [
        (0, 1, 1, Key.SAY_INTRO_SHORT_ONE),
        (0, 1, 6, Key.SAY_INTRO_SHORT),
        (0, 3, 6, Key.SAY_INTRO_OFTEN),
        (1, 2, 6, Key.SAY_INTRO_WARM_UP),
        (2, 3, 6, Key.SAY_INTRO_WARM_UPS),
    ],
)
def test_the_introduction_fits_the_protocol(warm_ups, trials, number, key):
    protocol = SessionProtocol(
        version=1, title="x", directions=MOVEMENTS[:number], warm_ups=warm_ups, trials=trials
    )
    lines = introduction_to(protocol)
    assert key in [line.text.key for line in lines]
    assert [line.then for line in lines if line.then][-1] == "captured", "the tone is sounded"
    for language in LANGUAGES:
        for line in lines:
            load_messages(language).text(line.text.key, **line.text.params)


def test_a_long_hold_is_counted_down():
    protocol = SessionProtocol(
        version=1, title="x", directions=(Movement.FLEXION,), warm_ups=0, trials=1, hold_s=4
    )
    session = SessionMachine(protocol, ask_consent=False)
    send(session, *answers(), Simple(type="continue"))
    for _ in range(150):
        session.take(sample(session.time_s + 1 / 30))
    session.take(Happening(session.time_s, "neutral_learned"))
    counted = []
    for angle in [0.0] * 40 + repetition(50.0, hold_s=6.0):
        play(session, session.time_s, [angle])
        counted += [s.params["number"] for s in session.said if s.key == Key.SAY_SECONDS]
    assert list(dict.fromkeys(counted)) == [3, 2, 1]


def test_a_key_cuts_what_is_being_said():
    session, time_s = started("quick")
    play(session, time_s, [0.0] * 40 + repetition(50.0))
    assert session.phase is Phase.PAIN
    assert not session.said[-1].cuts
    send(session, Pain(type="pain", movement=Movement.FLEXION, score=3))
    assert session.said[-1].cuts, "who answers has heard enough"


@pytest.mark.parametrize("reason", ["pain", "dizziness", "nausea"])
def test_a_stop_for_safety_is_neither_praised_nor_sounded(reason):
    session, time_s = started("quick")
    play(session, time_s, [0.0] * 40 + repetition(50.0))
    send(session, Stop(type="stop", reason=reason))
    session.take(Happening(session.time_s, "saved", "x"))
    send(session, Simple(type="finish"))
    assert Key.SAY_FINISHED not in keys(session)
    assert Key.SAY_SAVING not in keys(session)
    assert keys(session)[-1] == f"say.stopped.{reason}"
    assert "finished" not in [tone.name for tone in session.tones]


@pytest.mark.parametrize("key", [Key.ADVICE_CAMERA_SLOW, Key.ADVICE_COMPUTER_SLOW])
def test_what_nobody_can_mend_in_a_moment_is_said_once_a_minute(key):
    session = machine(ask_consent=False)
    send(session, *answers(), Simple(type="continue"))
    params = {"fps": 8} | ({"camera_fps": 30} if key is Key.ADVICE_COMPUTER_SLOW else {})
    slow = (Check(name="frame_rate", status="bad", advice=text(key, **params)),)
    heard = set()
    for i in range(8 * 130):
        session.take(sample(i / 8, checks=slow))
        heard |= {spoken.id for spoken in session.said if spoken.key == key}
    assert len(heard) == 3, "in 130 s"
