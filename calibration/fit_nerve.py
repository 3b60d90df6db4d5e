"""Fit the corrections of leg tests from the table; print how they do on people held out.

    python calibration/fit_nerve.py            # writes calibration/nerve.json

Weights come from people with odd numbers alone. The errors that stand in every interval come from folds by person
among them; people held out are used for nothing here but the figures that are printed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable

import numpy as np
from nerve_table import HERE, TABLE, NerveClip, read

from neckrom.body import read_body
from neckrom.nerve.corrections import (
    ankle_features,
    knee_features,
    neck_features,
    raise_features,
)
from neckrom.nerve.legs import with_own_legs
from neckrom.nerve.raw_angles import RawAngles, raw_angles
from neckrom.types import FloatArray

OUT = HERE / "nerve.json"
RIDGE = 0.02
"""Of a person's share, against every coefficient but the constant."""
ANGLES: dict[str, tuple[str | None, Callable[..., FloatArray]]] = {
    "raise": ("raise_deg", raise_features),
    "knee": ("knee_deg", knee_features),
    "ankle": ("sole_deg", ankle_features),
}


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

    def rows(self, name: str) -> tuple[FloatArray, FloatArray]:
        """Features and what is to be added to the raw angle; frames that were read."""
        angle, _, which = name.partition(".")
        if angle == "neck":
            features, wanted = neck_features(self.raw), self.clip.truth["neck"]
        else:
            side = self.raw.near if which == "near" else self.raw.far
            leg = self.raw.legs[side]
            main, make = ANGLES[angle]
            features = make(leg)
            wanted = self.clip.truth[f"{angle}_{side[0].upper()}"] - getattr(leg, str(main))
        good = np.isfinite(features).all(axis=1) & np.isfinite(wanted)
        return features[good], wanted[good]


def weights(rows: list[tuple[FloatArray, FloatArray]]) -> FloatArray:
    """Ridge regression with Huber weights, every clip counting the same."""
    x = np.concatenate([f / np.sqrt(max(len(f), 1)) for f, _ in rows])
    y = np.concatenate([w / np.sqrt(max(len(w), 1)) for _, w in rows])
    scale = np.concatenate([np.full(len(w), np.sqrt(max(len(w), 1))) for _, w in rows])
    penalty = RIDGE * len(rows) * np.eye(x.shape[1])
    penalty[0, 0] = 1e-9
    weight = np.ones(len(y))
    for _ in range(8):
        w = np.linalg.solve((x * weight[:, None]).T @ x + penalty, (x * weight[:, None]).T @ y)
        off = np.abs(y - x @ w) * scale
        weight = np.minimum(1.0, 8.0 / np.maximum(off, 1e-9))
    return np.asarray(w)


def errors(rows: list[tuple[FloatArray, FloatArray]], w: FloatArray) -> list[FloatArray]:
    """Errors of each clip."""
    return [features @ w - wanted for features, wanted in rows]


def main() -> None:
    """Fit, write, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dry", action="store_true", help="write nothing")
    given = parser.parse_args()
    samples = [Sample(clip) for clip in read() if clip.kind in ("slr", "slump")]
    coefficients: dict[str, list[float]] = {}
    spread: dict[str, dict[str, float]] = {}
    print(f"{'':22s} {'fit, left out':>24s} {'held out':>32s}")
    for test in ("slr", "slump"):
        fit = [s for s in samples if s.clip.kind == test and not s.clip.held_out]
        held = [s for s in samples if s.clip.kind == test and s.clip.held_out]
        for name in [f"{a}.{w}" for a in ANGLES for w in ("near", "far")] + ["neck"]:
            rows = [s.rows(name) for s in fit]
            w = weights(rows)
            left_out = [
                errors([row], weights(rows[:i] + rows[i + 1 :] or rows))[0]
                for i, row in enumerate(rows)
                if len(row[1])
            ]
            between, within = _spread(left_out)
            coefficients[f"{test}.{name}"] = [round(float(c), 5) for c in w]
            spread[f"{test}.{name}"] = {
                "between_sd_deg": round(between, 2),
                "within_sd_deg": round(within, 2),
            }
            shown = errors([s.rows(name) for s in held], w)
            print(
                f"{test + '.' + name:22s} {_shown(left_out)}   {_shown(shown)}  clips {len(fit)}, {len(held)}"
            )
    content = {"coefficients": coefficients, "errors": spread}
    identity = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
    if not given.dry:
        OUT.write_text(json.dumps({"calibration_id": f"nerve-{identity}", **content}, indent=1) + "\n")
        print(f"{OUT} from {TABLE.name}: nerve-{identity}")


def _spread(per_clip: list[FloatArray]) -> tuple[float, float]:
    """Standard deviation of the clips' means, and of the frames about them."""
    means = np.array([np.median(e) for e in per_clip if len(e)])
    within = np.concatenate([e - np.median(e) for e in per_clip if len(e)])
    return float(np.sqrt(np.mean(means**2))), float(np.sqrt(np.mean(np.clip(within, -15, 15) ** 2)))


def _shown(per_clip: list[FloatArray]) -> str:
    if not per_clip:
        return f"{'':24s}"
    every = np.abs(np.concatenate(per_clip))
    worst = max(float(np.mean(np.abs(e))) for e in per_clip)
    edge = np.percentile(every, 95)
    return f"MAE {every.mean():4.1f} 95 % {edge:4.1f} max {every.max():4.1f} worst clip {worst:4.1f}"


if __name__ == "__main__":
    main()
