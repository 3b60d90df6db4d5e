"""Fit the corrections of arm tests from the table; print how they do on people held out.

    python calibration/fit_arms.py            # writes calibration/arms.json

The elbow is read with the corrected abduction, which is fitted first. Weights come from people with odd numbers alone.
The errors that stand in every interval come from folds by person among them; people held out are used for nothing here
but the figures that are printed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import dataclass, replace

import numpy as np
from nerve_table import ARM_TABLE, HERE, NerveClip, read
from scipy.stats import t as student

from neckrom.body import read_body
from neckrom.body.smoothing import smoothed
from neckrom.nerve.arms.angles import STRAIGHT_WITHIN_DEG
from neckrom.nerve.arms.corrections import (
    abduction_features,
    corrected_abduction_deg,
    elbow_features,
    elbow_main_deg,
    elbow_seen_deg,
    neck_features,
    neck_rest,
)
from neckrom.nerve.arms.raw_angles import SIDES, RawArmAngles, raw_arm_angles
from neckrom.nerve.arms.trials import OVERHEAD_FROM_DEG
from neckrom.nerve.corrections import REST_S
from neckrom.types import BoolArray, FloatArray, IntArray

OUT = HERE / "arms.json"
RIDGE = {"abduction": 0.01, "elbow": 0.02, "neck": 0.003}
"""Of a clip's share, against every coefficient but the constant. The neck is made of its features alone."""
RESTING_WEIGHT = 0.15
"""Of an arm that hangs all the time: an untested one says little of those that are raised."""
RAISED_DEG = 40.0
POSITIONS = ("side", "overhead", "bent_overhead")
SYMPTOM_ANGLE = {"side": "abduction", "overhead": "abduction", "bent_overhead": "elbow"}
"""What is read of an arm at the symptom, by position."""


@dataclass(frozen=True)
class Rows:
    """Frames of one arm (or of the neck) of one clip; ``held`` marks those in which something is held.

    ``position`` is the place in ``POSITIONS``, whether the arm is held there or not; ``main`` is what the correction is
    added to, ``wanted`` what it should be.
    """

    clip: str
    side: str
    time_s: FloatArray
    main: FloatArray
    features: FloatArray
    wanted: FloatArray
    raised: BoolArray
    held: BoolArray
    position: IntArray
    tested: bool

    def measured(self) -> Rows:
        """Without the frames in which it was not read."""
        good = np.isfinite(self.features).all(axis=1) & np.isfinite(self.wanted)
        frames = ("time_s", "main", "features", "wanted", "raised", "held", "position")
        return replace(self, **{name: getattr(self, name)[good] for name in frames})


