"""How repetitions of a plan are counted: on angles with errors, and on rendered people.

    python benchmarks/plan_counting.py            # both; --angles the first alone; --reps N, --seed N, --only NAME

Angles alone: 1,200 ways out and back, each read with an error of its own of up to 70 % of the one that is reckoned
with, with noise from frame to frame, and a tenth of the frames lost.

Rendered people (``calibration/nerve_landmarks.npz``): what the models saw of a leg on its way out is played out and
back, each time to another true angle, and read as a live session reads it. The mark lies below the angle that was read
at the symptom, so one reading is compared with another of the same person.

A repetition that truly stayed below the mark must never count; one that truly passed it by more than two errors, and
stayed an error below the symptom, must. What lies between is left out of both.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neckrom.live.exercise.goals import ERROR_DEG
from neckrom.live.exercise.session import NEAR_SIDE_ONLY
from neckrom.live.nerve.reading import CausalReading
from neckrom.plans.counting import Goal, RepetitionCounter, goal_below
from neckrom.types import BodyFrame, BodySeries, FloatArray

sys.path.insert(0, str(Path(__file__).parents[1] / "calibration"))
from nerve_table import NerveClip, read

MAIN = {"slr": "raise", "slump": "knee"}
SIGN = {"slr": 1.0, "slump": -1.0}
OUT = {"slr": ("raise", "raise_hold"), "slump": ("knee", "knee_hold")}
BELOW_DEG = {"slr": 22.0, "slump": 32.0}
"""Far enough for both kinds of repetitions to lie well on their side of the mark."""
REST_S, TOP_S, STEP_S = 0.8, 0.8, 1 / 15
COUNTS = ("reached", "counted", "short", "false", "doubled", "unseen")

Seen = tuple[float, float | None]


# ----------------------------------------------------------------- angles alone


def on_angles(sets: int, seed: int, noise_deg: float) -> None:
    """Sets of ten repetitions on angles alone."""
    chance = np.random.default_rng(seed)
    row = dict.fromkeys(COUNTS, 0)
    exact = 0
    for _ in range(sets):
        goal = Goal(0.0, 45.0, 62.0, 5.0)
        counter, clock, wanted = RepetitionCounter(goal), 0.0, 0
        for _ in range(10):
            is_short = chance.random() < 0.5
            low, high = (25.0, 45.0) if is_short else (45.0 + 2 * goal.error_deg, 62.0 - goal.error_deg)
            before = len(counter.done)
            for angle in _read(chance, chance.uniform(low, high), goal.error_deg, noise_deg):
                clock += STEP_S
                counter.take(clock, angle)
            outcomes = [one.outcome for one in counter.done[before:]]
            _tell(row, outcomes, is_short=is_short)
            wanted += not is_short
        exact += counter.counted == wanted
    print(f"angles alone, noise {noise_deg:g} deg: {_said(row)}; exact sets {exact} of {sets}")


def _read(chance: np.random.Generator, top: float, error_deg: float, noise_deg: float) -> list[float | None]:
    """One way out and back, as it is read."""
    rise = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, 45))
    bias = chance.uniform(-0.7, 0.7) * error_deg
    angles = np.r_[np.zeros(15), top * rise, np.full(12, top), top * rise[::-1], np.zeros(12)]
    seen = angles * (1 + bias / top) + chance.normal(0, noise_deg, len(angles))
    return [
        None if lost else float(angle)
        for angle, lost in zip(seen, chance.random(len(seen)) < 0.1, strict=True)
    ]


def _tell(row: dict[str, int], outcomes: Sequence[str], *, is_short: bool) -> None:
    counted = outcomes.count("reached")
    row["doubled"] += len(outcomes) > 1
    row["unseen"] += "unseen" in outcomes
    if is_short:
        row["short"] += 1
        row["false"] += counted
    else:
        row["reached"] += 1
        row["counted"] += counted == 1


def _said(row: dict[str, int]) -> str:
    return "  ".join(f"{name} {value}" for name, value in row.items())


# -------------------------------------------------------------- rendered people


@dataclass(frozen=True)
class Way:
    """A clip's way out: its frames, and the true angles there, along the movement."""

    clip: NerveClip
    frames: list[int]
    true: FloatArray


def way_of(clip: NerveClip) -> Way | None:
    """From where the leg rests to where it is held; None where the clip has no such way."""
    times = clip.series.time_ns * 1e-9
    start = next((a for phase, a, _ in clip.phases if phase == OUT[clip.kind][0]), None)
    end = next((b for phase, _, b in clip.phases if phase == OUT[clip.kind][1]), None)
    if start is None or end is None:
        return None
    numbers = np.flatnonzero((times >= start - 0.4) & (times <= end - 0.1))
    true = SIGN[clip.kind] * clip.truth[f"{MAIN[clip.kind]}_{clip.tested[0].upper()}"]
    return Way(clip, [int(n) for n in numbers], np.maximum.accumulate(true[numbers]))


def there_and_back(way: Way, top: int) -> list[int]:
    """Rest, out to a frame, a moment there, back, and rest."""
    rest = [way.frames[0]] * round(REST_S / STEP_S)
    out = way.frames[: top + 1]
    return [*rest, *out, *[out[-1]] * round(TOP_S / STEP_S), *out[::-1], *rest]


