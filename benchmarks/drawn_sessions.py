"""How often zero, directions and repetitions of drawn sessions are told wrongly.

Sessions are drawn at random from what people do: any directions in any order, one to ten repetitions, with and
without rests, slow and fast, from 8 deg on, warm-ups, a chin tuck first, glances, beginning or ending turned, coming
back short, a head that sways, a seat that drifts, a camera that is not in front. Nothing is filmed; the angles that
were drawn are the truth.

python benchmarks/drawn_sessions.py                 # 1000 sessions, seed 12
python benchmarks/drawn_sessions.py --sessions 500 --seed 3 --show
"""

from __future__ import annotations

import argparse
import collections
from dataclasses import dataclass, field

import numpy as np

from neckrom.errors import NoNeutralError
from neckrom.kinematics.smoothing import smooth_series
from neckrom.rom.excursions import USUAL_RANGE_DEG
from neckrom.rom.neutral import find_neutral
from neckrom.rom.range_of_motion import RomSettings, range_of_motion
from neckrom.types import MOVEMENTS, PAIRS, AngleSeries, FloatArray, Movement, Neutral, RangeOfMotion, Trial

FPS = 30.0
WRONG_DEG = 6.0
"""A zero further from the true one than this is another place."""


@dataclass(frozen=True)
class Repetition:
    """One that was drawn on purpose."""

    movement: Movement
    peak_deg: float
    start_s: float
    end_s: float
    warm_up: bool = False


@dataclass
class Session:
    """A drawn session: the truth, and how a camera in front would see the head."""

    name: str
    neck_deg: FloatArray
    facing_deg: FloatArray
    repetitions: list[Repetition]

    @property
    def time_s(self) -> FloatArray:
        """Seconds of the frames."""
        return np.arange(len(self.neck_deg)) / FPS


@dataclass
class Pen:
    """Draws a path of the head piece by piece."""

    rng: np.random.Generator
    coupling: FloatArray = field(default_factory=lambda: np.zeros((3, 3)))
    path: list[FloatArray] = field(default_factory=list)
    here: FloatArray = field(default_factory=lambda: np.zeros(3))

    @property
    def now_s(self) -> float:
        """Length so far."""
        return sum(map(len, self.path)) / FPS

    def go(self, place: FloatArray, seconds: float) -> None:
        """To a place, with the smoothest start and stop (minimum jerk)."""
        share = np.linspace(0, 1, max(2, round(seconds * FPS)))[1:, None]
        curve = share**3 * (10 - 15 * share + 6 * share**2)
        self.path.append(self.here + (place - self.here) * curve)
        self.here = np.asarray(place, dtype=float)

    def stay(self, seconds: float) -> None:
        """Where the head is."""
        self.path.append(np.repeat(self.here[None], max(0, round(seconds * FPS)), axis=0))

    def place(self, movement: Movement, angle_deg: float) -> FloatArray:
        """The pose at an angle of a movement, with what goes along in the other planes."""
        pose = np.zeros(3)
        pose[movement.plane] = movement.sign * angle_deg
        return pose + self.coupling[movement.plane] * angle_deg


def draw(seed: int) -> Session:
    """Draw a session.

    Parameters
    ----------
    seed : int
        The same number draws the same session.
    """
    rng = np.random.default_rng([20261, seed])
    pen = Pen(rng, coupling=_coupling(rng))
    kind = str(rng.choice(["one", "pair", "alternating", "all", "some", "protocol"]))
    plan = _plan(rng, kind)
    begins = str(rng.choice(["at rest", "turned", "at once"], p=[0.75, 0.15, 0.1]))
    ends = str(rng.choice(["at rest", "turned", "at once"], p=[0.75, 0.1, 0.15]))
    if begins == "turned":
        pen.here = _turned(rng)
        pen.stay(rng.uniform(0.4, 1.2))
        pen.go(np.zeros(3), rng.uniform(0.5, 1.2))
    pen.stay(rng.uniform(0.15, 0.4) if begins == "at once" else rng.uniform(0.7, 3.0))
    repetitions = _perform(pen, plan, direct=kind == "alternating" and rng.random() < 0.6)
    if rng.random() < 0.15:
        _glance(pen)
    pen.stay(rng.uniform(0.0, 0.3) if ends == "at once" else rng.uniform(0.5, 2.5))
    if ends == "turned":
        pen.go(_turned(rng), rng.uniform(0.5, 1.0))
        pen.stay(rng.uniform(0.3, 1.0))
    neck = np.concatenate(pen.path)
    neck = neck + _sway(rng, len(neck)) + _drift(rng, len(neck))
    measured = neck + rng.uniform(0.05, 0.6) * rng.standard_normal(neck.shape)
    return Session(f"{kind}, begins {begins}, ends {ends}", measured, _seen(rng, neck), repetitions)