class Sample:
    """Raw angles and truth of one clip."""

    def __init__(self, clip: NerveClip) -> None:
        self.clip = clip
        body = read_body(clip.series)
        if body.view.name != "front":
            print(f"WARNING {clip.name}: read from the {body.view.name}")
        self.raw: RawArmAngles = raw_arm_angles(body)
        self.held = np.zeros(len(body), dtype=bool)
        for phase, start, end in clip.phases:
            if phase.endswith("_hold"):
                self.held |= (self.raw.time_s >= start) & (self.raw.time_s <= end)

    def neck(self) -> list[Rows]:
        """Of the neck: against how it is at rest."""
        moved = neck_features(self.raw) - neck_rest(self.raw)
        true = self.clip.truth["bend"]
        begun = self.raw.time_s <= self.raw.time_s[0] + REST_S
        wanted = true - float(np.median(true[begun]))
        every = np.ones(len(true), dtype=bool)
        nowhere = np.zeros(len(true), dtype=np.int64)
        return [
            Rows(
                self.clip.name,
                "",
                self.raw.time_s,
                0.0 * true,
                moved,
                wanted,
                every,
                self.held,
                nowhere,
                True,
            ).measured()
        ]

    def arm(self, angle: str, abduction: FloatArray | None) -> list[Rows]:
        """Of an angle of each arm; of the elbow with the coefficients of the abduction."""
        rows = []
        for side in SIDES:
            arm = self.raw.arms[side]
            letter = side[0].upper()
            up, bent = self.clip.truth[f"abduction_{letter}"], self.clip.truth[f"elbow_{letter}"]
            if abduction is None:
                features, main = abduction_features(arm), arm.abduction_deg
            else:
                seen = elbow_seen_deg(arm, corrected_abduction_deg(arm, abduction))
                features, main = elbow_features(arm, seen), elbow_main_deg(seen)
            raised = up > RAISED_DEG
            position = np.where(bent >= STRAIGHT_WITHIN_DEG, 2, (up >= OVERHEAD_FROM_DEG).astype(np.int64))
            wanted = self.clip.truth[f"{angle}_{letter}"] - main
            rows.append(
                Rows(
                    self.clip.name,
                    side,
                    self.raw.time_s,
                    main,
                    features,
                    wanted,
                    raised,
                    self.held & raised,
                    position,
                    bool(raised.any()),
                ).measured()
            )
        return rows

    def of(self, angle: str, abduction: FloatArray | None = None) -> list[Rows]:
        """Rows of an angle."""
        return self.neck() if angle == "neck" else self.arm(angle, abduction)


def weights(rows: list[Rows], ridge: float, *, constant: bool) -> FloatArray:
    """Ridge regression with Huber weights; every arm of every clip counts the same, one that hangs less."""
    x = np.concatenate([r.features for r in rows])
    y = np.concatenate([r.wanted for r in rows])
    share = [1.0 if r.tested else RESTING_WEIGHT for r in rows]
    own = np.concatenate(
        [np.full(len(r.wanted), s / max(len(r.wanted), 1)) for r, s in zip(rows, share, strict=True)]
    )
    penalty = ridge * sum(share) * np.eye(x.shape[1])
    if constant:
        penalty[0, 0] = 1e-9
    weight = own.copy()
    for _ in range(8):
        w = np.linalg.solve((x * weight[:, None]).T @ x + penalty, (x * weight[:, None]).T @ y)
        weight = own * np.minimum(1.0, 8.0 / np.maximum(np.abs(y - x @ w), 1e-9))
    return np.asarray(w)


Errors = list[tuple[Rows, FloatArray]]


def fitted_to(angle: str, samples: list[Sample]) -> tuple[FloatArray, FloatArray | None]:
    """Coefficients of an angle, and of the abduction where the angle is read with it."""
    before = fitted_to("abduction", samples)[0] if angle == "elbow" else None
    rows = [r for s in samples for r in s.of(angle, before)]
    return weights(rows, RIDGE[angle], constant=angle != "neck"), before


def errors_of(angle: str, samples: list[Sample], fitted: FloatArray, before: FloatArray | None) -> Errors:
    """Errors of every frame, with what was fitted: of the smoothed angle, as it is measured."""
    return [
        (r, smoothed(r.time_s, r.main + r.features @ fitted) - (r.main + r.wanted))
        for s in samples
        for r in s.of(angle, before)
    ]


