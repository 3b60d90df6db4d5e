"""The table of leg and arm tests: pose points of rendered people with exactly known angles.

    python calibration/nerve_table.py gather POSES:TRUTH [POSES:TRUTH ...]   # writes calibration/nerve_landmarks.npz
    python calibration/nerve_table.py gather --arms POSES:TRUTH ...          # writes calibration/arm_landmarks.npz

``POSES`` is a folder of pose points (``NAME.npz``: time_ns, pose, world, visibility, width, height), ``TRUTH`` one of
truth tables (``NAME.csv``, ``NAME.json``) as the renderer writes them. People with odd numbers are for fitting;
those with even numbers, and those of letters, are held out. At most 15 frames a second are kept of these, 10 of those.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neckrom.types import BodySeries, FloatArray

HERE = Path(__file__).parent
TABLE = HERE / "nerve_landmarks.npz"
ARM_TABLE = HERE / "arm_landmarks.npz"
LEGS, ARMS = ("slr", "slump"), ("arms",)
POINTS = [0, 2, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32]
HANDS = {17: 15, 18: 16, 19: 15, 20: 16, 21: 15, 22: 16}
"""Points of hands that are not kept are put where the wrist is, so that an arm is whole."""
ARM_POINTS = sorted([*POINTS, 19, 20])
"""Of arm tests the index is kept, too."""
TRUTHS = {
    "slr": ["neck", "raise_L", "raise_R", "knee_L", "knee_R", "ankle_L", "ankle_R"],
    "slump": ["neck", "raise_L", "raise_R", "knee_L", "knee_R", "ankle_L", "ankle_R"],
    "arms": ["bend", "abduction_L", "abduction_R", "elbow_L", "elbow_R"],
}
COLUMNS = {
    "neck": "neck_flexion_deg",
    "bend": "neck_lateral_deg",
    "raise": "hip_trunk_{}_deg",
    "knee": "knee_{}_deg",
    "ankle": "ankle_{}_deg",
    "elbow": "elbow_{}_deg",
    "abduction": "abduction_{}_deg",
}
HELD = {"slr": ("raise_hold", "lower"), "slump": ("knee_hold", "knee_down")}
"""First phase in which the leg is held, and the phase after, where one leg is tested."""
STEP_PX, STEP_DEG = 1 / 16, 1 / 64


@dataclass(frozen=True, slots=True)
class NerveClip:
    """One clip of the table."""

    name: str
    kind: str
    held_out: bool
    tested: str
    seen: str
    fps: float
    series: BodySeries
    truth: dict[str, FloatArray]
    phases: tuple[tuple[str, float, float], ...]
    scenario: dict[str, Any]

    @property
    def person(self) -> str:
        """Who is filmed: ``p911`` of ``p911_slump_L``, ``A`` of ``slump_A2``."""
        first, _, second = self.name.partition("_")
        return first if first[1:].isdigit() else second[:1]

    def sides(self) -> tuple[str, ...]:
        """The legs that are tested."""
        return ("left", "right") if self.tested == "both" else (self.tested,)

    def phase(self, name: str) -> tuple[float, float]:
        """Start and end, seconds."""
        return next((a, b) for phase, a, b in self.phases if phase == name)

    def held(self, side: str) -> tuple[float, float] | None:
        """From when to when a leg is held still; None where it is not tested."""
        if side not in self.sides() or self.kind not in HELD:
            return None
        first, last = HELD[self.kind]
        if self.tested == "both":
            letter = side[0].upper()
            return self.phase(f"hold_{letter}")[0], self.phase(f"slip_{letter}")[0]
        return self.phase(first)[0], self.phase(last)[0]

    def slip_deg(self, side: str) -> float | None:
        """By how much the leg slips after that, before it goes back; None where the clip has no such part."""
        if self.tested != "both":
            return None
        return float(self.scenario["motion"][f"slip_{side[0].upper()}"])

    def goes_back_s(self, side: str) -> float:
        """When the leg begins to go back."""
        if self.tested == "both":
            letter = side[0].upper()
            return self.phase(f"slip_hold_{letter}")[1]
        return self.phase(HELD[self.kind][1])[0]


def points_of(kind: str) -> list[int]:
    """Numbers of the pose model's points that the table of a kind of test holds."""
    return ARM_POINTS if kind in ARMS else POINTS


def read(path: Path = TABLE) -> list[NerveClip]:
    """All clips of the table."""
    with np.load(path) as table:
        about = json.loads(str(table["about"]))
        return [_clip(entry, table) for entry in about]


