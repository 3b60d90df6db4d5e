"""Cameras on the command line: print the board, calibrate, list, and measure with what came out."""

from __future__ import annotations

import json
import re
import stat
from hashlib import sha256
from pathlib import Path

import av
import numpy as np
import pytest

from neckrom.camera_profiles import load_camera
from neckrom.errors import ConfigurationError, ExitCode
from neckrom.service import MeasureOptions, measure_quietly
from tests.camera_profiles.scenes import camera, good_poses, pictures
from tests.cli.conftest import write_clip

ROOT = Path(__file__).parents[2]
TRUTH = camera(960, 540, 68.0, (-0.11, 0.045, 0.0, 0.0))
HOLD_FRAMES = 8
"""A quarter of a second each."""


@pytest.fixture(scope="module")
def board_pictures() -> list[np.ndarray]:
    return pictures(TRUTH, good_poses(TRUTH))


@pytest.fixture(scope="module")
def board_clip(tmp_path_factory: pytest.TempPathFactory, board_pictures: list[np.ndarray]) -> Path:
    """The board held in 21 positions, compressed as a camera does."""
    path = tmp_path_factory.mktemp("board") / "My desk (1).mp4"
    return write_clip(path, [shown for shown in board_pictures for _ in range(HOLD_FRAMES)])


@pytest.fixture
def data(tmp_path: Path) -> dict[str, str]:
    """An empty data folder of the user's."""
    return {"XDG_DATA_HOME": str(tmp_path / "data")}


def own_cameras(data: dict[str, str]) -> Path:
    return Path(data["XDG_DATA_HOME"]) / "neckrom" / "cameras"


def save_images(folder: Path, shots: list[np.ndarray]) -> Path:
    """PNG files without any time."""
    folder.mkdir()
    for number, shown in enumerate(shots):
        with av.open(str(folder / f"shot {number}.png"), "w", format="image2") as image:
            stream = image.add_stream("png")
            stream.height, stream.width = shown.shape[:2]
            stream.pix_fmt = "rgb24"
            image.mux(stream.encode(av.VideoFrame.from_ndarray(shown, format="rgb24")))
            image.mux(stream.encode())
    return folder


# ------------------------------------------------------------------------- board


def test_board_is_written_and_never_replaced_unasked(neckrom):
    done = neckrom("calibrate", "board")
    assert done.returncode == 0
    page = neckrom.folder / "board.pdf"
    first = page.read_bytes()
    assert first.startswith(b"%PDF")
    assert "100 %" in done.stdout
    assert "neckrom calibrate camera CLIP" in done.stdout
    again = neckrom("calibrate", "board", "--paper", "letter")
    assert again.returncode == ExitCode.CANNOT_WRITE
    assert "--overwrite" in again.stderr
    assert page.read_bytes() == first
    assert neckrom("calibrate", "board", "--paper", "letter", "--overwrite").returncode == 0
    assert page.read_bytes() != first
    assert [item.name for item in neckrom.folder.iterdir()] == ["board.pdf"]


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("--paper", "a3"), ExitCode.USAGE, "--paper a3: choose a4 or letter"),
        (("--out", "."), ExitCode.CANNOT_WRITE, "is a folder"),
        (("--out", "none/board.pdf"), ExitCode.CANNOT_WRITE, "No such file or directory"),
    ],
)
def test_board_refuses_with_the_way_out(neckrom, arguments, code, word):
    done = neckrom("calibrate", "board", *arguments)
    assert done.returncode == code
    assert word in done.stderr
    assert list(neckrom.folder.iterdir()) == []


# ------------------------------------------------------------------------ camera


def test_clip_of_the_board_becomes_a_camera(neckrom, board_clip, data):
    done = neckrom("calibrate", "camera", board_clip, "--name", "desk", env=data)
    assert done.returncode == 0, done.stderr
    path = own_cameras(data) / "desk.toml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [item.name for item in path.parent.iterdir()] == ["desk.toml"]
    found = load_camera(str(path)).profile.camera()
    assert found.hfov_deg == pytest.approx(TRUTH.hfov_deg, abs=0.5)
    assert found.distortion[:2] == pytest.approx(TRUTH.distortion[:2], abs=0.02)
    for word in ("960 x 540", "reprojection error", "% of the picture", str(path)):
        assert word in done.stdout
    assert re.search(r"field of view 6[78]\.\d° \(95 % within 0\.\d°\)", done.stdout)
    assert "neckrom measure CLIP --camera desk" in done.stdout
    assert "Traceback" not in done.stderr

    again = neckrom("calibrate", "camera", board_clip, "--name", "desk", env=data)
    assert again.returncode == ExitCode.CANNOT_WRITE
    assert "--overwrite" in again.stderr
    listed = neckrom("calibrate", "list", env=data)
    assert re.search(r"^desk +960 x 540 +6[78]\.\d° +calibrated on 20", listed.stdout, re.MULTILINE)


