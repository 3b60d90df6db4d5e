"""What this machine has, what is wrong with it and how to mend it.

Runs where the packages that measure cannot be imported: each is tried in a
process of its own, so that one that crashes or hangs does not take the
doctor along.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from rich.text import Text

from neckrom.errors import EnvironmentProblemError
from neckrom.landmarks.environment import (
    MEDIAPIPE_VERSION,
    MODEL_FILES,
    OPENCV_DISTRIBUTIONS,
    explain_import_error,
)
from neckrom.live.camera_names import camera_backend, candidate_cameras
from neckrom.operating_system import LONGEST_WINDOWS_PATH, crash_of, usable_cores

IMPORT_TIMEOUT_S = 90.0
"""The first import of a plotting library builds its font list, which is slow."""
CAMERA_TIMEOUT_S = 8.0

IMPORTED = (
    *("numpy", "scipy", "cv2", "av", "pyarrow", "pydantic", "matplotlib", "reportlab", "mediapipe"),
    *("fastapi", "uvicorn", "websockets", "python_multipart"),
)
"""Packages that are tried, as they are imported."""


EXTRAS = {
    "cluster": "measuring on many machines (neckrom measure --cluster)",
    "postgresql": "records on a PostgreSQL server",
}
"""What installs more than measuring needs, and what it is for."""

SYSTEM_LIBRARIES = {
    "linux": ("libGL.so.1", "libgthread-2.0.so.0"),
    "win32": ("vcruntime140_1.dll", "msvcp140.dll"),
}
"""What OpenCV and MediaPipe load and that comes from the system, not from a wheel; macOS has it all."""

PROCESSORS = {
    "linux": ("x86_64", "amd64"),
    "darwin": ("x86_64", "arm64"),
    "win32": ("x86_64", "amd64"),
}
"""For which MediaPipe 0.10.21 has wheels."""

_ALLOWED_BY = {
    "darwin": "Allow the terminal to use it: System Settings, Privacy & Security, Camera.",
    "win32": "Allow desktop apps to use it: Settings, Privacy & security, Camera.",
}
_PLAIN_SIGNS = "\u00b0\u00b1\u2013\u2026\u2265\u00e9\u00fc"
"""Of every kind that is printed: degrees, plus-minus, a dash, dots, at least, letters with accents."""


class State(StrEnum):
    """How a check came out."""

    OK = "ok"
    NOTE = "note"
    """Nothing is broken, but the user may want to know."""
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report.

    Attributes
    ----------
    name : str
        What was looked at.
    state : State
    found : str
        What is there.
    remedy : str
        How to mend it; empty where nothing needs mending.
    """

    name: str
    state: State
    found: str
    remedy: str = ""


def examine(folder: Path) -> Iterator[Check]:
    """Look at everything that a measurement needs, the quick things first.

    Parameters
    ----------
    folder : Path
        Where results would be written.
    """
    yield check_python()
    yield check_system()
    yield check_cores()
    yield check_terminal(sys.stdout.encoding)
    yield check_writable(folder)
    yield from check_packages()
    yield from check_extras()
    yield check_one_cv2()
    if sys.platform == "win32":
        yield check_long_paths()
    yield from (check_system_library(library) for library in SYSTEM_LIBRARIES.get(sys.platform, ()))
    yield check_models()
    yield check_fonts()
    yield from check_imports()
    yield check_codecs()
    yield from check_cameras()


def explain_missing(error: ImportError) -> EnvironmentProblemError:
    """Say what to install where something could not be imported."""
    if ".so" in str(error) or "DLL load failed" in str(error):
        return explain_import_error(error)
    return EnvironmentProblemError(
        f"A package cannot be imported ({error}). Install neckrom again into a fresh virtual environment, "
        "and see what else is wrong with: neckrom doctor"
    )


def sorted_by_need(checks: Iterable[Check]) -> list[Check]:
    """Problems first, then notes, then what is in order; within each as they were looked at."""
    order = [State.PROBLEM, State.NOTE, State.OK]
    return sorted(checks, key=lambda check: order.index(check.state))


def check_view(check: Check) -> Text:
    """One line for what was found, one for how to mend it."""
    style = {State.OK: "green", State.NOTE: "cyan", State.PROBLEM: "bold red"}[check.state]
    text = Text.assemble((f"{check.state:<8}", style), f"{check.name}: {check.found}")
    if check.remedy:
        text.append(f"\n        {check.remedy}")
    return text


# ------------------------------------------------------------------ the checks