def _plan(rng: np.random.Generator, kind: str) -> list[tuple[Movement, float, bool]]:
    """Directions and sizes in order."""
    pair = (*PAIRS, (Movement.FLEXION, Movement.EXTENSION))[rng.integers(3)]
    directions = {
        "one": [MOVEMENTS[rng.integers(6)]],
        "pair": list(pair),
        "alternating": list(pair),
        "all": list(MOVEMENTS),
        "some": list(rng.permutation(MOVEMENTS)[: rng.integers(2, 6)]),
        "protocol": list(MOVEMENTS),
    }[kind]
    directions = [Movement(movement) for movement in directions]
    number = int(rng.integers(1, 11) if kind in ("one", "pair", "alternating") else rng.integers(1, 5))
    sizes = {movement: _size(rng, movement, number) for movement in directions}
    if kind == "alternating":
        order = [movement for _ in range(number) for movement in directions]
    else:
        order = [movement for movement in directions for _ in range(number)]
    plan = [(movement, sizes[movement] * rng.uniform(0.9, 1.05), False) for movement in order]
    if kind == "protocol":
        plan = [
            (
                movement,
                sizes[movement] * (rng.uniform(0.65, 0.75) if i < 2 else rng.uniform(0.95, 1.0)),
                i < 2,
            )
            for movement in directions
            for i in range(5)
        ]
    return plan


def _size(rng: np.random.Generator, movement: Movement, number: int) -> float:
    """From 8 deg to a full range; small ones only where they are repeated: done once they prove nothing."""
    smallest = 9.0 if number >= 3 else 0.6 * USUAL_RANGE_DEG[movement]
    return float(rng.uniform(smallest, 1.05 * USUAL_RANGE_DEG[movement]))


def _perform(pen: Pen, plan: list[tuple[Movement, float, bool]], *, direct: bool) -> list[Repetition]:
    rng = pen.rng
    speed_s, hold_s = rng.uniform(0.5, 2.5), rng.uniform(0.4, 2.5)
    rest_s = rng.choice([0.0, rng.uniform(0.2, 1.5)])
    short = rng.uniform(0.1, 0.3) if rng.random() < 0.2 else 0.0
    tuck = rng.random() < 0.2
    repetitions = []
    for number, (movement, size, warm_up) in enumerate(plan):
        if movement is Movement.FLEXION and tuck and size > 30:
            pen.go(pen.place(Movement.FLEXION, 7.0), 0.4)
            pen.stay(0.2)
            pen.go(np.zeros(3), 0.4)
        start_s = pen.now_s
        pen.go(pen.place(movement, size), speed_s * rng.uniform(0.8, 1.2))
        pen.stay(hold_s * rng.uniform(0.8, 1.2))
        repetitions.append(Repetition(movement, size, start_s, pen.now_s, warm_up))
        last = number == len(plan) - 1
        if direct and not last:
            continue
        back = 0.0 if last else short * rng.uniform(0.0, 1.0)
        pen.go(pen.place(movement, back * size), speed_s * rng.uniform(0.8, 1.2))
        pen.stay(rest_s * rng.uniform(0.7, 1.3))
    return repetitions


