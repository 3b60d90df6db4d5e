"""How exactly leg tests are read, on people held out: every figure of docs/accuracy.md about them.

    python calibration/nerve_bars.py           # --clips names each clip

Reads ``calibration/nerve_landmarks.npz``; measures each clip as ``neckrom measure`` does, at 15 frames a second.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from nerve_table import NerveClip, read

from neckrom.body import Side
from neckrom.errors import InputError
from neckrom.nerve.corrections import load_corrections
from neckrom.nerve.holding import HELD_WITHIN_DEG, LEAST_CHANGE_DEG, level_deg
from neckrom.nerve.limits import HEALTHY_SIDE_DIFFERENCE_DEG
from neckrom.nerve.marks import Mark
from neckrom.nerve.measure import LegTestMeasurement, MeasuredTrial, measure_leg_test
from neckrom.nerve.sides import MAIN, difference_half_deg
from neckrom.types import BoolArray, FloatArray

SLIP_DEG = 3.0


@dataclass
class Read:
    """A tested leg of a clip as it was read."""

    clip: NerveClip
    leg: Side
    measured: LegTestMeasurement

    @property
    def name(self) -> str:
        """Of clip and leg."""
        return f"{self.clip.name} {self.leg}" if self.clip.tested == "both" else self.clip.name

    @property
    def letter(self) -> str:
        """Of the tested leg."""
        return self.leg[0].upper()

    @property
    def which(self) -> str:
        """Near or far."""
        return "near" if self.leg == self.clip.seen else "far"

    @property
    def held(self) -> tuple[float, float]:
        """From when to when it is held still."""
        held = self.clip.held(self.leg)
        assert held is not None
        return held

    @property
    def true_deg(self) -> float:
        """The angle of the test at the symptom, as it truly is."""
        trial = self.trial
        assert trial is not None and trial.symptom_s is not None
        true = self.clip.truth[f"{MAIN[self.clip.kind]}_{self.letter}"]
        return float(np.interp(trial.symptom_s, self.measured.angles.time_s, true))

    @property
    def ankle_phase(self) -> tuple[float, float]:
        """While the ankle is moved alone."""
        return self.clip.phase("ankle" if self.clip.tested != "both" else f"ankle_{self.letter}")

    @property
    def trial(self) -> MeasuredTrial | None:
        """The trial of this leg."""
        return next((t for t in self.measured.trials if t.leg == self.leg), None)

    def error(self, angle: str) -> FloatArray:
        """Of an angle of the tested leg or the neck, frame by frame."""
        angles = self.measured.angles
        if angle == "neck":
            return angles.neck_flexion_deg - self.clip.truth["neck"]
        return getattr(angles.legs[self.leg], f"{angle}_deg") - self.clip.truth[f"{angle}_{self.letter}"]

    def moved(self) -> BoolArray:
        """Frames in which this leg is the one that is moved: all of a clip with one leg tested."""
        time_s = self.measured.angles.time_s
        if self.clip.tested != "both":
            return np.ones(len(time_s), dtype=bool)
        way = {"slr": ("raise", "lower"), "slump": ("knee", "knee_down")}[self.clip.kind]
        first, last = (self.clip.phase(f"{part}_{self.letter}") for part in way)
        return np.asarray((time_s >= first[0] - 0.4) & (time_s <= last[1] + 0.4))


def read_all() -> list[Read]:
    """Every tested leg of every clip that is held out."""
    answer = []
    for clip in read():
        if not clip.held_out or clip.kind not in MAIN:
            continue
        legs: tuple[Side, ...] = clip.sides()  # type: ignore[assignment]
        marks = tuple(
            Mark(held[0] + 0.1, "symptom")
            for held in sorted(clip.held(leg) for leg in legs)  # type: ignore[type-var]
        )
        try:
            measured = measure_leg_test(clip.series, clip.kind, marks)  # type: ignore[arg-type]
        except InputError as error:
            print(f"NOT READ {clip.name}: {error}")
            continue
        answer += [Read(clip, leg, measured) for leg in legs]
    return answer


def shown(errors: list[FloatArray]) -> str:
    """Mean of the absolute error, 95th percentile, worst frame, worst clip."""
    if not errors:
        return "no clip"
    every = np.abs(np.concatenate(errors))
    lost = float(np.mean(~np.isfinite(every)))
    every = every[np.isfinite(every)]
    clips = max(float(np.nanmean(np.abs(e))) for e in errors)
    return (
        f"MAE {every.mean():4.1f}  95 % {np.percentile(every, 95):4.1f}  worst {every.max():4.1f}  "
        f"worst clip's mean {clips:4.1f}  not measured {100 * lost:3.0f} %  ({len(errors)} clips)"
    )


def angles(reads: list[Read]) -> None:
    """Bars of single angles."""
    for kind, angle in (("slr", "raise"), ("slump", "knee"), ("slr", "ankle"), ("slump", "ankle")):
        for which in ("near", "far"):
            chosen = [r for r in reads if r.clip.kind == kind and r.which == which]
            print(f"{kind:6s}{angle:6s}{which:5s} {shown([r.error(angle)[r.moved()] for r in chosen])}")
    clips = {r.clip.name: r for r in reads}
    for kind in MAIN:
        print(
            f"{kind:6s}neck        {shown([r.error('neck') for r in clips.values() if r.clip.kind == kind])}"
        )
    wrong = [
        name
        for name, r in clips.items()
        if sorted(t.leg for t in r.measured.trials) != sorted(r.clip.sides())
    ]
    print(
        f"leg taken for the other one, or one trial too many: {len(wrong)} of {len(clips)} {' '.join(wrong)}"
    )


def symptoms(reads: list[Read]) -> None:
    """Angle at the symptom, and whether its interval holds the true one."""
    for kind in MAIN:
        errors, inside, sizes = [], [], []
        for r in (r for r in reads if r.clip.kind == kind):
            trial = r.trial
            if trial is None or trial.interval95_deg is None or trial.symptom_s is None:
                continue
            true = r.true_deg
            errors.append(abs(trial.symptom_angle_deg - true))
            inside.append(trial.interval95_deg[0] <= true <= trial.interval95_deg[1])
            sizes.append(0.5 * (trial.interval95_deg[1] - trial.interval95_deg[0]))
        if errors:
            print(
                f"{kind:6s}angle at the symptom  MAE {np.mean(errors):4.1f}  worst {np.max(errors):4.1f}  "
                f"inside its interval {sum(inside)} of {len(inside)} (+- {np.mean(sizes):.1f})"
            )


def ankle_changes(reads: list[Read]) -> None:
    """A change of 15 degrees: found, and its direction right."""
    for kind in MAIN:
        found, right, total, lost = 0, 0, 0, 0
        for r in (r for r in reads if r.clip.kind == kind):
            start, end = r.ankle_phase
            leg = r.measured.angles.legs[r.leg].ankle_deg
            time_s = r.measured.angles.time_s
            true = r.clip.truth[f"ankle_{r.letter}"]
            by = level_deg(time_s, leg, end + 0.15, 0.15) - level_deg(time_s, leg, start - 0.15, 0.15)
            really = level_deg(time_s, true, end + 0.15, 0.15) - level_deg(time_s, true, start - 0.15, 0.15)
            if not np.isfinite(by):
                lost += 1
                continue
            total += 1
            right += bool(by * really > 0)
            found += bool(abs(by) * 15 / abs(really) >= LEAST_CHANGE_DEG["ankle"])
        print(
            f"{kind:6s}ankle moved by 15: found {found}, direction right {right} of {total} (not measured: {lost})"
        )


def holding(reads: list[Read]) -> None:
    """Legs that are held, legs that go on by 3 degrees after the symptom, and legs that slip back later."""
    for kind, angle in MAIN.items():
        accused, unknown, still, noticed, went_on, slipped, slips = [], 0, 0, [], 0, 0, []
        for r in (r for r in reads if r.clip.kind == kind):
            hold, end = r.held
            time_s = r.measured.angles.time_s
            true = r.clip.truth[f"{angle}_{r.letter}"] * (1 if kind == "slr" else -1)
            still += 1
            # what is held is looked at until the answer, which here comes before anything slips
            held = _again(r, hold + 0.1, end)
            if held is None or held.held is None:
                unknown += 1
            elif not held.held:
                accused.append(f"{r.name} {held.moved_deg:+.1f}")
            before = (time_s < hold) & (true < level_deg(time_s, true, hold + 0.3, 0.2) - SLIP_DEG)
            held = _again(r, float(time_s[np.flatnonzero(before)[-1]]), end)
            if held is not None and held.held is not None:
                went_on += 1
                noticed.append(not held.held)
            if (r.clip.slip_deg(r.leg) or 0.0) >= SLIP_DEG:
                held = _again(r, hold + 0.1, r.clip.goes_back_s(r.leg))
                if held is not None and held.held is not None:
                    slipped += 1
                    slips.append(not held.held)
        print(
            f"{kind:6s}held: accused {len(accused)} of {still - unknown} {' '.join(accused)} (not told {unknown}); "
            f"going on by {SLIP_DEG:.0f} deg noticed {sum(noticed)} of {went_on}, slipping back {sum(slips)} of "
            f"{slipped} (limit {HELD_WITHIN_DEG[kind]})"
        )


def _again(r: Read, symptom_s: float, answered_s: float) -> MeasuredTrial | None:
    """The trial measured with the symptom at one moment and the answer at another."""
    marks = (Mark(symptom_s, "symptom"), Mark(answered_s, "answer", "same"))
    measured = measure_leg_test(r.clip.series, r.measured.test, marks)
    return next((t for t in measured.trials if t.leg == r.leg and t.symptom_s is not None), None)


def sides(reads: list[Read]) -> None:
    """Both legs of one person at the symptom; of the straight leg raise, of legs of strangers."""
    for kind in MAIN:
        off = {r.name: _off(r) for r in reads if r.clip.kind == kind and np.isfinite(_off(r))}
        read = [r for r in reads if r.name in off]
        own = [pair for pair in combinations(read, 2) if _filmed(*pair)]
        if own:
            for filmed, told in (("near_near", "each from its own side"), ("near_far", "both in one clip")):
                chosen = [pair for pair in own if _filmed(*pair) == filmed]
                errors = [off[one.name] - off[other.name] for one, other in chosen]
                _told(kind, f"of one person, {told}", filmed, errors)
                for one, other in chosen:
                    true = abs(one.true_deg - other.true_deg)
                    by = off[one.name] - off[other.name]
                    print(f"        {one.name} {other.name}: true {true:4.1f}, off by {by:+.1f}")
        else:
            near, far = ([off[r.name] for r in read if r.which == which] for which in ("near", "far"))
            _told(kind, "of strangers", "near_far", [a - b for a, b in product(near, far)])


def _off(r: Read) -> float:
    """By how much the angle at the symptom was off; NaN where it was not measured."""
    trial = r.trial
    if trial is None or trial.symptom_s is None or trial.interval95_deg is None:
        return float("nan")
    return trial.symptom_angle_deg - r.true_deg


def _filmed(one: Read, other: Read) -> str | None:
    """How both legs of a person were filmed; None where they are no pair."""
    if one.clip.person != other.clip.person or one.leg == other.leg:
        return None
    if one.clip.name == other.clip.name:
        return "near_far"
    return "near_near" if one.which == other.which == "near" else None


def _told(kind: str, whose: str, filmed: str, errors: list[float]) -> None:
    if not errors:
        print(f"{kind:6s}sides {whose}: no pairs")
        return
    half = difference_half_deg(load_corrections(), kind, filmed)  # type: ignore[arg-type]
    people = load_corrections().errors[f"{kind}.sides.{filmed}"]["people"]
    limit = HEALTHY_SIDE_DIFFERENCE_DEG.get(kind, np.inf)
    apart = [abs(sign * 12 + error) >= half for error in errors for sign in (1, -1)]
    false = [abs(error) >= max(half, limit) for error in errors]
    print(
        f"{kind:6s}sides {whose}: {len(errors)} pairs, off by {np.mean(np.abs(errors)):.1f} in the mean, "
        f"{np.max(np.abs(errors)):.1f} at most (+- {half:.1f} from {people:.0f} people); 12 deg told from none "
        f"{sum(apart)} of {len(apart)}, equal sides called unusual {sum(false)}"
    )


def main() -> None:
    """Print every bar."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", action="store_true", help="each clip by name, too")
    given = parser.parse_args()
    reads = read_all()
    angles(reads)
    symptoms(reads)
    ankle_changes(reads)
    holding(reads)
    sides(reads)
    if given.clips:
        for r in reads:
            for angle in ("raise", "knee", "ankle", "neck"):
                print(f"{r.name:18s}{r.which:5s}{angle:6s} {shown([r.error(angle)[r.moved()]])}")


if __name__ == "__main__":
    main()
