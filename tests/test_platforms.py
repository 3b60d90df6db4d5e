"""Windows and macOS, as far as they can be tried elsewhere: what is missing there is taken away, what differs is set.

What cannot be tried so (drivers, consoles, the real file systems) has never been run: docs/platforms.md.
"""

from __future__ import annotations

import ast
import contextlib
import errno
import io
import os
import signal
import subprocess
import sys
import types
from pathlib import Path

import av
import portalocker
import pytest
from portalocker import portalocker as lockers

from neckrom import operating_system, private_files
from neckrom.cli import doctor, plain_letters
from neckrom.landmarks.environment import explain_import_error
from neckrom.live.camera_names import camera_backend, camera_names, candidate_cameras
from neckrom.messages import LANGUAGES, load_messages
from neckrom.operating_system import crash_of, lock, process_runs, safe_name, sameness
from neckrom.records import files as records_files
from neckrom.records.leftovers import UPLOAD, is_busy, mark_busy, note_worker
from neckrom.service.folders import cannot_write_message, distinct_folders, new_folder, result_name

SOURCE = Path(private_files.__file__).parent

# ------------------------------------------------------------------ calls

POSIX_ONLY = {
    *(
        "O_NOFOLLOW",
        "O_NONBLOCK",
        "O_CLOEXEC",
        "getuid",
        "geteuid",
        "getgid",
        "fork",
        "fchmod",
        "fchown",
        "chown",
    ),
    *(
        "statvfs",
        "killpg",
        "getpgid",
        "setsid",
        "mkfifo",
        "uname",
        "sched_getaffinity",
        "nice",
        "wait4",
        "lchown",
    ),
    *(
        "SIGKILL",
        "SIGHUP",
        "SIGALRM",
        "SIGUSR1",
        "SIGUSR2",
        "AF_UNIX",
        "AF_NETLINK",
        "set_blocking",
        "ttyname",
    ),
}
GUARDED = {
    "operating_system.py": POSIX_ONLY,
    "records/engine.py": {"fchmod"},  # behind hasattr
    "web/connections.py": {"getuid", "AF_NETLINK"},  # behind hasattr, and an error that is expected
}


def test_posix_calls_stand_where_their_counterparts_do():
    found = []
    for path in SOURCE.rglob("*.py"):
        name = path.relative_to(SOURCE).as_posix()
        used = {
            node.attr
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in ("os", "signal", "socket")
        }
        found += [f"{name}: {call}" for call in sorted(used & POSIX_ONLY - GUARDED.get(name, set()))]
    assert not found


# ------------------------------------------------------------------ locks


def test_locks_are_seen_by_other_handles_and_end_with_theirs(tmp_path):
    path = tmp_path / "lock"
    with path.open("wb") as first, path.open("wb") as second:
        lock(first, shared=True)
        lock(second, shared=True, wait=False)
        with path.open("wb") as third, pytest.raises(BlockingIOError):
            lock(third, wait=False)
    with path.open("wb") as alone:
        lock(alone, wait=False)
        with path.open("rb") as other, pytest.raises(BlockingIOError):
            lock(other, shared=True, wait=False)


def test_what_cannot_be_locked_is_an_error_of_the_system():
    reading, writing = os.pipe()
    os.close(writing)
    os.close(reading)
    with pytest.raises(OSError, match="descriptor"):
        lock(reading)


