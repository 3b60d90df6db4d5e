"""Which camera of the browser was used last, so that the next session begins with it.

The page cannot keep that itself: it has a name of its own in each session, and so storage of its own. What the
browser calls a camera is the same each time; nothing else about it is.
"""

from __future__ import annotations

import logging
from pathlib import Path

from platformdirs import user_data_path

from neckrom.private_files import whole_file

log = logging.getLogger(__name__)

_FILE = "browser-camera.txt"
_LONGEST = 400


class RememberedCamera:
    """The name of one camera, on this machine, readable by its owner alone.

    Parameters
    ----------
    folder : Path, optional
        The user's folder for neckrom if not given.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._path = (folder or user_data_path("neckrom", appauthor=False)) / _FILE

    @property
    def label(self) -> str:
        """What the browser calls it; empty where nothing was kept, or it cannot be read."""
        try:
            return self._path.read_text(encoding="utf-8")[:_LONGEST].strip()
        except (OSError, UnicodeDecodeError):
            return ""

    def keep(self, label: str) -> None:
        """Keep a name; a disk that takes none is no reason to end a session."""
        if not label or label == self.label:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with whole_file(self._path, replace=True) as file:
                file.write(label[:_LONGEST].encode("utf-8"))
        except OSError as error:
            log.warning("the camera's name cannot be kept (%s)", error)
