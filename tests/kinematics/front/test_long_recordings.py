"""A long recording, whose landmarks lie on disk and are read in blocks, is measured as if it were in memory."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from neckrom import columns
from neckrom.kinematics.camera import pinhole, straightened
from neckrom.kinematics.face_mesh import face_orientation
from neckrom.kinematics.front.estimator import FrontEstimator
from neckrom.landmarks import table
from neckrom.landmarks.mirror import mirror_series
from neckrom.landmarks.plausible import implausible
from neckrom.landmarks.store import LandmarkWriter, read_landmarks
from neckrom.types import CameraModel, LandmarkFrame, LandmarkSeries
from tests.kinematics.front.people import heldout
from tests.landmarks.stretches import IDENTITY, INFO


@pytest.fixture(scope="module")
def recording(tmp_path_factory) -> tuple[LandmarkSeries, LandmarkSeries, np.ndarray]:
    """The same landmarks in memory and on disk, with gaps, and the frames of neutral."""
    clip = heldout()[1]
    seen = clip.landmarks()
    names = [field.name for field in fields(LandmarkFrame) if getattr(seen, field.name) is not None]
    path = tmp_path_factory.mktemp("long") / "landmarks.parquet"
    with LandmarkWriter(path, replace(INFO, width=seen.width, height=seen.height)) as writer:
        for row in range(len(seen)):
            writer.write(LandmarkFrame(**{name: getattr(seen, name)[row] for name in names}))
        writer.finish(IDENTITY)
    inside, _ = read_landmarks(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "IN_MEMORY_BYTES", 0)
        outside, _ = read_landmarks(path)
    assert inside.face.flags.writeable
    assert not outside.face.flags.writeable
    return inside, outside, clip.at_rest


@pytest.fixture
def small_blocks(monkeypatch):
    """Several blocks, and borders within gaps of the pose."""
    monkeypatch.setattr(columns, "BLOCK_ROWS", 97)


def measured(series: LandmarkSeries, rest: np.ndarray, camera: CameraModel) -> list[np.ndarray]:
    estimator = FrontEstimator()
    camera = estimator.camera_of(series, camera, rest)
    reference = estimator.fit_reference(series, camera, rest)
    smooth = estimator.smooth(estimator.observe(series, reference), reference)
    return [np.array([camera.fx, camera.inverse_focal_sd]), smooth.head, smooth.thorax, smooth.sd_deg]


def test_angles_are_the_same(recording, small_blocks, monkeypatch):
    inside, outside, rest = recording
    camera = pinhole(inside.width, inside.height, None)
    blocked = measured(outside, rest, camera)
    monkeypatch.setattr(columns, "BLOCK_ROWS", len(inside))
    for one, other in zip(measured(inside, rest, camera), blocked, strict=True):
        np.testing.assert_allclose(other, one, rtol=0, atol=1e-9)


def test_whatever_else_goes_through_blocks_is_the_same(recording, small_blocks):
    inside, outside, rest = recording
    bent = replace(pinhole(inside.width, inside.height, 70.0), distortion=(-0.1, 0.02, 0.0, 0.0))
    made = [(straightened(s, bent)[0], mirror_series(s)) for s in (inside, outside)]
    for one, other in zip(*made, strict=True):
        for field in fields(LandmarkSeries):
            np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))
    camera = pinhole(inside.width, inside.height, None)
    whole = face_orientation(inside, camera)
    np.testing.assert_allclose(face_orientation(outside, camera), whole, rtol=0, atol=1e-12)
    some = face_orientation(outside, camera, where=rest)
    np.testing.assert_allclose(some[rest], whole[rest], rtol=0, atol=1e-12)
    assert np.isnan(some[~rest]).all()
    assert implausible(inside) == implausible(outside) == ()
