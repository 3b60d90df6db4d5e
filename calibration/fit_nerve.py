"""Fit the corrections of leg tests from the table; print how they do on people held out.

    python calibration/fit_nerve.py            # writes calibration/nerve.json

Weights come from people with odd numbers alone. The errors that stand in every interval come from folds by person
among them; people held out are used for nothing here but the figures that are printed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from nerve_table import HELD, HERE, TABLE, NerveClip, read
from scipy.stats import t as student

from neckrom.body import read_body
from neckrom.nerve.corrections import (
    REST_S,
    ankle_features,
    knee_features,
    neck_moved,
    neck_rest,
    raise_features,
    rest_of,
)
from neckrom.nerve.holding import MOST_LOST_SHARE
from neckrom.nerve.legs import with_own_legs
from neckrom.nerve.raw_angles import RawAngles, raw_angles
from neckrom.nerve.sides import MAIN
from neckrom.types import BoolArray, FloatArray

OUT = HERE / "nerve.json"
RIDGE = {"raise": 0.02, "knee": 0.03, "slump.knee": 0.02, "ankle": 0.1, "neck": 0.003}
"""Of a person's share, against every coefficient but the constant. The neck is made of its features alone, and so
must not be drawn to zero; the others are corrections. Of .02 to 2, those with the smallest error of people left out."""
FAR_COSTS = 4.0
"""How much more a difference of the far leg's coefficients from the near one's costs."""
RESTING_WEIGHT = 0.3
"""Of a leg that is not tested."""
LEAST_PAIRS = 3
"""People of whom both legs were read, for the error of their difference."""
MISTAKEN_DEG = 25.0
"""Off by more, it is the other leg that was read: nothing to correct an angle by."""
ANGLES = {"raise": "raise_deg", "knee": "knee_deg", "ankle": "sole_deg"}
"""What is corrected of each."""


@dataclass(frozen=True)
class Rows:
    """Frames of one leg (or of the neck) of one clip.

    ``far`` and ``weight`` are the same for all of them; ``held`` marks those in which the tested leg is held, of
    ``held_frames`` in which it was to be read.
    """

    clip: NerveClip
    side: str
    features: FloatArray
    wanted: FloatArray
    far: bool
    weight: float
    held: BoolArray
    held_frames: int

    @property
    def person(self) -> str:
        """Who it is."""
        return self.clip.person


class Sample:
    """Raw angles and truth of one clip."""

    def __init__(self, clip: NerveClip) -> None:
        self.clip = clip
        body = read_body(clip.series)
        if body.view.near is None:
            raise SystemExit(f"{clip.name} is not seen from the side.")
        if body.view.near != clip.seen:
            print(f"WARNING {clip.name}: seen from {clip.seen}, read {body.view.near}")
        self.raw: RawAngles = raw_angles(with_own_legs(body, body.view.near), body.view.near)

    def held(self, side: str) -> BoolArray:
        """Frames in which a leg is held."""
        hold = self.clip.held(side)
        if hold is None:
            return np.zeros(len(self.raw.time_s), dtype=bool)
        return np.asarray((self.raw.time_s >= hold[0]) & (self.raw.time_s <= hold[1]))

    @property
    def together(self) -> BoolArray:
        """Frames in which both legs were read on one, which a measurement leaves out: they say nothing of either."""
        true = np.abs(self.clip.truth["knee_L"] - self.clip.truth["knee_R"])
        read = np.abs(self.raw.legs["left"].knee_deg - self.raw.legs["right"].knee_deg)
        return np.asarray((true > MISTAKEN_DEG) & (np.nan_to_num(read, nan=np.inf) < 0.5 * true))

    def mistaken(self, side: str) -> BoolArray:
        """Frames in which a leg was read on the other one: they say nothing of it."""
        leg = self.raw.legs[side]
        off = [
            np.abs(self.clip.truth[f"{name}_{side[0].upper()}"] - getattr(leg, f"{name}_deg"))
            for name in ("knee", "raise")
        ]
        return np.asarray((np.nan_to_num(off) > MISTAKEN_DEG).any(axis=0)) | self.together

    def neck(self) -> Rows:
        """Of the neck: against how it is at rest."""
        moved = neck_moved(self.raw, neck_rest(self.raw))
        held = np.any([self.held(side) for side in self.clip.sides()], axis=0)
        wanted = self.clip.truth["neck"] - self.neck_at_rest
        return self._rows(moved, wanted, held, side="", far=False, weight=1.0)

    @property
    def neck_at_rest(self) -> float:
        """True flexion at the beginning."""
        begun = self.raw.time_s <= self.raw.time_s[0] + REST_S
        return float(np.median(self.clip.truth["neck"][begun]))

    def leg(self, angle: str, which: str) -> Rows:
        """Of an angle of the near or the far leg."""
        side = self.raw.near if which == "near" else self.raw.far
        leg = self.raw.legs[side]
        wanted = self.clip.truth[f"{angle}_{side[0].upper()}"] - getattr(leg, ANGLES[angle])
        wanted = np.where(self.mistaken(side), np.nan, wanted)
        weight = 1.0 if side in self.clip.sides() else RESTING_WEIGHT
        features = {
            "raise": lambda: raise_features(leg),
            "knee": lambda: knee_features(leg, self.clip.kind, rest_of(self.raw).thigh_deg[side]),
            "ankle": lambda: ankle_features(leg),
        }[angle]()
        return self._rows(features, wanted, self.held(side), side=side, far=which == "far", weight=weight)

    def _rows(
        self,
        features: FloatArray,
        wanted: FloatArray,
        held: BoolArray,
        *,
        side: str,
        far: bool,
        weight: float,
    ) -> Rows:
        good = np.isfinite(features).all(axis=1) & np.isfinite(wanted)
        return Rows(self.clip, side, features[good], wanted[good], far, weight, held[good], int(np.sum(held)))


def weights(rows: list[Rows], ridge: float, *, constant: bool = True) -> tuple[FloatArray, FloatArray]:
    """Ridge regression with Huber weights: coefficients of the near and of the far leg.

    The far leg's are those of the near one and a difference that costs more; every clip counts the same.
    """
    k = rows[0].features.shape[1]
    x = np.concatenate([np.hstack([r.features, r.features * r.far]) for r in rows])
    y = np.concatenate([r.wanted for r in rows])
    own = np.concatenate([np.full(len(r.wanted), r.weight / max(len(r.wanted), 1)) for r in rows])
    penalty = ridge * sum(r.weight for r in rows) * np.diag(np.r_[np.ones(k), np.full(k, FAR_COSTS)])
    if constant:
        penalty[0, 0] = 1e-9
    penalty[k, k] = 0.05 * ridge * len(rows)
    weight = own.copy()
    for _ in range(8):
        w = np.linalg.solve((x * weight[:, None]).T @ x + penalty, (x * weight[:, None]).T @ y)
        weight = own * np.minimum(1.0, 8.0 / np.maximum(np.abs(y - x @ w), 1e-9))
    return np.asarray(w[:k]), np.asarray(w[:k] + w[k:])


def errors(rows: list[Rows], fitted: tuple[FloatArray, FloatArray]) -> list[FloatArray]:
    """Errors of each of the rows, frame by frame."""
    return [r.features @ fitted[int(r.far)] - r.wanted for r in rows]


def main() -> None:
    """Fit, write, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dry", action="store_true", help="write nothing")
    given = parser.parse_args()
    samples = [Sample(clip) for clip in read() if clip.kind in HELD]
    coefficients: dict[str, list[float]] = {}
    spread: dict[str, dict[str, float]] = {}
    at_rest: dict[str, float] = {}
    print(f"{'':18s}{'fit, people left out':62s}held out")
    for test in HELD:
        fit = [s for s in samples if s.clip.kind == test and not s.clip.held_out]
        held = [s for s in samples if s.clip.kind == test and s.clip.held_out]
        at_rest[test] = round(float(np.mean([s.neck_at_rest for s in fit])), 2)
        for angle in (*ANGLES, "neck"):
            whiches = ("near", "far") if angle != "neck" else ("",)
            rows, shown = ([_of(s, angle, w) for s in some for w in whiches] for some in (fit, held))
            ridge = RIDGE.get(f"{test}.{angle}", RIDGE[angle])
            constant = angle != "neck"
            fitted = weights(rows, ridge, constant=constant)
            people = sorted({r.person for r in rows})
            left_out: list[tuple[Rows, FloatArray]] = []
            for person in people:
                mine = [r for r in rows if r.person == person]
                others = [r for r in rows if r.person != person]
                left_out += zip(
                    mine, errors(mine, weights(others or rows, ridge, constant=constant)), strict=True
                )
            seen = readings(left_out)
            if angle == MAIN[test]:
                spread |= {f"{test}.sides.{filmed}": own for filmed, own in _sides(seen).items()}
            pairs = list(zip(shown, errors(shown, fitted), strict=True))
            for number, which in enumerate(whiches):
                name = f"{test}.{angle}" + (f".{which}" if which else "")
                coefficients[name] = [round(float(c), 5) for c in fitted[number]]
                spread[name] = _spread(seen)
                far = which == "far"
                print(f"{name:18s}{_shown(left_out, far):62s}{_shown(pairs, far)}")
    content = {"coefficients": coefficients, "neck_rest_deg": at_rest, "errors": spread}
    identity = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
    if not given.dry:
        OUT.write_text(json.dumps({"calibration_id": f"nerve-{identity}", **content}, indent=1) + "\n")
        print(f"{OUT} from {TABLE.name}: nerve-{identity}")


