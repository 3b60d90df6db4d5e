"""Measure a run from the landmarks of a clip."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import ndtr

from neckrom.body import Body, Side, other, read_body
from neckrom.body.view import BodyView
from neckrom.running.arms import arm_features, furthest_in_strides, past_middle
from neckrom.running.calibration import FAST_FPS, RunningCalibration, load_calibration
from neckrom.running.evenness import evenness_features, percent
from neckrom.running.gait import Gait, find_gait
from neckrom.running.measurement import (
    NOTHING,
    WIDTH_95,
    ArmCrossing,
    Estimate,
    FootStrike,
    Head,
    RunMeasurement,
    StepMeasured,
    StrikeClass,
    Timing,
)
from neckrom.running.readings import (
    at_moments,
    body_features,
    body_series,
    foot_features,
    foot_pitch_deg,
    ground_slope_deg,
    knee_deg,
    shank_deg,
)
from neckrom.running.refusals import refuse_few_steps, refuse_unseen, refuse_what_is_no_run
from neckrom.running.shoes import evened, followed, turned_until_flat_deg, with_shoe_off
from neckrom.running.symmetry import asymmetry, bootstrap_sd, error_of_median
from neckrom.types import BodySeries, FloatArray, Notice

ESTIMATOR = "running-1"
"""Name of this way of reading a run, kept in every result."""
REAR_FROM_DEG, FORE_TO_DEG = 5.0, -3.0
"""Own limits between the classes of foot strike: there are no agreed ones. The sole's angle at contact; in between
the foot lands flat."""
OBLIQUE_FROM_DEG = 12.0
"""From here on an oblique view widens the intervals: the numbers were fitted on views up to about this."""
USUALLY_APART_DEG = 6.0
"""Turn of the shoe and line from heel to toe differ by less in nine of ten feet of the people fitted on."""
LEAST_TOLD = 0.5
"""Of the strides, in so many it must be possible to tell on which side of the middle a wrist is."""
SIDES: tuple[Side, Side] = ("left", "right")


@dataclass(frozen=True, slots=True)
class _Reader:
    """What everything is read with.

    Attributes
    ----------
    gait : Gait
    calibration : RunningCalibration
    slope_deg : float
        Of the ground in the picture.
    wider : float
        By how much an oblique view widens standard deviations.
    series : BodySeries
    by_shoes : bool
        The contacts' difference between the feet is that of the shoes.
    bright : bool
        Light enough for the shoes to be seen.
    """

    gait: Gait
    calibration: RunningCalibration
    slope_deg: float
    wider: float
    series: BodySeries
    by_shoes: bool
    bright: bool

    @property
    def body(self) -> Body:
        return self.gait.body

    @property
    def frames_per_second(self) -> float:
        return self.gait.body.frames_per_second

    def read(self, name: str, features: dict[str, float]) -> Estimate:
        """A fitted reading with its error; nothing where it was not fitted."""
        linear = self.calibration.readings.get(name)
        if linear is None:
            return NOTHING
        return Estimate(linear.by_name(features), self.wider * linear.sd(self.frames_per_second))


def measure_run(
    series: BodySeries, *, standing: BodySeries | None = None, bright: bool = True
) -> RunMeasurement:
    """Measure a run.

    Parameters
    ----------
    series : BodySeries
        Of a clip of running, in real time.
    standing : BodySeries, optional
        The same person standing, seen from the side.
    bright : bool
        False where the picture is too dark for the shoes: nothing is said of the angle of the feet then.

    Returns
    -------
    RunMeasurement

    Raises
    ------
    NotARunError, TooFewStepsError, HiddenFeetError, ObliqueViewError
        With what to do.
    """
    body = read_body(series)
    refuse_unseen(body)
    calibration, digest = load_calibration()
    found = refuse_what_is_no_run(find_gait(body, calibration), body)
    found = with_shoe_off(series, found, calibration)
    shod = evened(series, found) if found.from_side else None
    gait = shod or found
    slope = ground_slope_deg(gait) if gait.from_side else 0.0
    # own choice: a tenth wider for every degree beyond what the numbers were fitted on
    off_square = max(abs(body.view.oblique_deg) - OBLIQUE_FROM_DEG, 0.0)
    reader = _Reader(
        gait,
        calibration,
        slope if np.isfinite(slope) else 0.0,
        1.0 + off_square / 10.0,
        series,
        shod is not None,
        bright,
    )
    strikes = {side: _strike(reader, side) for side in SIDES} if gait.from_side else {}
    steps = _steps(reader, strikes)
    refuse_few_steps(len(steps))
    values = body_features(gait, reader.slope_deg)
    lean, lean_change = _lean(reader, values)
    head = _head(reader, values, standing) if gait.from_side else None
    view = "side" if gait.from_side else "back"
    cadence = _cadence(gait)
    return RunMeasurement(
        view=body.view.name,
        roll_deg=reader.slope_deg,
        roll_origin="stance" if gait.from_side and np.isfinite(slope) else "assumed",
        yaw_deg=body.view.oblique_deg,
        frames_per_second=reader.frames_per_second,
        used_s=(float(body.time_s[0]), float(body.time_s[-1])),
        leg_swaps=_stretches(body),
        estimator=ESTIMATOR,
        calibration_id=f"running-{digest}",
        notices=_notices(reader, body.view),
        cadence_spm=cadence,
        steps=steps,
        step_asymmetry_percent=_step_asymmetry(reader, steps),
        contact_asymmetry_percent=_asymmetry(reader, [step.off_s - step.contact_s for step in steps], steps),
        flight_asymmetry_percent=_asymmetry(reader, [step.flight_s for step in steps], steps),
        timing={side: _timing(reader, steps, side) for side in SIDES},
        strikes=strikes,
        trunk_lean_deg=lean,
        trunk_lean_change_deg=lean_change,
        head=head,
        arms={} if gait.from_side else {side: _arm(reader, side) for side in SIDES},
        shoulder_range_deg=reader.read(f"shoulder_range_{view}", values),
        against_pelvis_range_deg=reader.read(f"against_pelvis_range_{view}", values),
        drop_deg={} if gait.from_side else {side: reader.read(f"drop_{side}_back", values) for side in SIDES},
        vertical=reader.read(f"vertical_{view}", values),
        time_s=body.time_s,
        columns=_columns(reader, lean, head),
    )


# ---------------------------------------------------------------------- steps


def _cadence(gait: Gait) -> Estimate:
    """Steps a minute, from the strides of both feet."""
    periods = []
    for foot in (gait.left, gait.right):
        at = foot.contact_s
        known = np.flatnonzero(np.isfinite(at))
        if len(known) >= 3:
            periods.append(float(np.polyfit(known, at[known], 1)[0]))
    period = float(np.mean(periods)) if periods else gait.rhythm.period_s
    sizes = np.concatenate([np.diff(foot.contact_s) for foot in (gait.left, gait.right)])
    sizes = sizes[np.isfinite(sizes)]
    error = float(np.std(sizes) / np.sqrt(max(len(sizes), 1))) if len(sizes) > 2 else 0.01 * period
    cadence = 120.0 / period
    # own choice: never surer than a thousandth
    return Estimate(cadence, cadence * max(error / period, 0.001))


def _steps(reader: _Reader, strikes: dict[Side, FootStrike]) -> tuple[StepMeasured, ...]:
    """Contacts of both feet in the order of time."""
    gait, rate = reader.gait, reader.frames_per_second
    view = "side" if gait.from_side else "back"
    sd = reader.calibration.moments[f"contact_{view}"].sd(rate)
    found: list[tuple[float, float, Side, Estimate, float, float]] = []
    for side in SIDES:
        foot = gait.foot(side)
        angles = _single_strikes(reader, side, strikes.get(side))
        shank = _about(at_moments(gait, shank_deg(gait, side), foot.contact_s), strikes, side, "shank_deg")
        knee = _about(at_moments(gait, knee_deg(gait, side), foot.contact_s), strikes, side, "knee_deg")
        for k, contact in enumerate(foot.contact_s):
            if np.isfinite(contact) and reader.body.time_s[0] <= contact <= reader.body.time_s[-1]:
                found.append((contact, float(foot.off_s[k]), side, angles[k], shank[k], knee[k]))
    found.sort(key=lambda entry: entry[0])
    period = gait.rhythm.period_s
    steps = []
    for number, (contact, off, side, angle, shank_at, knee_at) in enumerate(found):
        step = flight = float("nan")
        if number and found[number - 1][2] == other(side):
            before = found[number - 1]
            if 0.25 * period < contact - before[0] < 0.75 * period:
                step, flight = contact - before[0], contact - before[1]
        name, certainty = _class(angle, rate)
        steps.append(
            StepMeasured(
                foot=side,
                near=gait.is_near(side),
                contact_s=contact,
                off_s=off,
                contact_sd_s=sd,
                off_sd_s=reader.calibration.moments[gait.foot(side).off_by].sd(rate),
                step_s=step,
                flight_s=flight,
                strike_deg=angle,
                strike_class=name,
                strike_certainty=certainty,
                shank_deg=shank_at,
                knee_deg=knee_at,
            )
        )
    return tuple(steps)


def _single_strikes(reader: _Reader, side: Side, strike: FootStrike | None) -> list[Estimate]:
    """The foot's angle in every stride: the clip's, and the part of its departure that is believed."""
    foot = reader.gait.foot(side)
    if strike is None or not np.isfinite(strike.angle_deg.value):
        return [NOTHING] * len(foot.contact_s)
    name, seen = "strike", at_moments(reader.gait, foot_pitch_deg(reader.gait, side), foot.contact_s)
    turned = turned_until_flat_deg(reader.series, reader.gait, side)
    if followed(turned, foot) and "strike_turned" in reader.calibration.step_share:
        name, seen = "strike_turned", turned
    # degrees; further off is taken for a wrong reading, as in the fit
    off = np.clip(seen - np.nanmedian(seen), -15, 15) if np.isfinite(seen).any() else np.zeros(len(seen))
    share, scatter = reader.calibration.step_share[name], reader.calibration.step_sd[name]
    sd = float(np.hypot(strike.angle_deg.sd, scatter))
    return [Estimate(float(strike.angle_deg.value + share * np.nan_to_num(o)), sd) for o in off]


def _about(seen: FloatArray, strikes: dict[Side, FootStrike], side: Side, name: str) -> FloatArray:
    """Single values moved so that their median is the corrected one."""
    if side not in strikes or not np.isfinite(seen).any():
        return np.full(len(seen), np.nan)
    corrected: Estimate = getattr(strikes[side], name)
    return np.asarray(corrected.value + seen - np.nanmedian(seen))


def _strike(reader: _Reader, side: Side) -> FootStrike:
    features = foot_features(reader.gait, side, reader.slope_deg)
    word = "near" if reader.gait.is_near(side) else "far"
    if _foot_lost(reader, side):
        return FootStrike(
            near=word == "near",
            steps=int(np.isfinite(reader.gait.foot(side).contact_s).sum()),
            angle_deg=NOTHING,
            strike_class=None,
            certainty=float("nan"),
            shank_deg=reader.read(f"shank_{word}", features) if reader.bright else NOTHING,
            knee_deg=reader.read(f"knee_{word}", features) if reader.bright else NOTHING,
        )
    angle = line = reader.read(f"strike_{word}", features)
    pitches = at_moments(reader.gait, foot_pitch_deg(reader.gait, side), reader.gait.foot(side).contact_s)
    if np.isfinite(pitches).any():
        angle = line = Estimate(line.value, float(np.hypot(line.sd, error_of_median(pitches))))
    turned = turned_until_flat_deg(reader.series, reader.gait, side)
    if followed(turned, reader.gait.foot(side)) and f"strike_turned_{word}" in reader.calibration.readings:
        angle = reader.read(f"strike_turned_{word}", features | {"turned": float(np.nanmedian(turned))})
        # a shoe that is followed badly turns differently in every step
        angle = Estimate(angle.value, float(np.hypot(angle.sd, error_of_median(turned))))
        angle = _as_sure_as_they_agree(angle, line)
    name, certainty = _sure_class(angle, reader.frames_per_second)
    return FootStrike(
        near=word == "near",
        steps=int(np.isfinite(reader.gait.foot(side).contact_s).sum()),
        angle_deg=angle,
        strike_class=name,
        certainty=certainty,
        shank_deg=reader.read(f"shank_{word}", features),
        knee_deg=reader.read(f"knee_{word}", features),
    )


def _as_sure_as_they_agree(shoe: Estimate, line: Estimate) -> Estimate:
    """The angle by the shoe; where the line from heel to toe contradicts it, the interval reaches as far as that."""
    apart = abs(shoe.value - line.value)
    if not apart > USUALLY_APART_DEG:
        return shoe
    return Estimate(shoe.value, float(max(shoe.sd, apart / WIDTH_95)))


def _foot_lost(reader: _Reader, side: Side) -> bool:
    """Whether nothing can be said of the foot's angle.

    In the dark, or behind the other leg, heel and toe of the pose model are off by more than they were ever fitted
    with, and a shoe that cannot be followed is what shows it.
    """
    if not reader.bright:
        return True
    turned = turned_until_flat_deg(reader.series, reader.gait, side)
    return reader.series.foot_motion is not None and not followed(turned, reader.gait.foot(side))


_EDGES: dict[StrikeClass, tuple[float, float]] = {
    "rear": (REAR_FROM_DEG, float("inf")),
    "mid": (FORE_TO_DEG, REAR_FROM_DEG),
    "fore": (-float("inf"), FORE_TO_DEG),
}


def _class(angle: Estimate, frames_per_second: float) -> tuple[StrikeClass | None, float]:
    """The most probable class of foot strike and how probable it is; None where the frames are too slow."""
    if not np.isfinite(angle.value) or frames_per_second < FAST_FPS:
        return None, float("nan")
    probable = {
        name: float(ndtr((above - angle.value) / angle.sd) - ndtr((below - angle.value) / angle.sd))
        for name, (below, above) in _EDGES.items()
    }
    best = max(probable, key=lambda name: probable[name])
    return best, probable[best]


def _sure_class(angle: Estimate, frames_per_second: float) -> tuple[StrikeClass | None, float]:
    """Likewise; None, too, where the interval reaches over two classes."""
    name, certainty = _class(angle, frames_per_second)
    if name is None:
        return None, certainty
    below, above = _EDGES[name]
    low, high = angle.interval95
    return (name if low >= below and high <= above else None), certainty


def _timing(reader: _Reader, steps: tuple[StepMeasured, ...], side: Side) -> Timing:
    mine = [step for step in steps if step.foot == side]
    view = "side" if reader.gait.from_side else "back"
    moments = reader.calibration.moments
    first, last = (
        moments[name].sd(reader.frames_per_second)
        for name in (f"contact_{view}", reader.gait.foot(side).off_by)
    )

    def median(values: list[float], sd: float) -> Estimate:
        known = np.array([value for value in values if np.isfinite(value)])
        if len(known) < 3:
            return NOTHING
        return Estimate(float(np.median(known)), float(np.hypot(sd, bootstrap_sd(known))))

    both = float(np.hypot(first, last))
    return Timing(
        contact_s=median([step.off_s - step.contact_s for step in mine], both),
        flight_s=median([step.flight_s for step in mine], both),
        step_s=median([step.step_s for step in mine], 0.7 * first),
    )


def _step_asymmetry(reader: _Reader, steps: tuple[StepMeasured, ...]) -> Estimate:
    single = asymmetry([step.step_s for step in steps], [step.foot for step in steps])
    if reader.by_shoes:
        left, right = reader.gait.left.contact_s, reader.gait.right.contact_s
        value = reader.read("step_asymmetry_shoes", {"shoes": percent(reader.gait, left, right)})
    else:
        view = "side" if reader.gait.from_side else "back"
        value = reader.read(f"step_asymmetry_{view}", evenness_features(reader.gait))
    return Estimate(value.value, float(np.hypot(value.sd, single.sd)))


def _asymmetry(reader: _Reader, values: list[float], steps: tuple[StepMeasured, ...]) -> Estimate:
    """Asymmetry of times that two readings go into, with their error."""
    view = "side" if reader.gait.from_side else "back"
    value = asymmetry(values, [step.foot for step in steps])
    known = [entry for entry in values if np.isfinite(entry)]
    if not known or not np.isfinite(value.value):
        return value
    moments = reader.calibration.moments
    names = [f"contact_{view}", f"contact_{view}", reader.gait.left.off_by, reader.gait.right.off_by]
    sds = [moments[name].sd(reader.frames_per_second) for name in names]
    # times of flight come close to 0, where a share of them means nothing: at least 0.02 s
    reading = 100.0 * float(np.linalg.norm(sds)) / max(float(np.median(known)), 0.02)
    return Estimate(value.value, float(np.hypot(value.sd, reading)))


# ----------------------------------------------------------------- head and trunk


def _thirds(reader: _Reader, values: FloatArray) -> tuple[float, float, Estimate]:
    """Mean of the first and of the last third of the clip, and the change with its error."""
    time_s = reader.body.time_s
    span = time_s[-1] - time_s[0]
    first = values[(time_s < time_s[0] + span / 3) & np.isfinite(values)]
    last = values[(time_s > time_s[-1] - span / 3) & np.isfinite(values)]
    if min(len(first), len(last)) < 5:
        return float("nan"), float("nan"), NOTHING
    # frames of one stride are not independent; its mean is
    strides = max(span / 3 / reader.gait.rhythm.period_s, 1.0)
    sd = float(np.sqrt((np.var(first) + np.var(last)) / strides))
    one, two = float(np.mean(first)), float(np.mean(last))
    return one, two, Estimate(two - one, sd)


def _over_strides(read: Estimate, gait: Gait, seen: FloatArray) -> Estimate:
    """A reading of the clip's mean, with what its strides differ by."""
    strides = [
        seen[(gait.body.time_s >= start) & (gait.body.time_s < end)]
        for start, end in pairwise(gait.left.strides.origin_s)
    ]
    means = np.array([np.nanmean(part) for part in strides if np.isfinite(part).any()])
    if len(means) < 3:
        return read
    return Estimate(read.value, float(np.hypot(read.sd, np.std(means, ddof=1) / np.sqrt(len(means)))))


