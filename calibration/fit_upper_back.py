"""Turns of the trunk: the table of rendered people, the fit of its corrections, and how they do on people held out.

    python calibration/fit_upper_back.py gather POSES TRUTH      # writes calibration/upper_back_landmarks.npz
    python calibration/fit_upper_back.py fit                     # writes calibration/upper_back.json
    python calibration/fit_upper_back.py bars                    # every figure of docs/upper_back.md

``POSES`` is a folder of pose points (``NAME.npz``: time_ns, pose, world, width, height), ``TRUTH`` one of truth tables
(``NAME.csv``, ``NAME.json``). Weights come from people with odd numbers alone, and errors in intervals from folds by
person among them; people with even numbers are for the bars.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import t as student

from neckrom.body import read_body
from neckrom.errors import InputError
from neckrom.types import BodySeries, FloatArray
from neckrom.upper_back.measure import measure_upper_back
from neckrom.upper_back.turning import turn_features

HERE = Path(__file__).parent
TABLE = HERE / "upper_back_landmarks.npz"
OUT = HERE / "upper_back.json"
POINTS = [0, 7, 8, 11, 12, 23, 24, 25, 26]
RIDGE = 0.02
TRUTH = ("thorax_yaw_deg", "pelvis_yaw_deg", "thorax_pitch_deg")


@dataclass(frozen=True)
class Clip:
    """One clip of the table; truth has the columns of ``TRUTH``."""

    name: str
    series: BodySeries
    truth: FloatArray
    phases: tuple[tuple[str, float, float], ...]

    @property
    def held_out(self) -> bool:
        """Even numbers are."""
        return int(self.name[1:].split("_")[0]) % 2 == 0

    @property
    def turn_deg(self) -> FloatArray:
        """True turn of the thorax against the pelvis, + to the left."""
        return np.asarray(self.truth[:, 0] - self.truth[:, 1])

    def inside(self, phase: str) -> FloatArray:
        """Frames of a phase."""
        start, end = next((a, b) for name, a, b in self.phases if name == phase)
        return np.asarray((self.series.time_s >= start) & (self.series.time_s <= end))


def gather(poses: Path, truths: Path) -> None:
    """Write the table."""
    arrays, about = {}, []
    for path in sorted(poses.glob("*_turn.npz")):
        notes = json.loads((truths / f"{path.stem}.json").read_text())
        with (truths / f"{path.stem}.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        with np.load(path) as points:
            arrays[f"{path.stem}.pose"] = points["pose"][:, POINTS].astype(np.float32)
            arrays[f"{path.stem}.world"] = points["world"][:, POINTS].astype(np.float16)
            arrays[f"{path.stem}.time_ns"] = points["time_ns"]
            size = int(points["width"]), int(points["height"])
        arrays[f"{path.stem}.truth"] = np.array(
            [[float(row[key]) for key in TRUTH] for row in rows], dtype=np.float32
        )
        phases = [(p["phase"], p["start_s"], p["end_s"]) for p in notes["events"]["phases"]]
        about.append({"name": path.stem, "size": size, "phases": phases})
    np.savez_compressed(TABLE, about=json.dumps(about), **arrays)  # type: ignore[arg-type]
    print(f"{TABLE}: {len(about)} clips, {TABLE.stat().st_size / 1e6:.2f} MB")


def read() -> list[Clip]:
    """All clips of the table."""
    clips = []
    with np.load(TABLE) as table:
        for entry in json.loads(str(table["about"])):
            name = entry["name"]
            time_ns = table[f"{name}.time_ns"]
            pose, world = (np.full((len(time_ns), 33, 3), np.nan, np.float32) for _ in range(2))
            pose[:, POINTS], world[:, POINTS] = table[f"{name}.pose"], table[f"{name}.world"]
            series = BodySeries(
                time_ns=time_ns,
                pose=pose,
                pose_world=world,
                pose_visibility=np.ones((len(time_ns), 33), np.float32),
                people=np.ones(len(time_ns), np.int64),
                width=entry["size"][0],
                height=entry["size"][1],
            )
            phases = tuple((p[0], float(p[1]), float(p[2])) for p in entry["phases"])
            clips.append(Clip(name, series, table[f"{name}.truth"].astype(float), phases))
    return clips


def weights(clips: list[Clip]) -> FloatArray:
    """Ridge regression of the true turn; every clip counts the same, and left like right."""
    left = right = 0.0
    for clip in clips:
        x, y = turn_features(read_body(clip.series)), clip.turn_deg
        good = np.isfinite(x).all(axis=1)
        left = left + x[good].T @ x[good] / good.sum()
        right = right + x[good].T @ y[good] / good.sum()
    scale = np.trace(left) / len(left)
    return np.asarray(np.linalg.solve(left + RIDGE * scale * np.eye(len(left)), right))


def end_errors(clip: Clip, coefficients: FloatArray) -> dict[str, float]:
    """Error of the end range of each side, as the size of the turn."""
    turn = turn_features(read_body(clip.series)) @ coefficients
    errors = {}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        at_end = clip.inside(f"hold_{side}")
        errors[side] = float(sign * (np.nanmedian(turn[at_end]) - np.median(clip.turn_deg[at_end])))
    return errors


def fit() -> None:
    """Fit, write, and print the errors of people left out."""
    clips = [clip for clip in read() if not clip.held_out]
    left_out = [end_errors(clip, weights([other for other in clips if other is not clip])) for clip in clips]
    ends = np.array([error for errors in left_out for error in errors.values()])
    apart = np.array([errors["left"] - errors["right"] for errors in left_out])
    wider = float(student.ppf(0.975, max(len(clips) - 1, 1))) / 1.96
    hips = [(turn_features(read_body(clip.series))[:, 2], clip.truth[:, 1]) for clip in clips]
    read_hips, true_hips = (np.concatenate([pair[k] for pair in hips]) for k in (0, 1))
    good = np.isfinite(read_hips)
    content = {
        "coefficients": [round(float(c), 4) for c in weights(clips)],
        "pelvis": round(float(read_hips[good] @ true_hips[good] / (read_hips[good] @ read_hips[good])), 3),
        "between_sd_deg": round(float(np.sqrt(np.mean(ends**2))) * wider, 2),
        "difference_sd_deg": round(float(np.sqrt(np.mean(apart**2))) * wider, 2),
        "people": len(clips),
    }
    print(f"people left out: end range MAE {np.abs(ends).mean():.1f} worst {np.abs(ends).max():.1f}")
    print(
        f"people left out: difference of both sides, error {np.abs(apart).mean():.1f} worst {np.abs(apart).max():.1f}"
    )
    identity = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
    OUT.write_text(json.dumps({**content, "calibration_id": f"upper-back-{identity}"}, indent=1) + "\n")
    print(content)


def bars() -> None:
    """How the whole measurement does on people who were not used for fitting."""
    errors, inside, sides, frames, counted, extended, told, false = [], [], [], [], 0, [], [], []
    clips = [clip for clip in read() if clip.held_out]
    for clip in clips:
        try:
            measured = measure_upper_back(clip.series)
        except InputError as error:
            print(f"NOT READ {clip.name}: {error}")
            continue
        frames.append(measured.turning.turn_deg - clip.turn_deg)
        true = {s: abs(float(np.median(clip.turn_deg[clip.inside(f"hold_{s}")]))) for s in ("left", "right")}
        counted += sorted(one.side for one in measured.repetitions) == ["left", "right"]
        for side in ("left", "right"):
            turned = getattr(measured, side)
            if turned is None:
                print(f"{clip.name}: {side} not found (true {true[side]:.0f})")
                continue
            errors.append(turned.turn_deg - true[side])
            inside.append(turned.interval95_deg[0] <= true[side] <= turned.interval95_deg[1])
        if measured.left is not None and measured.right is not None:
            read_apart = measured.left.turn_deg - measured.right.turn_deg
            sides.append(read_apart - (true["left"] - true["right"]))
            half = measured.difference_interval95_deg[1] - measured.difference_deg  # type: ignore[index]
            told += [abs(sides[-1] + sign * 15) >= half for sign in (-1, 1)]
            false.append(abs(sides[-1]) >= half)
        extended.append(_extension_error(clip))
    every = np.abs(np.concatenate(frames))
    print(f"{len(clips)} people held out")
    print(f"every frame: mean error {np.nanmean(every):.1f}, 95 % {np.nanpercentile(every, 95):.1f}")
    print(
        f"end ranges: mean error {np.mean(np.abs(errors)):.1f}, bias {np.mean(errors):+.1f}, "
        f"worst {np.max(np.abs(errors)):.1f} ({len(errors)}); inside their intervals {sum(inside)} of {len(inside)}"
    )
    print(
        f"difference of both sides: mean error {np.mean(np.abs(sides)):.1f}, worst {np.max(np.abs(sides)):.1f}"
    )
    print(
        f"15 deg apart told {100 * np.mean(told):.0f} %, equal sides told apart {100 * np.mean(false):.0f} %"
    )
    print(f"both turns counted, and no other: {counted} of {len(clips)}")
    print(f"bending back read from the shoulders' width: mean error {np.mean(extended):.1f}")


def _extension_error(clip: Clip) -> float:
    """Of the one thing that shrinks when somebody bends back before the camera: what the width would say of it."""
    body = read_body(clip.series)
    height = body.middle("hip")[:, 1] - body.middle("shoulder")[:, 1]
    rest, bent = clip.inside("rest"), clip.inside("hold_extend")
    share = float(np.nanmedian(height[bent]) / np.nanmedian(height[rest]))
    read_deg = float(np.degrees(np.arccos(min(share, 1.0))))
    true = float(np.median(clip.truth[rest, 2]) - np.median(clip.truth[bent, 2]))
    return abs(read_deg - true)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["gather", "fit", "bars"])
    parser.add_argument("folders", nargs="*", type=Path)
    given = parser.parse_args()
    if given.what == "gather":
        gather(*given.folders)
    else:
        {"fit": fit, "bars": bars}[given.what]()
