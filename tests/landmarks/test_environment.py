"""What the models need of the machine, and what is said when it is not there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from neckrom.errors import EnvironmentProblemError
from neckrom.landmarks import environment
from neckrom.landmarks.environment import (
    check_packages,
    explain_import_error,
    mediapipe_version,
    model_paths,
    opencv_distributions,
)


def install(folder: Path, name: str, version: str) -> None:
    """Metadata as pip leaves it."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def test_this_environment_is_right():
    check_packages()
    assert mediapipe_version() == "0.10.21"
    assert opencv_distributions() == ("opencv-contrib-python",)
    assert all(path.stat().st_size > 100_000 for path in model_paths())


def test_two_packages_with_the_same_cv2(tmp_path, monkeypatch):
    install(tmp_path, "opencv-python", "4.9.0")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(EnvironmentProblemError) as caught:
        check_packages()
    assert "opencv-contrib-python, opencv-python" in str(caught.value)
    assert "pip uninstall -y opencv-contrib-python opencv-python" in str(caught.value)


def test_another_mediapipe(tmp_path, monkeypatch):
    install(tmp_path, "mediapipe", "0.10.35")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(EnvironmentProblemError, match=r"0\.10\.35 is installed.*mediapipe==0\.10\.21"):
        check_packages()


def test_no_mediapipe(monkeypatch):
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(EnvironmentProblemError, match=r"pip install mediapipe==0\.10\.21"):
        check_packages()


def test_a_missing_model(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "mediapipe_folder", lambda: tmp_path)
    with pytest.raises(EnvironmentProblemError, match=r"face_landmark_with_attention\.tflite"):
        model_paths()


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "libGL.so.1: cannot open shared object file: No such file or directory",
            ("libGL.so.1", "apt-get install libgl1", "dnf install libglvnd-glx"),
        ),
        (
            "libgthread-2.0.so.0: cannot open shared object file: No such file or directory",
            ("apt-get install libglib2.0-0", "dnf install glib2"),
        ),
        (
            "libEGL.so.1: cannot open shared object file: No such file or directory",
            ("apt-get install libegl1", "dnf install libglvnd-egl"),
        ),
        ("libodd.so.3: cannot open shared object file", ("libodd.so.3", "apt-file search", "dnf provides")),
        ("numpy.core.multiarray failed to import", ("cannot be loaded", "pip install")),
    ],
)
def test_what_to_install_for_a_missing_library(message, expected):
    error = explain_import_error(ImportError(message))
    assert isinstance(error, EnvironmentProblemError)
    for part in expected:
        assert part in str(error)
