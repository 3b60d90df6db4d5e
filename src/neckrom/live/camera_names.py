"""What the cameras of this machine are called, and by which interface of the system they are opened.

A session chooses a camera by its number, in the order of one interface of the system: V4L2 on Linux, DirectShow on
Windows, AVFoundation on macOS. Names come from the same interface, or they would stand beside the wrong camera.
"""

from __future__ import annotations

import sys
from pathlib import Path

_LISTED = Path("/sys/class/video4linux")
_FIRST = range(10)
"""Numbers that are tried where the system does not list its cameras."""
_INTERFACES = {"win32": "dshow", "darwin": "avfoundation"}
"""As FFmpeg calls them."""
_BACKENDS = {"win32": "CAP_DSHOW", "darwin": "CAP_AVFOUNDATION"}
"""As OpenCV calls them. Windows: its first choice, Media Foundation, has another order, and takes long to open."""


def camera_backend(system: str = sys.platform) -> str:
    """Name of OpenCV's constant for the interface whose order the numbers have; on Linux it finds V4L2 itself."""
    return _BACKENDS.get(system, "CAP_ANY")


def candidate_cameras(system: str = sys.platform, listed: Path = _LISTED) -> tuple[int, ...]:
    """Numbers that are worth a try: on Linux those that the system lists, elsewhere the first few."""
    if system == "linux" and listed.parent.is_dir():
        names = (path.name.removeprefix("video") for path in listed.glob("video*"))
        return tuple(sorted(int(name) for name in names if name.isdigit()))
    return tuple(_FIRST)


def camera_names(listed: Path = _LISTED, system: str = sys.platform) -> dict[str, str]:
    """Names by number, as far as the system says them.

    On Linux a camera's second entry, which only tells of the first one's settings, is left out. On macOS a name is
    given only where there is one camera: OpenCV sorts several by an identity that FFmpeg does not list.

    Parameters
    ----------
    listed : Path
        Where Linux lists its video devices.
    system : str
        As ``sys.platform`` says it.

    Returns
    -------
    dict of str to str
        Empty where nobody can tell.
    """
    if system in _INTERFACES:
        return _names_by_ffmpeg(system)
    found: dict[int, str] = {}
    try:
        devices = sorted(listed.glob("video*"))
    except OSError:
        return {}
    for device in devices:
        number = device.name.removeprefix("video")
        try:
            name = (device / "name").read_text(encoding="utf-8", errors="replace").strip()
            first = (device / "index").read_text(encoding="ascii").strip() == "0"
        except OSError:
            continue
        if number.isdigit() and name and first:
            found[int(number)] = _printable(name)
    return {str(number): found[number] for number in sorted(found)}


def _names_by_ffmpeg(system: str) -> dict[str, str]:
    import av  # noqa: PLC0415  (a page names cameras without decoding anything)

    try:
        devices = av.enumerate_input_devices(_INTERFACES[system])
    except (AttributeError, ValueError, OSError):  # an older PyAV, or an FFmpeg without this interface
        return {}
    names = [
        _printable(device.description or device.name)
        for device in devices
        if "video" in device.media_types and not device.description.startswith("Capture screen")
    ]
    if system == "darwin" and len(names) > 1:
        return {}
    return {str(number): name for number, name in enumerate(names)}


def _printable(name: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in name[:80])
