"""End-range pictures of a session, whose video begins later than its landmarks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neckrom.assessment.norms import load_norms
from neckrom.landmarks.store import read_landmarks
from neckrom.messages import load_messages
from neckrom.service import writing
from neckrom.service.analysis import AnalysisOptions, Provenance, analyse
from neckrom.service.writing import SAME_CLOCK, ClipClock

CLIP = Path(__file__).parents[2] / "sample_videos" / "chidi_deficit.mp4"
LATER_NS = 5_000_000_000


def pictures(landmarks, header, clock):
    provenance = Provenance(header.source, header.detector, (), "2026-01-10T09:00:00+01:00")
    analysis = analyse(landmarks, provenance, AnalysisOptions(norms=load_norms("article"), hfov_deg=58.0))
    return writing._pictures(analysis, CLIP, clock, load_messages("en"), None)


def test_the_angle_is_drawn_where_the_head_is_in_the_picture(sample_landmarks):
    landmarks, header = read_landmarks(sample_landmarks("chidi_deficit"))
    own = pictures(landmarks, header, SAME_CLOCK)
    later = replace(landmarks, time_ns=landmarks.time_ns + LATER_NS)
    of_session = pictures(later, header, ClipClock(LATER_NS))
    assert set(own) == set(of_session)
    assert len(own) == 6
    for movement, picture in own.items():
        other = of_session[movement]
        assert other.time_s == pytest.approx(picture.time_s + 5.0, abs=0.05)
        off = np.abs(other.image.astype(int) - picture.image.astype(int))
        assert np.mean(off > 40) < 0.01, movement
