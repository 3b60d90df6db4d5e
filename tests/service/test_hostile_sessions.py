"""Event files of sessions that are damaged or made to do harm."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from neckrom.errors import ExitCode, LandmarkFileError
from neckrom.service.sessions import open_session, read_lines

INFO = {
    "name": "s", "created": "2025-01-01T00:00:00", "tool_version": "1", "source": "0", "protocol": "quick",
    "protocol_sha256": "0" * 64, "width": 640, "height": 480,
}  # fmt: skip
GOOD = {"n": 1, "kind": "protocol", "protocol": {"version": 1, "neutral": [0.5, 1.5]}}


def session(folder: Path, events: bytes) -> Path:
    (folder / "session.json").write_text(json.dumps(INFO))
    (folder / "events.jsonl").write_bytes(events)
    return folder


def line(record: object) -> bytes:
    return json.dumps(record).encode() + b"\n"


def refused(folder: Path) -> str:
    started = time.monotonic()
    with pytest.raises(LandmarkFileError) as caught:
        open_session(folder)
    assert time.monotonic() - started < 10
    assert caught.value.exit_code is ExitCode.BAD_CONFIGURATION
    assert "landmarks.parquet" in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(b"{not json}\n", id="no-json"),
        pytest.param(b"\xff\xfe\x00\n", id="not-utf-8"),
        pytest.param(b"[" * 5000 + b"\n", id="nested"),
        pytest.param(b'{"n": ' + b"9" * 5000 + b"}\n", id="5000-digits"),
        pytest.param(b"[1]\n", id="no-record"),
        pytest.param(b"\n", id="empty-line"),
        pytest.param(b"{" + b" " * 5_000_000 + b"}\n", id="one-line-of-5-MB"),
    ],
)
@pytest.mark.parametrize("before", [b"", line(GOOD)])
def test_a_damaged_line_is_not_passed_over(tmp_path, damaged, before):
    message = refused(session(tmp_path, before + damaged + line(GOOD)))
    assert f"damaged in line {1 + bool(before)}" in message
    refused(session(tmp_path, before + damaged))


@pytest.mark.parametrize("cut", [b'{"n": 2, "kind": "proto', b"\xff", b"[" * 5000])
def test_a_last_line_that_was_cut_off_is_left_out(tmp_path, cut):
    found = open_session(session(tmp_path, line(GOOD) + cut))
    assert found.protocol is not None
    assert found.protocol.neutral == (0.5, 1.5)
    assert len(list(read_lines(tmp_path / "events.jsonl"))) == 1


@pytest.mark.parametrize(
    "protocol",
    [
        7, "x", [], {}, {"version": 2}, {"version": 1, "neutral": "x"}, {"version": 1, "neutral": [5, 1]},
        {"version": 1, "neutral": [0, 1e300]}, {"version": 1, "pain": {"flexion": 10**300}},
        {"version": 1, "trial": [{"movement": "flexion", "start_s": 0, "end_s": 1}] * 10_000},
    ],
)  # fmt: skip
def test_a_protocol_that_is_none(tmp_path, protocol):
    assert "cannot be one" in refused(session(tmp_path, line({**GOOD, "protocol": protocol})))


def test_no_events_at_all(tmp_path):
    assert open_session(session(tmp_path, b"")).protocol is None
