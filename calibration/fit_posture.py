"""Fit what corrects the pose model's points of standing people, and say how far it is right.

    python calibration/fit_posture.py table CLIP... # clips of standing people with a truth table beside each
    python calibration/fit_posture.py fit           # posture_people.npz -> posture.json, figures of people left out

People whose number is odd are fitted on; those with an even number are only measured. A clip is called pNNN_..., and
two clips of one person are two postures, filmed from another place each; a third is the second posture from the place
of the first.
"""

from __future__ import annotations

import argparse
import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import stats

from neckrom.body.view import view_of
from neckrom.frames import open_source
from neckrom.landmarks.body_engine import BodyPoseDetector
from neckrom.landmarks.outline import person_outline
from neckrom.posture.features import NAMES, features, rise_deg, standing_points
from neckrom.posture.nape import NapePlace, brought_to_edge
from neckrom.report.pictures import EDGE, cut

HERE = Path(__file__).parent
TABLE, FITTED = HERE / "posture_people.npz", HERE / "posture.json"
FRAMES, SETTLE = 8, 3
HALVES = 20
CLICKS, CLICK_TRUNKS = 8, 0.012
"""Tries for each posture, and how far a click misses C7 in each direction (standard deviation, about 6 mm)."""
PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0)
_PLUMB = (
    "lean",
    "ear_shoulder",
    "hip_before_ankle",
    "elbow_before_hip",
    "shoulders_apart",
    "ear_before_middle",
)
READ_FROM: dict[str, tuple[str, ...]] = {
    "lean": (
        "lean",
        "hip_before_ankle",
        "elbow_before_hip",
        "wrist_before_hip",
        "body_apart",
    ),
    "ear_shoulder": (
        "ear_shoulder",
        "lean",
        "eye_above_ear",
        "nose_above_ear",
        "elbow_before_hip",
        "shoulders_apart",
        "ear_before_middle",
    ),
    "head_pitch": ("eye_above_ear", "nose_above_ear", "mouth_above_ear", "neck_length"),
    "ear_plumb": _PLUMB,
    "shoulder_plumb": _PLUMB,
    "hip_plumb": _PLUMB,
    "tragus_x": ("eye_above_ear", "ear_before_middle", "head_apart"),
    "tragus_y": ("ear_above_middle", "eye_above_ear", "nose_above_ear", "mouth_above_ear"),
    "parallax_x": ("ear_before_middle", "body_apart", "shoulder_below_other"),
    "parallax_y": ("ear_above_middle",),
}
"""What each quantity is read from: what belongs to it by the geometry, as there are few people."""
TARGETS = tuple(READ_FROM)
TRUTH = (
    *(f"{name}_{axis}" for name in ("hip", "shoulder", "tragus", "ankle") for axis in "YZ"),
    "head_pitch_deg",
)


def read_clip(path: Path) -> dict[str, object]:
    """Median pose and truth of a clip."""
    detector, source = BodyPoseDetector(), open_source(path)
    frames = [frame for frame, _ in zip(source.frames(), range(FRAMES), strict=False)]
    if len(frames) < FRAMES:  # the tracker's window settles on the person first
        frames = [frames[0]] * SETTLE + frames
    frames = [replace(frame, time_ns=number * 33_333_333) for number, frame in enumerate(frames)]
    poses = np.array([detector.detect(frame).pose for frame in frames])[SETTLE - 1 :]
    detector.close()
    with path.with_suffix(".csv").open() as file:
        rows = list(csv.DictReader(file))[:FRAMES]
    about = json.loads(path.with_suffix(".json").read_text())
    side = about["camera"]["side"]

    def of(name: str) -> float:
        return float(np.median([float(row[name]) for row in rows]))

    def middle(name: str) -> list[float]:
        return [0.5 * (of(f"{name}_L_{axis}") + of(f"{name}_R_{axis}")) for axis in "YZ"]

    camera = about["camera"]
    rotation, position = np.array(camera["R_world_to_cam"]), np.array(camera["position"])

    def seen(point: list[float]) -> list[float]:
        x, y, z = rotation @ (np.array(point) - position)
        return [camera["fx"] * x / z + camera["cx"], camera["fy"] * y / z + camera["cy"]]

    tragus = [of(f"tragus_{side}_{axis}") for axis in "XYZ"]
    c7 = [of(f"C7_{axis}") for axis in "XYZ"]
    pose = np.median(poses, axis=0).astype(np.float32)
    clicks, edged = clicked(frames[-1].image, pose, np.array(seen(c7)))
    return {
        "name": path.stem,
        "pose": pose,
        "clicks_px": clicks,
        "edged_px": edged,
        "size": (about["width"], about["height"]),
        "truth": [
            *middle("hip"),
            *middle("shoulder"),
            *middle("tragus"),
            *middle("ankle"),
            of("head_pitch_deg"),
        ],
        "cva": of(f"cva_{side}_deg"),
        "c7_px": seen(c7),
        # where the tragus would be seen if it lay in the plane of C7
        "tragus_px": seen([c7[0], *tragus[1:]]),
        "marked_px": seen(tragus),
    }


