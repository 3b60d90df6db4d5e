"""How a measured run compares with the truth: errors of one clip, and the table of bars over many."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from neckrom.errors import NeckromError
from neckrom.running.calibration import FAST_FPS
from neckrom.running.measure import REAR_FROM_DEG, SIDES, measure_run
from neckrom.running.measurement import Estimate, RunMeasurement
from neckrom.running.truth_table import RunningClip
from neckrom.types import FloatArray

NEAREST_S = 0.15
FOUND_PERCENT, EVEN_PERCENT = 4.0, 1.0
"""A difference of step times that is to be found, and one that counts as none."""


@dataclass(frozen=True, slots=True)
class Error:
    """One comparison: what was measured less what is true, and whether the interval held the truth."""

    off: float
    held: bool


@dataclass
class Checked:
    """Errors of one clip, by name of what was compared."""

    name: str
    person: str
    frames_per_second: float
    refused: str = ""
    errors: dict[str, list[Error]] = field(default_factory=dict)
    classes: list[tuple[bool, bool]] = field(default_factory=list)
    """Rearfoot as measured and in truth, of single steps whose class was named."""
    by_angle: list[tuple[bool, bool]] = field(default_factory=list)
    """The same of all steps from 60 frames a second on, by the angle alone."""
    unnamed: int = 0
    """Steps from 60 frames a second on whose class was not named."""
    asymmetry: tuple[float, bool] | None = None
    """True asymmetry, and whether the measured one lies beyond its error."""
    arms: list[tuple[bool, bool, float]] = field(default_factory=list)
    """Wrist past the middle as measured and in truth, of the clip's median stride, and how far in truth."""

    @property
    def fast(self) -> bool:
        """Whether it counts as 60 frames a second."""
        return self.frames_per_second >= FAST_FPS

    def add(self, name: str, estimate: Estimate, truth: float) -> None:
        """Compare an estimate."""
        if np.isfinite(estimate.value):
            low, high = estimate.interval95
            self.errors.setdefault(name, []).append(Error(estimate.value - truth, bool(low <= truth <= high)))

    def line(self) -> str:
        """Means of everything, for a person to read."""
        if self.refused:
            return f"{self.name}: refused: {self.refused}"
        parts = [
            f"{name} {np.mean([error.off for error in errors]):+.3g}" for name, errors in self.errors.items()
        ]
        return f"{self.name} ({self.frames_per_second:.0f}): " + ", ".join(parts)


def checked(clip: RunningClip) -> Checked:
    """Measure a clip and compare."""
    rate = float(1.0 / np.median(np.diff(clip.series.time_s)))
    out = Checked(clip.name, clip.person, rate)
    try:
        run = measure_run(clip.series)
    except NeckromError as error:
        out.refused = str(error)
        return out
    truth = clip.truth
    out.add("cadence", _share(run.cadence_spm, truth["cadence"]), 0.0)
    _check_steps(out, run, clip.contacts)
    out.add("asymmetry", run.step_asymmetry_percent, truth["step_asymmetry"])
    low, high = run.step_asymmetry_percent.interval95
    out.asymmetry = truth["step_asymmetry"], low > 0 or high < 0
    out.add("lean", run.trunk_lean_deg, truth["lean"])
    out.add("turning", run.shoulder_range_deg, truth["shoulder_range"])
    out.add("against_pelvis", run.against_pelvis_range_deg, truth["against_pelvis_range"])
    out.add("vertical", run.vertical, truth["vertical"])
    if run.head is not None:
        out.add("ear_shoulder", run.head.ear_shoulder_deg, truth["ear_shoulder"])
        out.add("head_pitch", run.head.pitch_deg, truth["head_pitch"])
    for side, estimate in run.drop_deg.items():
        out.add("drop", estimate, truth[f"drop_{side}"])
    for number, side in enumerate(SIDES):
        if side in run.arms:
            typical = _typical_reach(clip, number)
            out.add("wrist", run.arms[side].typical, typical)
            out.arms.append((run.arms[side].typical.value > 0, typical > 0, typical))
    return out


