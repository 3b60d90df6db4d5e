"""Result folders of turning the trunk, as ``measure --protocol upper_back`` writes them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from neckrom.report.bodies.pictures import BodyPicture
from neckrom.report.bodies.write import write_body_pictures
from neckrom.report.pictures import EDGE
from neckrom.service.upper_back import angles_csv
from neckrom.upper_back.assemble import About, upper_back_result
from neckrom.upper_back.measure import UpperBackMeasurement, measure_upper_back
from neckrom.upper_back.result import UpperBackResult
from tests.report.body_cases import TOOL, clip_info
from tests.upper_back.figure import FPS, sitting, ways


@cache
def _measured(*ends: float) -> UpperBackMeasurement:
    return measure_upper_back(sitting(ways(*ends)))


def turned(
    *ends: float, name: str = "turns.mp4", created: str = "2026-03-14T10:20:30+01:00", **changes
) -> UpperBackResult:
    """Turns of the stick figure: far to the left, less far to the right."""
    measured = _measured(*(ends or (60, -20, 58, -22)))
    about = About(clip_info(name, len(measured.turning.time_s), FPS), TOOL, created)
    return upper_back_result(measured, about).model_copy(update=changes)


def write_turned(folder: Path, result: UpperBackResult | None = None) -> Path:
    folder.mkdir(parents=True)
    (folder / "result.json").write_text(
        (result or turned()).model_dump_json(indent=1) + "\n", encoding="utf-8"
    )
    (folder / "angles.csv").write_text(angles_csv(_measured(60, -20, 58, -22).turning), encoding="utf-8")
    grey = np.full((EDGE, EDGE, 3), 128, dtype=np.uint8)
    write_body_pictures(folder, [BodyPicture("turn_left", 3.0, grey)])
    return folder
