"""Cameras by the names that the system gives them."""

from __future__ import annotations

from neckrom.live.camera_names import camera_names


def listed(folder, number, name, index="0"):
    place = folder / f"video{number}"
    place.mkdir(parents=True)
    (place / "name").write_text(f"{name}\n", encoding="utf-8")
    (place / "index").write_text(f"{index}\n")


def test_cameras_have_names_and_stand_once(tmp_path):
    listed(tmp_path, 10, "HD Webcam: Café")
    listed(tmp_path, 0, "Integrated Camera\x07")
    listed(tmp_path, 1, "Integrated Camera", index="1")
    (tmp_path / "video7").mkdir()
    assert camera_names(tmp_path) == {"0": "Integrated Camera ", "10": "HD Webcam: Café"}
    assert camera_names(tmp_path / "nothing") == {}
