"""What the tool wants of itself at the end of range, beside what `neckrom validate` measured.

neckrom validate calibration/heldout.npz --out neckrom-validation
python benchmarks/accuracy_bars.py neckrom-validation/validation.json      # a table in Markdown
"""

from __future__ import annotations

import argparse
from pathlib import Path

from neckrom.validation.bars import bars
from neckrom.validation.summary import ValidationReport


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("report", type=Path)
    report = ValidationReport.model_validate_json(parser.parse_args().report.read_text(encoding="utf-8"))
    print(
        "| degrees; of six: flexion / extension / rotation left / right / side-bend left / right | bar | measured |"
    )
    print("|---|---|---|")
    for row in bars(report):
        print(f"| {row.what} | {row.bar} | {row.measured} |")


if __name__ == "__main__":
    main()
