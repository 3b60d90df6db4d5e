"""How exactly arm tests are read, on people held out: every figure of docs/nerve_tests.md about them.

    python calibration/arms_bars.py            # --clips names each clip

Reads ``calibration/arm_landmarks.npz``; measures each clip as ``neckrom measure --protocol arms`` does.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
from nerve_table import ARM_TABLE, NerveClip, read

from neckrom.body import Side
from neckrom.errors import InputError
from neckrom.nerve.arms.corrections import FORWARD_DEG
from neckrom.nerve.arms.measure import POSITIONS, ArmTestMeasurement, measure_arm_test
from neckrom.nerve.holding import level_deg
from neckrom.nerve.limits import HEALTHY_SIDE_DIFFERENCE_DEG
from neckrom.nerve.marks import ArmPosition, Mark
from neckrom.types import FloatArray

RAISED_DEG = 40.0
STILL_DEG, SLIP_DEG = 2.0, 3.0
"""A held arm truly turns by less than that, a slip by more than this."""
NAMES: dict[str, ArmPosition] = {
    "side": "side",
    "over": "overhead",
    "bent": "bent_overhead",
    "bend": "bent_overhead",
}


@dataclass
class Hold:
    """An arm that is held in a position, as it was rendered."""

    arm: Side
    position: ArmPosition
    from_s: float
    to_s: float


@dataclass
class Read:
    """A clip as it was read."""

    clip: NerveClip
    measured: ArmTestMeasurement

    def truth(self, angle: str, arm: Side) -> FloatArray:
        """Of an angle of an arm."""
        return self.clip.truth[f"{angle}_{arm[0].upper()}"]

    def raised(self, arm: Side) -> FloatArray:
        """Frames in which an arm is up."""
        return self.truth("abduction", arm) > RAISED_DEG

    def error(self, angle: str, arm: Side) -> FloatArray:
        """Of an angle of an arm while it is up."""
        series = self.measured.angles.arms[arm]
        values = series.abduction_deg if angle == "abduction" else series.elbow_told_deg
        return (values - self.truth(angle, arm))[self.raised(arm)]

    def neck(self) -> FloatArray:
        """Error of the neck, against how it is at the beginning."""
        true = self.clip.truth["bend"]
        angles = self.measured.angles
        begun = angles.time_s <= angles.time_s[0] + 0.7
        return angles.neck_side_bend_deg - (true - float(np.median(true[begun])))

    def arms(self) -> list[Side]:
        """Those that were raised."""
        return [arm for arm in ("left", "right") if self.raised(arm).any()]

    def holds(self) -> list[Hold]:
        """Every position in which an arm was held, from its beginning to its end."""
        found = []
        for phase, start, end in self.clip.phases:
            name, _, rest = phase.partition("_")
            if name not in NAMES or not phase.endswith("hold") or "away" in phase or "back" in phase:
                continue
            letter = rest.split("_")[0]
            arm: Side = {"L": "left", "R": "right"}.get(letter, self.clip.tested)  # type: ignore[assignment]
            stem = phase.removesuffix("_hold")
            last = max([b for p, _, b in self.clip.phases if p.startswith(f"{stem}_")], default=end)
            found.append(Hold(arm, NAMES[name], start, last))
        return found


def read_all() -> list[Read]:
    """Every clip that is held out."""
    answer = []
    for clip in read(ARM_TABLE):
        if not clip.held_out:
            continue
        try:
            answer.append(Read(clip, measure_arm_test(clip.series)))
        except InputError as error:
            print(f"NOT READ {clip.name}: {error}")
    return answer


def shown(errors: list[FloatArray]) -> str:
    """Mean of the absolute error, 95th percentile, worst frame, worst clip."""
    every = np.abs(np.concatenate(errors))
    lost = float(np.mean(~np.isfinite(every)))
    every = every[np.isfinite(every)]
    clips = max(float(np.nanmean(np.abs(e))) for e in errors if np.isfinite(e).any())
    return (
        f"MAE {every.mean():4.1f}  95 % {np.percentile(every, 95):4.1f}  worst {every.max():4.1f}  "
        f"worst clip's mean {clips:4.1f}  not measured {100 * lost:3.0f} %  ({len(errors)} limbs)"
    )


def angles(reads: list[Read]) -> None:
    """Bars of single angles."""
    for angle in ("abduction", "elbow"):
        print(f"{angle:10s}{'':15s}{shown([r.error(angle, arm) for r in reads for arm in r.arms()])}")
        for position in POSITIONS:
            errors = []
            for r in reads:
                time_s = r.measured.angles.time_s
                for hold in (h for h in r.holds() if h.position == position):
                    inside = ((time_s >= hold.from_s) & (time_s <= hold.to_s))[r.raised(hold.arm)]
                    errors.append(r.error(angle, hold.arm)[inside])
            print(f"{angle:10s}{position:15s}{shown(errors)}")
    print(f"{'neck':25s}{shown([r.neck() for r in reads])}")


def unseen(reads: list[Read]) -> None:
    """What is left of a straight elbow that nothing in the picture tells: were every one read as ``FORWARD_DEG``."""
    for position in ("side", "overhead"):
        off = [
            np.abs(FORWARD_DEG - r.truth("elbow", hold.arm)[(time_s >= hold.from_s) & (time_s <= hold.to_s)])
            for r in reads
            for time_s in [r.measured.angles.time_s]
            for hold in r.holds()
            if hold.position == position
        ]
        every = np.mean(np.concatenate(off))
        print(f"elbow     {position:15s}MAE {every:4.1f}  if {FORWARD_DEG:.0f} deg were said of all")


def positions(reads: list[Read]) -> None:
    """Whether every position that was held is a trial, and none is made up."""
    held = found = extra = 0
    for r in reads:
        holds = r.holds()
        held += len(holds)
        trials = [t.trial for t in r.measured.trials]
        met = [
            any(
                t.arm == h.arm and t.position == h.position and t.reached_s < h.to_s and t.return_s > h.from_s
                for t in trials
            )
            for h in holds
        ]
        found += sum(met)
        extra += max(0, len(trials) - sum(met))
    print(f"positions held: {held}, found {found}; trials that are none: {extra}")


def symptoms(reads: list[Read]) -> None:
    """Angle at the symptom, its interval, and whether holding and slipping are told."""
    inside: dict[str, list[bool]] = {}
    errors: dict[str, list[float]] = {}
    halves: dict[str, float] = {}
    still = {"accused": 0, "told": 0, "all": 0}
    slips = {"noticed": 0, "told": 0, "all": 0}
    for r in reads:
        for hold in r.holds():
            mark = hold.from_s + 0.1
            measured = measure_arm_test(r.clip.series, (Mark(mark, "symptom"),))
            trial = next((t for t in measured.trials if t.symptom_s is not None), None)
            if trial is None or trial.trial.arm != hold.arm or trial.trial.position != hold.position:
                continue
            time_s = measured.angles.time_s
            angle = "elbow" if hold.position == "bent_overhead" else "abduction"
            if trial.interval95_deg is not None:
                true = level_deg(time_s, r.truth(angle, hold.arm), mark, 0.15)
                errors.setdefault(hold.position, []).append(abs(trial.symptom_angle_deg - true))
                low, high = trial.interval95_deg
                inside.setdefault(hold.position, []).append(bool(low <= true <= high))
                halves[hold.position] = 0.5 * (high - low)
            window = (time_s >= mark) & (time_s <= min(hold.to_s, trial.trial.return_s))
            turned = r.truth("abduction", hold.arm)[window]
            if len(turned) < 4:
                continue
            moved = float(np.max(np.abs(turned - turned[0])))
            if moved < STILL_DEG:
                still["all"] += 1
                still["told"] += trial.held is not None
                still["accused"] += trial.held is False
            elif moved >= SLIP_DEG:
                slips["all"] += 1
                slips["told"] += trial.held is not None
                slips["noticed"] += trial.held is False
    for position in POSITIONS:
        if position in errors:
            print(
                f"symptom {position:15s}MAE {np.mean(errors[position]):4.1f}  inside its interval "
                f"(+- {halves[position]:4.1f}) {sum(inside[position])} of {len(inside[position])}"
            )
    print(f"arms held still: {still['all']}, told {still['told']}, accused of moving {still['accused']}")
    print(f"slips of 3 deg and more: {slips['all']}, told {slips['told']}, noticed {slips['noticed']}")


def sides(reads: list[Read]) -> None:
    """Both arms of one person: differences of 15 degrees told from none, equal arms never called unusual."""
    apart = unusual = equal = different = 0
    errors = []
    halves: dict[str, float] = {}
    for r in reads:
        for one in r.measured.sides:
            halves[one.position] = one.interval95_deg[1] - one.difference_deg
            true = []
            for arm in ("left", "right"):
                hold = next((h for h in r.holds() if h.arm == arm and h.position == one.position), None)
                if hold is None:
                    break
                angle = "elbow" if one.position == "bent_overhead" else "abduction"
                time_s = r.measured.angles.time_s
                true.append(level_deg(time_s, r.truth(angle, arm), hold.from_s + 0.3, 0.25))  # type: ignore[arg-type]
            if len(true) < 2:
                continue
            really = abs(true[0] - true[1])
            errors.append(abs(one.difference_deg - really))
            if really < 5:
                equal += 1
                unusual += one.verdict == "unusual"
            elif really >= HEALTHY_SIDE_DIFFERENCE_DEG["arms"] - 1:
                different += 1
                apart += one.verdict != "within_error"
    print(
        f"sides: error {np.mean(errors):.1f} ({len(errors)} pairs); 15 deg apart: {different}, found {apart}; "
        f"equal: {equal}, called unusual {unusual}"
    )
    print("told from none from " + ", ".join(f"{halves[p]:.0f} deg ({p})" for p in POSITIONS if p in halves))


def main() -> None:
    """Print every bar."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", action="store_true", help="each clip by name, too")
    given = parser.parse_args()
    reads = read_all()
    print(f"{len(reads)} clips")
    angles(reads)
    unseen(reads)
    positions(reads)
    symptoms(reads)
    sides(reads)
    if given.clips:
        for r in reads:
            for arm in r.arms():
                for angle in ("abduction", "elbow"):
                    print(f"{r.clip.name:12s}{arm:6s}{angle:10s}{shown([r.error(angle, arm)])}")
            print(f"{r.clip.name:12s}{'':6s}{'neck':10s}{shown([r.neck()])}")


if __name__ == "__main__":
    main()
