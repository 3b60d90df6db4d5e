"""Reports of all cases, made once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest

from neckrom.report import EndRangePicture, draw_end_range, write_report
from neckrom.types import Frame, Movement
from tests.report.report_cases import (
    CASES,
    HOSTILE,
    SAMPLES,
    Case,
    angles_of,
    camera_of,
    landmarks_of,
    orientations_of,
    renamed,
    rom_of,
)

Written = Callable[[str], Path]


def clip_frames(name: str) -> Iterator[Frame]:
    """Frames of a sample clip, really decoded."""
    with av.open(str(SAMPLES / f"{name}.mp4")) as container:
        for index, frame in enumerate(container.decode(video=0)):
            time_ns = round(frame.pts * frame.time_base * 1_000_000_000)
            yield Frame(index, time_ns, frame.to_ndarray(format="rgb24"))


@cache
def case_of(name: str) -> Case:
    return CASES[name]()


@pytest.fixture(scope="session")
def end_range_pictures() -> dict[Movement, EndRangePicture]:
    """The six pictures of the deficit clip."""
    clip = "chidi_deficit"
    angles = angles_of(clip)
    wanted = {
        int(np.argmin(np.abs(angles.time_s - trial.peak_s))): trial for trial in rom_of(clip, angles).trials
    }
    landmarks, orientations, camera = landmarks_of(clip), orientations_of(clip, angles), camera_of(clip)
    return {
        wanted[frame.index].movement: draw_end_range(
            frame, wanted[frame.index], landmarks, orientations, camera
        )
        for frame in clip_frames(clip)
        if frame.index in wanted
    }


@pytest.fixture(scope="session")
def written(made_once, request: pytest.FixtureRequest) -> Written:
    """Folder with the written report of a case; the case "deficit" has pictures, the others none.

    Written once for the whole run; nobody may change it.
    """

    def folder_of(name: str) -> Path:
        def write(folder: Path) -> None:
            case = case_of(name)
            pictures = request.getfixturevalue("end_range_pictures") if name == "deficit" else {}
            write_report(folder, case.result, case.angles, case.rom, pictures)

        return made_once(f"report-{name}", write)

    return folder_of


@pytest.fixture(scope="session")
def written_as(made_once) -> Written:
    """Folder with the report of a clip that has the given one of the hostile names, written once."""

    def folder_of(name: str) -> Path:
        def write(folder: Path) -> None:
            case = renamed(case_of("rotation_only"), name)
            write_report(folder, case.result, case.angles, case.rom, {})

        return made_once(f"report-named-{HOSTILE.index(name)}", write)

    return folder_of
