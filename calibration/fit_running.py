"""Fit the running measurement's numbers from its landmark table, in one command.

    python calibration/fit_running.py            # writes calibration/running.json

Reads ``calibration/running_landmarks.npz``. Strengths of the ridge and standard deviations come from people who were
left out of the fit in question (folds by person). Clips of 60 frames a second are used once more with every second
frame left out, in both ways. ``benchmarks/running_bars.py`` says how it does on people never seen here.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.stats import t

from neckrom.body import Body, Side, read_body
from neckrom.running.arms import arm_features, furthest_in_strides
from neckrom.running.calibration import FAST_FPS, Linear, RunningCalibration, load_calibration
from neckrom.running.evenness import NAMES as EVENNESS
from neckrom.running.evenness import evenness_features, percent
from neckrom.running.gait import Gait, features_of, find_gait, read_moment
from neckrom.running.readings import (
    at_moments,
    body_features,
    foot_features,
    foot_pitch_deg,
    ground_slope_deg,
)
from neckrom.running.shoes import (
    evened,
    followed,
    shoe_course,
    shoe_features_of,
    turned_until_flat_deg,
    with_shoe_off,
)
from neckrom.running.strides import Strides, rhythm, strides_of, wrapped
from neckrom.running.truth_table import RunningClip, read_running_table
from neckrom.types import BodySeries, BoolArray, FloatArray

HERE = Path(__file__).parent
RIDGES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
MOMENT_RIDGES = (0.1, 0.3, 1.0, 3.0)
SPAN_S, SHOE_SPAN_S = 0.11, 0.08
"""How far from a moment places are taken that it is to be found from. The shoe's toe-off is looked for near the one
that the pose model's points have."""
SIDES: tuple[Side, Side] = ("left", "right")

FOOT_READINGS = {
    "strike": ("pitch", "pitch_before", "pitch_after", "near"),
    "strike_turned": ("turned", "pitch"),
    "shank": ("near", "shank", "shank_before", "knee"),
    "knee": ("near", "knee", "shank"),
}
ARM_FEATURES = ("wrist_past",)
SEEN_WRIST_SD = 0.05
"""What the pose model errs by at a wrist that it sees, in shoulder widths: 0.6 to 1.3 % of the stature (near
arm of rendered people from the side), of which the distance of the shoulders is about a fifth."""
BODY_READINGS = {
    "side": {
        "lean": ("lean", "slope"),
        "ear_shoulder": ("ear_shoulder", "lean"),
        "head_pitch": ("head",),
        "vertical": ("bounce",),
    },
    "back": {
        "vertical": ("bounce",),
        "drop_left": ("drop_peak_left",),
        "drop_right": ("drop_peak_right",),
    },
}
"""Few and plain ones: what a joint shows itself. With this few people a choice among many fits the people."""
WORTH = 0.9
"""A reading whose error on people left out is more than this share of how much people differ is not kept."""


@dataclass
class Sample:
    """A clip at one frame rate."""

    clip: RunningClip
    series: BodySeries
    body: Body
    strides: dict[str, Strides]
    true_rel: dict[str, tuple[float, float]]

    def shod(self, gait: Gait, calibration: RunningCalibration) -> Gait:
        """With the near foot's toe-off by its shoe; not where frames were left out, which it was followed through."""
        return with_shoe_off(self.series, gait, calibration) if self.series is self.clip.series else gait

    def evened(self, gait: Gait) -> Gait | None:
        """With the shoes laid on each other; not where frames were left out, which the shoes were followed through."""
        return evened(self.series, gait) if self.view == "side" and self.series is self.clip.series else None

    @property
    def view(self) -> str:
        """From the side or from behind."""
        return "side" if self.body.view.near is not None else "back"


def thinned(series: BodySeries, first: int) -> BodySeries:
    """Every second frame; the shoe's turns of two frames make one."""
    rows = slice(first, None, 2)
    motion = series.foot_motion
    if motion is not None:
        motion = motion.copy()
        motion[1:, :, :3] += motion[:-1, :, :3].copy()
        motion = motion[rows]
    return replace(
        series,
        time_ns=series.time_ns[rows],
        pose=series.pose[rows],
        pose_world=series.pose_world[rows],
        pose_visibility=series.pose_visibility[rows],
        people=series.people[rows],
        foot_motion=motion,
    )