def main() -> None:
    """Fit, write, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dry", action="store_true", help="write nothing")
    given = parser.parse_args()
    samples = [Sample(clip) for clip in read(ARM_TABLE)]
    fit = [s for s in samples if not s.clip.held_out]
    held = [s for s in samples if s.clip.held_out]
    coefficients: dict[str, list[float]] = {}
    errors: dict[str, dict[str, float]] = {}
    by_angle: dict[str, Errors] = {}
    print(f"{'':12s}{'fit, people left out':62s}held out")
    for angle in RIDGE:
        fitted, before = fitted_to(angle, fit)
        left_out: Errors = []
        for left in fit:
            others = fitted_to(angle, [s for s in fit if s is not left])
            left_out += errors_of(angle, [left], *others)
        coefficients[angle] = [round(float(c), 5) for c in fitted]
        by_angle[angle] = left_out
        print(f"{angle:12s}{_shown(left_out):62s}{_shown(errors_of(angle, held, fitted, before))}")
    for place, position in enumerate(POSITIONS):
        angle = SYMPTOM_ANGLE[position]
        alike = [k for k, other in enumerate(POSITIONS) if SYMPTOM_ANGLE[other] == angle]
        here = [(r, e, r.held & (r.position == place)) for r, e in by_angle[angle]]
        both = [(r, e, r.held & np.isin(r.position, alike)) for r, e in by_angle[angle]]
        errors[position] = _at_least(_spread(here), _spread(both))
        errors[f"{position}.sides"] = _at_least(_sides(here, errors[position]), _sides(both, _spread(both)))
    errors["neck"] = _spread([(r, e, r.held) for r, e in by_angle["neck"]])
    content = {"coefficients": coefficients, "errors": errors}
    identity = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
    if not given.dry:
        OUT.write_text(json.dumps({"calibration_id": f"arms-{identity}", **content}, indent=1) + "\n")
        print(f"{OUT} from {ARM_TABLE.name}: arms-{identity}")


def _wider(count: int) -> float:
    """By as much as so few people ask for (Student's t against the normal distribution)."""
    return float(student.ppf(0.975, max(count - 1, 1))) / 1.96


HeldErrors = list[tuple[Rows, FloatArray, BoolArray]]
"""With the frames of a position in which it is held."""


def _spread(left_out: HeldErrors) -> dict[str, float]:
    """Of the errors of a position that is held, and of the frames about them."""
    chosen = [(r, e[held]) for r, e, held in left_out if held.any()]
    squares = np.concatenate([e for _, e in chosen])
    people = len({r.clip for r, _ in chosen})
    within = np.concatenate([e - np.median(e) for _, e in chosen])
    return {
        "between_sd_deg": round(float(np.sqrt(np.mean(np.clip(squares, -20, 20) ** 2))) * _wider(people), 2),
        "within_sd_deg": round(float(np.sqrt(np.mean(np.clip(within, -15, 15) ** 2))), 2),
        "people": people,
    }


def _sides(left_out: HeldErrors, one: dict[str, float]) -> dict[str, float]:
    """Of left less right in people of whom both arms were raised: what both share falls out.

    As if both were independent where fewer than four people show both.
    """
    by_clip: dict[str, dict[str, float]] = {}
    for rows, error, held in left_out:
        if held.any():
            by_clip.setdefault(rows.clip, {})[rows.side] = float(np.median(error[held]))
    apart = [both["left"] - both["right"] for both in by_clip.values() if len(both) == 2]
    if len(apart) < 4:
        return {"between_sd_deg": round(one["between_sd_deg"] * 2**0.5, 2), "people": len(apart)}
    sd = float(np.sqrt(np.mean(np.square(apart)))) * _wider(len(apart))
    return {"between_sd_deg": round(sd, 2), "people": len(apart)}


def _at_least(one: dict[str, float], every: dict[str, float]) -> dict[str, float]:
    """A position's spread, but not less than that of the angle in all its positions: it is of few people."""
    return {**one, "between_sd_deg": max(one["between_sd_deg"], every["between_sd_deg"])}


def _shown(pairs: Errors) -> str:
    """Of arms that are raised (and necks), all frames."""
    chosen = [error[rows.raised] for rows, error in pairs if rows.raised.any()]
    if not chosen:
        return "no clip"
    every = np.abs(np.concatenate(chosen))
    worst = max(float(np.mean(np.abs(error))) for error in chosen)
    shown = f"MAE {every.mean():4.1f} 95 % {np.percentile(every, 95):4.1f} max {every.max():4.1f} worst {worst:4.1f}"
    return f"{len(chosen):2d} limbs {shown}"


if __name__ == "__main__":
    main()
