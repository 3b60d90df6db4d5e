"""The end of a session of turning the trunk: it is measured as a clip is, from what was recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from neckrom.messages import FALLBACK
from neckrom.private_files import clear_unfinished, new_part_folder
from neckrom.service.folders import LANDMARK_FILE
from neckrom.service.sessions import STREAM_FILE
from neckrom.service.upper_back import UpperBackOptions, measure_session
from neckrom.service.upper_back_sessions import put_session_landmarks
from neckrom.upper_back.result import UpperBackResult

Progress = Callable[[float, float], None]


def finish_upper_back_session(
    path: Path, language: str = FALLBACK, progress: Progress | None = None
) -> UpperBackResult:
    """Measure a session that is over and write its report, in a language, into its own folder.

    ``progress`` hears how far it is. The stream is removed once all landmarks are there; nothing else is ever removed.

    Raises
    ------
    NeckromError
        It cannot be measured or written; everything recorded is still there.
    """
    tell = progress or (lambda _share, _next: None)
    tell(0.0, 0.3)
    landmarks = path / LANDMARK_FILE
    if not landmarks.is_file():
        put_session_landmarks(path, landmarks)
        landmarks.chmod(0o600)
    (path / STREAM_FILE).unlink(missing_ok=True)
    tell(0.3, 1.0)
    clear_unfinished()
    with new_part_folder(path, path) as part:
        result = measure_session(path, landmarks, part, UpperBackOptions(pictures=False, language=language))
        for item in sorted(part.iterdir()):
            item.chmod(0o600)
            item.replace(path / item.name)
    return result