def samples_of(clips: list[RunningClip]) -> list[Sample]:
    """All clips, at all their frame rates."""
    out = []
    for clip in clips:
        fast = clip.truth["fps"] >= FAST_FPS
        for series in [clip.series, *([thinned(clip.series, k) for k in (0, 1)] if fast else [])]:
            body = read_body(series)
            beat = rhythm(body)
            assert beat is not None
            strides, rel = {}, {}
            for number, side in enumerate(SIDES):
                found = strides_of(body, side, beat)
                assert found is not None
                strides[side] = found
                mine = clip.contacts[clip.contacts[:, 0] == number]
                rel[side] = tuple(relative(mine[:, k], found) for k in (1, 2))
            out.append(Sample(clip, series, body, strides, rel))
    return out


def relative(event_s: FloatArray, strides: Strides) -> float:
    """Where events lie in the mean stride."""
    inside = event_s[(event_s > strides.origin_s[1] - 0.3) & (event_s < strides.origin_s[-2] + 0.3)]
    off = inside[:, None] - strides.origin_s[None]
    nearest = off[np.arange(len(inside)), np.abs(off).argmin(axis=1)]
    # all events must be counted from the same kind of origin
    nearest = nearest[0] + wrapped(nearest - nearest[0], strides.period_s)
    return float(np.mean(nearest))


def ridge(features: FloatArray, target: FloatArray, strength: float, names: tuple[str, ...] = ()) -> Linear:
    """Ridge regression on standardised features."""
    mean, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 1e-6, scale, 1.0)
    z = (features - mean) / scale
    middle = target.mean()
    weights = np.linalg.solve(z.T @ z + strength * len(z) * np.eye(z.shape[1]), z.T @ (target - middle))
    rounded = [tuple(float(f"{x:.5g}") for x in values) for values in (mean, scale, weights)]
    return Linear(
        features=names,
        mean=rounded[0],
        scale=rounded[1],
        weights=rounded[2],
        intercept=float(f"{middle:.6g}"),
        sd_fast=0.0,
        sd_slow=0.0,
    )


@dataclass
class Foot:
    """A foot whose moment is read from features of places in its mean stride."""

    person: str
    rate: float
    period_s: float
    truth: float
    features_at: Callable[[FloatArray], FloatArray]
    span_s: float = SPAN_S

    def block(self) -> tuple[FloatArray, FloatArray]:
        """Features of places about the moment, and how far the moment is from them."""
        places = self.truth + np.arange(-self.span_s, self.span_s + 0.001, 0.01)
        return self.features_at(places), self.truth - places


def feet_of(samples: list[Sample], which: int, from_side: bool) -> list[Foot]:
    """Every foot, read from the pose model's points."""
    return [
        Foot(
            sample.clip.person,
            sample.body.frames_per_second,
            strides.period_s,
            sample.true_rel[side][which],
            features_of(strides, from_side),
        )
        for sample in samples
        for side, strides in sample.strides.items()
    ]


def near_shoes(samples: list[Sample]) -> list[Foot]:
    """Every near foot whose shoe was followed at 60 frames a second; not where frames were left out."""
    feet = []
    for sample in samples:
        rate, near = sample.body.frames_per_second, sample.body.view.near
        if sample.series is not sample.clip.series or rate < FAST_FPS or near is None:
            continue
        strides = sample.strides[near]
        course = shoe_course(sample.series, sample.body, strides)
        if course is not None:
            features = shoe_features_of(course, strides)
            truth = sample.true_rel[near][1]
            feet.append(Foot(sample.clip.person, rate, strides.period_s, truth, features, SHOE_SPAN_S))
    return feet


def fit_moment(feet: list[Foot], least: float, name: str) -> Linear:
    """How far a moment lies from places around it, with the strength of ridge that does best on people left out."""
    blocks = [foot.block() for foot in feet]
    people = np.array([foot.person for foot in feet])

    def fitted(kept: BoolArray, strength: float) -> Linear:
        some = [block for block, keep in zip(blocks, kept, strict=True) if keep]
        return ridge(np.concatenate([b[0] for b in some]), np.concatenate([b[1] for b in some]), strength)

    def left_out(strength: float) -> FloatArray:
        off = np.empty(len(feet))
        for person in sorted(set(people)):
            linear = fitted(people != person, strength)
            for k in np.flatnonzero(people == person):
                foot = feet[k]
                read = read_moment(foot.features_at, foot.truth + 0.04, linear)
                off[k] = wrapped(read - foot.truth, foot.period_s)
        return off

    errors = {strength: left_out(strength) for strength in MOMENT_RIDGES}
    best = min(MOMENT_RIDGES, key=lambda strength: float(np.mean(errors[strength] ** 2)))
    off = 1000 * np.abs(errors[best])
    print(f"{name}: ridge {best}, left out, mean {off.mean():.1f} ms, largest {off.max():.0f} ms", flush=True)
    counted = [(foot.rate, float(error)) for foot, error in zip(feet, errors[best], strict=True)]
    return with_sd(fitted(np.ones(len(feet), dtype=bool), best), counted, least, len(set(people)))


