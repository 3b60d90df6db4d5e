"""What cannot be measured is refused: a message, an exit code, and nothing left behind."""

from __future__ import annotations

import re
import resource
import shutil
import signal
from pathlib import Path

import av
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from neckrom.errors import ExitCode
from tests.cli.conftest import SAMPLES, cut, write_clip

NORMS = """version = 1
title = "Ours"
citation = "Nobody"
[movements.flexion]
reference_deg = -3
population = "adults"
citation = "Nobody"
[movements.rotation_left]
reference_deg = 80
population = ""
citation = "Nobody"
colour = "blue"
"""

PROTOCOL = """version = 1
[[trial]]
movement = "nodding"
start_s = 1.0
end_s = 2.0
[[trial]]
movement = "flexion"
start_s = 5.0
end_s = 4.0
[pain]
flexion = 11
"""


def refused(done, code: ExitCode, *words: str) -> None:
    """It ended with the code, said all the words, and showed no traceback."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    for word in words:
        assert re.search(word, done.stderr, re.MULTILINE), f"{word!r} is not in:\n{done.stderr}"
    assert "Traceback" not in done.stderr


def silent_clip(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 44100), np.float32), format="fltp", layout="mono")
        sound.sample_rate = 44100
        container.mux(stream.encode(sound))
        container.mux(stream.encode())
    return path


def no_frames(path: Path) -> Path:
    """A video track in which no frame was ever written."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=30)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.codec_context.open()
        container.start_encoding()
    return path


def nobody(path: Path) -> Path:
    rows, columns = np.mgrid[0:240, 0:320]
    scene = np.stack([rows, columns // 2, 255 - rows], axis=2).astype(np.uint8)
    return write_clip(path, [scene] * 20)


def text(path: Path) -> Path:
    path.write_text("This is a shopping list.\n" * 40)
    return path


def empty(path: Path) -> Path:
    path.touch()
    return path


def folder(path: Path) -> Path:
    path.mkdir()
    (path / "notes.txt").write_text("nothing to see")
    return path


def timeless_images(path: Path) -> Path:
    path.mkdir()
    with av.open(str(SAMPLES / "chidi_deficit.mp4")) as container:
        for index, frame in zip(range(3), container.decode(video=0), strict=False):
            frame.to_image().save(path / f"picture{index}.png")
    return path


def never_still(path: Path) -> Path:
    """The head is on its way from neutral to the side all the time."""
    return cut(SAMPLES / "bruno_moderate.mp4", path, 12.3, 13.2)


@pytest.mark.parametrize(
    ("make", "name", "words"),
    [
        pytest.param(None, "missing.mp4", ["missing.mp4", "[Cc]heck"], id="no-such-file"),
        pytest.param(folder, "folder", ["without images", "timestamps.csv"], id="folder-of-something-else"),
        pytest.param(timeless_images, "pictures", ["no time", "timestamps.csv"], id="images-without-times"),
        pytest.param(text, "text.mp4", ["text.mp4", "video"], id="not-a-video"),
        pytest.param(empty, "empty.mp4", ["empty"], id="empty-file"),
        pytest.param(no_frames, "none.avi", ["none.avi", "without a single frame"], id="zero-frames"),
        pytest.param(silent_clip, "sound.mp4", ["sound", "video|picture"], id="audio-only"),
        pytest.param(nobody, "nobody.mp4", ["No face", "light"], id="no-face"),
        pytest.param(never_still, "moving.mp4", ["[Nn]eutral", "--neutral"], id="no-neutral"),
    ],
)
def test_input_that_cannot_be_measured(neckrom, tmp_path, make, name, words):
    path = tmp_path / name
    if make is not None:
        make(path)
    refused(neckrom("measure", path), ExitCode.BAD_INPUT, "^Error: ", *words)
    assert list(neckrom.folder.iterdir()) == []


def test_neutral_outside_the_clip_is_refused(neckrom, measured):
    done = neckrom("measure", measured, "--neutral", "50", "60")
    refused(done, ExitCode.BAD_INPUT, "50 to 60 s", "runs from", "--neutral")
    assert list(neckrom.folder.iterdir()) == []


def test_mistakes_in_norm_and_protocol_files_are_all_named_with_line_and_field(neckrom, tmp_path, measured):
    norms, protocol = tmp_path / "norms.toml", tmp_path / "protocol.toml"
    norms.write_text(NORMS)
    protocol.write_text(PROTOCOL)
    done = neckrom("measure", measured, "--norms", norms, "--protocol", protocol)
    refused(
        done,
        ExitCode.BAD_CONFIGURATION,
        "line 5, movements.flexion.reference_deg",
        "line 10, movements.rotation_left.population",
        "line 12, movements.rotation_left.colour",
        "line 3, trial.1.movement",
        "line [678], trial.2",
        "line 11, pain.flexion",
    )
    assert list(neckrom.folder.iterdir()) == []


def test_unknown_norm_set_names_the_known_ones(neckrom, measured):
    refused(neckrom("measure", measured, "--norms", "amma"), ExitCode.USAGE, "amma", "article", "ama")


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.97])
def test_damaged_landmarks_are_refused(neckrom, tmp_path, measured, keep):
    whole = (measured / "landmarks.parquet").read_bytes()
    path = tmp_path / "landmarks.parquet"
    path.write_bytes(whole[: int(keep * len(whole))])
    refused(neckrom("measure", path), ExitCode.BAD_CONFIGURATION, "landmarks.parquet", "again")
    assert list(neckrom.folder.iterdir()) == []


