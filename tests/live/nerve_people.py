"""People who do nerve tests before a session's machine: angles that follow what is asked, answers, and mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from neckrom.live.contract import Answer, Changed, Check, Phase, Simple, Whose
from neckrom.live.events import BodySample, Effect, Happening, Save, UserCommand
from neckrom.live.nerve.protocols import NerveProtocol
from neckrom.live.nerve.session import NerveMachine
from neckrom.screening.safety import nerve_safety_questions

STEP_S = 0.1
GOOD = (Check(name="person", status="good"), Check(name="feet", status="good"))
REST = {
    "slr": {"raise.left": 0.0, "raise.right": 0.0, "knee.left": 4.0, "knee.right": 4.0},
    "slump": {"knee.left": 88.0, "knee.right": 90.0, "raise.left": 85.0, "raise.right": 85.0},
    "arms": {
        f"{name}.{side}": 0.0 if name.startswith("neck") else 9.0
        for name in ("shoulder", "elbow", "upper", "reach", "neck_away", "neck_towards")
        for side in ("left", "right")
    },
}
NECK = {"slr": 5.0, "slump": 40.0, "arms": 0.0}
ANKLE = {"slr": -20.0, "slump": 15.0, "arms": 0.0}
OVERHEAD_DEG = 150.0


def simple(name: str) -> Simple:
    return Simple(type=name)


def protocol(test: str = "slr", *, repetitions: int = 1, sides=("left", "right")) -> NerveProtocol:
    return NerveProtocol(version=1, title="Test", tests=(test,), sides=sides, repetitions=repetitions)


def past_the_questions(machine: NerveMachine, **answers: str) -> None:
    for question in nerve_safety_questions():
        said = answers.get(question.id, "no")
        machine.take(UserCommand(machine.time_s, Answer(type="answer", question=question.id, answer=said)))
    machine.take(UserCommand(machine.time_s, simple("continue")))


@dataclass
class Person:
    """Does what is asked; each attribute is a way to do it otherwise.

    Attributes
    ----------
    felt_deg : float or None
        Angle, from the limb's start, at which something is felt; None never.
    most_deg : float
        As far as the limb goes.
    answers : dict
        Joint to what it does; "" does not answer.
    whose : str
        "" does not answer.
    wrong_first : bool
        The other leg the first time.
    drift_deg : float
        The limb's movement while one joint moves alone.
    still_joints : tuple of str
        Joints that are not moved though it is asked.
    nows : int
        How often "now" is pressed.
    """

    felt_deg: float | None = 40.0
    most_deg: float = 70.0
    answers: dict[str, str] = field(default_factory=lambda: {"neck": "more", "ankle": "more"})
    whose: str = "stretch"
    wrong_first: bool = False
    drift_deg: float = 0.0
    still_joints: tuple[str, ...] = ()
    nows: int = 1
    seen: bool = True
    stays_down: bool = False
    """An arm that is to begin overhead hangs."""
    moved: dict[str, float] = field(default_factory=dict)
    wrong_done: bool = False

    def frames(self, machine: NerveMachine, most_s: float = 900.0) -> Iterator[list[Effect]]:
        """Frame after frame until the session is over."""
        step_of: object = None
        while machine.phase not in (Phase.RESULT, Phase.REFUSED) and machine.time_s < most_s:
            time_s = round(machine.time_s + STEP_S, 3)
            step = machine.current
            if step is not step_of:
                step_of, self.moved = step, {}
            self._move(machine)
            effects = machine.take(
                BodySample(
                    time_s,
                    self._angles(machine) if self.seen else {},
                    person=True,
                    checks=self._checks(machine),
                )
            )
            effects += self._say(machine)
            for effect in list(effects):
                if isinstance(effect, Save):
                    what = "saved" if machine.anything_measured else "nothing_to_save"
                    effects += machine.take(Happening(machine.time_s, what, "folder"))
            yield effects

    def do(self, machine: NerveMachine, most_s: float = 900.0) -> NerveMachine:
        for _ in self.frames(machine, most_s):
            pass
        return machine

    def _checks(self, machine: NerveMachine):
        return GOOD if machine.phase in (Phase.INTRO, Phase.SETUP) else ()

    def _move(self, machine: NerveMachine) -> None:
        phase, step = machine.phase, machine.current
        limb = self.moved.get("limb", 0.0)
        if step is None:
            return
        if phase is Phase.LEAD:
            reach = self.most_deg if self.felt_deg is None else min(self.felt_deg, self.most_deg)
            self.moved["limb"] = min(limb + 12.0 * STEP_S, reach)
        elif phase is Phase.CHANGE:
            joint = machine.repetition.joint
            if joint not in self.still_joints:
                self.moved[joint] = min(self.moved.get(joint, 0.0) + 15.0 * STEP_S, 20.0)
            self.moved["drift"] = self.drift_deg
        elif phase in (Phase.POSITION, Phase.BACK):
            self.moved = {"limb": max(limb - 20.0 * STEP_S, 0.0)}
            self.wrong_done = self.wrong_done or (self.wrong_first and phase is Phase.POSITION and limb > 0)

    def _angles(self, machine: NerveMachine) -> dict[str, float]:
        step, test = machine.current, machine.test
        angles = {**REST[test], "neck": NECK[test]}
        for side in ("left", "right"):
            angles[f"ankle.{side}"] = ANKLE[test]
        if step is None:
            return angles
        side = step.side
        if self.wrong_first and not self.wrong_done:
            side = "left" if side == "right" else "right"
        moved = self.moved.get("limb", 0.0) + self.moved.get("drift", 0.0)
        if step.position.name == "arm_bent" and not self.stays_down:
            angles[f"shoulder.{side}"] = OVERHEAD_DEG
            angles[f"upper.{side}"] = OVERHEAD_DEG + self.moved.get("drift", 0.0)
        angles[f"{step.position.led}.{side}"] += step.position.sign * moved
        if step.position.kept == "reach":
            angles[f"reach.{side}"] += moved
        for change in step.position.change:
            name = change.joint if change.joint == "neck" else f"{change.joint}.{step.side}"
            angles[name] += change.sign * self.moved.get(change.joint, 0.0)
        bent = angles.get(f"neck_away.{side}", 0.0) - angles.get(f"neck_towards.{side}", 0.0)
        if test == "arms":  # two names of one angle
            angles[f"neck_away.{side}"], angles[f"neck_towards.{side}"] = bent, -bent
        return angles

    def _say(self, machine: NerveMachine) -> list[Effect]:
        phase, step = machine.phase, machine.current
        if phase is Phase.LEAD and self.felt_deg is not None and self.moved.get("limb", 0.0) >= self.felt_deg:
            effects: list[Effect] = []
            for _ in range(self.nows):
                effects += machine.take(UserCommand(machine.time_s, simple("now")))
            return effects
        if phase is Phase.ANSWER and machine.time_s - machine._floor._since_s > 1.0:
            said = self.answers.get(machine.repetition.joint or "", "")
            if said:
                return machine.take(UserCommand(machine.time_s, Changed(type="changed", answer=said)))
        if phase is Phase.WHOSE and self.whose and step is not None:
            return machine.take(UserCommand(machine.time_s, Whose(type="whose", pain=self.whose)))
        return []