def check_python() -> Check:
    """Whether this Python is one of those that are supported."""
    found = f"{platform.python_version()} at {sys.executable}"
    if (3, 11) <= sys.version_info[:2] <= (3, 12):
        return Check("Python", State.OK, found)
    return Check(
        "Python", State.PROBLEM, found, "Use Python 3.11 or 3.12: MediaPipe has no wheel for others."
    )


def check_system() -> Check:
    """Whether MediaPipe has a wheel for this system and processor."""
    machine = platform.machine()
    found = f"{platform.system()} {platform.release()} on {machine}"
    if sys.maxsize < 2**32:
        return Check(
            "System", State.PROBLEM, f"{found}, 32-bit Python", "Install a 64-bit Python 3.11 or 3.12."
        )
    processors = PROCESSORS.get(sys.platform)
    if processors is None:
        return Check(
            "System", State.PROBLEM, found, "Use Linux, macOS or Windows: MediaPipe has no wheel for others."
        )
    if machine.lower() not in processors:
        way_out = (
            "Install Python for Windows (64-bit, x86), which Windows on ARM runs, too."
            if sys.platform == "win32"
            else "Measure on a machine with an Intel or AMD processor, or on a Mac."
        )
        return Check(
            "System", State.PROBLEM, found, f"MediaPipe {MEDIAPIPE_VERSION} has no wheel for it. {way_out}"
        )
    if sys.platform == "linux" and platform.libc_ver()[0] not in ("glibc", ""):
        return Check(
            "System", State.PROBLEM, f"{found}, without glibc", "Use a Linux with glibc, not Alpine."
        )
    return Check("System", State.OK, found)


def check_terminal(encoding: str | None) -> Check:
    """Whether everything that is printed can be shown as it is."""
    name = encoding or "unknown"
    try:
        _PLAIN_SIGNS.encode(name)
    except (UnicodeEncodeError, LookupError):
        remedy = "Signs that it lacks are written in plain letters. For all of them: set PYTHONUTF8=1"
        return Check("Terminal", State.NOTE, f"encoding {name}", remedy)
    return Check("Terminal", State.OK, f"encoding {name}")


def check_long_paths() -> Check:
    """Whether this Windows takes paths of more than 259 characters."""
    allowed = False
    if sys.platform == "win32":
        import winreg  # noqa: PLC0415  (Windows only)

        place = r"SYSTEM\CurrentControlSet\Control\FileSystem"
        with contextlib.suppress(OSError), winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place) as key:
            allowed = bool(winreg.QueryValueEx(key, "LongPathsEnabled")[0])
    if allowed:
        return Check("Long paths", State.OK, "taken")
    return Check(
        "Long paths",
        State.NOTE,
        f"paths of more than {LONGEST_WINDOWS_PATH} characters are refused",
        "Keep results in a folder with a short path, or have an administrator allow them: group policy "
        "'Enable Win32 long paths'.",
    )


def check_cores() -> Check:
    """How many processor cores there are."""
    cores = usable_cores()
    if cores >= 2:
        return Check("Processor", State.OK, f"{cores} cores")
    return Check(
        "Processor", State.NOTE, "1 core", "Measuring works, but slowly: decoding and models share it."
    )


def check_writable(folder: Path) -> Check:
    """Whether results can be written into a folder."""
    name = f"Write in {folder}"
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"neckrom")
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Check(
            name,
            State.PROBLEM,
            error.strerror or str(error),
            "Go to a folder that you may write in, or say --out DIR.",
        )
    if free < 200e6:
        return Check(
            name, State.PROBLEM, f"{free / 1e6:.0f} MB free", "Make room: a result needs up to 100 MB."
        )
    return Check(name, State.OK, f"{free / 1e9:.1f} GB free")


def check_packages() -> Iterator[Check]:
    """Versions of the packages against the ranges that neckrom was made for."""
    for text in metadata.requires("neckrom") or []:
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        yield _check_package(requirement)


def check_extras() -> Iterator[Check]:
    """Packages that only some commands need: none is missing, but one that is there has to be of the right version."""
    needed = [Requirement(text) for text in metadata.requires("neckrom") or []]
    for extra, for_what in EXTRAS.items():
        mine = [
            one
            for one in needed
            if one.marker and one.marker.evaluate({"extra": extra}) and not one.marker.evaluate({"extra": ""})
        ]
        checks = [_check_package(one) for one in mine if _version(one.name) is not None]
        yield from (check for check in checks if check.state is not State.OK)
        if checks:
            found = ", ".join(f"{one.name} {_version(one.name)}" for one in mine)
        else:
            found = f"not installed, and not needed but for {for_what}: {_pip()} install 'neckrom[{extra}]'"
        yield Check(f"Extra {extra}", State.OK, found)


