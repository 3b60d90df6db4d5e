"""How well turns of the trunk are read on rendered people who were not used for fitting.

    python calibration/upper_back_bars.py

Reads ``upper_back_landmarks.npz`` as ``fit_upper_back.py`` gathered it; people with even numbers are held out.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from fit_upper_back import read

from neckrom.body import read_body
from neckrom.errors import InputError
from neckrom.upper_back.measure import measure_upper_back
from neckrom.upper_back.turning import facing_deg, load_corrections

SIDES = ("left", "right")
APART_DEG = 20.0


def main() -> None:
    """Print every figure of docs/upper_back.md."""
    clips = [clip for clip in read() if clip.held_out]
    errors, inside, halves, frames, counted = [], [], [], [], 0
    apart_halves: list[float] = []
    apart, apart_inside, told, called, false, past = [], [], [], [], [], []
    for clip in clips:
        body = read_body(clip.series)
        try:
            measured = measure_upper_back(clip.series)
        except InputError as error:
            print(f"NOT READ {clip.name}: {error}")
            continue
        past.append(facing_deg(body, load_corrections().facing) - clip.past_deg)
        seen = measured.turning.turn_deg - clip.turn_deg
        frames.append(np.abs(seen[clip.turning]))
        counted += sorted(one.side for one in measured.repetitions) == ["left", "right"]
        true = {s: abs(float(np.median(clip.turn_deg[clip.inside(f"hold_{s}")]))) for s in SIDES}
        for side in SIDES:
            turned = getattr(measured, side)
            if turned is None:
                print(f"{clip.name}: {side} not found (true {true[side]:.0f})")
                continue
            low, high = turned.interval95_deg
            errors.append(turned.turn_deg - true[side])
            inside.append(low <= true[side] <= high)
            halves.append(high - turned.turn_deg - turned.held_back_deg)
            if turned.held_back_deg:
                print(f"{clip.name}: {side} may be {turned.held_back_deg:.0f} larger, as is said")
        if measured.sides is None or measured.left is None or measured.right is None:
            continue
        half = measured.sides.interval95_deg[1] - measured.sides.difference_deg
        apart_halves.append(half)
        error = (measured.left.turn_deg - measured.right.turn_deg) - (true["left"] - true["right"])
        apart.append(error)
        apart_inside.append(abs(error) <= half)
        print(
            f"{clip.name}: true {true['left']:.0f} / {true['right']:.0f}, read {measured.left.turn_deg:.0f} / "
            f"{measured.right.turn_deg:.0f}, past the camera {clip.past_deg:+.0f} (error {past[-1]:+.1f})"
        )
        called.append(measured.sides.verdict == "apart")
        if abs(true["left"] - true["right"]) >= APART_DEG:
            told.append(called[-1])
        elif abs(true["left"] - true["right"]) < 3:
            false.append(called[-1])
    every = np.concatenate(frames)
    print(f"{len(past)} people held out and read, fitted on {load_corrections().people}")
    print(f"every frame: mean error {np.nanmean(every):.1f}, 95 % {np.nanpercentile(every, 95):.1f}")
    print(
        f"end ranges: mean error {np.mean(np.abs(errors)):.1f}, bias {np.mean(errors):+.1f}, worst "
        f"{np.max(np.abs(errors)):.1f} ({len(errors)}); interval +-{np.mean(halves):.1f}, inside {sum(inside)} of "
        f"{len(inside)}"
    )
    print(
        f"difference of both sides: mean error {np.mean(np.abs(apart)):.1f}, worst {np.max(np.abs(apart)):.1f}; "
        f"interval +-{min(apart_halves):.1f} to {max(apart_halves):.1f}, inside {sum(apart_inside)} of "
        f"{len(apart_inside)}"
    )
    print(f"sides {APART_DEG:.0f} deg and more apart told from none: {sum(told)} of {len(told)}")
    print(f"sides within 3 deg called apart: {sum(false)} of {len(false)}")
    print(f"one turn to each side counted, and no other: {counted} of {len(past)}")
    print(f"where the person faces: mean error {np.mean(np.abs(past)):.1f}, worst {np.max(np.abs(past)):.1f}")


if __name__ == "__main__":
    main()