def test_windows_locks_by_its_own_call(monkeypatch, tmp_path):
    asked = []

    class Win32Locker:
        def lock(self, file, flags):
            asked.append(flags)
            if len(asked) == 2:
                raise portalocker.AlreadyLocked("taken")
            if len(asked) == 3:
                raise portalocker.LockException("no locks on this disk")

    monkeypatch.setattr(lockers, "Win32Locker", Win32Locker, raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    with (tmp_path / "lock").open("wb") as file:
        lock(file, shared=True, wait=False)
        with pytest.raises(BlockingIOError):
            lock(file, wait=False)
        with pytest.raises(OSError, match="no locks on this disk") as told:
            lock(file)
    assert not isinstance(told.value, BlockingIOError)
    flags = portalocker.LockFlags
    assert asked == [flags.SHARED | flags.NON_BLOCKING, flags.EXCLUSIVE | flags.NON_BLOCKING, flags.EXCLUSIVE]


# ------------------------------------------------- files that are open, links


@pytest.fixture
def moves_nothing_open(monkeypatch):
    """As Windows: a file that is open, or a folder with one in it, keeps its place."""

    def open_within(path):
        found = []
        for entry in Path("/proc/self/fd").iterdir():
            with contextlib.suppress(OSError):
                found.append(entry.readlink())
        return [one for one in found if one == path or path in one.parents]

    def refusing(method):
        def move(self, target):
            if open_within(self.absolute()):
                raise PermissionError(errno.EACCES, "it is used by another process", str(self))
            return method(self, target)

        return move

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("only Linux lists what is open")
    monkeypatch.setattr(Path, "rename", refusing(Path.rename))
    monkeypatch.setattr(Path, "replace", refusing(Path.replace))
    for module in (private_files, records_files):
        monkeypatch.setattr(module, "MOVES_WHAT_IS_OPEN", False)


def test_files_and_folders_are_moved_closed(moves_nothing_open, tmp_path):
    for content in (b"first", b"second"):
        with private_files.whole_file(tmp_path / "file", replace=True) as file:
            file.write(content)
        assert (tmp_path / "file").read_bytes() == content
    for number in range(2):
        with new_folder(tmp_path / "result", overwrite=True) as folder:
            (folder / "result.json").write_text(str(number))
    assert (tmp_path / "result" / "result.json").read_text() == "1"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "result"]


def test_a_session_is_kept_closed(moves_nothing_open, tmp_path):
    files = records_files.Files(tmp_path / "store")
    with files.staging("S-one") as part:
        with files.locked():
            files.clear_abandoned()
        assert part.is_dir(), "what is being copied is not cleared away"
        place = files.keep(part, types.SimpleNamespace(session_id="S-one", model_dump_json=lambda: "{}"))
    assert sorted(path.name for path in place.iterdir()) == [records_files.MANIFEST]


def test_a_folder_without_a_lock_is_abandoned_when_its_process_is_gone(moves_nothing_open, tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for number, abandoned in ((os.getpid(), False), (gone.pid, True)):
        part = tmp_path / f".neckrom-{number}-{'a' * 12}.part"
        part.mkdir()
        os.utime(part, (0, 0))
        assert private_files._is_abandoned(part) is abandoned


def test_links_are_refused_where_the_system_has_no_flag_for_it(monkeypatch, tmp_path):
    (tmp_path / "own").write_bytes(b"own")
    (tmp_path / "link").symlink_to(tmp_path / "own")
    monkeypatch.setattr(private_files, "NOT_FOLLOWED", 0)
    assert private_files.read_plain(tmp_path / "own", 10) == b"own"
    with pytest.raises(private_files.NotPlainFileError):
        private_files.open_plain(tmp_path / "link")
    with pytest.raises(private_files.NotPlainFileError):
        private_files.open_private(tmp_path / "link")
    assert (tmp_path / "own").read_bytes() == b"own"


def test_an_upload_is_busy_while_the_process_that_was_noted_lives(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    mark = mark_busy(tmp_path / "upload", UPLOAD)
    note_worker(mark, process.pid)
    assert is_busy(tmp_path / "upload")
    mark.close()  # as when we are killed: Windows hands no lock down
    assert is_busy(tmp_path / "upload")
    process.communicate(b"\n")
    assert not is_busy(tmp_path / "upload")


# ------------------------------------------------------- users and processes


def test_without_user_numbers(monkeypatch, tmp_path):
    for name in ("getuid", "geteuid", "sched_getaffinity"):
        monkeypatch.delattr(os, name)
    assert operating_system.user_name()
    assert operating_system.is_ours(tmp_path.stat())
    assert operating_system.free_bytes(tmp_path) > 0
    assert operating_system.usable_cores() >= 1
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    (tmp_path / "data").mkdir()
    assert operating_system.is_ours_alone(tmp_path / "data")
    assert not operating_system.is_ours_alone(Path(os.sep))


def test_processes_are_seen():
    assert process_runs(os.getpid())
    assert process_runs(10**30)
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    assert not process_runs(done.pid)


def test_windows_asks_a_process_to_end_and_does_not_kill_it(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(signal, "CTRL_BREAK_EVENT", 1, raising=False)
    monkeypatch.setattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0x200, raising=False)
    sent = []
    process = types.SimpleNamespace(send_signal=sent.append)
    operating_system.ask_to_end(process)
    assert sent == [1]
    assert operating_system.group_of_its_own() == {"creationflags": 0x200}


@pytest.mark.parametrize(
    ("code", "said"),
    [(0, None), (1, None), (-11, "SIGSEGV"), (-300, "signal 300"), (0xC0000005, "0xC0000005")],
)
def test_how_a_process_ended(code, said):
    assert crash_of(code) == said


# ------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("con", "con_"),
        ("AUX.mp4", "AUX_.mp4"),
        ("nul.tar.gz", "nul_.tar.gz"),
        ("com1", "com1_"),
        ("LPT\u00b9.txt", "LPT\u00b9_.txt"),
        ("conin$", "conin$_"),
        ("con .txt", "con_ .txt"),
        ("contact", "contact"),
        ("com10", "com10"),
        ("anna_full", "anna_full"),
        ("", ""),
    ],
)
def test_no_result_has_the_name_of_a_device(name, safe):
    assert safe_name(name) == safe


