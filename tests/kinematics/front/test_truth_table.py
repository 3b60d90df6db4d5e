"""Tables of landmarks with truth."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from neckrom.kinematics.front.truth_table import read_table, write_table
from tests.kinematics.front.people import heldout


def test_table_survives_the_file(tmp_path):
    clip = heldout()[0]
    write_table(tmp_path / "table.npz", [clip])
    (again,) = read_table(tmp_path / "table.npz")
    np.testing.assert_allclose(again.face, clip.face, atol=1 / 64)
    np.testing.assert_allclose(again.neck_deg, clip.neck_deg, atol=1 / 256)
    for name in ("tracks", "chest_tracks"):
        kept, given = getattr(again, name), getattr(clip, name)
        np.testing.assert_allclose(kept[..., 1:], given[..., 1:], atol=1 / 64)
        np.testing.assert_array_equal(np.isnan(kept[..., 0]), np.isnan(given[..., 0]))
        known = np.isfinite(given[..., 0])
        pairs = np.unique(np.column_stack([kept[known][:, 0], given[known][:, 0]]), axis=0)
        assert len(pairs) == len(np.unique(pairs[:, 0])) == len(np.unique(pairs[:, 1])), (
            "the same spots have the same number"
        )
    assert (again.name, again.person, again.scenario) == (clip.name, clip.person, clip.scenario)
    assert json.loads(clip.scenario)["camera"]


def test_table_of_clips_without_points(tmp_path):
    clip = replace(heldout()[0], tracks=None, chest_tracks=None, scenario="")
    write_table(tmp_path / "table.npz", [clip])
    (again,) = read_table(tmp_path / "table.npz")
    assert again.tracks is None
    assert again.chest_tracks is None
    assert again.scenario == ""
