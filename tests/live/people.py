"""People before the camera, made up: what the session would see of them, and what they would press."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar

from neckrom.live.contract import (
    Answer,
    Check,
    Chin,
    Command,
    Consent,
    Heard,
    Pain,
    Phase,
    Simple,
    Spoken,
)
from neckrom.live.events import Ask, Effect, Happening, LearnNeutral, Sample, Save, UserCommand
from neckrom.live.protocols import load_session_protocol
from neckrom.live.session import SessionMachine
from neckrom.messages import Messages
from neckrom.screening.safety import safety_questions
from neckrom.types import Movement

NAN3 = (math.nan, math.nan, math.nan)
GOOD = (Check(name="person", status="good"), Check(name="light", status="good"))
REACH_DEG = {
    Movement.FLEXION: 55.0,
    Movement.EXTENSION: 62.0,
    Movement.ROTATION_LEFT: 74.0,
    Movement.ROTATION_RIGHT: 71.0,
    Movement.LATERAL_LEFT: 40.0,
    Movement.LATERAL_RIGHT: 42.0,
}


def machine(protocol: str = "full", *, ask_consent: bool = True) -> SessionMachine:
    return SessionMachine(load_session_protocol(protocol).protocol, ask_consent=ask_consent)


def sample(time_s: float, neck=(0.0, 0.0, 0.0), **changes) -> Sample:
    values = {
        "time_s": round(time_s, 3),
        "neck_deg": neck,
        "trunk_deg": (0.0, 0.0, 0.0),
        "sd_deg": (1.0, 1.0, 1.0),
        "beyond": False,
        "facing_deg": neck,
        "person": True,
        "checks": GOOD,
    }
    return Sample(**(values | changes))


def minimum_jerk(share: float) -> float:
    share = min(max(share, 0.0), 1.0)
    return share**3 * (10 - 15 * share + 6 * share**2)


KEY_S = 0.8
"""From the question on the screen to the key, for those who know their answer."""
CHARACTERS_A_SECOND = {"en": 17.5, "de": 17.5, "es": 17.5, "fr": 21.0}
"""Of a voice of usual pace, as :class:`Listener` says where from."""


class Listener:
    """A page with a voice: speaks what the session says, one sentence after the other, and tells how far it is.

    Parameters
    ----------
    texts : Messages
    chars_per_s : float
        How fast the voice is. Measured with espeak-ng 1.51 at its usual rate over all sentences of the session:
        0.2 to 0.3 s and 16.7 (English) to 20.5 (French) characters a second; the page speaks 1.05 times as fast.
    """

    START_S = 0.25
    TONE_S: ClassVar[dict[str | None, float]] = {None: 0.0, "captured": 0.4, "rising": 1.8}

    def __init__(self, texts: Messages, chars_per_s: float = 17.5) -> None:
        self._texts, self._speed = texts, chars_per_s
        self._newest = 0
        self._until_s = 0.0
        self._waiting: list[tuple[float, Spoken]] = []
        self.log: list[tuple[float, float, str, Spoken]] = []
        """Begin, end, words and message of every sentence."""

    def listen(self, session: SessionMachine, time_s: float) -> list[Heard]:
        """What is told to the session at this moment."""
        for sentence in session.said:
            if sentence.id > self._newest:
                self._newest = sentence.id
                self._speak(sentence, time_s)
        over = [sentence for ends_s, sentence in self._waiting if ends_s <= time_s]
        self._waiting = [item for item in self._waiting if item[0] > time_s]
        return [Heard(type="heard", id=max(each.id for each in over))] if over else []

    def _speak(self, sentence: Spoken, time_s: float) -> None:
        if sentence.cuts:
            self._waiting = [(min(ends_s, time_s), each) for ends_s, each in self._waiting]
            self._until_s = time_s
        words = self._texts.text(sentence.key, **sentence.params)
        begins_s = max(self._until_s, time_s)
        takes_s = self.START_S + len(words) / self._speed + self.TONE_S[sentence.then]
        self._until_s = begins_s + takes_s
        self._waiting.append((self._until_s, sentence))
        self.log.append((begins_s, self._until_s, words, sentence))


@dataclass
class Person:
    """Moves when the session asks for it and answers what it asks, at an ordinary pace.

    ``think_s`` is how long a key takes, ``voice_s`` how long the voice needs to say what comes; with a
    ``listener`` it is the voice itself that says when. Who ``waits`` moves when a sentence is over, who does
    not as soon as it is said where to.
    """

    listener: Listener | None = None
    waits: bool = True

    reach: dict[Movement, float] = field(default_factory=lambda: dict(REACH_DEG))
    react_s: float = 0.3
    out_s: float = 1.8
    hold_s: float = 1.4
    back_s: float = 1.6
    voice_s: float = 2.2
    voice_again_s: float = 0.8
    think_s: float = 3.0
    safety_s: float = 45.0
    fps: float = 30.0
    lost_from_deg: float = 999.0
    trunk_share: float = 0.0
    cannot: frozenset[Movement] = frozenset()

    def lead(self, session: SessionMachine, most_s: float = 900.0) -> list[Effect]:
        """Go through a whole session; everything that it wanted of the world."""
        self.wanted: list[Effect] = []
        self.movement: Movement | None = None
        self.moving_since = math.inf
        self._followed = 0
        time_s, phase, since_s = session.time_s, None, 0.0
        while session.phase is not Phase.RESULT and time_s < most_s:
            time_s += 1.0 / self.fps
            if session.phase is not phase:
                phase, since_s = session.phase, time_s
            for heard in self.listener.listen(session, time_s) if self.listener else ():
                self.answer(session, time_s, session.take(UserCommand(time_s, heard)))
            if self.listener and session.phase is Phase.ANNOUNCE:
                self.start_when_told(session, time_s)
            for command in self.presses(session, time_s - since_s):
                self.answer(session, time_s, session.take(UserCommand(time_s, command)))
            self.answer(session, time_s, session.take(self.seen(time_s)))
        if self.listener:
            self.listener.listen(session, time_s)
        return self.wanted

    def start_when_told(self, session: SessionMachine, time_s: float) -> None:
        """Begin to move once the voice has said where to, or all of it."""
        step = session.current
        assert self.listener is not None
        if step is None or (self.movement is not None and time_s < self.moving_since + self.out_s):
            return
        begins_s, ends_s, words, sentence = self.listener.log[-1]
        asked = sentence.key.startswith(
            ("say.move.", "say.once.", "say.short.", "say.again", "say.counts", "say.more", "say.last")
        )
        if not asked or sentence.id == self._followed:
            return
        whole = self.waits or "," not in words
        told_s = ends_s if whole else begins_s + (ends_s - begins_s) * words.index(",") / len(words)
        self._followed = sentence.id
        self.movement = step.movement
        self.moving_since = math.inf if step.movement in self.cannot else told_s + self.react_s

    def seen(self, time_s: float) -> Sample:
        angle = 0.0 if self.movement is None else self.angle(self.movement, time_s - self.moving_since)
        neck = [0.0, 0.0, 0.0]
        if self.movement is not None:
            neck[self.movement.plane] = self.movement.sign * angle
        trunk = [self.trunk_share * value for value in neck]
        return sample(time_s, tuple(neck), trunk_deg=tuple(trunk), beyond=angle >= self.lost_from_deg)

    def answer(self, session: SessionMachine, time_s: float, effects: list[Effect]) -> None:
        """Do what the session wants of the world."""
        self.wanted += effects
        for effect in effects:
            if isinstance(effect, Ask) and effect.step is not None and self.listener is None:
                self.movement = Movement(effect.step.split(":")[0])
                said_s = self.voice_s - 1.0 if effect.step.endswith(":1") else self.voice_again_s - 0.3
                cannot = self.movement in self.cannot
                self.moving_since = math.inf if cannot else time_s + max(said_s, 0.1)
            elif isinstance(effect, LearnNeutral):
                session.take(Happening(time_s, "neutral_learned"))
            elif isinstance(effect, Save):
                session.take(Happening(time_s, "saved", "somewhere"))

    def angle(self, movement: Movement, since_s: float) -> float:
        reach = self.reach[movement]
        if since_s <= 0:
            return 0.0
        if since_s <= self.out_s:
            return reach * minimum_jerk(since_s / self.out_s)
        if since_s <= self.out_s + self.hold_s:
            return reach
        return reach * (1 - minimum_jerk((since_s - self.out_s - self.hold_s) / self.back_s))

    def presses(self, session: SessionMachine, waited_s: float) -> list[Command]:
        if session.phase is Phase.SAFETY and waited_s >= self.safety_s:
            return [*answers(), Simple(type="continue")]
        cannot = session.current is not None and session.current.movement in self.cannot
        if session.phase is Phase.OUT and cannot and waited_s > 22:
            return [Simple(type="skip")]
        if session.phase is Phase.PAIN and self.listener:
            waited_s = self.thought_of_pain_s(session, waited_s)
        if waited_s < self.think_s:
            return []
        pressed: dict[Phase, Command] = {
            Phase.CONSENT: Consent(type="consent", video=False),
            Phase.CHIN: Chin(type="chin", fingers=1),
        }
        if session.pain_asked is not None:
            pressed[Phase.PAIN] = Pain(type="pain", movement=session.pain_asked, score=1)
        return [pressed[session.phase]] if session.phase in pressed else []

    def thought_of_pain_s(self, session: SessionMachine, waited_s: float) -> float:
        """How long it is known what is asked: who was asked on the way back needs a moment for the key, no less."""
        assert self.listener is not None
        begins_s = next(
            (begins for begins, *_, said in reversed(self.listener.log) if said.key.startswith("say.pain")),
            math.inf,
        )
        return session.time_s - begins_s if waited_s >= KEY_S else 0.0


def answers(**given: str) -> list[Command]:
    """Answers to all safety questions: no, where nothing else is given."""
    return [
        Answer(type="answer", question=q.id, answer=given.get(q.id, "no"))  # type: ignore[arg-type]
        for q in safety_questions()
    ]


def started(protocol: str = "full") -> tuple[SessionMachine, float]:
    """A session that waits for the first movement, and its time."""
    session = machine(protocol, ask_consent=False)
    for command in [*answers(), Simple(type="continue")]:
        session.take(UserCommand(0.0, command))
    time_s = 0.0
    while session.phase is not Phase.ANNOUNCE:
        time_s += 1 / 30
        for effect in session.take(sample(time_s)):
            if isinstance(effect, LearnNeutral):
                session.take(Happening(time_s, "neutral_learned"))
        assert time_s < 10
    return session, time_s


def play(session: SessionMachine, time_s: float, angles, plane: int = 0, **changes) -> float:
    """Feed angles at 30 frames a second; the time afterwards."""
    for angle in angles:
        time_s += 1 / 30
        neck = [0.0, 0.0, 0.0]
        neck[plane] = angle
        session.take(sample(time_s, tuple(neck), **changes))
    return time_s


def repetition(peak: float, *, out_s=1.5, hold_s=1.2, back_s=1.2, rest_s=0.5) -> list[float]:
    """Angles of one repetition at 30 frames a second."""
    out = [peak * minimum_jerk(i / (30 * out_s)) for i in range(round(30 * out_s))]
    back = [peak * (1 - minimum_jerk(i / (30 * back_s))) for i in range(round(30 * back_s))]
    return [*out, *([peak] * round(30 * hold_s)), *back, *([0.0] * round(30 * rest_s))]