def _glance(pen: Pen) -> None:
    """A short look to a side: nothing that was tested."""
    movement = PAIRS[0][pen.rng.integers(2)]
    pen.stay(0.7)
    pen.go(pen.place(movement, pen.rng.uniform(9, 18)), 0.4)
    pen.stay(0.3)
    pen.go(np.zeros(3), 0.4)


def _turned(rng: np.random.Generator) -> FloatArray:
    plane = rng.integers(3)
    pose = np.zeros(3)
    pose[plane] = rng.choice([-1, 1]) * rng.uniform(12, (28, 20, 45)[plane])
    return pose


def _coupling(rng: np.random.Generator) -> FloatArray:
    coupling = rng.uniform(-0.15, 0.15, (3, 3))
    np.fill_diagonal(coupling, 0.0)
    return coupling


def _sway(rng: np.random.Generator, number: int) -> FloatArray:
    """Slow movement of a head that is never quite still."""
    size = rng.uniform(0.1, 0.5) if rng.random() < 0.85 else rng.uniform(0.8, 1.1)
    steps = rng.standard_normal((number + 60, 3))
    window = np.hanning(31)
    slow = np.stack([np.convolve(column, window, "same") for column in steps.T], axis=1)[30:-30]
    return np.asarray(size * slow / slow.std(axis=0))


def _drift(rng: np.random.Generator, number: int) -> FloatArray:
    """The person sinks or turns on the seat, up to 3 deg."""
    return (
        np.linspace(0, 1, number)[:, None]
        * rng.uniform(-1.0, 1.0, 3)
        * [3.0, 1.5, 2.0]
        * (rng.random() < 0.3)
    )


def _seen(rng: np.random.Generator, neck_deg: FloatArray) -> FloatArray:
    """The head against the camera as the face alone shows it: tilted, compressed, lost far out."""
    camera = rng.normal(0, [10.0, 2.0, 5.0])
    facing = 0.85 * neck_deg + camera + 0.3 * rng.standard_normal(neck_deg.shape)
    lost = (facing[:, 0] > 42) | (facing[:, 0] < -60) | (np.abs(facing[:, 2]) > 62)
    return np.where(lost[:, None], np.nan, facing)


# ------------------------------------------------------------------- judging


@dataclass
class Verdict:
    """What became of a session.

    Attributes
    ----------
    zero_wrong, way_wrong : bool
        Zero lies elsewhere; a direction was told as tested that nobody tested.
    warned : bool
        The result says that zero could not be told, that the head rests elsewhere, or refuses.
    counted, made : int
        Repetitions that are among the trials, warm-ups among the warm-ups; and all that were drawn.
    more : int
        Trials in a direction that was tested, but at other times: a glance or a turn away that looks like one.
    """

    zero_wrong: bool
    way_wrong: bool
    warned: bool
    counted: int
    made: int
    more: int = 0
    detail: str = ""


def judge(session: Session) -> Verdict:
    """Tell a session as the tool does and compare with what was drawn."""
    settings = RomSettings()
    time_s = session.time_s
    made = len(session.repetitions)
    try:
        neutral = find_neutral(time_s, session.facing_deg, settings.neutral)
    except NoNeutralError:
        return Verdict(False, False, True, 0, made, "no neutral")
    rom = measured(session, neutral)
    inside = (time_s >= neutral.start_s) & (time_s <= neutral.end_s)
    zero = np.median(session.neck_deg[inside], axis=0)
    warned = any(warning.key in ("neutral_two_places", "neutral_drift") for warning in rom.warnings)
    counted, invented = compare(session, rom)
    tested = {repetition.movement for repetition in session.repetitions}
    return Verdict(
        bool(np.abs(zero).max() > WRONG_DEG),
        any(trial.movement not in tested for trial in invented),
        warned,
        counted,
        made,
        len(invented),
        f"zero {np.round(zero, 1)}, drawn {_listed(session.repetitions)}, told "
        f"{[(t.movement.value, round(t.peak_deg), round(t.peak_s, 1)) for t in rom.trials]}, aside "
        f"{[(t.movement.value, round(t.peak_deg), round(t.peak_s, 1), t.aside) for t in rom.set_aside]}",
    )