def _lean(reader: _Reader, values: dict[str, float]) -> tuple[Estimate, Estimate]:
    if not reader.gait.from_side:
        return NOTHING, NOTHING
    seen = body_series(reader.gait)["lean"]
    _, _, change = _thirds(reader, seen)
    return _over_strides(reader.read("lean_side", values), reader.gait, seen), change


def _head(reader: _Reader, values: dict[str, float], standing: BodySeries | None) -> Head:
    series = body_series(reader.gait)
    ear = _over_strides(reader.read("ear_shoulder_side", values), reader.gait, series["ear_shoulder"])
    pitch = reader.read("head_pitch_side", values)
    move = ear.value - values["ear_shoulder"]
    first, last, change = _thirds(reader, series["ear_shoulder"])
    _, _, pitch_change = _thirds(reader, series["head"])
    return Head(
        ear_shoulder_deg=ear,
        change_from_standing_deg=_against_standing(reader, ear, standing),
        first_third_deg=first + move,
        last_third_deg=last + move,
        change_over_run_deg=change,
        pitch_deg=pitch,
        pitch_change_over_run_deg=pitch_change.value,
    )


def _against_standing(reader: _Reader, running: Estimate, standing: BodySeries | None) -> Estimate:
    """Running less standing: what both readings have wrong in the same way falls out."""
    if standing is None:
        return NOTHING
    body = read_body(standing)
    if body.view.near is None or not body.found.any():
        return NOTHING
    still = Gait(body, reader.gait.rhythm, reader.gait.left, reader.gait.right)
    features = {name: float(np.nanmedian(values)) for name, values in body_series(still).items()}
    linear = reader.calibration.readings["ear_shoulder_side"]
    value = linear.by_name({name: features.get(name, float("nan")) for name in linear.features})
    return Estimate(
        running.value - value, reader.wider * reader.calibration.step_sd.get("head_change", running.sd)
    )


