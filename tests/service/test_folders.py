from __future__ import annotations

import stat
from pathlib import Path

import pytest

from neckrom.errors import OutputError
from neckrom.service.folders import distinct_folders, new_folder, result_name


def test_inputs_of_the_same_name_get_distinct_folders(tmp_path):
    inputs = [Path("a/visit.mp4"), Path("b/visit.mov"), Path("c/Visit.mp4"), Path("d/other.mp4")]
    names = [folder.name for folder in distinct_folders(inputs, tmp_path)]
    assert names == ["visit", "visit-2", "Visit-3", "other"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a b.mp4", "a b"), ("..mp4", "result"), ("<x>|y.mp4", "_x_y"), ("n" * 300 + ".mp4", "n" * 80)],
)
def test_hostile_names_become_plain_folder_names(name, expected):
    assert result_name(Path(name)) == expected


def test_finished_folder_takes_its_place_and_only_its_owner_reads_it(tmp_path):
    final = tmp_path / "deep" / "visit"
    with new_folder(final, overwrite=False) as part:
        (part / "result.json").write_text("{}")
        assert not final.exists()
    assert stat.S_IMODE(final.stat().st_mode) == 0o700
    assert stat.S_IMODE((final / "result.json").stat().st_mode) == 0o600
    assert [path.name for path in final.parent.iterdir()] == ["visit"]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_nothing_is_left_when_it_fails(tmp_path, failure):
    with pytest.raises(failure), new_folder(tmp_path / "deep" / "visit", overwrite=False) as part:
        (part / "half.json").write_text("{")
        raise failure
    assert list(tmp_path.iterdir()) == []


def test_existing_result_is_kept_unless_told_otherwise(tmp_path):
    final = tmp_path / "visit"
    final.mkdir()
    (final / "result.json").write_text("old")
    with pytest.raises(OutputError, match="--overwrite"), new_folder(final, overwrite=False):
        pass
    with pytest.raises(ValueError), new_folder(final, overwrite=True) as part:
        (part / "result.json").write_text("new")
        raise ValueError
    assert (final / "result.json").read_text() == "old"
    with new_folder(final, overwrite=True) as part:
        (part / "result.json").write_text("new")
    assert (final / "result.json").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["visit"]


def test_folder_that_is_no_result_is_never_replaced(tmp_path):
    precious = tmp_path / "visit"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match="not a result"), new_folder(precious, overwrite=True):
        pass
    assert (precious / "thesis.txt").exists()


def test_place_that_cannot_be_written_says_what_to_do(tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(OutputError, match="--out"), new_folder(blocker / "visit", overwrite=False):
        pass
