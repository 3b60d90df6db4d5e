"""OpenSim motion files: the format to the letter, and the signs against the model's own transform."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from neckrom.errors import InputError
from neckrom.exports.mot import mot_bytes
from neckrom.exports.source import Series
from neckrom.exports.write import Format, export_to
from neckrom.kinematics.neck_angles import cardan_deg


class Motion:
    """An independent, strict reader, after what OpenSim's own storage reader asks of a file.

    A header of ``key=value`` lines up to ``endheader`` with version, number of rows and columns and
    whether angles are in degrees; then the labels, the first of which is ``time``; then exactly so many
    rows of exactly so many numbers, tab-separated, with times that rise.
    """

    def __init__(self, path: Path) -> None:
        text = path.read_bytes().decode("ascii")
        assert "\r" not in text
        assert text.endswith("\n")
        lines = text[:-1].split("\n")
        end = lines.index("endheader")
        self.name, *header = lines[:end]
        settings = dict(
            found.groups() for line in header if (found := re.fullmatch(r"(\w+)=(\S+)", line)) is not None
        )
        assert set(settings) == {"version", "nRows", "nColumns", "inDegrees"}
        assert settings["version"] == "1"
        self.in_degrees = {"yes": True, "no": False}[settings["inDegrees"]]
        self.labels = lines[end + 1].split("\t")
        rows = [line.split("\t") for line in lines[end + 2 :]]
        assert len(rows) == int(settings["nRows"])
        assert {len(row) for row in rows} == {int(settings["nColumns"])} == {len(self.labels)}
        assert all(re.fullmatch(r"-?\d+\.\d+", cell) for row in rows for cell in row)
        self.data = np.array(rows, dtype=float)
        assert self.labels[0] == "time"
        assert (np.diff(self.data[:, 0]) > 0).all()

    def __getitem__(self, label: str) -> np.ndarray:
        return self.data[:, self.labels.index(label)]


def series_of(neck_deg: np.ndarray) -> Series:
    numbers = np.full((len(neck_deg), 10), np.nan)
    numbers[:, 0] = np.arange(len(neck_deg)) / 30
    numbers[:, 1:4] = neck_deg
    return Series(numbers, [""] * len(neck_deg), ["face"] * len(neck_deg), np.ones(len(neck_deg)))


def written(tmp_path: Path, neck_deg: object) -> tuple[Motion, tuple[str, ...]]:
    content, remarks = mot_bytes(series_of(np.atleast_2d(np.array(neck_deg, dtype=float))))
    path = tmp_path / "x.mot"
    path.write_bytes(content)
    return Motion(path), remarks


def head_in_torso(motion: Motion) -> Rotation:
    """What the model does with the coordinates: turn about z, then x, then y (its SpatialTransform)."""
    return (
        Rotation.from_rotvec(np.outer(motion["neck_flexion"], [0, 0, 1]), degrees=True)
        * Rotation.from_rotvec(np.outer(motion["neck_bending"], [1, 0, 0]), degrees=True)
        * Rotation.from_rotvec(np.outer(motion["neck_rotation"], [0, 1, 0]), degrees=True)
    )


@pytest.mark.parametrize(
    ("neck_deg", "axis", "moved_to"),
    [
        pytest.param((40, 0, 0), [0, 1, 0], (+1, 0), id="flexion: the crown goes to the front"),
        pytest.param((-40, 0, 0), [0, 1, 0], (-1, 0), id="extension: the crown goes back"),
        pytest.param((0, 40, 0), [0, 1, 0], (+1, 2), id="right side-bend: the crown goes to the right"),
        pytest.param((0, 0, 40), [1, 0, 0], (+1, 2), id="right rotation: the face goes to the right"),
    ],
)
def test_the_model_moves_as_the_person_did(tmp_path, neck_deg, axis, moved_to):
    """In the model's torso x is to the front, y up and z to the right."""
    motion, _ = written(tmp_path, neck_deg)
    moved = head_in_torso(motion).apply(axis)[0]
    sign, to = moved_to
    assert moved[to] * sign == pytest.approx(np.sin(np.radians(40)))


def test_the_named_signs(tmp_path):
    """+ extension, + right bend, + left rotation."""
    motion, remarks = written(tmp_path, (10, 20, 30))
    assert (motion["neck_flexion"][0], motion["neck_bending"][0], motion["neck_rotation"][0]) == (
        -10,
        20,
        -30,
    )
    assert "neck_flexion + extension" in remarks[0]


@settings(deadline=None)
@given(st.floats(-80, 80), st.floats(-80, 80), st.floats(-80, 80))
def test_mixed_movements_give_the_same_orientation(tmp_path_factory, flexion, lateral, rotation):
    motion, _ = written(tmp_path_factory.getbasetemp(), (flexion, lateral, rotation))
    angles = cardan_deg(Rotation.identity(1).as_quat(), head_in_torso(motion).as_quat())
    np.testing.assert_allclose(angles, [[flexion, lateral, rotation]], atol=1e-5)


def test_the_file_of_a_session(clinic, tmp_path):
    done = export_to(clinic.records, clinic.sessions[0], Format.MOT, tmp_path / "out")
    path, beside = done.files
    motion = Motion(path)
    assert motion.name == "Coordinates"
    assert motion.in_degrees
    assert motion.labels == ["time", "neck_flexion", "neck_bending", "neck_rotation"]
    table = np.genfromtxt(clinic.folders[0] / "angles.csv", delimiter=",", names=True, usecols=range(4))
    np.testing.assert_allclose(motion["time"], table["time_s"], atol=1e-6)
    np.testing.assert_allclose(motion["neck_flexion"], -table["flexion_deg"], atol=1e-5)
    np.testing.assert_allclose(motion["neck_bending"], table["lateral_deg"], atol=1e-5)
    np.testing.assert_allclose(motion["neck_rotation"], -table["rotation_deg"], atol=1e-5)
    said = beside.read_text(encoding="utf-8")
    assert "28.6 deg" in said
    assert "45 deg" in said
    assert re.search(r"Would be cut here: neck_rotation reaches \d\d deg, beyond 45\.0 deg", said)
    assert any("Clamps" in remark for remark in done.remarks)


def test_frames_that_were_not_measured_are_left_out_and_counted(tmp_path):
    angles = np.array([[1, 2, 3], [np.nan, 2, 3], [4, np.nan, 6], [7, 8, 9]], dtype=float)
    motion, remarks = written(tmp_path, angles)
    np.testing.assert_allclose(motion["time"], [0, 3 / 30], atol=1e-6)
    assert any(remark.startswith("Left out: 2 frames") for remark in remarks)


def test_within_the_clamps_nothing_would_be_cut(tmp_path):
    _, remarks = written(tmp_path, [[28, 40, 44], [-28, -40, -44]])
    assert not any("Would be cut" in remark for remark in remarks)


def test_a_side_view_has_no_mot(tmp_path):
    angles = np.full((5, 3), np.nan)
    angles[:, 0] = 10
    with pytest.raises(InputError, match="from the side only one"):
        mot_bytes(series_of(angles))