# ------------------------------------------------------------- arms, over time, notices


def _arm(reader: _Reader, side: Side) -> ArmCrossing:
    gait = reader.gait
    # in front hands are seen where they are, before the trunk; from behind they are hidden by it
    typical = reader.read(f"wrist_past_{gait.body.view.name}", arm_features(gait, side))
    seen = furthest_in_strides(gait, past_middle(gait.body, "wrist", side))
    seen = seen[np.isfinite(seen)]
    if not len(seen) or not np.isfinite(typical.value):
        return ArmCrossing(float("nan"), 0.0, float("nan"), NOTHING)
    typical = Estimate(typical.value, float(np.hypot(typical.sd, bootstrap_sd(seen))))
    single = typical.value + seen - np.median(seen)
    # what is wrong is wrong in all strides alike: a stride is as unsure as the typical one
    told = np.abs(single) > WIDTH_95 * typical.sd
    share = float(np.mean(single[told] > 0)) if np.mean(told) >= LEAST_TOLD else float("nan")
    return ArmCrossing(share, float(np.mean(told)), float(np.max(single)), typical)


def _columns(reader: _Reader, lean: Estimate, head: Head | None) -> dict[str, FloatArray]:
    """Angles over time, moved so that their means are the corrected values."""
    gait, body = reader.gait, reader.body
    series = body_series(gait)
    height = series["hip_height"] - np.nanmean(series["hip_height"])
    # a leg is about 1.75 of the model's trunks long (rendered people)
    columns: dict[str, FloatArray] = {"hip_height": height / 1.75}
    if not gait.from_side:
        columns["shoulder_line_deg"], columns["pelvis_line_deg"] = series["shoulder_line"], series["hip_line"]
        for side in SIDES:
            columns[f"wrist_{side}_past_middle"] = past_middle(body, "wrist", side)
        return columns
    facing = body.facing
    columns["trunk_lean_deg"] = series["lean"] + lean.value - np.nanmean(series["lean"])
    columns["ear_shoulder_deg"] = series["ear_shoulder"] + _moved_by(head, series["ear_shoulder"])
    for side in SIDES:
        against = facing * reader.slope_deg
        columns[f"foot_{side}_deg"] = foot_pitch_deg(gait, side) + against
        columns[f"shank_{side}_deg"] = shank_deg(gait, side) + against
        columns[f"knee_{side}_deg"] = knee_deg(gait, side)
    return columns


