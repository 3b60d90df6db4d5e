"""How well the same end range is measured twice: other camera, other seat, other light and noise.

neckrom validate calibration/heldout.npz --out neckrom-validation
python benchmarks/repeatability.py neckrom-validation/validation.json   # the lines of repeatability.toml
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np

from neckrom.types import MOVEMENTS
from neckrom.validation.summary import ValidationReport


def main() -> None:
    """Print standard error of measurement and minimal detectable change of each movement."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("report", type=Path)
    report = ValidationReport.model_validate_json(parser.parse_args().report.read_text(encoding="utf-8"))
    person = {clip.name: clip.conditions["person"] for clip in report.clips}
    errors = defaultdict(list)
    for trial in report.trials:
        if trial.error_deg is not None:
            errors[trial.movement, person[trial.clip], round(trial.truth_deg)].append(trial.error_deg)
    for movement in MOVEMENTS:
        twice = [found for (m, *_), found in errors.items() if m == movement and len(found) == 2]
        within = np.array([(a - b) ** 2 / 2 for a, b in twice])
        sem = float(np.sqrt(within.mean()))
        print(f"[movements.{movement.value}]\nsem_deg = {sem:.1f}\nmdc95_deg = {1.96 * 2**0.5 * sem:.1f}")
        print(f"# {len(twice)} people, measured by two cameras\n")


if __name__ == "__main__":
    main()