def _share(estimate: Estimate, truth: float) -> Estimate:
    return Estimate(100.0 * (estimate.value / truth - 1.0), 100.0 * estimate.sd / truth)


def _typical_reach(clip: RunningClip, number: int) -> float:
    """Median over the strides of the furthest place of a wrist."""
    starts = clip.contacts[clip.contacts[:, 0] == 0, 1]
    time_s = clip.series.time_s
    reaches = []
    for start, end in itertools.pairwise(starts):
        inside = (time_s >= start) & (time_s < end)
        if inside.any():
            reaches.append(float(clip.wrist[inside, number].max()))
    return float(np.median(reaches))


def _check_steps(out: Checked, run: RunMeasurement, contacts: FloatArray) -> None:
    for step in run.steps:
        mine = contacts[contacts[:, 0] == SIDES.index(step.foot)]
        nearest = int(np.abs(mine[:, 1] - step.contact_s).argmin())
        true = mine[nearest]
        if abs(true[1] - step.contact_s) > NEAREST_S:
            out.errors.setdefault("false_contact", []).append(Error(1.0, False))
            continue
        word = "near" if step.near else "far"
        if run.view in ("back", "front"):
            word = "back"
        out.add(f"contact_{word}", Estimate(step.contact_s, step.contact_sd_s), true[1])
        if np.isfinite(step.off_s):
            out.add(f"off_{word}", Estimate(step.off_s, step.contact_sd_s), true[2])
            stance = Estimate(step.off_s - step.contact_s, 1.41 * step.contact_sd_s)
            out.add(f"stance_{word}", stance, true[2] - true[1])
        if np.isfinite(step.strike_deg.value):
            out.add(f"strike_{word}", step.strike_deg, true[3])
            out.add(f"shank_{word}", Estimate(step.shank_deg, float("nan")), true[4])
            out.add(f"knee_{word}", Estimate(step.knee_deg, float("nan")), true[5])
            if out.fast:
                out.by_angle.append((step.strike_deg.value > REAR_FROM_DEG, bool(true[3] > REAR_FROM_DEG)))
            if step.strike_class is not None:
                out.classes.append((step.strike_class == "rear", bool(true[3] > REAR_FROM_DEG)))
            elif out.fast:
                out.unnamed += 1
    for side, strike in run.strikes.items():
        truth = contacts[contacts[:, 0] == SIDES.index(side), 3].mean()
        out.add(f"clip_strike_{'near' if strike.near else 'far'}", strike.angle_deg, float(truth))


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of the table."""

    name: str
    asked: str
    measured: str
    count: int
    covered: str


def bars_of(clips: Sequence[Checked]) -> list[Bar]:
    """The table over many clips."""
    bars = []

    def line(
        name: str,
        key: str,
        asked: str,
        unit: str,
        *,
        how: Callable[[FloatArray], float],
        fast: bool | None = None,
    ) -> None:
        some = [clip for clip in clips if fast is None or clip.fast == fast]
        errors = [error for clip in some for error in clip.errors.get(key, [])]
        if not errors:
            return
        off = np.array([error.off for error in errors])
        held = float(np.mean([error.held for error in errors]))
        number = sum(key in clip.errors for clip in some)
        bars.append(Bar(name, asked, f"{how(off):.3g} {unit}", number, f"{held:.0%}"))

    def milliseconds(off: FloatArray) -> float:
        return 1000.0 * mean_size(off)

    for fast, rate, limits in ((True, "60", (10, 15)), (False, "30", (20, 30))):
        for word, limit in zip(("near", "far"), limits, strict=True):
            for key, said in (("contact", "initial contact"), ("off", "toe-off"), ("stance", "contact time")):
                line(
                    f"{said}, {word} foot, {rate} fps, MAE",
                    f"{key}_{word}",
                    f"{limit} ms",
                    "ms",
                    how=milliseconds,
                    fast=fast,
                )
    for key, said in (("contact", "initial contact"), ("off", "toe-off"), ("stance", "contact time")):
        line(f"{said}, from behind, MAE", f"{key}_back", "", "ms", how=milliseconds)
    for fast, rate in ((True, "60"), (False, "30")):
        for word, angle in (("near", "2.9"), ("far", "5.1")):
            asked = f"{angle} deg" if fast else ""
            line(
                f"strike angle, {word} foot, {rate} fps, RMSE",
                f"strike_{word}",
                asked,
                "deg",
                how=rms,
                fast=fast,
            )
    named = [pair for clip in clips for pair in clip.classes]
    unnamed = sum(clip.unnamed for clip in clips)
    if named:
        share = unnamed / (unnamed + len(named))
        bars.append(
            Bar(
                f"rearfoot or not, kappa ({share:.0%} not named)",
                "0.85",
                f"{kappa(named):.2f}",
                len(named),
                "",
            )
        )
    alone = [pair for clip in clips for pair in clip.by_angle]
    if alone:
        bars.append(
            Bar("rearfoot or not by the angle alone, kappa", "0.85", f"{kappa(alone):.2f}", len(alone), "")
        )
    for word in ("near", "far"):
        line(f"shank at contact, {word} foot, MAE", f"shank_{word}", "", "deg", how=mean_size)
        line(f"knee at contact, {word} foot, MAE", f"knee_{word}", "", "deg", how=mean_size)
    line("cadence, largest error", "cadence", "1 %", "%", how=largest)
    uneven = [
        clip.asymmetry[1] for clip in clips if clip.asymmetry and abs(clip.asymmetry[0]) >= FOUND_PERCENT
    ]
    even = [clip.asymmetry[1] for clip in clips if clip.asymmetry and abs(clip.asymmetry[0]) <= EVEN_PERCENT]
    if uneven:
        measured = f"{np.mean(uneven):.0%}"
        bars.append(Bar("step-time difference of 4 % and more found", "90 %", measured, len(uneven), ""))
    if even:
        bars.append(Bar("even runner (1 % and less) called uneven", "none", f"{sum(even)}", len(even), ""))
    line("step asymmetry, MAE", "asymmetry", "", "%", how=mean_size)
    line("trunk lean, MAE", "lean", "2.5 deg", "deg", how=mean_size)
    line("ear-shoulder line, MAE", "ear_shoulder", "", "deg", how=mean_size)
    line("head pitch, MAE", "head_pitch", "", "deg", how=mean_size)
    arms = [arm for clip in clips for arm in clip.arms]
    if arms:
        right = float(np.mean([seen == true for seen, true, _ in arms]))
        bars.append(Bar("wrist past the middle, found or not", "90 %", f"{right:.0%}", len(arms), ""))
    line("wrist past the middle, MAE", "wrist", "", "shoulder widths", how=mean_size)
    line("turning of the shoulder line, MAE", "turning", "4 deg", "deg", how=mean_size)
    line("shoulders against pelvis, MAE", "against_pelvis", "", "deg", how=mean_size)
    line("pelvic drop, MAE", "drop", "", "deg", how=mean_size)
    line("vertical movement, MAE", "vertical", "", "leg lengths", how=mean_size)
    false = sum(len(clip.errors.get("false_contact", [])) for clip in clips)
    bars.append(Bar("contacts where there was none", "", f"{false}", len(clips), ""))
    refused = [clip for clip in clips if clip.refused]
    bars.append(Bar("runs refused", "", f"{len(refused)}", len(clips), ""))
    return bars


def mean_size(off: FloatArray) -> float:
    """Mean absolute error."""
    return float(np.mean(np.abs(off)))


def rms(off: FloatArray) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(off**2)))


def largest(off: FloatArray) -> float:
    """Largest absolute error."""
    return float(np.max(np.abs(off)))


def kappa(pairs: Sequence[tuple[bool, bool]]) -> float:
    """Cohen's kappa of two raters with two classes; NaN where chance alone agrees always."""
    one = np.array([first for first, _ in pairs])
    two = np.array([second for _, second in pairs])
    agree = float(np.mean(one == two))
    chance = float(one.mean() * two.mean() + (1 - one.mean()) * (1 - two.mean()))
    return (agree - chance) / (1 - chance) if chance < 1 else float("nan")