def test_folder_of_mirrored_pictures_without_times(neckrom, tmp_path, board_pictures, data):
    folder = save_images(tmp_path / "the board!", [shown[:, ::-1] for shown in board_pictures])
    (folder / "notes.txt").write_text("not a picture")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    done = neckrom("calibrate", "camera", folder, env=data)
    assert done.returncode == 0, done.stderr
    assert load_camera(str(own_cameras(data) / "the-board.toml")).profile.camera().hfov_deg == pytest.approx(
        TRUTH.hfov_deg, abs=0.5
    )
    assert "neckrom measure CLIP --camera the-board --mirrored" in done.stdout
    assert "stored mirrored" in done.stdout


def test_pictures_that_do_not_say_enough_leave_nothing_behind(neckrom, tmp_path, board_pictures, data):
    folder = save_images(tmp_path / "few", board_pictures[:4])
    done = neckrom("calibrate", "camera", folder, env=data)
    assert done.returncode == ExitCode.BAD_INPUT
    assert "The camera was not calibrated" in done.stderr
    assert "too few views" in done.stderr
    assert done.stdout == ""
    assert not own_cameras(data).exists()


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("none.mp4",), ExitCode.BAD_INPUT, "does not exist"),
        (("empty",), ExitCode.BAD_INPUT, "without images"),
        (("text.mp4",), ExitCode.BAD_INPUT, "text.mp4"),
        (("none.mp4", "--name", "a/b"), ExitCode.USAGE, "'a/b'"),
        (("none.mp4", "--name", "webcam-78"), ExitCode.USAGE, "another name"),
        (("none.mp4", "--square-mm", "wide"), ExitCode.USAGE, "--square-mm wide"),
        (("none.mp4", "--square-mm", "0"), ExitCode.USAGE, "--square-mm 0"),
        ((), ExitCode.USAGE, "INPUT"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_camera_refuses_with_the_way_out(neckrom, data, arguments, code, word):
    (neckrom.folder / "empty").mkdir()
    (neckrom.folder / "text.mp4").write_text("no video")
    done = neckrom("calibrate", "camera", *arguments, env=data)
    assert done.returncode == code
    assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert not own_cameras(data).exists()


def test_data_folder_that_cannot_be_written(neckrom, board_clip, tmp_path):
    (tmp_path / "data").write_text("a file in its place")
    done = neckrom(
        "calibrate", "camera", board_clip, "--name", "x", env={"XDG_DATA_HOME": str(tmp_path / "data")}
    )
    assert done.returncode == ExitCode.CANNOT_WRITE
    assert "cannot be written" in done.stderr


def test_list_shows_what_ships_and_what_is_damaged(neckrom, data):
    own_cameras(data).mkdir(parents=True)
    (own_cameras(data) / "old.toml").write_text("version = 0\n")
    done = neckrom("calibrate", "list", env=data | {"COLUMNS": "300"})
    assert done.returncode == 0
    rows = dict(re.split(r" {2,}", line, maxsplit=1) for line in done.stdout.splitlines() if "  " in line)
    assert "nominal, not calibrated" in rows["webcam-78"]
    assert "70.4°" in rows["webcam-78"]
    assert "cannot be used" in rows["old"]
    assert str(own_cameras(data)) in done.stdout


@pytest.mark.parametrize("name", ["board", "camera", "list"])
def test_every_command_and_option_is_documented(neckrom, name):
    shown = neckrom("calibrate", name, "--help", env={"COLUMNS": "200"}).stdout
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert f"neckrom calibrate {name}" in page
    options = set(re.findall(r"--[a-z][a-z-]+", shown)) - {"--help"}
    assert not [option for option in options if option not in page]


# ----------------------------------------------------------------------- measure


def desk(folder: Path, **changes: str) -> Path:
    """A calibrated camera for the size of the sample clips."""
    fields = {
        "version": "1",
        "name": '"lab"',
        "width": "1280",
        "height": "960",
        "hfov_deg": "58.0",
        "fx": "1154.6",
        "fy": "1154.6",
        "cx": "650.0",
        "cy": "470.0",
        "distortion": "[-0.15, 0.03, 0.0, 0.0]",
        "rms_px": "0.2",
        "views": "20",
    } | changes
    path = folder / "lab.toml"
    path.write_text("".join(f"{name} = {value}\n" for name, value in fields.items()))
    return path


def test_measuring_with_a_camera_says_so(neckrom, measured, tmp_path, data):
    profile = desk(tmp_path)
    done = neckrom("measure", measured, "--camera", profile, "--no-pictures", "--json", env=data)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["camera"]["hfov_deg"] == pytest.approx(58, abs=0.05)
    assert not result["camera"]["assumed"]
    assert result["camera"]["origin"] == "profile lab: calibrated, 20 views, 0.20 px"
    assert result["configuration"]["camera"] == "lab"
    assert result["configuration"]["camera_sha256"] == sha256(profile.read_bytes()).hexdigest()
    assert result["configuration"]["hfov_deg"] is None


def test_lens_is_taken_off_before_measuring_but_not_from_what_is_drawn(measured, tmp_path):
    """The same landmarks, once through a lens and once through a straight one."""
    straight, bent = (
        measure_quietly(measured, MeasureOptions(camera=str(desk(tmp_path, distortion=lens))))
        for lens in ("[]", "[-0.15, 0.03, 0.0, 0.0]")
    )
    np.testing.assert_array_equal(straight.landmarks.face, bent.landmarks.face)
    assert bent.camera.distortion == (-0.15, 0.03, 0.0, 0.0)
    off_deg = np.nanmax(np.abs(straight.angles.neck_deg - bent.angles.neck_deg), axis=0)
    assert 0.02 < off_deg.max() < 10
    configurations = straight.result.configuration, bent.result.configuration
    assert configurations[0].camera_sha256 != configurations[1].camera_sha256


def test_a_nominal_camera_measures_as_its_field_of_view(measured, tmp_path):
    """It is nothing but a field of view: the same numbers as with --hfov."""
    source = (ROOT / "calibration/cameras/webcam-78.toml").read_text()
    tall = tmp_path / "tall.toml"
    tall.write_text(source.replace("height = 1080", "height = 1440").replace("cy = 540.0", "cy = 720.0"))
    by_name = measure_quietly(measured, MeasureOptions(camera=str(tall)))
    by_angle = measure_quietly(measured, MeasureOptions(hfov_deg=70.43))
    assert "nominal, not calibrated" in by_name.result.camera.origin
    np.testing.assert_allclose(by_name.angles.neck_deg, by_angle.angles.neck_deg, atol=0.02)


def test_camera_and_field_of_view_exclude_each_other(measured):
    with pytest.raises(ConfigurationError, match="exclude each other"):
        measure_quietly(measured, MeasureOptions(camera="webcam-78", hfov_deg=60))


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ("--camera webcam-78 --hfov 60", "--camera and --hfov"),
        ("--camera nobody", "No camera profile 'nobody'"),
        ("--camera none.toml", "none.toml"),
        ("--camera webcam-78", "another shape"),
    ],
)
def test_cameras_that_do_not_fit_are_refused(neckrom, measured, data, options, word):
    """The clip is 4:3, the webcam 16:9."""
    done = neckrom("measure", measured, *options.split(), env=data)
    assert done.returncode == (ExitCode.BAD_CONFIGURATION if ".toml" in options else ExitCode.USAGE)
    assert word in done.stderr
    assert not (neckrom.folder / "neckrom-results").exists() or not any(
        (neckrom.folder / "neckrom-results").iterdir()
    )


def test_wrong_shape_is_found_before_the_long_work(neckrom, short_clip, data):
    done = neckrom("measure", short_clip, "--camera", "webcam-78", env=data)
    assert done.returncode == ExitCode.USAGE
    assert "another shape" in done.stderr
    assert "landmarks" not in done.stderr
