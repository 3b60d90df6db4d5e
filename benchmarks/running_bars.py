"""Bars of the running measurement on people whom it was not fitted on, from their landmarks.

python benchmarks/running_bars.py                 # the table, Markdown
python benchmarks/running_bars.py --each          # every clip, too
"""

from __future__ import annotations

import argparse
from pathlib import Path

from neckrom.running.bars import bars_of, checked
from neckrom.running.truth_table import read_running_table

HERE = Path(__file__).parents[1] / "calibration"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path, default=HERE / "heldout_running.npz")
    parser.add_argument("--each", action="store_true")
    options = parser.parse_args()
    clips = [checked(clip) for clip in read_running_table(options.table)]
    if options.each:
        for clip in clips:
            print(clip.line())
    people = {clip.person for clip in clips}
    print(f"{len(clips)} clips of {len(people)} people\n")
    print("| | bar | measured | clips | 95 % intervals that hold |")
    print("|---|---|---|---|---|")
    for bar in bars_of(clips):
        print(f"| {bar.name} | {bar.asked} | {bar.measured} | {bar.count} | {bar.covered} |")


if __name__ == "__main__":
    main()