def _of(sample: Sample, angle: str, which: str) -> Rows:
    return sample.neck() if angle == "neck" else sample.leg(angle, which)


@dataclass(frozen=True)
class Reading:
    """By how much the reading of a leg (or a neck) was off while it was held."""

    rows: Rows
    off_deg: float
    about_deg: FloatArray


def readings(pairs: list[tuple[Rows, FloatArray]]) -> list[Reading]:
    """Of what was held and seen for as much of that time as a measurement asks for."""
    answer = []
    for rows, error in pairs:
        if rows.held.any() and rows.held.sum() >= (1.0 - MOST_LOST_SHARE) * rows.held_frames:
            off = float(np.median(error[rows.held]))
            answer.append(Reading(rows, off, error[rows.held] - off))
    return answer


def _spread(read: list[Reading]) -> dict[str, float]:
    """Of people's errors while the leg is held, and of the frames about them."""
    offs: dict[str, list[float]] = {}
    for one in read:
        offs.setdefault(one.rows.person, []).append(one.off_deg)
    within = np.concatenate([one.about_deg for one in read])
    return {
        **_between(offs),
        "within_sd_deg": round(float(np.sqrt(np.mean(np.clip(within, -15, 15) ** 2))), 2),
    }


def _between(offs: dict[str, list[float]]) -> dict[str, float]:
    """Root of the mean square over people, each counting once.

    Wider by as much as so few people ask for (Student's t against the normal distribution).
    """
    mean = np.mean([np.mean(np.square(own)) for own in offs.values()])
    wider = float(student.ppf(0.975, max(len(offs) - 1, 1))) / 1.96
    return {"between_sd_deg": round(float(np.sqrt(mean)) * wider, 2), "people": len(offs)}


