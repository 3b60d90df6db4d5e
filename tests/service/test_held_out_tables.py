"""Held-out tables are found by what they hold."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from neckrom.cli.validating import what_to_validate
from neckrom.errors import InputError
from neckrom.service import held_out_tables as tables
from neckrom.service.held_out_tables import HeldOutTable, find_table, held_out_tables

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", list(held_out_tables()))
def test_the_tables_of_the_repository_are_those_of_the_manifest(name):
    assert find_table(name) == ROOT / "calibration" / held_out_tables()[name].file


@pytest.fixture
def small(monkeypatch) -> bytes:
    """A manifest of one small table."""
    content = b"people"
    table = HeldOutTable(
        file="heldout.npz", bytes=len(content), sha256=hashlib.sha256(content).hexdigest(), holds="two people"
    )
    monkeypatch.setattr(tables, "held_out_tables", lambda: {"heldout": table})
    return content


def test_a_table_is_known_by_its_content_not_its_name(tmp_path, small):
    (tmp_path / "another name.npz").write_bytes(small)
    (tmp_path / "heldout.npz").write_bytes(b"PEOPLE")
    assert find_table("heldout", tmp_path) == tmp_path / "another name.npz"
    assert what_to_validate(tmp_path, None) == tmp_path / "another name.npz"
    assert what_to_validate(tmp_path, "heldout") == tmp_path / "another name.npz"
    assert what_to_validate(tmp_path / "heldout.npz", None) == tmp_path / "heldout.npz", "a file is that file"


def test_a_table_that_is_missing_says_what_it_is_and_where(tmp_path, small, monkeypatch):
    with pytest.raises(
        InputError, match=rf"two people.*SHA-256 \w{{16}}….*is not in {tmp_path}.*in a checkout"
    ):
        find_table("heldout", tmp_path)
    monkeypatch.setattr(tables, "_usual_places", lambda: [tmp_path])
    with pytest.raises(InputError, match="is not in"):
        what_to_validate(None, None)
    with pytest.raises(InputError, match="choose one of heldout"):
        what_to_validate(None, "others")


def test_a_table_of_the_right_name_that_was_cut_off(tmp_path, small):
    (tmp_path / "heldout.npz").write_bytes(small[:3])
    with pytest.raises(InputError, match=r"cut off while it was copied, or is of another version.*name it"):
        what_to_validate(tmp_path, None)


def test_a_folder_of_clips_and_other_things_stays_one(tmp_path, small):
    (tmp_path / "others.npz").write_bytes(b"something else")
    assert what_to_validate(tmp_path, None) == tmp_path
    assert what_to_validate(tmp_path / "gone", None) == tmp_path / "gone"