def _check_package(requirement: Requirement) -> Check:
    name = f"Package {requirement.name}"
    remedy = f'Install it: {_pip()} install "{requirement}"'
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return Check(name, State.PROBLEM, "not installed", remedy)
    if requirement.specifier.contains(version, prereleases=True):
        return Check(name, State.OK, version)
    return Check(name, State.PROBLEM, f"{version}, needed is {requirement.specifier}", remedy)


def check_one_cv2() -> Check:
    """Whether exactly one package provides ``cv2``."""
    installed = {name: _version(name) for name in OPENCV_DISTRIBUTIONS}
    present = {name: version for name, version in installed.items() if version is not None}
    found = ", ".join(f"{name} {version}" for name, version in present.items()) or "none"
    wanted = OPENCV_DISTRIBUTIONS[0]
    pin = f"{wanted}=={present[wanted]}" if wanted in present else wanted
    if not present:
        return Check("OpenCV packages", State.PROBLEM, found, f"Install it: {_pip()} install {pin}")
    if len(present) > 1:
        return Check(
            "OpenCV packages",
            State.PROBLEM,
            f"{len(present)} at once, which break each other: {found}",
            f"Keep one: {_pip()} uninstall -y {' '.join(present)} && {_pip()} install {pin}",
        )
    if wanted not in present:
        return Check("OpenCV packages", State.NOTE, found, f"Tested is {wanted}; pip check will complain.")
    return Check("OpenCV packages", State.OK, found)


def check_system_library(library: str) -> Check:
    """Whether the loader finds a shared library that OpenCV or MediaPipe needs."""
    name = f"Library {library}"
    try:
        ctypes.CDLL(library)
    except OSError as error:
        missing = OSError(f"DLL load failed: {library}") if library.endswith(".dll") else error
        return Check(name, State.PROBLEM, "missing", str(explain_import_error(missing)))
    return Check(name, State.OK, "found")


def check_models() -> Check:
    """Whether MediaPipe's models are all there and unchanged since they were installed."""
    mend = f"Install it again: {_pip()} install --force-reinstall --no-deps mediapipe=={MEDIAPIPE_VERSION}"
    try:
        files = metadata.files("mediapipe") or []
    except metadata.PackageNotFoundError:
        return Check("Models", State.PROBLEM, "mediapipe is not installed", mend)
    listed = {str(path).removeprefix("mediapipe/"): path for path in files}
    wrong = []
    for name in MODEL_FILES:
        path = listed.get(name)
        if path is None or not _on_disk(path).is_file():
            wrong.append(f"{Path(name).name} missing")
        elif not _is_unchanged(path):
            wrong.append(f"{Path(name).name} changed")
    if wrong:
        return Check("Models", State.PROBLEM, ", ".join(wrong), mend)
    return Check("Models", State.OK, f"{len(MODEL_FILES)} files, unchanged")


def check_fonts() -> Check:
    """Whether the font that figures and report are set in is there."""
    spec = importlib.util.find_spec("matplotlib")
    font = Path(spec.origin).parent / "mpl-data/fonts/ttf/DejaVuSans.ttf" if spec and spec.origin else None
    if font is not None and font.is_file():
        return Check("Fonts", State.OK, font.name)
    return Check(
        "Fonts",
        State.PROBLEM,
        "DejaVuSans.ttf, which comes with matplotlib, is missing",
        f"Install it again: {_pip()} install --force-reinstall --no-deps matplotlib",
    )


def check_imports() -> Iterator[Check]:
    """Import each package in a process of its own."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield from pool.map(_check_import, IMPORTED)


def _check_import(package: str) -> Check:
    name = f"Import {package}"
    outcome = _run_python(f"import {package}", timeout_s=IMPORT_TIMEOUT_S)
    if outcome.ok:
        return Check(name, State.OK, "works")
    return Check(name, State.PROBLEM, outcome.error, str(explain_missing(ImportError(outcome.error))))


_CODECS = """
import json, av
found = {}
for name, mode in (("h264", "r"), ("hevc", "r"), ("libx264", "w")):
    try:
        av.codec.Codec(name, mode)
        found[name] = True
    except av.codec.codec.UnknownCodecError:
        found[name] = False
