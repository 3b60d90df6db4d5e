"""Inputs that are refused: what is wrong and what to do, in words."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest

from neckrom.errors import InputError, NotAVideoError
from neckrom.frames import open_source
from tests.frames.recordings import (
    SAMPLE,
    picture,
    write_clip,
    write_folder,
    write_image,
    write_sound_only,
)


def refused(path, kind=InputError) -> str:
    with pytest.raises(InputError) as caught:
        open_source(path)
    assert type(caught.value) is kind
    return str(caught.value)


def test_no_such_file(tmp_path):
    assert "does not exist" in refused(tmp_path / "nowhere.mp4")


def test_a_folder_of_clips(tmp_path):
    """Whoever means all of them is told how to say so."""
    for name in ("a.MP4", "b.mp4", "notes.txt"):
        (tmp_path / name).touch()
    message = refused(tmp_path)
    assert "2 that may be recordings (such as a.MP4)" in message
    assert f"as in {tmp_path / '*'}.MP4" in message


def test_a_folder_in_place_of_the_file(tmp_path):
    (tmp_path / "a").write_text("x")
    assert "cannot be read" in refused(tmp_path / "a" / "b.mp4")


def test_neither_file_nor_folder(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "neither a file nor a folder" in refused(tmp_path / "pipe")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path):
    shutil.copy(SAMPLE, tmp_path / "a.mp4")
    (tmp_path / "a.mp4").chmod(0)
    assert "permissions" in refused(tmp_path / "a.mp4")


@pytest.mark.parametrize("name", ["notes.txt", "notes.mp4", "notes.nfo", "notes.srt", "notes"])
def test_text(tmp_path, name):
    (tmp_path / name).write_text("Neck: better today.\n" * 50)
    message = refused(tmp_path / name, NotAVideoError)
    assert "not a video" in message or "cannot be read as a video" in message


@pytest.mark.parametrize("name", ["a.mp4", "a.gif", "a"])
def test_nothing_in_the_file(tmp_path, name):
    (tmp_path / name).touch()
    assert "is empty" in refused(tmp_path / name, NotAVideoError)


def test_random_bytes(tmp_path):
    (tmp_path / "a.mkv").write_bytes(os.urandom(100_000))
    refused(tmp_path / "a.mkv", NotAVideoError)


@pytest.mark.parametrize("name", ["a.m4a", "a.mp4", "a.mka"])
def test_sound_only(tmp_path, name):
    write_sound_only(tmp_path / name)
    assert "sound only" in refused(tmp_path / name, NotAVideoError)


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_a_still_picture(tmp_path, name):
    write_image(tmp_path / name, picture(0))
    assert "still picture" in refused(tmp_path / name, NotAVideoError)


def test_a_recording_without_its_index(tmp_path):
    content = write_clip(tmp_path / "whole.mp4", [picture(0)] * 30).read_bytes()
    (tmp_path / "a.mp4").write_bytes(content[: content.rindex(b"moov")])
    assert "cut off before" in refused(tmp_path / "a.mp4", NotAVideoError)


def test_a_track_of_which_no_frame_can_be_decoded(tmp_path):
    content = bytearray(write_clip(tmp_path / "whole.mp4", [picture(0)] * 30).read_bytes())
    start, end = content.index(b"mdat") + 4, content.rindex(b"moov") - 4
    content[start:end] = bytes(end - start)
    (tmp_path / "a.mp4").write_bytes(content)
    assert "without a single frame" in refused(tmp_path / "a.mp4", NotAVideoError)


def test_a_bare_stream_without_times(tmp_path):
    write_clip(tmp_path / "a.h264", [picture(0)] * 30)
    assert "ffmpeg -r FRAMES_A_SECOND -i a.h264" in refused(tmp_path / "a.h264", NotAVideoError)


def test_a_playlist_does_not_lead_to_the_network(tmp_path, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/a.ts"
        (tmp_path / "a.m3u8").write_text(
            f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9,\n{url}\n#EXT-X-ENDLIST\n"
        )
        refused(tmp_path / "a.m3u8", NotAVideoError)
        with pytest.raises(TimeoutError):
            server.accept()


class TestFolders:
    def test_empty(self, tmp_path):
        message = refused(tmp_path)
        assert "without images" in message
        assert "timestamps.csv" in message

    def test_junk(self, tmp_path):
        (tmp_path / "a.doc").write_text("x")
        (tmp_path / "deeper").mkdir()
        assert "without images" in refused(tmp_path)

    def test_images_without_times(self, tmp_path):
        folder = write_folder(tmp_path / "a", 4)
        (folder / "timestamps.csv").unlink()
        message = refused(folder)
        assert "4 of 4 images" in message
        assert "frame_000123ms.png" in message

    def test_a_table_without_its_columns(self, tmp_path):
        folder = write_folder(tmp_path / "a", 2)
        (folder / "timestamps.csv").write_text("name,seconds\na.png,1\n")
        message = refused(folder)
        assert "no column file and no column time_s" in message

    def test_all_mistakes_of_a_table_at_once(self, tmp_path):
        folder = write_folder(tmp_path / "a", 2)
        (folder / "timestamps.csv").write_text(
            "file,time_s\n001.png,soon\nlost.png,1\n002.png,nan\n../a/001.png,2\n,3\n002.png\n"
        )
        message = refused(folder)
        assert "line 2: time_s 'soon'" in message
        assert "line 3: no such file 'lost.png'" in message
        assert "line 4: time_s 'nan'" in message
        assert "line 6: no such file ''" in message
        assert "and 1 more" not in message or "line 7" not in message

    def test_a_table_that_is_no_text(self, tmp_path):
        folder = write_folder(tmp_path / "a", 2)
        (folder / "timestamps.csv").write_bytes(b"\xff\xfe\x00\x80")
        assert "UTF-8" in refused(folder)

    def test_images_of_which_none_can_be_read(self, tmp_path):
        folder = write_folder(tmp_path / "a", 2)
        for image in folder.glob("*.png"):
            image.write_text("x")
        assert "No image" in refused(folder)


def test_a_wrong_clip_leaves_no_file_open(tmp_path):
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        refused(write_sound_only(tmp_path / "a.m4a"), NotAVideoError)
    source = open_source(write_clip(tmp_path / "a.mp4", [picture(0)] * 5))
    frames = source.frames()
    next(frames)
    source.close()
    frames.close()
    assert len(list(Path("/proc/self/fd").iterdir())) <= before
