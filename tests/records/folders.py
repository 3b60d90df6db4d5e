"""Result folders as ``measure`` writes them, made from the truth of the sample clips."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from neckrom.report.tables import write_angles_csv, write_summary_csv
from neckrom.result import MovementResult, Result
from neckrom.types import Movement
from tests.report.report_cases import CASES, Case


@cache
def case_of(name: str) -> Case:
    return CASES[name]()


def changed(result: Result, recording: str, created: str, **best_deg: float | None) -> Result:
    """The result of another recording, with other best values by movement."""
    clip = result.clip.model_copy(
        update={"sha256": hashlib.sha256(recording.encode()).hexdigest(), "name": recording}
    )
    movements = tuple(
        _with_best(item, best_deg[item.movement.value]) if item.movement.value in best_deg else item
        for item in result.movements
    )
    return result.model_copy(update={"clip": clip, "created": created, "movements": movements})


def _with_best(item: MovementResult, best: float | None) -> MovementResult:
    interval = None if best is None else (best - 4.0, best + 4.0)
    return item.model_copy(update={"best_deg": best, "mean_deg": best, "interval95_deg": interval})


def write_folder(
    folder: Path,
    recording: str = "anna",
    created: str = "2026-03-14T10:20:30+01:00",
    case: str = "deficit_three_trials",
    **best_deg: float | None,
) -> Path:
    """A folder with result and tables."""
    base = case_of(case)
    result = changed(base.result, recording, created, **best_deg)
    folder.mkdir(parents=True)
    (folder / "result.json").write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
    write_angles_csv(folder / "angles.csv", base.angles, base.rom)
    write_summary_csv(folder / "summary.csv", result)
    (folder / "report.pdf").write_bytes(b"%PDF-1.4 stands in for the report\n")
    return folder


def all_movements(value: float) -> dict[str, float]:
    return {movement.value: value for movement in Movement}