def _moved_by(head: Head | None, seen: FloatArray) -> float:
    """What is between the seen and the corrected ear-shoulder line."""
    return head.ear_shoulder_deg.value - float(np.nanmean(seen)) if head is not None else float("nan")


def _stretches(body: Body) -> int:
    """Stretches of frames in which the model had the legs exchanged."""
    return int(np.sum(np.diff(body.legs_turned.astype(int), prepend=0) == 1))


def _notices(reader: _Reader, view: BodyView) -> tuple[Notice, ...]:
    notices = []
    lost = [side for side in SIDES if reader.gait.from_side and _foot_lost(reader, side)]
    if not reader.bright and lost:
        notices.append(
            Notice(
                "The picture is too dark for the feet: nothing is said of the angle at which they land. Film with more "
                "light.",
                "run_dark_feet",
            )
        )
    elif lost:
        which = "both" if len(lost) == 2 else lost[0]
        shoes, they_land = (
            ("The shoes", "they land") if which == "both" else (f"The {which} shoe", "it lands")
        )
        notices.append(
            Notice(
                f"{shoes} could not be followed in most steps (blurred, covered, or like the ground): nothing is said "
                f"of the angle at which {they_land}. Film with more light, so that the shutter is short, and nothing "
                "before the feet.",
                f"run_shoe_lost_{which}",
            )
        )
    if reader.wider > 1.0:
        angle = abs(round(view.oblique_deg))
        notices.append(
            Notice(
                f"The camera looks about {angle}° away from a square view: the intervals are wider for it. Put it at "
                "right angles to the running direction, or straight behind.",
                "run_oblique",
                angle_deg=float(angle),
            )
        )
    if reader.gait.from_side and reader.frames_per_second < FAST_FPS:
        notices.append(
            Notice(
                "Below 60 pictures a second a foot turns too far from one picture to the next to name its class of "
                "strike: film in slow motion, at 120 or 240 pictures a second.",
                "run_slow_pictures",
            )
        )
    return tuple(notices)
