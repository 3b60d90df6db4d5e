"""How far the turn of a trunk is read from the shoulders in front view: why no upper-back mobility is measured.

    python benchmarks/upper_back.py

Two tables: ``benchmarks/upper_back.npz``, rendered people who sit and turn shoulders and head together to both sides
and then bend back, whole trunk in the picture; and ``calibration/heldout.npz``, people at a desk whose head turns and
whose trunk turns along, hips below the picture. Made again with pose points and truth tables of such clips:

    python benchmarks/upper_back.py gather POSES TRUTH
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import numpy as np

from neckrom.kinematics.front.truth_table import read_table
from neckrom.kinematics.pose_points import POSE_POINTS
from neckrom.types import FloatArray

HERE = Path(__file__).parent
TABLE = HERE / "upper_back.npz"
DESK = HERE.parent / "calibration" / "heldout.npz"
LEFT, RIGHT = 11, 12
TURNED_DEG = 12.0
TRUTH = ("thorax_yaw_deg", "pelvis_yaw_deg", "thorax_pitch_deg")


def gather(poses: Path, truths: Path) -> None:
    """Write the table of people who turn."""
    arrays = {}
    for path in sorted(poses.glob("*_turn.npz")):
        with (truths / f"{path.stem}.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        with np.load(path) as points:
            arrays[f"{path.stem}.pose"] = points["pose"][:, [LEFT, RIGHT]].astype(np.float32)
            arrays[f"{path.stem}.world"] = points["world"][:, [LEFT, RIGHT]].astype(np.float32)
        arrays[f"{path.stem}.truth"] = np.array([[float(r[k]) for k in TRUTH] for r in rows], np.float32)
        arrays[f"{path.stem}.phase"] = np.array([r["phase"] for r in rows])
    np.savez_compressed(TABLE, names=json.dumps(sorted({n.split(".")[0] for n in arrays})), **arrays)


def turned(left: FloatArray, right: FloatArray, rest: np.ndarray) -> FloatArray:
    """Turn of the shoulders' line in the model's metres, against rest, + to the left, degrees."""
    across = left - right
    turn = np.degrees(np.arctan2(across[:, 2], across[:, 0]))
    return np.asarray(turn - np.nanmedian(turn[rest]))


def by_width(left: FloatArray, right: FloatArray, rest: np.ndarray) -> FloatArray:
    """Turn that the width of the shoulders in the picture stands for, without its sign, degrees."""
    width = np.linalg.norm(left[:, :2] - right[:, :2], axis=1)
    return np.asarray(np.degrees(np.arccos(np.clip(width / np.nanmedian(width[rest]), 0.0, 1.0))))


def people_who_turn() -> None:
    """Sitting, the whole trunk in the picture."""
    with np.load(TABLE) as table:
        names = json.loads(str(table["names"]))
        print(f"sitting, shoulders and head turned together: {len(names)} people")
        for name in names:
            pose, world = (table[f"{name}.{kind}"].astype(float) for kind in ("pose", "world"))
            truth, phase = table[f"{name}.truth"], table[f"{name}.phase"]
            rest = phase == "rest"
            metres = turned(world[:, 0], world[:, 1], rest)
            width = by_width(pose[:, 0], pose[:, 1], rest)
            for side in ("left", "right"):
                end = phase == f"hold_{side}"
                true = abs(float(np.median(truth[end, 0])))
                read = abs(float(np.median(metres[end]))), float(np.median(width[end]))
                print(
                    f"  {name} {side:5s} true {true:.0f}: in metres {read[0]:.0f} ({100 * read[0] / true:.0f} %), "
                    f"by width {read[1]:.0f} ({100 * read[1] / true:.0f} %)"
                )
            end = phase == "hold_extend"
            back = float(np.median(truth[rest, 2]) - np.median(truth[end, 2]))
            print(
                f"  {name} bent back by {back:.0f}, not turned: the width stands for a turn of "
                f"{np.median(width[end]):.0f}"
            )


def people_at_a_desk() -> None:
    """The head turns, the trunk turns along; never used for fitting."""
    shares = []
    left, right = list(POSE_POINTS).index(LEFT), list(POSE_POINTS).index(RIGHT)
    for clip in read_table(DESK):
        rest = clip.at_rest.astype(bool)
        true = -(clip.trunk_deg[:, 2] - np.nanmedian(clip.trunk_deg[rest, 2]))
        if np.nanmax(np.abs(true)) < TURNED_DEG:
            continue
        end = np.abs(true) > 0.9 * np.nanmax(np.abs(true))
        read = turned(clip.world[:, left], clip.world[:, right], rest)
        shares.append(float(np.nanmedian(read[end] * np.sign(true[end])) / np.nanmedian(np.abs(true[end]))))
    middle, least, most = (100 * float(share) for share in (np.median(shares), min(shares), max(shares)))
    print(f"at a desk, the trunk turned along by {TURNED_DEG:.0f} or more: {len(shares)} clips")
    print(f"  in metres {middle:.0f} % of the true turn is read ({least:.0f} to {most:.0f} %)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="?", choices=["gather"])
    parser.add_argument("folders", nargs="*", type=Path)
    given = parser.parse_args()
    if given.what == "gather":
        gather(*given.folders)
    else:
        people_who_turn()
        people_at_a_desk()
