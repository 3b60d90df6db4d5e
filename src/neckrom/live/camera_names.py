"""What the cameras of this machine are called."""

from __future__ import annotations

from pathlib import Path

_LISTED = Path("/sys/class/video4linux")


def camera_names(listed: Path = _LISTED) -> dict[str, str]:
    """Names by number, as far as the system says them (Linux); a camera's second entry, which only tells of the first
    one's settings, is left out.

    Parameters
    ----------
    listed : Path
        Where the system lists its video devices.

    Returns
    -------
    dict of str to str
        Empty where nobody can tell.
    """
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
            found[int(number)] = "".join(letter if letter.isprintable() else " " for letter in name[:80])
    return {str(number): found[number] for number in sorted(found)}
