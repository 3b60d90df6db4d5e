"""How exactly leg tests are read, on people held out: every figure of docs/accuracy.md about them.

    python calibration/nerve_bars.py           # --clips names each clip

Reads ``calibration/nerve_landmarks.npz``; measures each clip as ``neckrom measure`` does, at 15 frames a second.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from itertools import product

import numpy as np
from nerve_table import NerveClip, read

from neckrom.errors import InputError
from neckrom.nerve.holding import HELD_WITHIN_DEG, LEAST_CHANGE_DEG, level_deg
from neckrom.nerve.limits import HEALTHY_SIDE_DIFFERENCE_DEG
from neckrom.nerve.marks import Mark
from neckrom.nerve.measure import READING_SD_DEG, LegTestMeasurement, measure_leg_test
from neckrom.types import FloatArray

MAIN = {"slr": "raise", "slump": "knee"}
HELD = {"slr": ("raise_hold", "lower"), "slump": ("knee_hold", "knee_down")}
SLIP_DEG = 3.0


@dataclass
class Read:
    """A clip as it was read."""

    clip: NerveClip
    measured: LegTestMeasurement

    @property
    def letter(self) -> str:
        """Of the tested leg."""
        return self.clip.tested[0].upper()

    @property
    def which(self) -> str:
        """Near or far."""
        return "near" if self.clip.tested == self.clip.seen else "far"

    def phase(self, name: str) -> tuple[float, float]:
        """Start and end, seconds."""
        return next((a, b) for phase, a, b in self.clip.phases if phase == name)

    def error(self, angle: str) -> FloatArray:
        """Of an angle of the tested leg or the neck, frame by frame."""
        angles = self.measured.angles
        if angle == "neck":
            return angles.neck_flexion_deg - self.clip.truth["neck"]
        leg = angles.legs[self.clip.tested]
        return getattr(leg, f"{angle}_deg") - self.clip.truth[f"{angle}_{self.letter}"]


def read_all() -> list[Read]:
    """Every clip that is held out."""
    answer = []
    for clip in read():
        if not clip.held_out or clip.kind not in MAIN:
            continue
        hold = next(a for phase, a, _ in clip.phases if phase == HELD[clip.kind][0])
        try:
            answer.append(
                Read(clip, measure_leg_test(clip.series, clip.kind, (Mark(hold + 0.1, "symptom"),)))
            )
        except InputError as error:
            print(f"NOT READ {clip.name}: {error}")
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
            print(f"{kind:6s}{angle:6s}{which:5s} {shown([r.error(angle) for r in chosen])}")
    for kind in MAIN:
        print(f"{kind:6s}neck        {shown([r.error('neck') for r in reads if r.clip.kind == kind])}")
    wrong = [r.clip.name for r in reads if {t.leg for t in r.measured.trials} != {r.clip.tested}]
    print(
        f"leg taken for the other one, or one trial too many: {len(wrong)} of {len(reads)} {' '.join(wrong)}"
    )


def symptoms(reads: list[Read]) -> None:
    """Angle at the symptom, and whether its interval holds the true one."""
    for kind, angle in MAIN.items():
        errors, inside, sizes = [], [], []
        for r in (r for r in reads if r.clip.kind == kind):
            trial = next((t for t in r.measured.trials if t.leg == r.clip.tested), None)
            if trial is None or trial.interval95_deg is None or trial.symptom_s is None:
                continue
            true = float(
                np.interp(trial.symptom_s, r.measured.angles.time_s, r.clip.truth[f"{angle}_{r.letter}"])
            )
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
            start, end = r.phase("ankle")
            leg = r.measured.angles.legs[r.clip.tested].ankle_deg
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
    """Legs that are held, and legs that slip by 3 degrees after the symptom."""
    for kind in MAIN:
        accused, unknown, still, noticed, slipped = [], 0, 0, 0, 0
        for r in (r for r in reads if r.clip.kind == kind):
            hold, end = r.phase(HELD[kind][0])[0], r.phase(HELD[kind][1])[0]
            trial = next((t for t in r.measured.trials if t.leg == r.clip.tested), None)
            still += 1
            if trial is None or trial.held is None:
                unknown += 1
            elif not trial.held:
                accused.append(f"{r.clip.name} {trial.moved_deg:+.1f}")
            true = r.clip.truth[f"{MAIN[kind]}_{r.letter}"] * (1 if kind == "slr" else -1)
            time_s = r.measured.angles.time_s
            before = (time_s < hold) & (true < level_deg(time_s, true, hold + 0.3, 0.2) - SLIP_DEG)
            mark = float(time_s[np.flatnonzero(before)[-1]])
            again = measure_leg_test(r.clip.series, kind, (Mark(mark, "symptom"),))
            trial = next((t for t in again.trials if t.leg == r.clip.tested), None)
            if trial is not None and trial.held is not None:
                slipped += 1
                noticed += not trial.held
            del end
        print(
            f"{kind:6s}held: accused {len(accused)} of {still - unknown} {' '.join(accused)} (not told {unknown}); "
            f"slips of {SLIP_DEG:.0f} deg noticed {noticed} of {slipped} (limit {HELD_WITHIN_DEG[kind]})"
        )


def sides(reads: list[Read]) -> None:
    """Both sides of one person, made of the errors of near and far legs at the symptom."""
    for kind, angle in MAIN.items():
        errors: dict[str, list[float]] = {"near": [], "far": []}
        sds = {}
        for r in (r for r in reads if r.clip.kind == kind):
            hold = r.phase(HELD[kind][0])
            inside = (r.measured.angles.time_s > hold[0]) & (r.measured.angles.time_s < hold[1])
            error = r.error(angle)[inside]
            if np.isfinite(error).any():
                errors[r.which].append(float(np.nanmedian(error)))
            for which in ("near", "far"):
                sds[which] = r.measured.angles.between_sd_deg(angle, which)  # type: ignore[arg-type]
        pairs = [a - b for a, b in product(errors["near"], errors["far"])]
        if not pairs:
            print(f"{kind:6s}sides: no pairs")
            continue
        half = 1.96 * float(np.hypot(np.hypot(sds["near"], sds["far"]), READING_SD_DEG))
        limit = HEALTHY_SIDE_DIFFERENCE_DEG.get(kind, np.inf)
        apart = [abs(s * 12 + d) >= half for d in pairs for s in (1, -1)]
        false = [abs(d) >= max(half, limit) for d in pairs]
        print(
            f"{kind:6s}sides: 12 deg found {100 * np.mean(apart):3.0f} %, equal sides called unusual "
            f"{100 * np.mean(false):3.0f} % (error +- {half:.1f}, {len(pairs)} pairs of near and far)"
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
                print(f"{r.clip.name:14s}{r.which:5s}{angle:6s} {shown([r.error(angle)])}")


if __name__ == "__main__":
    main()