def clicked(image: np.ndarray, pose: np.ndarray, c7: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Clicks at C7 that miss it as people do, and the same brought to the neck's edge where that is near."""
    view = view_of(pose[None].astype(np.float64))
    points = standing_points(pose.astype(np.float64), view)
    place = NapePlace(points.ear, points.shoulder, points.hip, view.facing)
    left, top, edge = place.close_picture
    outline = person_outline(np.asarray(cut(image, left, top, edge).convert("RGB")))
    missed = np.random.default_rng(7).normal(0.0, CLICK_TRUNKS * points.trunk_px, (CLICKS, 2))
    clicks = c7 + missed
    edged = clicks.copy()
    if outline is not None:
        there = np.array([left, top]) + outline * edge / EDGE
        for number, click in enumerate(clicks):
            moved = brought_to_edge(click, there, place)
            edged[number] = click if moved is None else moved
    return clicks.astype(np.float32), edged.astype(np.float32)


def make_table(paths: list[Path]) -> None:
    """Read clips into the table; what is in it already stays."""
    known = _load() if TABLE.exists() else {}
    names = set() if not known else {str(name) for name in known["name"]}
    new = [read_clip(path) for path in paths if path.stem not in names]
    if not new:
        return
    merged = {}
    for key in new[0]:
        values = np.array([item[key] for item in new])
        merged[key] = values if not known else np.concatenate([known[key], values])
    order = np.argsort(merged["name"])
    np.savez_compressed(TABLE, **{key: values[order] for key, values in merged.items()})
    print(f"{len(merged['name'])} postures in {TABLE.name}")


def _load() -> dict[str, np.ndarray]:
    with np.load(TABLE, allow_pickle=False) as stored:
        return {key: stored[key] for key in stored.files}


def targets(table: dict[str, np.ndarray], number: int) -> list[float]:
    """What is to be read, in the order of TARGETS."""
    hip, shoulder, tragus, ankle = (table["truth"][number][i : i + 2] for i in (0, 2, 4, 6))
    lean = _tilt(shoulder - hip)
    height = tragus[0] - ankle[0]
    view = view_of(table["pose"][number][None].astype(np.float64))
    points = standing_points(table["pose"][number].astype(np.float64), view)
    moved = 100.0 * (table["tragus_px"][number] - points.ear) / points.trunk_px
    slanted = 100.0 * (table["tragus_px"][number] - table["marked_px"][number]) / points.trunk_px
    return [
        lean,
        _tilt(tragus - shoulder) - lean,
        table["truth"][number][8],
        *(100.0 * (point[1] - ankle[1]) / height for point in (tragus, shoulder, hip)),
        view.facing * moved[0],
        moved[1],
        view.facing * slanted[0],
        slanted[1],
    ]


def _tilt(up_front: np.ndarray) -> float:
    return float(np.degrees(np.arctan2(up_front[1], up_front[0])))


def ridge(x: np.ndarray, y: np.ndarray, name: str, penalty: float) -> tuple[np.ndarray, ...]:
    """Mean and scale of the features, intercept and weights, which are 0 for what the quantity is not read from."""
    used = [NAMES.index(feature) for feature in READ_FROM[name]]
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-9
    z = ((x - mean) / scale)[:, used]
    weights = np.zeros((x.shape[1], 1))
    weights[used] = np.linalg.solve(z.T @ z + penalty * np.eye(len(used)), z.T @ (y - y.mean(axis=0)))
    return mean, scale, y.mean(axis=0), weights


def said(fitted: tuple[np.ndarray, ...], x: np.ndarray) -> np.ndarray:
    """What a fit says."""
    mean, scale, intercept, weights = fitted
    return intercept + ((x - mean) / scale) @ weights


def left_out(x: np.ndarray, y: np.ndarray, people: np.ndarray, penalties: np.ndarray) -> np.ndarray:
    """Errors for each person with a fit on the others."""
    errors = np.zeros_like(y)
    for person in np.unique(people):
        mine = people == person
        for column, penalty in enumerate(penalties):
            fitted = ridge(x[~mine], y[~mine, column : column + 1], TARGETS[column], penalty)
            errors[mine, column] = said(fitted, x[mine])[:, 0] - y[mine, column]
    return errors


def half_left_out(x: np.ndarray, y: np.ndarray, people: np.ndarray, penalties: np.ndarray) -> np.ndarray:
    """Root mean square of the errors of people half of whom a fit knows nothing of, for each quantity.

    What a quantity is read from and how much it is shrunk was chosen on the same people, for which leaving one of them
    out is too kind; fits on half of them make up for it.
    """
    random, everybody = np.random.default_rng(11), np.unique(people)
    squares = []
    for _ in range(HALVES):
        known = np.isin(people, random.permutation(everybody)[: len(everybody) // 2])
        for mine in (known, ~known):
            seen = [
                said(ridge(x[~mine], y[~mine, c : c + 1], TARGETS[c], p), x[mine])[:, 0]
                for c, p in enumerate(penalties)
            ]
            squares.append((np.array(seen).T - y[mine]) ** 2)
    return np.sqrt(np.concatenate(squares).mean(axis=0))


def pairs_of(names: np.ndarray, sides: np.ndarray, *, same_place: bool) -> list[tuple[int, int]]:
    """Rows of two postures of one person of which the same side is seen, as only such are compared.

    The first and the third posture are filmed from the same place, the first and the second from two.
    """
    rows = {str(name): row for row, name in enumerate(names)}
    second = "_posture_3" if same_place else "_posture_2"
    people = sorted({name.split("_")[0] for name in rows})
    pairs = [(rows.get(f"{person}_posture_1"), rows.get(person + second)) for person in people]
    return [(a, b) for a, b in pairs if a is not None and b is not None and sides[a] == sides[b]]


def changes(errors: np.ndarray, pairs: list[tuple[int, int]]) -> np.ndarray:
    """Errors of the difference between two postures."""
    return np.array([errors[later] - errors[first] for first, later in pairs])


def craniovertebral(table: dict[str, np.ndarray], values: np.ndarray, *, marked: bool) -> np.ndarray:
    """Errors of the craniovertebral angle with C7 marked exactly, the tragus read or marked, too."""
    errors = []
    for number, value in enumerate(values):
        view = view_of(table["pose"][number][None].astype(np.float64))
        points = standing_points(table["pose"][number].astype(np.float64), view)
        name = "parallax" if marked else "tragus"
        offset = np.array(
            [view.facing * value[TARGETS.index(f"{name}_x")], value[TARGETS.index(f"{name}_y")]]
        )
        seen = table["marked_px"][number] if marked else points.ear
        tragus = seen + offset * points.trunk_px / 100.0
        errors.append(rise_deg(table["c7_px"][number], tragus, view.facing) - table["cva"][number])
    return np.array(errors)


def of_clicks(table: dict[str, np.ndarray], values: np.ndarray, key: str) -> np.ndarray:
    """Errors of the craniovertebral angle with C7 clicked, the tragus read; all clicks of all postures."""
    errors = []
    for number, value in enumerate(values):
        view = view_of(table["pose"][number][None].astype(np.float64))
        points = standing_points(table["pose"][number].astype(np.float64), view)
        offset = np.array([view.facing * value[TARGETS.index("tragus_x")], value[TARGETS.index("tragus_y")]])
        tragus = points.ear + offset * points.trunk_px / 100.0
        clicks = table[key][number].astype(np.float64)
        errors += [rise_deg(click, tragus, view.facing) - table["cva"][number] for click in clicks]
    return np.array(errors)


def fit() -> None:
    """Fit on the odd people, write, and print how far the even ones are right."""
    table = _load()
    number = np.array([int(str(name)[1:].split("_")[0]) for name in table["name"]])
    odd = number % 2 == 1
    x = np.array(
        [
            features(pose.astype(np.float64), view_of(pose[None].astype(np.float64)), tuple(map(int, size)))
            for pose, size in zip(table["pose"], table["size"], strict=True)
        ]
    )
    y = np.array([targets(table, i) for i in range(len(x))])
    tried = np.array(
        [np.abs(left_out(x[odd], y[odd], number[odd], [p] * len(TARGETS))).mean(axis=0) for p in PENALTIES]
    )
    penalties = np.array(PENALTIES)[tried.argmin(axis=0)]
    errors = left_out(x[odd], y[odd], number[odd], penalties)
    columns = [ridge(x[odd], y[odd, c : c + 1], TARGETS[c], p) for c, p in enumerate(penalties)]
    mean, scale = columns[0][0], columns[0][1]
    sides = np.array([view_of(pose[None].astype(np.float64)).name for pose in table["pose"]])
    names = table["name"]
    all_pairs = [pair for same in (False, True) for pair in pairs_of(names[odd], sides[odd], same_place=same)]
    difference = changes(errors, all_pairs)
    single = half_left_out(x[odd], y[odd], number[odd], penalties)
    # few people: as many standard deviations as Student's t says, in those of a normal distribution
    few = float(stats.t.ppf(0.975, len(np.unique(number[odd])) - 1) / stats.norm.ppf(0.975))
    few_pairs = float(stats.t.ppf(0.975, len(all_pairs) - 1) / stats.norm.ppf(0.975))
    odd_table = {key: values[odd] for key, values in table.items()}
    spread = {
        marked: few * float(np.sqrt((craniovertebral(odd_table, y[odd] + errors, marked=marked) ** 2).mean()))
        for marked in (False, True)
    }
    of_click = {
        key: few * float(np.sqrt((of_clicks(odd_table, y[odd] + errors, key) ** 2).mean()))
        for key in ("clicks_px", "edged_px")
    }
    content = {
        "features": NAMES,
        "mean": np.round(mean, 4).tolist(),
        "scale": np.round(scale, 4).tolist(),
        "quantities": {
            name: {
                "intercept": round(float(columns[c][2][0]), 4),
                "weights": np.round(columns[c][3][:, 0], 4).tolist(),
                "sd": round(few * float(single[c]), 2),
                "change_sd": round(few_pairs * float(np.sqrt((difference[:, c] ** 2).mean())), 2),
            }
            for c, name in enumerate(TARGETS)
        },
        "craniovertebral_sd": round(spread[False], 2),
        "craniovertebral_marked_sd": round(spread[True], 2),
        "craniovertebral_clicked_sd": round(of_click["clicks_px"], 2),
        "craniovertebral_edge_sd": round(of_click["edged_px"], 2),
        "people": len(np.unique(number[odd])),
    }
    FITTED.write_text(json.dumps(content, indent=1) + "\n")
    chosen = dict(zip(TARGETS, penalties, strict=True))
    print(f"fitted on {content['people']} people ({odd.sum()} postures); penalties {chosen}")
    even = ~odd
    seen = np.concatenate([said(column, x[even]) for column in columns], axis=1)
    wrong = seen - y[even]
    of_places = {same: pairs_of(names[even], sides[even], same_place=same) for same in (False, True)}
    moved = {same: changes(wrong, pairs) for same, pairs in of_places.items()}
    print(f"\n{len(np.unique(number[even]))} people left out, {even.sum()} postures")
    print(
        "  mean absolute error, 95th percentile, share in the interval; mean absolute error of a change seen from the "
        f"same side, from two places ({len(of_places[False])} people) and from one ({len(of_places[True])}), in the "
        "interval"
    )
    for c, name in enumerate(TARGETS):
        sd = content["quantities"][name]["sd"]
        inside = (np.abs(wrong[:, c]) <= 1.96 * sd).mean()
        two, one = (np.abs(moved[same][:, c]) for same in (False, True))
        held = (np.concatenate([two, one]) <= 1.96 * content["quantities"][name]["change_sd"]).mean()
        size = np.abs(wrong[:, c])
        print(
            f"  {name:15s} {size.mean():5.2f} {np.quantile(size, 0.95):5.2f} {inside:4.0%};"
            f" {two.mean():5.2f} {one.mean():5.2f} {held:4.0%}"
        )
    raw = x[even, NAMES.index("ear_shoulder")] - y[even, TARGETS.index("ear_shoulder")]
    two, one = (np.abs(changes(raw, of_places[same])).mean() for same in (False, True))
    print(f"  the ear-shoulder line uncorrected: {np.abs(raw).mean():.1f}, change {two:.1f}, {one:.1f}")
    even_table = {key: values[even] for key, values in table.items()}
    for marked, name in ((False, "C7 marked"), (True, "C7 and tragus")):
        size = np.abs(craniovertebral(even_table, seen, marked=marked))
        inside = (size <= 1.96 * spread[marked]).mean()
        print(f"  {name:15s} {size.mean():5.2f} {np.quantile(size, 0.95):5.2f} {inside:4.0%}")
    for key, name in (("clicks_px", "C7 clicked"), ("edged_px", "to the edge")):
        size = np.abs(of_clicks(even_table, seen, key))
        inside = (size <= 1.96 * of_click[key]).mean()
        print(f"  {name:15s} {size.mean():5.2f} {np.quantile(size, 0.95):5.2f} {inside:4.0%}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("step", choices=("table", "fit"))
    parser.add_argument("clips", nargs="*", type=Path)
    asked = parser.parse_args()
    make_table(asked.clips) if asked.step == "table" else fit()