class Player:
    """Plays frames to a live reading, at times of its own."""

    def __init__(self, clip: NerveClip) -> None:
        self.clip = clip
        self.reading = CausalReading(clip.series.width, clip.series.height)
        self.name = f"{MAIN[clip.kind]}.{clip.tested}"
        self.clock = 0.0

    def play(self, numbers: Sequence[int]) -> list[Seen]:
        """Time, and the angle along the movement or None."""
        found: list[Seen] = []
        for number in numbers:
            self.clock += STEP_S
            frame = _frame(self.clip.series, number, self.clock)
            angle = self.reading.step(frame, self.clip.kind, resting=False).get(self.name)
            found.append((self.clock, None if angle is None else SIGN[self.clip.kind] * angle))
        return found


def _frame(series: BodySeries, number: int, time_s: float) -> BodyFrame:
    return BodyFrame(
        time_ns=round(time_s * 1e9),
        pose=series.pose[number],
        pose_world=series.pose_world[number],
        pose_visibility=series.pose_visibility[number],
        people=1,
    )


def at_top(frames: Sequence[Seen], top: int) -> float:
    """As read in the second half of the moment at the end of the way."""
    first = round(REST_S / STEP_S) + top + 1
    held = frames[first + round(0.5 * TOP_S / STEP_S) : first + round(TOP_S / STEP_S)]
    values = [angle for _, angle in held if angle is not None]
    return float(np.median(values)) if values else float("nan")


def on_a_person(
    clip: NerveClip, reps: int, chance: np.random.Generator
) -> tuple[dict[str, int], list[float]] | str:
    """One set of one rendered person: counts, and how far readings are off beyond what they are at the symptom."""
    way, player, error = way_of(clip), Player(clip), ERROR_DEG[clip.kind]
    if way is None:
        return "has no such way"
    last = len(way.frames) - 1
    symptom = player.play(there_and_back(way, last))
    limit, true_limit = at_top(symptom, last), float(way.true[last])
    rests = [angle for _, angle in symptom[-6:] if angle is not None]
    if not np.isfinite(limit) or not rests:
        return "not seen at the symptom"
    goal = goal_below(limit, float(np.median(rests)), BELOW_DEG[clip.kind], error)
    if goal is None:
        return "no room for a mark"
    mark = true_limit - (goal.limit_deg - goal.mark_deg)
    row, off = dict.fromkeys(COUNTS, 0), []
    counter = RepetitionCounter(goal)
    for number in range(reps):
        low, high = (mark - 15.0, mark) if number % 2 else (mark + 2 * error, true_limit - error)
        top = int(np.abs(way.true - chance.uniform(low, max(low, high))).argmin())
        true = float(way.true[top])
        before = len(counter.done)
        frames = player.play(there_and_back(way, top))
        for time_s, angle in frames:
            counter.take(time_s, angle)
        seen = at_top(frames, top)
        if np.isfinite(seen):
            off.append(abs((seen - true) - (limit - true_limit)))
        outcomes = [one.outcome for one in counter.done[before:]]
        if true < mark or mark + 2 * error <= true <= true_limit - error:
            _tell(row, outcomes, is_short=true < mark)
    return row, off


def people(reps: int, seed: int, only: str) -> None:
    """Sets of all rendered people: those with odd numbers, which the errors are taken from, and the others."""
    chance = np.random.default_rng(seed)
    totals = {held: dict.fromkeys(COUNTS, 0) for held in (False, True)}
    off: dict[tuple[str, bool], list[float]] = {}
    for clip in read():
        if clip.kind not in MAIN or only not in clip.name:
            continue
        near = clip.tested == clip.seen
        told = on_a_person(clip, reps, chance)
        name = f"{clip.name:12s} {'near' if near else 'far':4s}"
        if isinstance(told, str):
            print(f"{name} {told}", flush=True)
            continue
        row, readings = told
        left_out = clip.kind in NEAR_SIDE_ONLY and not near
        print(
            f"{name} {_said(row)}  off at most {max(readings, default=0):.1f}{'  (left out)' * left_out}",
            flush=True,
        )
        if left_out:  # a session does not exercise it
            continue
        off.setdefault((clip.kind, clip.held_out), []).extend(readings)
        for key, value in row.items():
            totals[clip.held_out][key] += value
    for held, total in totals.items():
        print(f"{'held out' if held else 'odd numbers'}: {_said(total)}")
    for (kind, held), readings in off.items():
        within = np.percentile(readings, 95)
        print(
            f"{kind}, {'held out' if held else 'odd numbers'}: reading against truth, less the same at the symptom: "
            f"95 % within {within:.1f} deg"
        )


def main() -> None:
    """Print all of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reps", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--angles", action="store_true", help="Angles alone.")
    options = parser.parse_args()
    for noise_deg in (0.5, 1.0, 1.5):
        on_angles(120, options.seed, noise_deg)
    if not options.angles:
        people(options.reps, options.seed, options.only)


if __name__ == "__main__":
    main()
