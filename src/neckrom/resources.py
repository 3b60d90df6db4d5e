"""Files that travel with the package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from neckrom.errors import EnvironmentProblemError

_IN_PACKAGE = {"calibration": "data/calibration", "sample_videos": "data/sample"}


def resource(folder: str, name: str) -> Path:
    """Path of a file or folder of ``calibration/`` or ``sample_videos/``, in the wheel or in a checkout.

    Raises
    ------
    EnvironmentProblemError
        If it is in neither.
    """
    package = Path(str(files("neckrom")))
    candidates = (package / _IN_PACKAGE[folder] / name, package.parents[1] / folder / name)
    for candidate in candidates:
        if candidate.exists():
            return candidate
    raise EnvironmentProblemError(
        f"{folder}/{name} is missing from this installation of neckrom. "
        "Install it again: pip install --force-reinstall ."
    )
