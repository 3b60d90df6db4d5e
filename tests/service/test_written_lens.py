"""A focal length that the file names: used where nobody states a lens, and nowhere else; kept with the landmarks."""

from __future__ import annotations

from functools import cache

import pytest

from neckrom.assessment.norms import load_norms
from neckrom.kinematics.parts import rows_of
from neckrom.landmarks.header import LandmarkHeader, header_from_json, header_to_json
from neckrom.service.analysis import Analysis, AnalysisOptions, Provenance, analyse
from neckrom.types import DetectorIdentity, LandmarkSeries, SourceInfo
from tests.kinematics.front.people import heldout

FOCAL_MM = 26.0
OF_THE_FILE_DEG = 65.6
FRAMES = 300


def source(focal_mm: float | None) -> SourceInfo:
    clip = heldout()[0]
    size = (clip.width, clip.height)
    return SourceInfo("clip", "clip", "0" * 64, *size, *size, None, 30.0, focal_35mm_mm=focal_mm)


@cache
def seen() -> LandmarkSeries:
    """The first movements of a person."""
    return rows_of(heldout()[0].landmarks(), slice(FRAMES))


def measured(focal_mm: float | None, **options: float) -> Analysis:
    given = Provenance(
        source(focal_mm), DetectorIdentity("m", "1", "0", "s"), (), "2026-01-10T09:00:00+01:00"
    )
    return analyse(seen(), given, AnalysisOptions(norms=load_norms("article"), **options))


def test_it_is_the_lens_where_nobody_states_one():
    camera = measured(FOCAL_MM).result.camera
    assert camera.hfov_deg == pytest.approx(OF_THE_FILE_DEG, abs=0.5)
    assert not camera.assumed
    assert camera.hfov_interval95_deg is not None
    low, high = camera.hfov_interval95_deg
    assert low < 60  # what stabilised video cuts off, is in it
    assert high > 70
    assert "26 mm" in camera.origin


@pytest.mark.parametrize("stated", [{"hfov_deg": 50.0}, {"distance_m": 0.7}])
def test_what_a_user_states_comes_first(stated):
    camera = measured(FOCAL_MM, **stated).result.camera
    assert camera == measured(None, **stated).result.camera
    assert "26 mm" not in camera.origin


@pytest.mark.parametrize("focal_mm", [None, FOCAL_MM])
def test_it_is_kept_with_the_landmarks(focal_mm):
    header = LandmarkHeader(source(focal_mm), DetectorIdentity("m", "1", "0", "s"), 3, ())
    text = header_to_json(header, 2)
    assert header_from_json(text.encode())[1].source == header.source
    assert ("focal_35mm_mm" in text) == (focal_mm is not None)


def test_a_file_cannot_name_a_lens_that_there_is_not():
    text = header_to_json(LandmarkHeader(source(5000.0), DetectorIdentity("m", "1", "0", "s"), 3, ()), 2)
    with pytest.raises(ValueError, match="focal_35mm_mm"):
        header_from_json(text.encode())