def _sides(read: list[Reading]) -> dict[str, dict[str, float]]:
    """Of the difference between both legs of a person: each filmed from its own side, and both in one recording.

    Where fewer than ``LEAST_PAIRS`` people were read so, it is that of the legs of two strangers.
    """
    pairs: dict[str, dict[str, list[float]]] = {"near_near": {}, "near_far": {}}
    for one, other in combinations(read, 2):
        if one.rows.person != other.rows.person or one.rows.side == other.rows.side:
            continue
        together = one.rows.clip.name == other.rows.clip.name
        if one.rows.far != other.rows.far and together:
            filmed = "near_far"
        elif not one.rows.far and not other.rows.far:
            filmed = "near_near"
        else:
            continue
        pairs[filmed].setdefault(one.rows.person, []).append(one.off_deg - other.off_deg)
    for filmed, offs in pairs.items():
        shown = " ".join(f"{who} {', '.join(f'{off:+.1f}' for off in own)}" for who, own in offs.items())
        print(f"  both legs of a person, {filmed}: {shown or 'nobody'}")
    stranger = np.sqrt(2.0) * _spread(read)["between_sd_deg"]
    return {
        filmed: _between(offs)
        if len(offs) >= LEAST_PAIRS
        else {"between_sd_deg": round(float(stranger), 2), "people": len(offs)}
        for filmed, offs in pairs.items()
    }


def _shown(pairs: list[tuple[Rows, FloatArray]], far: bool) -> str:
    """Of tested legs (and necks), all frames."""
    chosen = [error for rows, error in pairs if rows.far == far and rows.held.any()]
    if not chosen:
        return "no clip"
    every = np.abs(np.concatenate(chosen))
    worst = max(float(np.mean(np.abs(error))) for error in chosen)
    edge = np.percentile(every, 95)
    shown = f"MAE {every.mean():4.1f} 95 % {edge:4.1f} max {every.max():4.1f} worst clip {worst:4.1f}"
    return f"{len(chosen):2d} clips {shown}"


if __name__ == "__main__":
    main()
