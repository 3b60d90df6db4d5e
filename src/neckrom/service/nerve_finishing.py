"""The end of a session of nerve tests: each test is measured from what was recorded and said."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from neckrom.errors import NeckromError
from neckrom.messages import FALLBACK
from neckrom.nerve.assemble import StopReason
from neckrom.private_files import clear_unfinished, new_part_folder
from neckrom.service.folders import LANDMARK_FILE
from neckrom.service.nerve import measure_nerve_landmarks
from neckrom.service.nerve_sessions import TestPart, nerve_parts, put_landmarks
from neckrom.service.sessions import STREAM_FILE, open_session, session_facts

Progress = Callable[[float, float], None]


def finish_nerve_session(path: Path, language: str = FALLBACK, progress: Progress | None = None) -> None:
    """Measure a session that is over and write its report, in a language, into its own folder.

    ``progress`` hears how far it is. The stream is removed once all landmarks are there; nothing else is ever
    removed.

    Raises
    ------
    NeckromError
        None of its tests can be measured or written; everything recorded is still there.
    """
    reason = session_facts(path, open_session(path).info).stop_reason
    clear_unfinished()
    parts = nerve_parts(path)
    failed: list[NeckromError] = []
    for number, part in enumerate(parts):
        if progress is not None:
            progress(number / len(parts), (number + 1) / len(parts))
        try:
            _measure(path, part, language, reason)
        except NeckromError as error:
            failed.append(error)
    if len(failed) == len(parts):
        raise failed[0]
    if all((part.folder / LANDMARK_FILE).is_file() for part in parts):
        (path / STREAM_FILE).unlink(missing_ok=True)


def _measure(path: Path, part: TestPart, language: str, reason: StopReason | None) -> None:
    """Measure one test into its folder: whole, or not at all."""
    part.folder.mkdir(mode=0o700, exist_ok=True)
    landmarks = part.folder / LANDMARK_FILE
    if not landmarks.is_file():
        put_landmarks(path, part, landmarks)
        landmarks.chmod(0o600)
    with new_part_folder(part.folder, part.folder) as unfinished:
        measure_nerve_landmarks(
            landmarks, part.test, part.marks, unfinished, language=language, stop_reason=reason
        )
        for item in sorted(unfinished.iterdir()):
            for file in (item, *item.rglob("*")):
                file.chmod(0o700 if file.is_dir() else 0o600)
            target = part.folder / item.name
            if target.is_dir():
                shutil.rmtree(target)
            item.replace(target)
