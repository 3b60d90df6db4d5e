"""Postures in the service: several recordings, marks, what is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neckrom.errors import ConfigurationError, OutputError
from neckrom.landmarks.body_store import BodyWriter, read_bodies
from neckrom.landmarks.mirror import mirror_bodies
from neckrom.service.posture import PostureOptions, measure_posture
from neckrom.types import BodyFrame, SourceInfo
from tests.landmarks.bodies import IDENTITY
from tests.posture.test_reading import person, table


def nobody_told(*_: object) -> None:
    return


def write(path: Path, series) -> Path:
    """A landmark file of one picture."""
    info = SourceInfo(
        path.stem,
        "images",
        "f" * 64,
        series.width,
        series.height,
        2 * series.width,
        2 * series.height,
        1,
        None,
    )
    with BodyWriter(path, info) as writer:
        writer.write(BodyFrame(0, series.pose[0], series.pose_world[0], series.pose_visibility[0], people=1))
        writer.finish(IDENTITY)
    return path


@pytest.fixture
def two(tmp_path) -> list[Path]:
    """The same person twice, leaning further forward the second time."""
    first = person(0)
    pose = first.pose.copy()
    hips = pose[:, 23:25, 1].mean()
    view_sign = 1 if pose[0, 0, 0] > pose[0, 11, 0] else -1
    pose[:, :23, 0] += view_sign * 0.1 * (hips - pose[:, :23, 1])
    return [
        write(tmp_path / "one.parquet", first),
        write(tmp_path / "two.parquet", replace(first, pose=pose)),
    ]


def test_a_second_recording_of_a_side_is_compared_with_the_first(two, tmp_path):
    outcome = measure_posture(two, tmp_path / "out", PostureOptions(), nobody_told)
    first, second = outcome.result.views
    assert outcome.result.trunk_lean_deg == first.trunk_lean_deg
    assert first.change is None
    assert second.change.against == 0
    assert second.change.trunk_lean_deg > 2
    low, high = second.change.trunk_lean_interval95_deg
    assert low < second.change.trunk_lean_deg < high
    names = {path.name for path in outcome.written}
    assert names == {"result.json", "landmarks.parquet", "landmarks_2.parquet", "report.html", "report.pdf"}
    with pytest.raises(OutputError, match="--overwrite"):
        measure_posture(two, tmp_path / "out", PostureOptions(), nobody_told)


def test_the_other_side_is_not_compared(two, tmp_path):
    other = write(tmp_path / "other.parquet", mirror_bodies(read_bodies(two[0])[0]))
    result = measure_posture([two[0], other], tmp_path / "out", PostureOptions(), nobody_told).result
    assert {view.side for view in result.views} == {"left", "right"}
    assert all(view.change is None for view in result.views)


def test_marks_count_in_pixels_of_the_stored_picture(two, tmp_path):
    number = 0
    c7 = tuple(float(value) for value in 2 * table()["c7_px"][number])
    marked = measure_posture([two[0]], tmp_path / "a", PostureOptions(c7=c7), nobody_told).result
    assert np.allclose(marked.points.c7, table()["c7_px"][number], atol=0.1)
    assert marked.craniovertebral_deg == pytest.approx(float(table()["cva"][number]), abs=10)
    assert marked.c7_origin == "marked"
    assert marked.configuration.c7 == pytest.approx(c7)
    with pytest.raises(ConfigurationError, match="one picture at a time"):
        measure_posture(two, tmp_path / "b", PostureOptions(c7=c7), nobody_told)


def test_marks_of_a_mirrored_picture_are_where_they_were_made(two, tmp_path):
    series = read_bodies(two[0])[0]
    stored = write(tmp_path / "mirrored.parquet", mirror_bodies(series))
    x, y = 2 * table()["c7_px"][0]
    plain = measure_posture([two[0]], tmp_path / "a", PostureOptions(c7=(x, y)), nobody_told).result
    options = PostureOptions(mirrored=True, c7=(2 * series.width - x, y))
    mirrored = measure_posture([stored], tmp_path / "b", options, nobody_told).result
    assert mirrored.side == plain.side
    assert mirrored.craniovertebral_deg == pytest.approx(plain.craniovertebral_deg, abs=0.1)
    assert mirrored.views[0].recording.clip.mirrored
