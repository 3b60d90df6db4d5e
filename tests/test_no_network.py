"""Measuring uses no network, as the kernel sees it: Python's own sockets are only part of the story."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import av
import pytest

SAMPLES = Path(__file__).parents[1] / "sample_videos"

INTERNET = re.compile(r"AF_INET6?|sin6?_addr")


@pytest.fixture(scope="module")
def strace() -> str:
    """A system-call tracer that works here."""
    found = shutil.which("strace")
    works = (
        found
        and subprocess.run([found, "-e", "trace=none", "true"], capture_output=True, check=False).returncode
        == 0
    )
    if not works:
        message = "strace is missing or may not trace here: apt-get install strace"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found


def network_calls(strace: str, log: Path, *command: str | Path, cwd: Path) -> list[str]:
    """Every network system call of a command and all its threads and children."""
    subprocess.run(
        [
            strace,
            "-f",
            "-qq",
            "--seccomp-bpf",
            "-e",
            "trace=network",
            "-e",
            "signal=none",
            "-o",
            log,
            *command,
        ],
        check=True,
        capture_output=True,
        cwd=cwd,
        timeout=240,
    )
    return log.read_text(errors="replace").splitlines()


def to_the_internet(calls: list[str]) -> list[str]:
    """Calls that name an internet address or open an internet socket, loopback included.

    Loopback counts: it is where the resolvers of many systems listen.
    """
    return [call for call in calls if INTERNET.search(call)]


def test_the_trace_sees_what_it_has_to_see(strace, tmp_path):
    """Also a datagram to an address that answers nobody, and a child process."""
    script = "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9))"
    guarded = f"import contextlib\nwith contextlib.suppress(OSError): exec({script!r})"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {guarded!r}], check=True)"
    seen = to_the_internet(
        network_calls(strace, tmp_path / "log", sys.executable, "-c", parent, cwd=tmp_path)
    )
    assert any("socket(" in call for call in seen)
    assert any("192.0.2.1" in call for call in seen)


def test_measuring_and_reporting_open_no_internet_socket(strace, tmp_path):
    clip = tmp_path / "clip.mp4"
    with av.open(str(SAMPLES / "chidi_deficit.mp4")) as old, av.open(str(clip), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(video=0):
            if packet.pts is not None and packet.pts * packet.time_base < 2:
                packet.stream = stream
                new.mux(packet)
    run = (sys.executable, "-m", "neckrom", "measure", clip, "--overlay", "--out", tmp_path / "out")
    calls = network_calls(strace, tmp_path / "log", *run, cwd=tmp_path)
    assert (tmp_path / "out" / "clip" / "report.html").is_file()
    assert (tmp_path / "out" / "clip" / "overlay.mp4").is_file()
    assert to_the_internet(calls) == []


ADDRESS = re.compile(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"')


@pytest.mark.slow
@pytest.mark.parametrize("what", ["open", "live"])
def test_the_pages_speak_to_this_machine_alone(strace, tmp_path, what):
    """While the page is asked for, and until the end."""
    options = {
        "open": ("--store", tmp_path / "store"),
        "live": ("--source", SAMPLES / "chidi_deficit.mp4", "--fast", "--out", tmp_path / "out"),
    }[what]
    log, said = tmp_path / "log", tmp_path / "said"
    trace = (strace, "-f", "-qq", "--seccomp-bpf", "-e", "trace=network", "-e", "signal=none", "-o", log)
    command = (sys.executable, "-m", "neckrom", what, "--no-browser", *options)
    with said.open("wb") as out:
        running = subprocess.Popen([*trace, *command], stdout=out, stderr=subprocess.STDOUT, cwd=tmp_path)
    try:
        address = _address_in(said, running)
        with urllib.request.build_opener(urllib.request.HTTPCookieProcessor()).open(
            address, timeout=60
        ) as page:
            assert page.status == 200
        subprocess.run(["pkill", "-INT", "-P", str(running.pid)], check=True)
        running.wait(240)
    finally:
        running.kill()
    calls = log.read_text(errors="replace").splitlines()
    asked = {first or second for call in calls for first, second in ADDRESS.findall(call)}
    assert asked == {"127.0.0.1"}
    assert any("bind(" in call for call in calls), "the trace sees the server"


def _address_in(said: Path, running: subprocess.Popen[bytes]) -> str:
    give_up = time.monotonic() + 240
    while (found := re.search(r"http://\S+", said.read_text())) is None:
        assert running.poll() is None, said.read_text()
        assert time.monotonic() < give_up
        time.sleep(0.1)
    return found[0]
