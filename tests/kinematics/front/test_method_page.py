"""The tables of constants in docs/method.md say what the code does."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from neckrom.kinematics.camera import ASSUMED_SD, STATED_SD, VIDEO_SHARE, WRITTEN_SD
from neckrom.kinematics.front.bodies import HEAD, THORAX, Body
from neckrom.kinematics.front.fusion import AGREE_DEG, AGREE_SHARE, AROUND_S, READ_WELL_DEG, STANDING_S
from neckrom.kinematics.front.lens import EYES_M, EYES_SD
from neckrom.kinematics.front.parameters import DEFAULTS, LIMITS
from neckrom.kinematics.front.unknowns import (
    SURE_FACE_DEG,
    UNSEEN_TRUNK_SD_DEG,
    USUAL_DISAGREEMENT_BACK_DEG,
    USUAL_DISAGREEMENT_DEG,
)
from neckrom.kinematics.view import ASKEW_FROM_DEG

PAGE = Path(__file__).parents[3] / "docs" / "method.md"


IN_MODULES = {
    "AGREE_DEG": AGREE_DEG,
    "AGREE_SHARE": AGREE_SHARE,
    "READ_WELL_DEG": READ_WELL_DEG,
    "STANDING_S": STANDING_S,
    "AROUND_S": AROUND_S,
    "ASSUMED_SD": ASSUMED_SD,
    "STATED_SD": STATED_SD,
    "WRITTEN_SD": WRITTEN_SD,
    "VIDEO_SHARE": VIDEO_SHARE,
    "EYES_M": EYES_M,
    "EYES_SD": EYES_SD,
    "UNSEEN_TRUNK_SD_DEG": UNSEEN_TRUNK_SD_DEG,
    "USUAL_DISAGREEMENT_DEG": USUAL_DISAGREEMENT_DEG,
    "USUAL_DISAGREEMENT_BACK_DEG": USUAL_DISAGREEMENT_BACK_DEG,
    "SURE_FACE_DEG": SURE_FACE_DEG,
    "ASKEW_FROM_DEG": ASKEW_FROM_DEG,
}


def stated() -> dict[str, list[str]]:
    """Name in the first column of a table, to the other columns."""
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    names = [name for name, _ in rows]
    assert len(names) == len(set(names)), "a constant stands twice"
    return {name: cells.split(" | ") for name, cells in rows}


def in_code() -> dict[str, list[object]]:
    fusion, tracks = (
        asdict(numbers) for numbers in DEFAULTS
    )  # the fitted file holds the same: test_fitted_tables
    numbers = {**fusion, **tracks, **asdict(LIMITS), **IN_MODULES}
    columns: dict[str, list[object]] = {name: [value] for name, value in numbers.items()}
    bodies = [of_body(body) for body in (HEAD, THORAX)]
    return columns | {name: [body[name] for body in bodies] for name in bodies[0]}


def of_body(body: Body) -> dict[str, object]:
    numbers = asdict(body)
    return {**numbers.pop("shape"), **numbers}


def test_every_constant_is_on_the_page_and_nothing_else():
    assert set(stated()) == set(in_code())


@pytest.mark.parametrize("name", sorted(in_code()))
def test_value(name):
    for cell, value in zip(stated()[name], in_code()[name], strict=False):
        said = [float(part) for part in cell.split(", ")]
        np.testing.assert_allclose(
            said, np.ravel(np.concatenate([np.ravel(v) for v in np.atleast_1d(value)]))
        )
