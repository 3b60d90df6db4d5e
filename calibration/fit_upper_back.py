"""Turns of the trunk: the table of rendered people, and the fit of its corrections.

    python calibration/fit_upper_back.py gather POSES TRUTH [POSES TRUTH ...]   # writes upper_back_landmarks.npz
    python calibration/fit_upper_back.py                                        # writes upper_back.json

``POSES`` is a folder of pose points (``NAME_turn.npz``: time_ns, pose, world, width, height), ``TRUTH`` one of truth
tables (``NAME_turn.csv``, ``NAME_turn.json``). Weights come from people with odd numbers alone, and errors in intervals
from folds by person among them; people with even numbers are for ``upper_back_bars.py``.
"""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import t as student

from neckrom.body import read_body
from neckrom.types import BodySeries, BoolArray, FloatArray
from neckrom.upper_back.turning import REST_S, arms_crossed, at_rest, facing_deg, knees_aside, turn_features

HERE = Path(__file__).parent
TABLE = HERE / "upper_back_landmarks.npz"
OUT = HERE / "upper_back.json"
POINTS = [0, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26]
RIDGE = 0.002
TRUTH = ("thorax_yaw_deg", "pelvis_yaw_deg", "thorax_pitch_deg")
MIDDLE = tuple(f"midshoulder_{axis}" for axis in "XZ")


@dataclass(frozen=True)
class Clip:
    """One clip of the table; truth has the columns of ``TRUTH``, + to the person's left.

    ``past_deg`` is how far the person truly faces past the camera at rest, + to the left.
    """

    name: str
    series: BodySeries
    truth: FloatArray
    past_deg: float
    phases: tuple[tuple[str, float, float], ...]

    @property
    def held_out(self) -> bool:
        """Even numbers are."""
        return int(self.name[1:].split("_")[0]) % 2 == 0

    def against_rest(self, column: str) -> FloatArray:
        """One column of the truth against the beginning."""
        values = self.truth[:, TRUTH.index(column)]
        return np.asarray(values - np.median(values[self.series.time_s <= REST_S]))

    @property
    def turn_deg(self) -> FloatArray:
        """True turn of the thorax, + to the left."""
        return self.against_rest("thorax_yaw_deg")

    def inside(self, phase: str) -> BoolArray:
        """Frames of a phase; none where the clip has no such phase."""
        time_s = self.series.time_s
        flags = [(time_s >= start) & (time_s <= end) for name, start, end in self.phases if name == phase]
        return np.asarray(np.any(flags, axis=0)) if flags else np.zeros(len(time_s), dtype=bool)

    @property
    def turning(self) -> BoolArray:
        """Frames before anybody bends back."""
        start = [a for name, a, _ in self.phases if name == "extend"]
        return np.asarray(self.series.time_s < min(start, default=np.inf))


def gather(folders: list[Path]) -> None:
    """Write the table."""
    arrays, about = {}, []
    for poses, truths in zip(folders[::2], folders[1::2], strict=True):
        for path in sorted(poses.glob("*_turn.npz")):
            notes = json.loads((truths / f"{path.stem}.json").read_text())
            with (truths / f"{path.stem}.csv").open(newline="") as file:
                rows = list(csv.DictReader(file))
            with np.load(path) as points:
                arrays[f"{path.stem}.pose"] = points["pose"][:, POINTS].astype(np.float32)
                arrays[f"{path.stem}.world"] = points["world"][:, POINTS].astype(np.float16)
                arrays[f"{path.stem}.time_ns"] = points["time_ns"]
                size = int(points["width"]), int(points["height"])
            truth = [[float(row[key]) for key in TRUTH] for row in rows]
            arrays[f"{path.stem}.truth"] = np.array(truth, dtype=np.float32)
            phases = [(p["phase"], p["start_s"], p["end_s"]) for p in notes["events"]["phases"]]
            middle = np.median([[float(row[key]) for key in MIDDLE] for row in rows], axis=0)
            to_camera = np.array(notes["camera"]["position"])[[0, 2]] - middle
            seen_from = float(np.degrees(np.arctan2(to_camera[0], to_camera[1])))
            past = float(np.median([each[0] for each in truth[:4]])) - seen_from
            about.append({"name": path.stem, "size": size, "phases": phases, "past_deg": round(past, 2)})
    np.savez_compressed(TABLE, about=json.dumps(about), **arrays)  # type: ignore[arg-type]
    print(f"{TABLE.name}: {len(about)} clips, {TABLE.stat().st_size / 1e6:.2f} MB")


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
            truth = table[f"{name}.truth"].astype(float)
            clips.append(Clip(name, series, truth, entry["past_deg"], phases))
    return clips


