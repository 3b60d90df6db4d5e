"""Result folders of runs and postures as their commands write them."""

from __future__ import annotations

from pathlib import Path

from neckrom.report.bodies.pictures import row_pictures
from neckrom.report.bodies.tables import write_run_tables
from neckrom.report.bodies.write import write_body_pictures
from tests.report.body_cases import body_series, curves_of, frames_of, posture_result, run_result


def write_run(
    folder: Path, name: str = "side.mp4", created: str = "2026-03-14T10:20:30+01:00", **changes
) -> Path:
    """A result folder as ``run`` writes it."""
    result = run_result(name, created=created, **changes)
    folder.mkdir(parents=True)
    (folder / "result.json").write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
    write_run_tables(folder, result, [curves_of(result), curves_of(result, 1)])
    series = {0: body_series(), 1: body_series("back")}
    write_body_pictures(folder, row_pictures(result, frames_of(result), series).values())
    return folder


def write_posture(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "result.json").write_text(posture_result().model_dump_json(), encoding="utf-8")
    return folder
