"""Fit the corrections of arm tests from the table; print how they do on people held out.

    python calibration/fit_arms.py            # writes calibration/arms.json

Weights come from people with odd numbers alone. The errors that stand in every interval come from folds by person
among them; people held out are used for nothing here but the figures that are printed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import dataclass

import numpy as np
from nerve_table import ARM_TABLE, HERE, NerveClip, read
from scipy.stats import t as student

from neckrom.body import read_body
from neckrom.nerve.arms.corrections import (
    abduction_features,
    elbow_features,
    neck_features,
    neck_rest,
)
from neckrom.nerve.arms.raw_angles import SIDES, RawArmAngles, raw_arm_angles
from neckrom.nerve.corrections import REST_S
from neckrom.types import BoolArray, FloatArray

OUT = HERE / "arms.json"
RIDGE = {"abduction": 0.01, "elbow": 0.02, "neck": 0.003}
"""Of a clip's share, against every coefficient but the constant. The neck is made of its features alone."""
RESTING_WEIGHT = 0.15
"""Of an arm that hangs all the time: an untested one says little of those that are raised."""
RAISED_DEG = 40.0


@dataclass(frozen=True)
class Rows:
    """Frames of one arm (or of the neck) of one clip; ``held`` marks those in which something is held."""

    clip: str
    side: str
    features: FloatArray
    wanted: FloatArray
    raised: BoolArray
    held: BoolArray
    tested: bool


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
        return [self._rows("", moved, wanted, every, tested=True)]

    def arm(self, angle: str) -> list[Rows]:
        """Of an angle of each arm."""
        rows = []
        for side in SIDES:
            arm = self.raw.arms[side]
            features = abduction_features(arm) if angle == "abduction" else elbow_features(arm)
            main = arm.abduction_deg if angle == "abduction" else np.abs(arm.bend_deg)
            letter = side[0].upper()
            raised = self.clip.truth[f"abduction_{letter}"] > RAISED_DEG
            wanted = self.clip.truth[f"{angle}_{letter}"] - main
            rows.append(self._rows(side, features, wanted, raised, tested=bool(raised.any())))
        return rows

    def _rows(
        self, side: str, features: FloatArray, wanted: FloatArray, raised: BoolArray, *, tested: bool
    ) -> Rows:
        good = np.isfinite(features).all(axis=1) & np.isfinite(wanted)
        held = self.held & raised
        return Rows(self.clip.name, side, features[good], wanted[good], raised[good], held[good], tested)

    def of(self, angle: str) -> list[Rows]:
        """Rows of an angle."""
        return self.neck() if angle == "neck" else self.arm(angle)


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
    print(f"{'':12s}{'fit, people left out':62s}held out")
    for angle, ridge in RIDGE.items():
        constant = angle != "neck"
        rows = [r for s in fit for r in s.of(angle)]
        shown = [r for s in held for r in s.of(angle)]
        fitted = weights(rows, ridge, constant=constant)
        left_out: list[tuple[Rows, FloatArray]] = []
        for clip in sorted({r.clip for r in rows}):
            others = weights([r for r in rows if r.clip != clip], ridge, constant=constant)
            left_out += [(r, r.features @ others - r.wanted) for r in rows if r.clip == clip]
        coefficients[angle] = [round(float(c), 5) for c in fitted]
        errors[angle] = _spread(left_out)
        if constant:
            errors[f"{angle}.sides"] = _sides(left_out, errors[angle])
        print(
            f"{angle:12s}{_shown(left_out):62s}{_shown([(r, r.features @ fitted - r.wanted) for r in shown])}"
        )
    content = {"coefficients": coefficients, "errors": errors}
    identity = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
    if not given.dry:
        OUT.write_text(json.dumps({"calibration_id": f"arms-{identity}", **content}, indent=1) + "\n")
        print(f"{OUT} from {ARM_TABLE.name}: arms-{identity}")


def _held_error(rows: Rows, error: FloatArray) -> float:
    return float(np.median(error[rows.held])) if rows.held.any() else float("nan")


def _wider(count: int) -> float:
    """By as much as so few people ask for (Student's t against the normal distribution)."""
    return float(student.ppf(0.975, max(count - 1, 1))) / 1.96


def _spread(left_out: list[tuple[Rows, FloatArray]]) -> dict[str, float]:
    """Of the errors of each position that is held, and of the frames about them."""
    pairs = [(r, e) for r, e in left_out if r.held.any()]
    squares = np.concatenate([e[r.held] for r, e in pairs])
    people = len({r.clip for r, _ in pairs})
    within = np.concatenate([e[r.held] - _held_error(r, e) for r, e in pairs])
    return {
        "between_sd_deg": round(float(np.sqrt(np.mean(np.clip(squares, -20, 20) ** 2))) * _wider(people), 2),
        "within_sd_deg": round(float(np.sqrt(np.mean(np.clip(within, -15, 15) ** 2))), 2),
        "people": people,
    }


def _sides(left_out: list[tuple[Rows, FloatArray]], one: dict[str, float]) -> dict[str, float]:
    """Of left less right in people of whom both arms were raised: what both share falls out.

    As if both were independent where fewer than four people show both.
    """
    by_clip: dict[str, dict[str, float]] = {}
    for rows, error in left_out:
        if rows.held.any():
            by_clip.setdefault(rows.clip, {})[rows.side] = _held_error(rows, error)
    apart = [both["left"] - both["right"] for both in by_clip.values() if len(both) == 2]
    if len(apart) < 4:
        return {"between_sd_deg": round(one["between_sd_deg"] * 2**0.5, 2), "people": len(apart)}
    sd = float(np.sqrt(np.mean(np.square(apart)))) * _wider(len(apart))
    return {"between_sd_deg": round(sd, 2), "people": len(apart)}


def _shown(pairs: list[tuple[Rows, FloatArray]]) -> str:
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