def test_landmarks_of_another_version_are_refused(neckrom, tmp_path, measured):
    with pq.ParquetFile(measured / "landmarks.parquet") as file:
        table, stored = file.read(), file.metadata.metadata[b"neckrom.landmarks"]
    newer = stored.replace(b'"format_version": 2', b'"format_version": 99')
    assert newer != stored
    path = tmp_path / "landmarks.parquet"
    pq.write_table(table.replace_schema_metadata({b"neckrom.landmarks": newer}), path)
    refused(neckrom("measure", path), ExitCode.BAD_CONFIGURATION, "99", "again")


def test_table_of_something_else_is_refused(neckrom, tmp_path):
    path = tmp_path / "landmarks.parquet"
    pq.write_table(pa.table({"price": [1.0, 2.0]}), path)
    refused(neckrom("measure", path), ExitCode.BAD_CONFIGURATION, "not one of landmarks")


# ---------------------------------------------------------------------- output


def test_output_that_cannot_be_made_is_refused_before_any_work(neckrom, tmp_path, short_clip):
    (tmp_path / "file").touch()
    done = neckrom("measure", short_clip, "--out", tmp_path / "file" / "results")
    refused(done, ExitCode.CANNOT_WRITE, "file", "--out")
    assert "landmarks" not in done.stderr


def test_read_only_output_is_refused(neckrom, tmp_path, measured):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    if _can_write(locked):  # the superuser may write anywhere but where the kernel refuses it
        locked = Path("/proc/neckrom-results")
    refused(neckrom("measure", measured, "--out", locked), ExitCode.CANNOT_WRITE, "--out")


def _can_write(folder: Path) -> bool:
    try:
        (folder / "probe").touch()
    except OSError:
        return False
    (folder / "probe").unlink()
    return True


@pytest.mark.parametrize("limit", [20_000, 300_000], ids=["while-measuring", "while-writing-the-report"])
def test_full_disk_leaves_nothing(neckrom, short_clip, measured, limit, monkeypatch):
    """A limit on the size of files fails as a full disk does: in the middle of writing."""
    # a count of the lines that are reached could not write its own file either
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    clip = short_clip if limit < 100_000 else measured
    done = neckrom(
        "measure", clip, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    )
    refused(done, ExitCode.CANNOT_WRITE, "[Ss]pace|written", "--out")
    assert list(neckrom.folder.iterdir()) == []