def with_sd(linear: Linear, errors: list[tuple[float, float]], least: float, people: int) -> Linear:
    """With standard deviations; few people make them wider, as Student's t does."""
    wider = float(t.ppf(0.975, max(people - 1, 2)) / 1.96)
    rates = np.array([rate for rate, _ in errors])
    off = np.array([error for _, error in errors])
    fast = off[rates >= FAST_FPS]
    slow = off[rates < FAST_FPS]

    def size(values: FloatArray) -> float:
        return max(wider * float(np.sqrt(np.mean(values**2))) if len(values) else 0.0, least)

    first, second = size(fast), size(slow)
    return linear.model_copy(
        update={"sd_fast": float(f"{first:.4g}"), "sd_slow": float(f"{max(second, 0.5 * first):.4g}")}
    )


@dataclass
class Row:
    """Features and truth of one foot or one body."""

    person: str
    rate: float
    features: dict[str, float]
    truth: float


def fit_reading(
    rows: list[Row], names: tuple[str, ...], least: float, near: float | None = None
) -> tuple[Linear, float]:
    """The strength of ridge that does best on people left out, its fit, and its error there.

    With ``near`` the error is that of the near (1) or the far foot (-1); the fit is that of both.
    """
    rows = [row for row in rows if np.isfinite([row.features[name] for name in names]).all()]
    features = np.array([[row.features[name] for name in names] for row in rows])
    truth = np.array([row.truth for row in rows])
    people = np.array([row.person for row in rows])

    def left_out(strength: float) -> FloatArray:
        off = np.empty(len(rows))
        for person in set(people):
            mine = people == person
            off[mine] = ridge(features[~mine], truth[~mine], strength).of(features[mine]) - truth[mine]
        return off

    errors = {strength: left_out(strength) for strength in RIDGES}
    best = min(RIDGES, key=lambda strength: float(np.mean(errors[strength] ** 2)))
    linear = ridge(features, truth, best, names)
    counted = [
        (row.rate, float(error))
        for row, error in zip(rows, errors[best], strict=True)
        if near is None or row.features["near"] == near
    ]
    sized = with_sd(linear, counted, least, len(set(people)))
    return sized, float(np.sqrt(np.mean([error**2 for _, error in counted])))


def matched(times: FloatArray, clip: RunningClip, number: int, column: int) -> FloatArray:
    """Truth of each contact of a foot; NaN where none is near."""
    mine = clip.contacts[clip.contacts[:, 0] == number]
    out = np.full(len(times), np.nan)
    for k, moment in enumerate(times):
        if np.isfinite(moment):
            nearest = int(np.abs(mine[:, 1] - moment).argmin())
            if abs(mine[nearest, 1] - moment) < 0.15:
                out[k] = mine[nearest, column]
    return out


def steps_fit(
    gaits: list[tuple[Sample, Gait]], seen_of: Callable[[Sample, Gait, Side], FloatArray], column: int
) -> tuple[float, float]:
    """How much of a single step's departure is believed, and the error that is left."""
    seen, true = [], []
    for sample, gait in gaits:
        if sample.view != "side":
            continue
        for number, side in enumerate(SIDES):
            foot = gait.foot(side)
            values = seen_of(sample, gait, side)
            truth = matched(foot.contact_s, sample.clip, number, column)
            both = np.isfinite(values) & np.isfinite(truth)
            if both.sum() >= 4:
                seen.append(values[both] - np.median(values[both]))
                true.append(truth[both] - np.median(truth[both]))
    if not seen:
        return 0.0, float("nan")
    x, y = np.concatenate(seen), np.concatenate(true)
    x = np.clip(x, -15, 15)
    share = float(np.clip(np.sum(x * y) / np.sum(x * x), 0, 1))
    return share, float(np.std(y - share * x))


def on_frames(sample: Sample, number: int) -> FloatArray:
    """True place of a wrist on the sample's frames."""
    return np.asarray(np.interp(sample.body.time_s, sample.clip.series.time_s, sample.clip.wrist[:, number]))


