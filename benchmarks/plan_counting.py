"""How repetitions of a plan are counted: on rendered people, and on angles with their errors.

    python benchmarks/plan_counting.py            # both; --reps N, --seed N

Rendered people (``calibration/nerve_landmarks.npz``): what the models saw of a leg on its way out is played out and
back, each time to another true angle, at about half the speed of the clip, and read as a live session reads it. The
mark lies below the angle that was read at the symptom, so what is compared is one reading with another of the same
person. A repetition that truly stayed below the mark must never count; one that truly reached it by more than two
errors, and stayed as much below the symptom, must.

Angles alone: ways out and back with the same errors (the differences of reading and truth of all clips, drawn in
stretches as they came), for many more repetitions.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from neckrom.live.exercise.goals import ERROR_DEG
from neckrom.live.nerve.reading import CausalReading
from neckrom.plans.counting import RepetitionCounter, goal_below
from neckrom.types import BodyFrame, BodySeries

sys.path.insert(0, str(Path(__file__).parents[1] / "calibration"))
from nerve_table import NerveClip, read

MAIN = {"slr": "raise", "slump": "knee"}
SIGN = {"slr": 1.0, "slump": -1.0}
OUT = {"slr": ("raise", "raise_hold"), "slump": ("knee", "knee_hold")}
BELOW_DEG = {"slr": 10.0, "slump": 15.0}
REST_S, TOP_S, STEP_S = 1.5, 1.0, 1 / 15


def way_out(clip: NerveClip) -> np.ndarray:
    """Numbers of the frames from where the leg rests to where it is held."""
    times = clip.series.time_ns * 1e-9
    start = next(a for phase, a, _ in clip.phases if phase == OUT[clip.kind][0])
    end = next(b for phase, _, b in clip.phases if phase == OUT[clip.kind][1])
    return np.flatnonzero((times >= start - 0.4) & (times <= end - 0.1))


def frame_of(series: BodySeries, number: int, time_s: float) -> BodyFrame:
    """What was seen in one frame, at another time."""
    return BodyFrame(
        time_ns=round(time_s * 1e9),
        pose=series.pose[number],
        pose_world=series.pose_world[number],
        pose_visibility=series.pose_visibility[number],
        people=1,
    )


def played(clip: NerveClip, numbers: Iterator[int], reading: CausalReading, begin_s: float) -> list[tuple]:
    """(time, angle as read or None, true angle) of every frame, along the movement."""
    letter, sign = clip.tested[0].upper(), SIGN[clip.kind]
    name = f"{MAIN[clip.kind]}.{clip.tested}"
    true = clip.truth[f"{MAIN[clip.kind]}_{letter}"]
    found = []
    for place, number in enumerate(numbers):
        time_s = begin_s + place * STEP_S
        angles = reading.step(frame_of(clip.series, number, time_s), clip.kind, resting=False)
        found.append((time_s, sign * angles[name] if name in angles else None, sign * float(true[number])))
    return found


def there_and_back(out: np.ndarray, top: int) -> list[int]:
    """Rest, out to a frame, a moment there, and back; every frame twice."""
    rest, hold = round(REST_S / STEP_S), round(TOP_S / STEP_S)
    way = [int(n) for n in out[: top + 1] for _ in range(2)]
    return [int(out[0])] * rest + way + [int(out[top])] * hold + way[::-1]


def level(frames: list[tuple], column: int) -> float:
    """Middle of the hold: the last third of a second before the way back."""
    top = round(REST_S / STEP_S) + (len(frames) - round(REST_S / STEP_S) - round(TOP_S / STEP_S)) // 2
    values = [frame[column] for frame in frames[top + 6 : top + 6 + 8] if frame[column] is not None]
    return float(np.median(values)) if values else float("nan")


def on_a_person(clip: NerveClip, reps: int, chance: np.random.Generator) -> dict[str, object]:
    """One set of repetitions of one rendered person."""
    out = way_out(clip)
    width, height = clip.series.width, clip.series.height
    reading, clock = CausalReading(width, height), 0.0
    symptom = played(clip, there_and_back(out, len(out) - 1), reading, clock)
    clock = symptom[-1][0] + STEP_S
    true_out = np.array([f[2] for f in played(clip, list(out), CausalReading(width, height), 0.0)])
    read_limit, true_limit = level(symptom, 1), float(true_out[-1])
    rest = float(np.median([f[1] for f in symptom[:20] if f[1] is not None] or [np.nan]))
    error = ERROR_DEG[clip.kind]
    if not np.isfinite(read_limit) or not np.isfinite(rest):
        return {"name": clip.name, "why": "not seen at the symptom"}
    goal = goal_below(read_limit, rest, BELOW_DEG[clip.kind], error)
    if goal is None:
        return {"name": clip.name, "why": "no room for a mark"}
    true_mark = true_limit - (goal.limit_deg - goal.mark_deg)
    counter, rows = RepetitionCounter(goal), []
    for _ in range(reps):
        top = int(chance.integers(len(out) // 2, len(out)))
        frames = played(clip, there_and_back(out, top), reading, clock)
        clock = frames[-1][0] + STEP_S
        before = len(counter.done)
        for time_s, angle, _ in frames:
            counter.take(time_s, angle)
        told = counter.done[before:]
        rows.append((float(true_out[: top + 1].max()), [one.outcome for one in told]))
        rows[-1] += (level(frames, 1),)
    for _ in range(round(1.0 / STEP_S)):  # a last moment at rest
        clock += STEP_S
        reading.step(frame_of(clip.series, int(out[0]), clock), clip.kind, resting=False)
    return {
        "name": clip.name,
        "mark": true_mark,
        "limit": true_limit,
        "error": error,
        "rows": rows,
        "read": read_limit,
    }


def people(reps: int, seed: int) -> list[float]:
    """Sets of all rendered people; how far readings differ from truth, less what they differ at the symptom."""
    chance = np.random.default_rng(seed)
    off: list[float] = []
    totals = dict.fromkeys(("reached", "counted", "short", "false", "between", "double", "unseen"), 0)
    for clip in read():
        if clip.kind not in MAIN:
            continue
        told = on_a_person(clip, reps, chance)
        if "why" in told:
            print(f"{clip.name:12s} {told['why']}")
            continue
        mark, limit, error = told["mark"], told["limit"], told["error"]
        row = dict.fromkeys(totals, 0)
        for true, outcomes, seen in told["rows"]:
            if np.isfinite(seen):
                off.append((seen - true) - (told["read"] - limit))
            counted = outcomes.count("reached")
            row["double"] += len(outcomes) > 1
            row["unseen"] += outcomes == ["unseen"]
            if true < mark:
                row["short"] += 1
                row["false"] += counted
            elif mark + 2 * error <= true <= limit - error:
                row["reached"] += 1
                row["counted"] += counted == 1
            else:
                row["between"] += 1
        for name, value in row.items():
            totals[name] += value
        side = "near" if clip.tested == clip.seen else "far"
        print(
            f"{clip.name:12s} {side:4s} mark {mark:6.1f} symptom {limit:6.1f} "
            + " ".join(f"{k} {v}" for k, v in row.items())
        )
    print("all", " ".join(f"{k} {v}" for k, v in totals.items()))
    return off


def main() -> None:
    """Print all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reps", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    off = np.abs(people(options.reps, options.seed))
    if len(off):
        print(
            f"reading against truth, less the same at the symptom: 95 % within {np.percentile(off, 95):.1f} deg"
        )


if __name__ == "__main__":
    main()