def test_existing_result_is_kept_unless_told_otherwise(neckrom, tmp_path, measured):
    out = tmp_path / "out"
    first = neckrom("measure", measured, "--out", out)
    assert first.returncode == 0, first.stderr
    [result] = out.iterdir()
    before = {path.name: path.stat().st_mtime_ns for path in result.iterdir()}
    refused(neckrom("measure", measured, "--out", out), ExitCode.CANNOT_WRITE, "already", "--overwrite")
    assert {path.name: path.stat().st_mtime_ns for path in result.iterdir()} == before
    again = neckrom("measure", measured, "--out", out, "--overwrite", "--neutral", "0.2", "1.5")
    assert again.returncode == 0, again.stderr
    assert [path.name for path in out.iterdir()] == [result.name]
    assert '"start_s": 0.2' in (result / "result.json").read_text()


def test_overwrite_never_replaces_what_is_not_a_result(neckrom, tmp_path, short_clip):
    precious = tmp_path / "out" / "short"
    precious.mkdir(parents=True)
    (precious / "thesis.txt").write_text("years of work")
    done = neckrom("measure", short_clip, "--out", tmp_path / "out", "--overwrite")
    refused(done, ExitCode.CANNOT_WRITE, "not a result")
    assert (precious / "thesis.txt").read_text() == "years of work"


# ----------------------------------------------------------------- environment


def fake_package(folder: Path, name: str, body: str) -> None:
    (folder / f"{name}.py").write_text(body)


def test_two_cv2_packages_are_refused(neckrom, tmp_path, short_clip):
    other = tmp_path / "site" / "opencv_python-4.10.0.84.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: opencv-python\nVersion: 4.10.0.84\n")
    done = neckrom("measure", short_clip, env={"PYTHONPATH": str(other.parent)})
    refused(done, ExitCode.ENVIRONMENT, "opencv-contrib-python", "opencv-python", "pip uninstall")
    assert list(neckrom.folder.iterdir()) == []


def test_missing_system_library_names_its_package(neckrom, tmp_path, short_clip):
    error = 'raise ImportError("libGL.so.1: cannot open shared object file: No such file or directory")'
    fake_package(tmp_path, "cv2", error)
    done = neckrom("measure", short_clip, env={"PYTHONPATH": str(tmp_path)})
    refused(done, ExitCode.ENVIRONMENT, r"libGL\.so\.1", "libgl1", "libglvnd-glx")
    assert list(neckrom.folder.iterdir()) == []


def test_defect_of_ours_shows_no_traceback_and_whom_to_tell(neckrom, tmp_path):
    broken = "from neckrom.result import Result\nResult.model_json_schema = lambda **_: 1 / 0\n"
    fake_package(tmp_path, "sitecustomize", broken)
    done = neckrom("schema", env={"PYTHONPATH": str(tmp_path)})
    refused(done, ExitCode.DEFECT, "ZeroDivisionError", "-v", "neckrom doctor")


# ------------------------------------------------------------------ interruption


@pytest.mark.parametrize(("number", "jobs"), [(signal.SIGINT, 1), (signal.SIGINT, 2), (signal.SIGTERM, 2)])
def test_interruption_leaves_nothing(start_neckrom, tmp_path, number, jobs):
    copy = tmp_path / "copy.mp4"
    shutil.copy(SAMPLES / "anna_full.mp4", copy)
    process = start_neckrom("measure", SAMPLES / "anna_full.mp4", copy, "--jobs", str(jobs))
    line = process.stderr.readline()
    assert "landmarks" in line
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED, err
    assert out == ""
    assert "Stopped" in err
    assert "Traceback" not in err
    assert list(start_neckrom.folder.iterdir()) == []


def test_interrupted_validation_ends_at_once_and_leaves_nothing(start_neckrom):
    process = start_neckrom("validate", SAMPLES, "--jobs", "2")
    while "landmarks" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED, err
    assert "Traceback" not in err
    assert list(start_neckrom.folder.iterdir()) == []