def ridge(pairs: list[tuple[FloatArray, FloatArray]]) -> FloatArray:
    """Weights of features (N, K) for a true angle (N,); every clip counts the same."""
    left = right = 0.0
    for x, y in pairs:
        good = np.isfinite(x).all(axis=1)
        left = left + x[good].T @ x[good] / good.sum()
        right = right + x[good].T @ y[good] / good.sum()
    scale = np.trace(left) / len(left)
    return np.asarray(np.linalg.solve(left + RIDGE * scale * np.eye(len(left)), right))


def weights(clips: list[Clip]) -> tuple[FloatArray, float]:
    """Of the features of the turn, and of the knees for where the person faces."""
    bodies = {clip.name: read_body(clip.series) for clip in clips}
    aside = np.array([np.nanmedian(knees_aside(body)[at_rest(body)]) for body in bodies.values()])
    facing = float(aside @ np.array([clip.past_deg for clip in clips]) / (aside @ aside))
    pairs = []
    for clip in clips:
        body = bodies[clip.name]
        features = turn_features(body, facing_deg(body, facing))
        pairs.append((features[clip.turning], clip.turn_deg[clip.turning]))
    return ridge(pairs), facing


def end_errors(clip: Clip, fitted: tuple[FloatArray, float]) -> dict[str, float]:
    """Error of the end range of each side, as the size of the turn."""
    body = read_body(clip.series)
    turn = turn_features(body, facing_deg(body, fitted[1])) @ fitted[0]
    errors = {}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        at_end = clip.inside(f"hold_{side}")
        errors[side] = float(sign * (np.nanmedian(turn[at_end]) - np.median(clip.turn_deg[at_end])))
    return errors


def fit() -> None:
    """Fit, write, and print the errors of people left out."""
    clips = [clip for clip in read() if not clip.held_out and arms_crossed(read_body(clip.series))]
    fitted, facing = weights(clips)
    others = [clip for clip in read() if clip.held_out and arms_crossed(read_body(clip.series))]
    odd = [end_errors(clip, weights([other for other in clips if other is not clip])) for clip in clips]
    even = [end_errors(clip, (fitted, facing)) for clip in others]
    for clip, error in zip([*clips, *others], [*odd, *even], strict=True):
        print(f"{clip.name}: left {error['left']:+.1f}, right {error['right']:+.1f}")
    for name, part in (("odd, left out one by one", odd), ("even", even)):
        ends, apart = _errors(part)
        print(
            f"{name}: end range, mean error {np.abs(ends).mean():.1f}, rms {_rms(ends):.1f}; difference of both sides, "
            f"mean error {np.abs(apart).mean():.1f}, rms {_rms(apart):.1f}"
        )
    ends, apart = _errors([*odd, *even])
    wider = float(student.ppf(0.975, len(odd) + len(even) - 1)) / 1.96
    content = {
        "weights": [round(float(weight), 4) for weight in fitted],
        "facing": round(facing, 2),
        "between_sd_deg": round(_rms(ends) * wider, 2),
        "difference_sd_deg": round(_rms(apart) * wider, 2),
        "furthest_deg": round(float(max(np.abs(c.against_rest("thorax_yaw_deg")).max() for c in clips)), 1),
        "people": len(clips),
    }
    identity = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
    OUT.write_text(json.dumps({**content, "calibration_id": f"upper-back-{identity}"}, indent=1) + "\n")
    print(content)


def _errors(people: list[dict[str, float]]) -> tuple[FloatArray, FloatArray]:
    """Of the end ranges, shape (K, 2), and of the difference between both sides, shape (K,)."""
    ends = np.array([[error["left"], error["right"]] for error in people])
    return ends, ends[:, 0] - ends[:, 1]


def _rms(errors: FloatArray) -> float:
    return float(np.sqrt(np.mean(errors**2)))


if __name__ == "__main__":
    if sys.argv[1:2] == ["gather"]:
        gather([Path(folder) for folder in sys.argv[2:]])
    else:
        fit()