Known = list[tuple[Sample, Gait]]


def fit_moments(samples: list[Sample]) -> dict[str, Linear]:
    """Initial contact and toe-off, from the side and from behind, and toe-off by the near shoe."""
    moments = {}
    for view in ("side", "back"):
        mine = [sample for sample in samples if sample.view == view]
        for which, moment in enumerate(("contact", "off")):
            name = f"{moment}_{view}"
            moments[name] = fit_moment(feet_of(mine, which, view == "side"), 0.003, name)
    moments["off_shoe"] = fit_moment(near_shoes(samples), 0.003, "off_shoe")
    return moments


def len_people(samples: list[Sample]) -> int:
    """How many people these are."""
    return len({sample.clip.person for sample in samples})


def fit_feet(known: Known) -> dict[str, Linear]:
    """Foot, shank and knee at contact."""
    readings = {}
    for name, names in FOOT_READINGS.items():
        column = {"strike": 3, "strike_turned": 3, "shank": 4, "knee": 5}[name]
        rows = []
        for sample, gait in known:
            if sample.view == "side":
                slope = ground_slope_deg(gait)
                for number, side in enumerate(SIDES):
                    truth = sample.clip.contacts[sample.clip.contacts[:, 0] == number, column].mean()
                    features = foot_features(gait, side, slope)
                    turned = turned_until_flat_deg(sample.series, gait, side)
                    whole = sample.series is sample.clip.series
                    seen = whole and followed(turned, gait.foot(side))
                    features["turned"] = float(np.nanmedian(turned)) if seen else float("nan")
                    rows.append(
                        Row(sample.clip.person, sample.body.frames_per_second, features, float(truth))
                    )
        rows = [row for row in rows if np.isfinite([row.features[n] for n in names]).all()]
        if not rows:
            continue
        for word, near in (("near", 1.0), ("far", -1.0)):
            readings[f"{name}_{word}"], error = fit_reading(rows, names, 1.0, near)
            print(f"{name}_{word}: left out {error:.2f}")
    return readings


def fit_body(known: Known) -> dict[str, Linear]:
    """Trunk, head, turning, pelvis; what is worth keeping."""
    readings = {}
    for view, wanted in BODY_READINGS.items():
        table = []
        for sample, gait in known:
            if sample.view == view:
                features = body_features(gait, ground_slope_deg(gait) if view == "side" else 0.0)
                table.append((sample, features))
        for name, names in wanted.items():
            rows = [Row(s.clip.person, s.body.frames_per_second, f, s.clip.truth[name]) for s, f in table]
            linear, error = fit_reading(rows, names, 0.001 if name == "vertical" else 0.5)
            keep(readings, f"{name}_{view}", linear, error, rows)
    return readings


def keep(readings: dict[str, Linear], name: str, linear: Linear, error: float, rows: list[Row]) -> None:
    """Keep a reading that says more than the mean of all people does."""
    spread = float(np.std([row.truth for row in rows]))
    kept = error <= WORTH * spread
    print(f"{name}: left out {error:.3f}, people differ by {spread:.3f}" + ("" if kept else ": not kept"))
    if kept:
        readings[name] = linear


def fit_arms(known: Known) -> dict[str, Linear]:
    """Wrists past the middle: as seen from behind, and as a camera in front sees the joints."""
    views: dict[str, list[Row]] = {"back": [], "front": []}
    for sample, gait in known:
        if sample.view == "back":
            for number, side in enumerate(SIDES):
                truth = float(np.nanmedian(furthest_in_strides(gait, on_frames(sample, number))))
                seen = {"back": arm_features(gait, side), "front": {}}
                if sample.series is sample.clip.series:
                    seen["front"] = {"wrist_past": sample.clip.truth[f"front_{side}"]}
                for view, features in seen.items():
                    if features:
                        rate = sample.body.frames_per_second
                        views[view].append(Row(sample.clip.person, rate, features, truth))
    return {
        "wrist_past_back": fit_offset("wrist_past_back", views["back"], 0.0),
        "wrist_past_front": fit_offset("wrist_past_front", views["front"], SEEN_WRIST_SD),
    }


