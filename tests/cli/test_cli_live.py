"""``neckrom live`` on the command line: what it refuses, and how it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from neckrom.cli.live import LiveOptions, parse_size, run_live, session_folder
from neckrom.errors import ConfigurationError, ExitCode, InputError
from neckrom.live.protocols import load_session_protocol
from tests.conftest import SAMPLES

CLIP = SAMPLES / "chidi_deficit.mp4"


def start(tmp_path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "neckrom", "live", "--no-browser", "--out", str(tmp_path / "out"), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=dict(os.environ, COLUMNS="200"),
    )


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    output, _ = process.communicate(timeout=120)
    return process.returncode, output


@pytest.mark.parametrize(
    ("changes", "kind", "complaint"),
    [
        ({"source": "nothing.mp4"}, InputError, "No camera and no clip"),
        ({"source": str(SAMPLES / "README.md")}, InputError, "README.md"),
        ({"source": "0", "fast": True}, InputError, "--fast plays a clip faster"),
        ({"protocol": "daily"}, ConfigurationError, "choose one of full, quick"),
        ({"camera": "nonesuch"}, ConfigurationError, "nonesuch"),
        ({"norms": "nonesuch"}, ConfigurationError, "nonesuch"),
        ({"language": "xx"}, ConfigurationError, "--lang en, de, es, fr"),
        ({"port": 70000}, ConfigurationError, "70000"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_begins(tmp_path, changes, kind, complaint):
    options = LiveOptions(**({"source": str(CLIP), "out": tmp_path / "out", "browser": False} | changes))
    with pytest.raises(kind, match=complaint):
        run_live(options)
    assert not (tmp_path / "out").exists()


def test_mistakes_of_a_protocol_file_are_named_with_their_lines(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('version = 1\ntitle = "mine"\ndirections = ["extension", "flexion"]\ntrials = 0\n')
    with pytest.raises(ConfigurationError, match="line 4, trials"):
        run_live(LiveOptions(source=str(CLIP), protocol=str(path)))


def test_a_protocol_of_ones_own_is_taken(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('version = 1\ntitle = "mine"\ndirections = ["rotation_left"]\ntrials = 2\nwarm_ups = 0\n')
    loaded = load_session_protocol(str(path))
    assert (loaded.name, loaded.protocol.trials) == ("mine", 2)
    path.write_text('version = 1\ntitle = "mine"\ndirections = ["extension", "flexion"]\n')
    with pytest.raises(ConfigurationError, match="in the fixed order"):
        load_session_protocol(str(path))


def test_a_port_that_is_taken_is_said(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        returned, output = end(start(tmp_path, "--source", str(CLIP), "--port", port))
    assert returned == ExitCode.ENVIRONMENT
    assert f"Port {port}" in output
    assert not (tmp_path / "out").exists()
    assert "Traceback" not in output


@pytest.mark.slow
def test_ctrl_c_ends_it_and_keeps_what_there_is(tmp_path):
    process = start(tmp_path, "--source", str(CLIP))
    assert process.stdout is not None
    for line in process.stdout:
        if re.search(r"http://127\.0\.0\.1:\d+/live\?token=\S{20,}", line):
            break
    process.send_signal(signal.SIGINT)
    returned, output = end(process)
    assert returned == ExitCode.INTERRUPTED, "nothing was measured: there is no report"
    assert "saving what there is" in output
    assert "No report was written" in output
    assert "Traceback" not in output
    (folder,) = (tmp_path / "out").iterdir()
    assert (folder / "session.json").is_file()


def test_folders_are_named_after_the_time_and_never_reused(tmp_path):
    now = datetime(2026, 3, 4, 5, 6, 7)
    first = session_folder(tmp_path, now)
    assert first == tmp_path / "session-20260304-050607"
    first.mkdir()
    assert session_folder(tmp_path, now).name == "session-20260304-050607-2"
    assert "neckrom" in str(session_folder(None, now)) and isinstance(session_folder(None, now), Path)


def test_picture_sizes():
    assert parse_size("1280x720") == (1280, 720)
    for wrong in ("1280", "x", "10x10", "640x-480", "640x480x3"):
        with pytest.raises(ConfigurationError, match="WIDTHxHEIGHT"):
            parse_size(wrong)
