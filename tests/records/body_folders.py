"""Result folders of runs, postures and nerve tests as their commands write them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from neckrom.nerve.assemble import About, leg_test_result
from neckrom.nerve.marks import Mark
from neckrom.nerve.measure import LegTestMeasurement, measure_leg_test
from neckrom.nerve.result import NerveResult
from neckrom.report.bodies.pictures import BodyPicture, row_pictures
from neckrom.report.bodies.tables import write_run_tables
from neckrom.report.bodies.write import write_body_pictures
from neckrom.report.pictures import EDGE
from neckrom.service.nerve import angles_csv
from tests.nerve.figure import leg_raise
from tests.report.body_cases import (
    TOOL,
    body_series,
    clip_info,
    curves_of,
    frames_of,
    posture_result,
    run_result,
)


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


def nerve_result(
    name: str = "raise.mp4", created: str = "2026-03-14T10:20:30+01:00", **changes
) -> NerveResult:
    """A straight leg raise of both legs with marks, measured from the tests' stick figure."""
    return _measured_raise().model_copy(
        update={"clip": clip_info(name, _measured_raise().clip.frames, 30.0), "created": created, **changes}
    )


@cache
def _measured_raise() -> NerveResult:
    angles = _raise()
    about = About(clip_info("raise.mp4", len(angles.angles.time_s), 30.0), TOOL, "", marked=True)
    return leg_test_result(angles, about)


@cache
def _raise() -> LegTestMeasurement:
    marks = [Mark(3.2, "symptom"), Mark(6.8, "answer", "less"), Mark(8.2, "pain", "own")]
    return measure_leg_test(leg_raise(), "slr", tuple(marks))


def write_nerve(folder: Path, result: NerveResult | None = None, *, picture: bool = True) -> Path:
    """A result folder as ``measure --protocol slr`` writes it."""
    folder.mkdir(parents=True)
    result = result or nerve_result()
    (folder / "result.json").write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
    (folder / "angles.csv").write_text(angles_csv(_raise().angles), encoding="utf-8")
    if picture:
        grey = np.full((EDGE, EDGE, 3), 128, dtype=np.uint8)
        write_body_pictures(folder, [BodyPicture("trial_1", 3.2, grey)])
    return folder