def test_results_of_clips_named_as_devices_get_folders(tmp_path):
    assert result_name(tmp_path / "con.mp4") == "con_"
    assert result_name(tmp_path / "Aux.MOV") == "Aux_"


def test_names_that_are_one_on_a_disk_get_folders_of_their_own(tmp_path):
    composed, apart = "andr\u00e9", "andre\u0301"
    assert sameness(composed) == sameness(apart.upper())
    inputs = [Path(f"a/{composed}.mp4"), Path(f"b/{apart}.mp4"), Path("c/CON.mp4"), Path("d/con.mp4")]
    folders = distinct_folders(inputs, tmp_path)
    assert len({sameness(folder.name) for folder in folders}) == len(inputs)


def test_a_path_that_is_too_long_for_windows_says_so(monkeypatch, tmp_path):
    error = OSError(errno.ENOENT, "No such file or directory")
    assert "longer" not in cannot_write_message(tmp_path / ("a" * 300), error)
    monkeypatch.setattr(sys, "platform", "win32")
    assert "longer than Windows takes" in cannot_write_message(tmp_path / ("a" * 300), error)
    assert "longer" not in cannot_write_message(tmp_path / "a", error)


# ------------------------------------------------------------------ cameras


def device(description, *media):
    return types.SimpleNamespace(name="@device", description=description, media_types=list(media))


@pytest.fixture
def devices(monkeypatch):
    asked = []

    def let(*found):
        def enumerate_input_devices(interface):
            asked.append(interface)
            return list(found)

        monkeypatch.setattr(av, "enumerate_input_devices", enumerate_input_devices, raising=False)
        return asked

    return let


def test_cameras_of_windows_have_the_names_and_order_of_directshow(devices):
    asked = devices(
        device("HD Webcam", "video"), device("Mikrofon", "audio"), device("Surface\x07 Rear", "video")
    )
    assert camera_names(system="win32") == {"0": "HD Webcam", "1": "Surface  Rear"}
    assert asked == ["dshow"]
    assert camera_backend("win32") == "CAP_DSHOW"


def test_a_mac_names_a_camera_only_where_it_cannot_be_another(devices):
    screen = device("Capture screen 0", "video")
    assert devices(device("FaceTime HD Camera", "video"), screen, device("Microphone", "audio")) == []
    assert camera_names(system="darwin") == {"0": "FaceTime HD Camera"}
    devices(device("FaceTime HD Camera", "video"), device("iPhone Camera", "video"))
    assert camera_names(system="darwin") == {}
    assert camera_backend("darwin") == "CAP_AVFOUNDATION"


