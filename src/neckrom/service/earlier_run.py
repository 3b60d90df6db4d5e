"""The person's own run before this one, read from its result."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from neckrom.errors import ConfigurationError
from neckrom.frames import check_exists
from neckrom.running.result import RunResult
from neckrom.saying import figures
from neckrom.saying.runs import Earlier

RESULT_FILE = "result.json"
_LARGEST = 20_000_000


def read_earlier(path: Path) -> Earlier:
    """Read ``result.json`` of a run, or that of a result folder.

    Raises
    ------
    InputError
        There is no such file.
    ConfigurationError
        It is no result of a run.
    """
    check_exists(path)
    file = path / RESULT_FILE if path.is_dir() else path
    check_exists(file)
    try:
        if file.stat().st_size > _LARGEST:
            raise ValueError("it is far too large")
        result = RunResult.model_validate_json(file.read_bytes())
        moment = datetime.fromisoformat(result.created)
    except (OSError, ValidationError, ValueError, RecursionError) as error:
        raise ConfigurationError(
            f"{file} cannot be read as the result of a run: give the result folder of an earlier neckrom run, or its "
            "result.json."
        ) from error
    return Earlier(result, figures.day(moment))
