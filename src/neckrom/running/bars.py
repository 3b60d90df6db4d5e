"""How a measured run compares with the truth: errors of one clip, and the table of bars over many."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from neckrom.body import Side
from neckrom.errors import NeckromError
from neckrom.running.calibration import FAST_FPS, load_calibration
from neckrom.running.measure import REAR_FROM_DEG, SIDES, measure_run
from neckrom.running.measurement import Estimate, RunMeasurement
from neckrom.running.truth_table import RunningClip
from neckrom.types import FloatArray

NEAREST_S = 0.15
"""A measured contact further than this from any true one of its foot is a contact where there was none."""
FOUND_PERCENT, EVEN_PERCENT = 4.0, 1.0
"""A difference of step times that is to be found, and one that counts as none."""


@dataclass(frozen=True, slots=True)
class Error:
    """One comparison: what was measured less what is true, and whether the interval held the truth."""

    off: float
    held: bool | None
    """None where there is no interval."""


@dataclass
class Checked:
    """Errors of one clip, by name of what was compared."""

    name: str
    person: str
    frames_per_second: float
    view: str = "side"
    refused: str = ""
    errors: dict[str, list[Error]] = field(default_factory=dict)
    classes: list[tuple[bool, bool]] = field(default_factory=list)
    """Rearfoot as measured and in truth, of single steps from 60 frames a second on."""
    asymmetry: tuple[float, bool] | None = None
    """True asymmetry, and whether the measured one lies beyond its error."""
    arms: list[tuple[bool, bool, bool]] = field(default_factory=list)
    """Wrist past the middle as measured and in truth, of the clip's median stride, and whether the interval lies on
    one side of the middle."""

    front: list[tuple[bool, bool, bool]] = field(default_factory=list)
    """Likewise, of the joints as a camera in front sees them; no pose model."""

    @property
    def fast(self) -> bool:
        """Whether it counts as 60 frames a second."""
        return self.frames_per_second >= FAST_FPS

    def add(self, name: str, estimate: Estimate, truth: float) -> None:
        """Compare an estimate.

        Parameters
        ----------
        name : str
            Of what is compared.
        estimate : Estimate
            Nothing is added where its value is NaN.
        truth : float
            In the unit of the estimate.
        """
        if np.isfinite(estimate.value):
            low, high = estimate.interval95
            held = bool(low <= truth <= high) if np.isfinite(estimate.sd) else None
            self.errors.setdefault(name, []).append(Error(estimate.value - truth, held))

    def line(self) -> str:
        """Means of everything, for a person to read.

        Returns
        -------
        str
        """
        if self.refused:
            return f"{self.name}: refused: {self.refused}"
        parts = [
            f"{name} {np.mean([error.off for error in errors]):+.3g}" for name, errors in self.errors.items()
        ]
        return f"{self.name} ({self.frames_per_second:.0f}): " + ", ".join(parts)


def checked(clip: RunningClip) -> Checked:
    """Measure a clip and compare.

    Parameters
    ----------
    clip : RunningClip

    Returns
    -------
    Checked
        Errors are measured less true, in the units of the result but for the cadence, which is in percent of the true
        one. Of a clip that the measurement refuses, only ``refused`` is filled.
    """
    rate = float(1.0 / np.median(np.diff(clip.series.time_s)))
    out = Checked(clip.name, clip.person, rate)
    try:
        run = measure_run(clip.series)
    except NeckromError as error:
        out.refused = str(error)
        return out
    truth = clip.truth
    out.view = "side" if run.view.startswith("side") else "back"
    out.add("cadence", _share(run.cadence_spm, truth["cadence"]), 0.0)
    _check_steps(out, run, clip.contacts)
    out.add(f"asymmetry_{out.view}", run.step_asymmetry_percent, truth["step_asymmetry"])
    low, high = run.step_asymmetry_percent.interval95
    out.asymmetry = truth["step_asymmetry"], low > 0 or high < 0
    out.add("lean", run.trunk_lean_deg, truth["lean"])
    out.add("turning", run.shoulder_range_deg, truth["shoulder_range"])
    out.add("vertical", run.vertical, truth["vertical"])
    if run.head is not None:
        out.add("ear_shoulder", run.head.ear_shoulder_deg, truth["ear_shoulder"])
    for side, estimate in run.drop_deg.items():
        out.add("drop", estimate, truth[f"drop_{side}"])
    for number, side in enumerate(SIDES):
        if side in run.arms:
            typical = _typical_reach(clip, number)
            out.add("wrist", run.arms[side].typical, typical)
            out.front.append(_from_in_front(clip, side, typical))
            low, high = run.arms[side].typical.interval95
            out.arms.append((run.arms[side].typical.value > 0, typical > 0, low > 0 or high < 0))
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


def _from_in_front(clip: RunningClip, side: Side, typical: float) -> tuple[bool, bool, bool]:
    linear = load_calibration()[0].readings["wrist_past_front"]
    rate = float(1.0 / np.median(np.diff(clip.series.time_s)))
    read = Estimate(linear.by_name({"wrist_past": clip.truth[f"front_{side}"]}), linear.sd(rate))
    low, high = read.interval95
    return read.value > 0, typical > 0, low > 0 or high < 0


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
            out.add(f"off_{word}", Estimate(step.off_s, step.off_sd_s), true[2])
            both = float(np.hypot(step.contact_sd_s, step.off_sd_s))
            stance = Estimate(step.off_s - step.contact_s, both)
            out.add(f"stance_{word}", stance, true[2] - true[1])
        if np.isfinite(step.strike_deg.value):
            out.add(f"strike_{word}", step.strike_deg, true[3])
            out.add(f"shank_{word}", Estimate(step.shank_deg, float("nan")), true[4])
            out.add(f"knee_{word}", Estimate(step.knee_deg, float("nan")), true[5])
            if step.strike_class is not None:
                out.classes.append((step.strike_class == "rear", bool(true[3] > REAR_FROM_DEG)))
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


class _Table:
    """The bars of many clips, line by line."""

    def __init__(self, clips: Sequence[Checked]) -> None:
        self.clips = clips
        self.bars: list[Bar] = []

    def add(self, name: str, asked: str, measured: str, count: int) -> None:
        """A line of its own."""
        self.bars.append(Bar(name, asked, measured, count, ""))

    def line(
        self,
        name: str,
        key: str,
        asked: str,
        unit: str,
        *,
        how: Callable[[FloatArray], float],
        fast: bool | None = None,
    ) -> None:
        """A line of errors; ``fast`` picks a frame rate."""
        some = [clip for clip in self.clips if fast is None or clip.fast == fast]
        errors = [error for clip in some for error in clip.errors.get(key, [])]
        if not errors:
            if asked:
                self.add(name, asked, "not told", 0)
            return
        off = np.array([error.off for error in errors])
        known = [error.held for error in errors if error.held is not None]
        held = f"{np.mean(known):.0%}" if known else ""
        number = sum(key in clip.errors for clip in some)
        self.bars.append(Bar(name, asked, f"{how(off):.3g} {unit}", number, held))


def bars_of(clips: Sequence[Checked]) -> list[Bar]:
    """The table over many clips.

    Parameters
    ----------
    clips : sequence of Checked

    Returns
    -------
    list of Bar
        What is asked, what was measured with its unit, over how many, and the share of 95 % intervals that held the
        truth.
    """
    table = _Table(clips)
    _times(table)
    _feet(table)
    _evenness(table)
    _body(table)
    false = sum(len(clip.errors.get("false_contact", [])) for clip in clips)
    table.add("contacts where there was none", "", f"{false}", len(clips))
    table.add("runs refused", "", f"{sum(bool(clip.refused) for clip in clips)}", len(clips))
    return table.bars


_MOMENTS = (("contact", "initial contact"), ("off", "toe-off"), ("stance", "contact time"))


def _times(table: _Table) -> None:
    for fast, rate, limits in ((True, "60", (10, 15)), (False, "30", (20, 30))):
        for word, limit in zip(("near", "far"), limits, strict=True):
            for key, said in _MOMENTS:
                name = f"{said}, {word} foot, {rate} fps, MAE"
                table.line(name, f"{key}_{word}", f"{limit} ms", "ms", how=milliseconds, fast=fast)
    for key, said in _MOMENTS:
        table.line(f"{said}, from behind, MAE", f"{key}_back", "", "ms", how=milliseconds)
    table.line("cadence, largest error", "cadence", "1 %", "%", how=largest)


def _feet(table: _Table) -> None:
    for fast, rate in ((True, "60"), (False, "30")):
        for word, angle in (("near", "2.9"), ("far", "5.1")):
            asked = f"{angle} deg" if fast else ""
            table.line(
                f"strike angle, {word} foot, {rate} fps, RMSE",
                f"strike_{word}",
                asked,
                "deg",
                how=rms,
                fast=fast,
            )
    named = [pair for clip in table.clips for pair in clip.classes]
    if named:
        table.add("rearfoot or not, kappa (steps)", "0.85", f"{kappa(named):.2f}", len(named))
    for word in ("near", "far"):
        table.line(f"shank at contact, {word} foot, MAE", f"shank_{word}", "", "deg", how=mean_size)
        table.line(f"knee at contact, {word} foot, MAE", f"knee_{word}", "", "deg", how=mean_size)


def _evenness(table: _Table) -> None:
    for view, word in (("side", "from the side"), ("back", "from behind")):
        seen = [clip for clip in table.clips if clip.asymmetry and clip.view == view]
        uneven = [
            clip.asymmetry[1] for clip in seen if clip.asymmetry and abs(clip.asymmetry[0]) >= FOUND_PERCENT
        ]
        even = [
            clip.asymmetry[1] for clip in seen if clip.asymmetry and abs(clip.asymmetry[0]) <= EVEN_PERCENT
        ]
        if uneven:
            name = f"step-time difference of 4 % and more found, {word}"
            table.add(name, "90 %", f"{np.mean(uneven):.0%}", len(uneven))
        if even:
            table.add(f"even runner (1 % and less) called uneven, {word}", "none", f"{sum(even)}", len(even))
        table.line(f"step asymmetry, {word}, MAE", f"asymmetry_{view}", "", "%", how=mean_size)


def _body(table: _Table) -> None:
    table.line("trunk lean, MAE", "lean", "2.5 deg", "deg", how=mean_size)
    table.line("ear-shoulder line, MAE", "ear_shoulder", "", "deg", how=mean_size)
    for word, arms in (
        ("", [arm for clip in table.clips for arm in clip.arms]),
        (" (joints, as a camera in front sees them)", [arm for clip in table.clips for arm in clip.front]),
    ):
        if arms:
            sure = [seen == true for seen, true, beyond in arms if beyond]
            said = f"{sum(sure)} of {len(sure)} right" if sure else "never told"
            asked = "" if word else "90 %"
            table.add(f"wrist past the middle or not, where it is told{word}", asked, said, len(arms))
            share = f"{len(sure) / len(arms):.0%}"
            table.add(f"wrist past the middle or not, told at all{word}", "", share, len(arms))
            right = float(np.mean([seen == true for seen, true, _ in arms]))
            table.add(
                f"wrist past the middle or not, if it had to be said{word}", "", f"{right:.0%}", len(arms)
            )
    table.line("wrist past the middle, MAE", "wrist", "", "shoulder widths", how=mean_size)
    table.line("turning of the shoulder line, MAE", "turning", "4 deg", "deg", how=mean_size)
    table.line("pelvic drop, MAE", "drop", "", "deg", how=mean_size)
    table.line("vertical movement, MAE", "vertical", "", "leg lengths", how=mean_size)


def milliseconds(off: FloatArray) -> float:
    """Mean absolute error of seconds, in milliseconds.

    Parameters
    ----------
    off : ndarray, shape (K,), seconds

    Returns
    -------
    float
        Milliseconds.
    """
    return 1000.0 * mean_size(off)


def mean_size(off: FloatArray) -> float:
    """Mean absolute error.

    Parameters
    ----------
    off : ndarray, shape (K,)
        Measured less true, in any unit.

    Returns
    -------
    float
        In the same unit.
    """
    return float(np.mean(np.abs(off)))


def rms(off: FloatArray) -> float:
    """Root of the mean square.

    Parameters
    ----------
    off : ndarray, shape (K,)
        Measured less true, in any unit.

    Returns
    -------
    float
        In the same unit.
    """
    return float(np.sqrt(np.mean(off**2)))


def largest(off: FloatArray) -> float:
    """Largest absolute error.

    Parameters
    ----------
    off : ndarray, shape (K,)
        Measured less true, in any unit.

    Returns
    -------
    float
        In the same unit.
    """
    return float(np.max(np.abs(off)))


def kappa(pairs: Sequence[tuple[bool, bool]]) -> float:
    """Cohen's kappa of two raters with two classes; NaN where chance alone agrees always.

    Parameters
    ----------
    pairs : sequence of (bool, bool)
        For each case whether it is of the class, by either rater.

    Returns
    -------
    float
        1 = always alike, 0 = as by chance; (observed - chance) / (1 - chance) (Cohen 1960).
    """
    one = np.array([first for first, _ in pairs])
    two = np.array([second for _, second in pairs])
    agree = float(np.mean(one == two))
    chance = float(one.mean() * two.mean() + (1 - one.mean()) * (1 - two.mean()))
    return (agree - chance) / (1 - chance) if chance < 1 else float("nan")
