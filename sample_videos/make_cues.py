"""Make the cue file of a sample clip from its truth table: which stretch answers which request.

    python sample_videos/make_cues.py sample_videos/anna_protocol.csv --warm-ups 2

Writes ``anna_protocol.cues.csv`` beside it, for ``neckrom live --source sample_videos/anna_protocol.mp4``.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from itertools import groupby
from pathlib import Path

MOVEMENTS = {
    "flexion": "flexion",
    "extension": "extension",
    "rot_left": "rotation_left",
    "rot_right": "rotation_right",
    "side_left": "lateral_left",
    "side_right": "lateral_right",
}
"""Names of the truth tables, and ours."""


def cues_of(table: Path, warm_ups: int) -> list[tuple[float, float, str]]:
    """Stretches of a truth table: neutral first, then every repetition with the rest after it."""
    with table.open(newline="") as file:
        rows = [(float(row["time_s"]), row["phase"]) for row in csv.DictReader(file)]
    stretches = [
        (phase, [time for time, _ in group]) for phase, group in groupby(rows, key=lambda row: row[1])
    ]
    first = stretches[0][1]
    cues = [(first[0], first[-1], "neutral")]
    counts: Counter[str] = Counter()
    for number, (phase, times) in enumerate(stretches):
        name = MOVEMENTS.get(phase.removesuffix("_out"))
        if not phase.endswith("_out") or name is None:
            continue
        last = next((i for i in range(number + 1, len(stretches)) if stretches[i][0].endswith("_out")), None)
        end = stretches[-1 if last is None else last - 1][1][-1]
        counts[name] += 1
        warm_up = counts[name] <= warm_ups
        kind, index = ("warm_up", counts[name]) if warm_up else ("trial", counts[name] - warm_ups)
        cues.append((times[0], end, f"{name}:{kind}:{index}"))
    return cues


def main() -> None:
    """Write the cue file beside the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument(
        "--warm-ups", type=int, default=0, help="repetitions of each direction that do not count"
    )
    given = parser.parse_args()
    target = given.table.with_name(f"{given.table.stem}.cues.csv")
    with target.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["start_s", "end_s", "step"])
        writer.writerows(
            [f"{start:.3f}", f"{end:.3f}", step] for start, end, step in cues_of(given.table, given.warm_ups)
        )
    print(target)


if __name__ == "__main__":
    main()
