"""The report of a run, a posture or a nerve test that lies in its folder, laid out again in any language."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from neckrom.messages import Messages
from neckrom.nerve.result import NerveResult
from neckrom.plans.result import PlanResult
from neckrom.posture.result import PostureResult
from neckrom.private_files import read_plain
from neckrom.report.bodies.content import BodyContent
from neckrom.report.bodies.nerve_content import nerve_content
from neckrom.report.bodies.nerve_tables import read_nerve_curves
from neckrom.report.bodies.pictures import BodyPicture
from neckrom.report.bodies.plan_content import plan_content
from neckrom.report.bodies.posture_content import posture_content
from neckrom.report.bodies.run_content import run_content
from neckrom.report.bodies.tables import CURVES, read_curves
from neckrom.report.bodies.upper_back_chart import read_turn_curves
from neckrom.report.bodies.upper_back_content import upper_back_content
from neckrom.report.letterhead import NOBODY, Letterhead
from neckrom.report.pictures import EDGE
from neckrom.report.write import PICTURES
from neckrom.running.curves import Curves
from neckrom.running.result import RunResult
from neckrom.saying.runs import Earlier
from neckrom.saying.upper_backs import SIDES, furthest_turn
from neckrom.types import ImageArray
from neckrom.upper_back.result import UpperBackResult

StoredResult = RunResult | PostureResult | NerveResult | PlanResult | UpperBackResult

MAX_PICTURE_BYTES = 5_000_000
_NO_PICTURE = (
    OSError,
    ValueError,
    SyntaxError,
    LookupError,
    TypeError,
    struct.error,
    Image.DecompressionBombError,
)
"""What Pillow raises of a file that is none, or claims more points than any picture of ours has."""


def picture_names(result: StoredResult) -> tuple[str, ...]:
    """Which pictures a result may have, in their order."""
    if isinstance(result, RunResult):
        return tuple(row.name for row in result.rows)
    if isinstance(result, NerveResult):
        return tuple(f"trial_{number}" for number in range(1, len(result.trials) + 1))
    if isinstance(result, PlanResult):
        return ()
    if isinstance(result, UpperBackResult):
        return tuple(f"turn_{side}" for side in SIDES)
    return tuple(f"view_{number}" for number in range(1, len(result.views) + 1))


def stored_pictures(folder: Path, result: StoredResult) -> dict[str, bytes]:
    """Pictures of a result folder as JPEG, by name; empty where the person kept none."""
    found = {}
    for name in picture_names(result):
        try:
            data = read_plain(folder / PICTURES / f"{name}.jpg", MAX_PICTURE_BYTES)
        except OSError:
            continue
        if _opened(data) is not None:
            found[name] = data
    return found


def neck_image(folder: Path, number: int) -> ImageArray | None:
    """Head and neck of a posture close up, nothing drawn in, shape (640, 640, 3); None where it was not kept.

    Parameters
    ----------
    folder : Path
        Of the result.
    number : int
        Which view, from 0.
    """
    try:
        opened = _opened(read_plain(folder / PICTURES / f"neck_{number + 1}.jpg", MAX_PICTURE_BYTES))
    except OSError:
        return None
    return None if opened is None else np.asarray(opened, dtype=np.uint8)


def _opened(data: bytes) -> Image.Image | None:
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as opened:
            return opened.convert("RGB") if opened.size == (EDGE, EDGE) else None
    except _NO_PICTURE:
        return None


def _pictures(result: StoredResult, kept: Mapping[str, bytes]) -> dict[str, BodyPicture]:
    drawn = {}
    for name, data in kept.items():
        image = _opened(data)
        if image is not None:
            drawn[name] = BodyPicture(name, _time_of(result, name), np.asarray(image, dtype=np.uint8))
    return drawn


def _time_of(result: StoredResult, name: str) -> float:
    if isinstance(result, PostureResult):
        return result.views[int(name.removeprefix("view_")) - 1].moment_s
    if isinstance(result, NerveResult):
        trial = result.trials[int(name.removeprefix("trial_")) - 1]
        return 0.5 * (trial.start_s + trial.end_s) if trial.symptom_s is None else trial.symptom_s
    if isinstance(result, PlanResult):
        return 0.0
    if isinstance(result, UpperBackResult):
        furthest = furthest_turn(result, "left" if name == "turn_left" else "right")
        return 0.0 if furthest is None else furthest.at_s
    moment = next((row.moment for row in result.rows if row.name == name), None)
    return 0.0 if moment is None else moment.time_s


def curves_in(folder: Path, result: RunResult) -> list[Curves]:
    """Curves of the clips, as far as they are at hand.

    Raises
    ------
    InputError
        If they are damaged.
    """
    found = []
    for number, recording in enumerate(result.clips):
        name = CURVES.get(recording.role)
        curves = None if name is None else read_curves(folder / name, number)
        if curves is not None:
            found.append(curves)
    return found


def stored_content(
    result: StoredResult,
    folder: Path,
    texts: Messages,
    head: Letterhead = NOBODY,
    *,
    earlier: Earlier | None = None,
) -> BodyContent:
    """The report's content from what lies in its folder; a damaged picture is left out.

    Raises
    ------
    InputError
        If the curves are damaged.
    """
    if isinstance(result, PlanResult):
        return plan_content(result, texts, head)
    drawn = _pictures(result, stored_pictures(folder, result))
    if isinstance(result, PostureResult):
        return posture_content(result, tuple(drawn.values()), texts, head)
    if isinstance(result, NerveResult):
        by_trial = {int(name.removeprefix("trial_")) - 1: picture for name, picture in drawn.items()}
        return nerve_content(result, read_nerve_curves(folder, result), by_trial, texts, head)
    if isinstance(result, UpperBackResult):
        by_side = {side: drawn[f"turn_{side}"] for side in SIDES if f"turn_{side}" in drawn}
        return upper_back_content(result, read_turn_curves(folder), by_side, texts, head)
    by_row = {row.name: drawn[row.name] for row in result.rows if row.name in drawn}
    return run_content(result, curves_in(folder, result), by_row, texts, head, earlier=earlier)