def measured(session: Session, neutral: Neutral) -> RangeOfMotion:
    """The range of motion of a session whose angles are measured well."""
    time_s = session.time_s
    inside = (time_s >= neutral.start_s) & (time_s <= neutral.end_s)
    neck = smooth_series(time_s, session.neck_deg)
    neck = neck - np.median(neck[inside], axis=0)
    angles = AngleSeries(
        time_s=time_s,
        neck_deg=neck,
        sd_deg=np.full_like(neck, 1.5),
        trunk_deg=np.zeros_like(neck),
        beyond=np.zeros(len(neck), dtype=bool),
        source=np.full(len(neck), "face"),
        quality=np.ones(len(neck)),
    )
    return range_of_motion(angles, neutral, None, RomSettings())


def compare(session: Session, rom: RangeOfMotion) -> tuple[int, list[Trial]]:
    """How many repetitions were told as they were made, and the trials that nobody made."""
    warm = [trial for trial in rom.set_aside if trial.aside == "warm_up"]
    counted = 0
    used: list[Trial] = []
    for repetition in session.repetitions:
        among = [*warm, *rom.trials] if repetition.warm_up else rom.trials
        found = next((t for t in among if t not in used and _same(t, repetition)), None)
        if found is not None:
            used.append(found)
            counted += 1
    return counted, [trial for trial in rom.trials if trial not in used]


def _same(trial: Trial, repetition: Repetition) -> bool:
    middle_s = (trial.hold_start_s + trial.hold_end_s) / 2
    return trial.movement is repetition.movement and repetition.start_s <= middle_s <= repetition.end_s


def _listed(repetitions: list[Repetition]) -> list[tuple[str, int, float]]:
    return [(r.movement.value, round(r.peak_deg), round(r.end_s, 1)) for r in repetitions]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=12, help="of the first session")
    parser.add_argument("--show", action="store_true", help="every session that is told wrongly")
    arguments = parser.parse_args()
    verdicts = []
    kinds: collections.Counter[str] = collections.Counter()
    for number in range(arguments.sessions):
        session = draw(arguments.seed * 100_000 + number)
        verdict = judge(session)
        verdicts.append(verdict)
        if arguments.show and (_is_bad(verdict) or verdict.warned):
            kinds[session.name] += 1
            print(_shown(number, session, verdict), flush=True)
    made = sum(verdict.made for verdict in verdicts)
    silent = [v for v in verdicts if (v.zero_wrong or v.way_wrong) and not v.warned]
    print(f"sessions                                       {len(verdicts)}")
    print(f"repetitions drawn                              {made}")
    print(f"zero elsewhere, without a warning              {sum(v.zero_wrong for v in silent)}")
    print(f"direction that nobody tested, without one      {sum(v.way_wrong for v in silent)}")
    print(f"trials at other times, without one             {sum(v.more for v in verdicts if not v.warned)}")
    print(f"warned that zero is doubtful, or refused       {sum(v.warned for v in verdicts)}")
    print(
        f"repetitions counted                            {100 * sum(v.counted for v in verdicts) / made:.1f} %"
    )
    certain = [v for v in verdicts if not v.warned]
    share = 100 * sum(v.counted for v in certain) / max(1, sum(v.made for v in certain))
    print(f"repetitions counted where nothing was warned   {share:.1f} %")
    if arguments.show:
        print(kinds.most_common())


def _is_bad(verdict: Verdict) -> bool:
    return verdict.zero_wrong or verdict.way_wrong or bool(verdict.more) or verdict.counted < verdict.made


def _shown(number: int, session: Session, verdict: Verdict) -> str:
    words = [
        word
        for word, holds in (
            ("ZERO", verdict.zero_wrong),
            ("WAY", verdict.way_wrong),
            ("more", verdict.more > 0),
            ("warned", verdict.warned),
        )
        if holds
    ]
    return f"{number} {session.name}: {' '.join(words)} {verdict.counted}/{verdict.made} {verdict.detail}"


if __name__ == "__main__":
    main()