def _clip(entry: dict[str, Any], table: Any) -> NerveClip:
    name = entry["name"]
    kept = np.cumsum(table[f"{name}.points"].astype(np.int64), axis=0)
    pose = np.full((len(kept), 33, 3), np.nan, dtype=np.float32)
    kept_points = points_of(entry["kind"])
    pose[:, kept_points] = kept * STEP_PX
    for hand, wrist in HANDS.items():
        if hand in kept_points:
            continue
        pose[:, hand] = pose[:, wrist]
    pose[~table[f"{name}.found"]] = np.nan
    time_ns = table[f"{name}.time_ns"].astype(np.int64)
    n = len(time_ns)
    truth = np.cumsum(table[f"{name}.truth"].astype(np.int64), axis=0) * STEP_DEG
    return NerveClip(
        name=name,
        kind=entry["kind"],
        held_out=entry["held_out"],
        tested=entry["tested"],
        seen=entry["seen"],
        fps=entry["fps"],
        series=BodySeries(
            time_ns=time_ns,
            pose=pose,
            pose_world=np.zeros((n, 33, 3), dtype=np.float32),
            pose_visibility=np.ones((n, 33), dtype=np.float32),
            people=np.ones(n, dtype=np.int64),
            width=entry["width"],
            height=entry["height"],
        ),
        truth={key: truth[:, place] for place, key in enumerate(TRUTHS[entry["kind"]])},
        phases=tuple((p[0], float(p[1]), float(p[2])) for p in entry["phases"]),
        scenario=entry["scenario"],
    )


def gather(folders: list[tuple[Path, Path]], out: Path = TABLE, kinds: tuple[str, ...] = LEGS) -> None:
    """Write the table from folders of points and truth."""
    arrays: dict[str, Any] = {}
    about: list[dict[str, Any]] = []
    for poses, truths in folders:
        for path in sorted(poses.glob("*.npz")):
            kind = next((k for k in kinds if f"_{k}" in path.stem or path.stem.startswith(f"{k}_")), None)
            if kind is None or not (truths / f"{path.stem}.json").exists():
                continue
            about.append(_add(arrays, path, truths / path.stem, kind))
    np.savez_compressed(out, about=json.dumps(about), **arrays)
    size = out.stat().st_size / 1e6
    print(f"{out}: {len(about)} clips, {sum(e['held_out'] for e in about)} held out, {size:.2f} MB")


def _add(arrays: dict[str, Any], path: Path, truth: Path, kind: str) -> dict[str, Any]:
    name = path.stem
    notes = json.loads(truth.with_suffix(".json").read_text())
    number = re.match(r"p(\d+)_", name)
    held_out = number is None or int(number[1]) % 2 == 0
    with np.load(path) as points:
        time_ns, pose = points["time_ns"], points["pose"]
        width, height = int(points["width"]), int(points["height"])
    fps = notes["fps"]
    keep = np.arange(0, len(time_ns), max(1, round(fps / (15 if held_out else 10))))
    columns = _truth(truth.with_suffix(".csv"), kind)
    found = np.isfinite(pose[:, 0, 0])
    steps = np.nan_to_num(pose[keep][:, points_of(kind)] / STEP_PX).round().astype(np.int32)
    arrays[f"{name}.points"] = np.diff(steps, axis=0, prepend=0).astype(np.int32)
    arrays[f"{name}.found"] = found[keep]
    arrays[f"{name}.time_ns"] = time_ns[keep]
    angles = (columns[keep] / STEP_DEG).round().astype(np.int32)
    arrays[f"{name}.truth"] = np.diff(angles, axis=0, prepend=0).astype(np.int32)
    scenario = {key: value for key, value in notes["scenario"].items() if key in ("camera", "motion")}
    return {
        "name": name,
        "kind": kind,
        "held_out": held_out,
        "tested": {"L": "left", "R": "right"}.get(notes["events"].get("side", ""), "both"),
        "seen": {"L": "left", "R": "right"}.get(notes["camera"]["side"], "front"),
        "fps": fps,
        "width": width,
        "height": height,
        "phases": [(p["phase"], p["start_s"], p["end_s"]) for p in notes["events"]["phases"]],
        "scenario": scenario,
    }


def _truth(path: Path, kind: str) -> FloatArray:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    wanted = []
    for key in TRUTHS[kind]:
        quantity, _, side = key.partition("_")
        wanted.append([float(row[COLUMNS[quantity].format(side)]) for row in rows])
    return np.array(wanted).T


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["gather"])
    parser.add_argument("folders", nargs="+", help="POSES:TRUTH")
    parser.add_argument("--arms", action="store_true", help="clips of arms, in place of legs")
    given = parser.parse_args()
    named = [(Path(f.split(":")[0]), Path(f.split(":")[1])) for f in given.folders]
    gather(named, ARM_TABLE, ARMS) if given.arms else gather(named)
