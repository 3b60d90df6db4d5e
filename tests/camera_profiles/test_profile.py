"""Profiles: those that ship, the user's own, and files with mistakes."""

from __future__ import annotations

import stat
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from neckrom.camera_profiles import (
    CameraProfile,
    list_profiles,
    load_camera,
    save_profile,
    user_folder,
)
from neckrom.errors import ConfigurationError, OutputError
from neckrom.kinematics.camera import camera_for_picture

SHIPPED = sorted(path.stem for path in (Path(__file__).parents[2] / "calibration/cameras").glob("*.toml"))

DESK = CameraProfile(
    name="desk",
    note='by the window, "left"',
    width=1280,
    height=720,
    hfov_deg=70.41,
    fx=907.0,
    fy=908.5,
    cx=649.25,
    cy=353.5,
    distortion=(-0.12, 0.05, 0.0007, -0.0007),
    rms_px=0.21,
    views=22,
    created=datetime(2026, 3, 1, 10, 0, tzinfo=UTC),
)


@pytest.fixture(autouse=True)
def data_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


def desk_file(folder: Path, old: str = "", new: str = "", name: str = "desk.toml") -> Path:
    """The desk camera's file with one part replaced."""
    text = save_profile(DESK, overwrite=True).read_text()
    assert old in text
    path = folder / name
    path.write_text(text.replace(old, new, 1))
    return path


# -------------------------------------------------------------------- those that ship


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_profiles_say_that_they_are_nominal(name):
    camera = load_camera(name).profile.camera()
    assert "nominal, not calibrated" in camera.origin
    assert name in camera.origin
    assert not camera.assumed
    assert camera.distortion == ()
    assert 50 <= camera.hfov_deg <= 85
    assert 30 <= camera_for_picture(camera, 720, 1280).hfov_deg <= 55


def test_shipped_webcams_count_along_the_diagonal():
    """What makers print; Logitech says 70.4 deg across for its 78."""
    assert {"webcam-60", "webcam-78", "phone-26mm"} <= set(SHIPPED)
    assert load_camera("webcam-78").profile.camera().hfov_deg == pytest.approx(70.4, abs=0.1)


# ------------------------------------------------------------------ the user's own


def test_what_is_saved_is_what_is_loaded():
    path = save_profile(DESK, overwrite=False)
    loaded = load_camera("desk")
    assert loaded.profile == DESK
    assert loaded.path == path == user_folder() / "desk.toml"
    assert load_camera(str(path)) == loaded
    assert tomllib.loads(path.read_text())["note"] == DESK.note
    camera = loaded.profile.camera()
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == (907.0, 908.5, 649.25, 353.5)
    assert camera.distortion == DESK.distortion
    assert camera.origin == "profile desk: calibrated on 2026-03-01, 22 views, 0.21 px"
    assert not camera.assumed


def test_profile_is_the_owners_alone_and_nothing_else_is_left(data_home):
    path = save_profile(DESK, overwrite=False)
    assert path.is_relative_to(data_home)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [item.name for item in path.parent.iterdir()] == ["desk.toml"]


def test_a_camera_is_replaced_only_when_told_to():
    path = save_profile(DESK, overwrite=False)
    before = path.read_bytes()
    with pytest.raises(OutputError, match="--overwrite"):
        save_profile(DESK.model_copy(update={"views": 99}), overwrite=False)
    assert path.read_bytes() == before
    save_profile(DESK.model_copy(update={"views": 99}), overwrite=True)
    assert load_camera("desk").profile.views == 99


def test_where_nothing_can_be_written_it_says_so(data_home):
    data_home.write_text("a file where the folder should be")
    with pytest.raises(OutputError, match="cannot be written"):
        save_profile(DESK, overwrite=False)


@pytest.mark.parametrize("name", ["", "../desk", "a b", ".hidden", "x" * 65, "webcam-78"])
def test_names_that_cannot_be_used_are_refused(name):
    with pytest.raises(ConfigurationError, match="name"):
        save_profile(DESK.model_copy(update={"name": name}), overwrite=True)


def test_own_cameras_come_first_in_the_list_and_damaged_ones_are_named():
    save_profile(DESK, overwrite=False)
    (user_folder() / "broken.toml").write_text("version = 1\nwidth = 'wide'\n")
    entries = list_profiles()
    assert [entry.name for entry in entries] == ["broken", "desk", *SHIPPED]
    broken, desk = entries[:2]
    assert broken.profile is None
    assert "line 2, width" in broken.problem
    assert desk.profile == DESK
    assert [entry.shipped for entry in entries] == [False, False] + [True] * len(SHIPPED)


# ------------------------------------------------------------------------ mistakes


def test_unknown_name_lists_what_there_is():
    save_profile(DESK, overwrite=False)
    with pytest.raises(ConfigurationError) as caught:
        load_camera("dsek")
    for word in ("'dsek'", "desk", "webcam-78", "neckrom calibrate camera"):
        assert word in str(caught.value)


def test_missing_file_and_folder_are_refused(tmp_path):
    with pytest.raises(ConfigurationError, match=r"No camera profile file .*none\.toml"):
        load_camera(str(tmp_path / "none.toml"))
    with pytest.raises(ConfigurationError, match="folder"):
        load_camera(str(tmp_path))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("version = 1", "version = 2", "line 2, version"),
        ("width = 1280", 'width = "1280"', "line 5, width"),
        ("width = 1280", "width = 1280.5", "line 5, width"),
        ("fx = 907.0", "fx = -907.0", "line 8, fx"),
        ("fx = 907.0", "fx = inf", "line 8, fx"),
        ("fx = 907.0", "fx = 1907.0", "quarter"),
        ("fx = 907.0", "fx = 860.0", r"hfov_deg does not agree.*73\.3"),
        ("cx = 649.25", "cx = 12.0", "near the middle"),
        ("cy = 353.5", "focus = 3", "focus"),
        ("[-0.12, 0.05, 0.0007, -0.0007]", "[-0.12, 0.05]", "k1, k2, p1, p2"),
        ("[-0.12, 0.05, 0.0007, -0.0007]", "[-1.2, 0.05, 0.0, 0.0]", "folds the picture"),
        ("nominal = false", "nominal = true", "rms_px"),
        ("rms_px = 0.21", "", "rms_px"),
        ("views = 22", "views = -1", "views"),
        ("created = 2026", "created = twenty", "TOML"),
    ],
)
def test_mistakes_in_a_file_are_named(tmp_path, old, new, words):
    with pytest.raises(ConfigurationError, match=words):
        load_camera(str(desk_file(tmp_path, old, new)))


def test_all_mistakes_are_named_at_once(tmp_path):
    path = desk_file(tmp_path, "width = 1280", "width = true")
    path.write_text(path.read_text().replace("cy = 353.5", "cy = 'low'"))
    with pytest.raises(ConfigurationError, match="2 mistakes") as caught:
        load_camera(str(path))
    assert len(caught.value.problems) == 2