def fit_offset(name: str, rows: list[Row], more_sd: float) -> Linear:
    """Seen and true place differ by an offset; a slope could not be fitted on a range this small.

    ``more_sd`` is what the reading errs by and these rows do not know of.
    """
    off = np.array([row.truth - row.features["wrist_past"] for row in rows])
    people = np.array([row.person for row in rows])
    errors = np.array([off[people != person].mean() for person in people]) - off
    plain = Linear(
        features=ARM_FEATURES,
        mean=(0.0,),
        scale=(1.0,),
        weights=(1.0,),
        intercept=round(float(off.mean()), 4),
        sd_fast=0.0,
        sd_slow=0.0,
    )
    counted = [(row.rate, float(error)) for row, error in zip(rows, errors, strict=True)]
    linear = with_sd(plain, counted, 0.02, len(set(people)))
    spread = np.std([row.truth for row in rows])
    print(f"{name}: left out {np.sqrt(np.mean(errors**2)):.3f}, people differ by {spread:.3f}")
    sds = {word: round(float(np.hypot(getattr(linear, word), more_sd)), 4) for word in ("sd_fast", "sd_slow")}
    return linear.model_copy(update=sds)


def fit_evenness(known: Known) -> dict[str, Linear]:
    """Asymmetry of the step times."""
    readings = {}
    for view in ("side", "back"):
        rows = []
        for sample, gait in known:
            if sample.view == view:
                features = evenness_features(gait)
                truth = sample.clip.truth["step_asymmetry"]
                # a mirrored runner has everything the other way round
                for sign in (1.0, -1.0):
                    turned = {name: sign * value for name, value in features.items()}
                    rows.append(Row(sample.clip.person, sample.body.frames_per_second, turned, sign * truth))
        readings[f"step_asymmetry_{view}"], error = fit_reading(rows, EVENNESS, 0.5)
        print(f"step_asymmetry_{view}: left out {error:.2f} percent")
    return readings


def seen_pitch(sample: Sample, gait: Gait, side: Side) -> FloatArray:
    """Heel to toe at every contact."""
    del sample
    return at_moments(gait, foot_pitch_deg(gait, side), gait.foot(side).contact_s)


def seen_turn(sample: Sample, gait: Gait, side: Side) -> FloatArray:
    """Turn of the shoe from every contact until flat."""
    return turned_until_flat_deg(sample.series, gait, side)


def fit_shoes(known: Known) -> dict[str, Linear]:
    """Asymmetry of the step times where the shoes were followed."""
    rows = []
    for sample, gait in known:
        shod = sample.evened(gait)
        if shod is not None:
            value = percent(shod, shod.left.contact_s, shod.right.contact_s)
            truth = sample.clip.truth["step_asymmetry"]
            for sign in (1.0, -1.0):
                features = {"shoes": sign * value}
                rows.append(Row(sample.clip.person, sample.body.frames_per_second, features, sign * truth))
    if not rows:
        return {}
    linear, error = fit_reading(rows, ("shoes",), 0.3)
    print(f"step_asymmetry_shoes: left out {error:.2f} percent")
    return {"step_asymmetry_shoes": linear}


def main() -> None:
    """Fit everything and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path, default=HERE / "running_landmarks.npz")
    parser.add_argument("--out", type=Path, default=HERE / "running.json")
    parser.add_argument("--keep-moments", action="store_true", help="contacts as they were fitted before")
    options = parser.parse_args()
    samples = samples_of(read_running_table(options.table))
    people = len_people(samples)
    print(f"{people} people")
    moments = load_calibration()[0].moments if options.keep_moments else fit_moments(samples)
    calibration = RunningCalibration(moments=moments, readings={}, step_share={}, step_sd={}, people=people)
    gaits = [(sample, find_gait(sample.body, calibration)) for sample in samples]
    found = [(sample, sample.shod(gait, calibration)) for sample, gait in gaits if gait is not None]
    known = [(sample, sample.evened(gait) or gait) for sample, gait in found]
    readings = fit_feet(known) | fit_body(known) | fit_evenness(found) | fit_shoes(found)
    readings |= fit_arms(known)
    shares, sds = {}, {}
    for name, seen_of in (("strike", seen_pitch), ("strike_turned", seen_turn)):
        share, sd = steps_fit(known, seen_of, 3)
        print(f"{name}, single steps: share {share:.2f}, left {sd:.2f}")
        if np.isfinite(sd):
            shares[name], sds[name] = round(share, 3), round(sd, 3)
    calibration = calibration.model_copy(update={"readings": readings, "step_share": shares, "step_sd": sds})
    options.out.write_text(json.dumps(calibration.model_dump(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
