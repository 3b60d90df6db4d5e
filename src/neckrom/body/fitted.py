"""Fitted numbers of measurements on whole bodies, read from the files that travel with the package."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from neckrom.errors import EnvironmentProblemError


class Fitted(BaseModel):
    """Immutable, and strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


FittedT = TypeVar("FittedT", bound=Fitted)


def read_fitted(path: Path, kind: type[FittedT]) -> tuple[FittedT, str]:
    """The fitted numbers in a file of JSON, and the digest of the file.

    Parameters
    ----------
    path : Path
        From :func:`neckrom.resources.resource`.
    kind : type
        What the file holds.

    Returns
    -------
    fitted : instance of ``kind``
    digest : str
        Twelve hexadecimal digits of the file's SHA-256, for what a result says of its calibration.

    Raises
    ------
    EnvironmentProblemError
        The file is damaged: the installation is.
    """
    try:
        content = path.read_bytes()
        fitted = kind.model_validate_json(content)
    except (OSError, ValidationError) as error:
        raise EnvironmentProblemError(
            f"{path} is damaged: install neckrom again (pip install --force-reinstall neckrom)."
        ) from error
    return fitted, hashlib.sha256(content).hexdigest()[:12]