print(json.dumps(found))
"""


def check_codecs() -> Check:
    """Whether FFmpeg, as PyAV brings it, can read phone clips and write the overlay."""
    outcome = _run_python(_CODECS, timeout_s=IMPORT_TIMEOUT_S)
    remedy = f"Install PyAV's own wheel: {_pip()} install --force-reinstall --no-deps --only-binary av av"
    if not outcome.ok:
        return Check("Codecs", State.PROBLEM, outcome.error, remedy)
    codecs: dict[str, bool] = json.loads(outcome.output)
    missing = [name for name, there in codecs.items() if not there]
    if missing:
        return Check("Codecs", State.PROBLEM, f"missing: {', '.join(missing)}", remedy)
    return Check("Codecs", State.OK, "reads H.264 and HEVC, writes H.264")


_CAMERA = """
import json, sys, cv2
camera = cv2.VideoCapture(int(sys.argv[1]), getattr(cv2, sys.argv[2]))
there, picture = camera.read() if camera.isOpened() else (False, None)
print(json.dumps([picture.shape[1], picture.shape[0], camera.get(cv2.CAP_PROP_FPS)] if there else None))
camera.release()
"""


_NAMES = """
import json
from neckrom.live.camera_names import camera_names
print(json.dumps(camera_names()))
"""

_MOST_UNLISTED = 4
"""Where the system does not list its cameras, so many numbers are tried, each in a process of its own."""


def check_cameras() -> Iterator[Check]:
    """Open each camera for one picture, and say under which number a session finds it."""
    numbers = candidate_cameras() if sys.platform == "linux" else candidate_cameras()[:_MOST_UNLISTED]
    checks: list[Check] = []
    if numbers:
        named = _run_python(_NAMES, timeout_s=CAMERA_TIMEOUT_S)
        names: dict[str, str] = json.loads(named.output) if named.ok and named.output else {}
        with ThreadPoolExecutor(max_workers=len(numbers)) as pool:
            found = pool.map(lambda number: _check_camera(number, names.get(str(number), "")), numbers)
            checks = [check for check in found if check is not None]
    if not checks:
        without = "Clips can be measured without one, and can play one: neckrom live --source CLIP"
        remedy = f"{_ALLOWED_BY.get(sys.platform, '')} {without}".lstrip()
        checks = [Check("Cameras", State.NOTE, "none found", remedy)]
    yield from checks


def _check_camera(number: int, called: str) -> Check | None:
    """What a camera gives; None where the system lists no cameras and there is none of this number."""
    name = f"Camera {number} ({called})" if called else f"Camera {number}"
    listed = bool(called) or sys.platform == "linux"
    device = Path(f"/dev/video{number}")
    if sys.platform == "linux" and not os.access(device, os.R_OK | os.W_OK):
        return Check(
            name,
            State.NOTE,
            f"no permission for {device}",
            "Join the group that owns it: sudo usermod -aG video $USER",
        )
    outcome = _run_python(_CAMERA, str(number), camera_backend(), timeout_s=CAMERA_TIMEOUT_S)
    size = json.loads(outcome.output) if outcome.ok and outcome.output else None
    if size is None:
        if not listed:
            return None
        why = "gives no picture" if outcome.ok else outcome.error
        silent = "Close other programs that use it; some cameras have a second, silent one."
        return Check(name, State.NOTE, why, f"{silent} {_ALLOWED_BY.get(sys.platform, '')}".rstrip())
    found = f"{size[0]}x{size[1]} at {size[2]:.0f} frames/s: neckrom live --source {number}"
    return Check(name, State.OK, found)


# ------------------------------------------------------------------- means


@dataclass(frozen=True, slots=True)
class _Outcome:
    ok: bool
    output: str
    error: str


def _run_python(script: str, *arguments: str, timeout_s: float) -> _Outcome:
    """Run a few lines in a Python of their own, silently."""
    environment = dict(os.environ, OPENCV_LOG_LEVEL="OFF", GLOG_minloglevel="3", MPLBACKEND="Agg")
    try:
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _Outcome(False, "", f"no answer within {timeout_s:.0f} s")
    crash = crash_of(done.returncode)
    if crash is not None:
        return _Outcome(False, "", f"crashed ({crash})")
    lines = done.stderr.strip().splitlines() or ["failed without a message"]
    return _Outcome(done.returncode == 0, done.stdout.strip(), "" if done.returncode == 0 else lines[-1])


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _on_disk(path: metadata.PackagePath) -> Path:
    return Path(str(path.locate()))


def _is_unchanged(path: metadata.PackagePath) -> bool:
    """Whether a file still has the hash that its wheel recorded; true where none was recorded."""
    if path.hash is None or not _on_disk(path).is_file():
        return True
    digest = hashlib.new(path.hash.mode, _on_disk(path).read_bytes()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == path.hash.value


def _pip() -> str:
    return f"{sys.executable} -m pip"