def test_no_names_where_ffmpeg_has_no_such_interface():
    assert camera_names(system="win32") == {}


def test_which_numbers_are_tried(tmp_path):
    listed = tmp_path / "class" / "video4linux"
    for name in ("video10", "video2", "v4l-touch0"):
        (listed / name).mkdir(parents=True)
    assert candidate_cameras("linux", listed) == (2, 10)
    assert candidate_cameras("win32", listed) == tuple(range(10))
    assert camera_backend("linux") == "CAP_ANY"


# ------------------------------------------------------------------- doctor


@pytest.mark.parametrize(
    ("system", "machine", "fine"),
    [
        ("linux", "x86_64", True),
        ("linux", "aarch64", False),
        ("darwin", "arm64", True),
        ("darwin", "x86_64", True),
        ("win32", "AMD64", True),
        ("win32", "ARM64", False),
        ("freebsd14", "amd64", False),
    ],
)
def test_doctor_knows_where_mediapipe_has_wheels(monkeypatch, system, machine, fine):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(doctor.platform, "machine", lambda: machine)
    found = doctor.check_system()
    assert (found.state is doctor.State.OK) is fine
    assert bool(found.remedy) is not fine


@pytest.mark.parametrize(
    ("encoding", "fine"), [("utf-8", True), ("cp850", False), ("ascii", False), (None, False)]
)
def test_doctor_says_what_a_terminal_lacks(encoding, fine):
    assert (doctor.check_terminal(encoding).state is doctor.State.OK) is fine


def test_doctor_knows_the_runtime_that_windows_lacks():
    found = doctor.check_system_library("msvcp140.dll")
    assert found.state is doctor.State.PROBLEM
    assert "Visual C++" in found.remedy
    error = ImportError(
        "DLL load failed while importing _framework_bindings: The specified module was not found."
    )
    assert "Visual C++" in str(doctor.explain_missing(error))
    assert "Visual C++" in str(explain_import_error(error))


@pytest.mark.parametrize(
    ("system", "where"), [("darwin", "System Settings"), ("win32", "Settings, Privacy & security")]
)
def test_doctor_says_where_cameras_are_allowed(monkeypatch, system, where):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(doctor, "_run_python", lambda *_said, timeout_s: doctor._Outcome(True, "null", ""))
    (found,) = doctor.check_cameras()
    assert where in found.remedy


def test_doctor_asks_windows_for_long_paths(monkeypatch):
    key = contextlib.nullcontext(1)
    registry = types.SimpleNamespace(
        HKEY_LOCAL_MACHINE=0, OpenKey=lambda *_place: key, QueryValueEx=lambda *_name: (values.pop(0), 4)
    )
    monkeypatch.setitem(sys.modules, "winreg", registry)
    monkeypatch.setattr(sys, "platform", "win32")
    values = [1, 0]
    assert doctor.check_long_paths().state is doctor.State.OK
    assert "short path" in doctor.check_long_paths().remedy


def test_doctor_puts_first_what_has_to_be_done():
    states = [doctor.State.OK, doctor.State.NOTE, doctor.State.PROBLEM, doctor.State.OK, doctor.State.PROBLEM]
    checks = [doctor.Check(str(number), state, "") for number, state in enumerate(states)]
    assert [check.name for check in doctor.sorted_by_need(checks)] == ["2", "4", "1", "0", "3"]


# ----------------------------------------------------------------- encodings


@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "cp437", "ascii"])
def test_every_text_can_be_printed_in_old_code_pages(monkeypatch, encoding):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", None)
    plain_letters.write_plainly()
    for language in LANGUAGES:
        for text in load_messages(language).texts.values():
            written = text.encode(encoding, plain_letters.NAME).decode(encoding)
            assert written.count("?") == text.count("?"), text
    stream.write("Rotation 62\u00b0 \u2265 45\u00b0 \u2713 \u4e2d")
    stream.flush()
    said = stream.buffer.getvalue().decode(encoding)
    assert said.endswith("?")
    assert "45" in said
