"""Passphrases and keys: asked for or read from a file, never on the command line, where other users see them."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence
from pathlib import Path

from neckrom.errors import ConfigurationError, OptionValueError
from neckrom.private_files import read_plain
from neckrom.records.sealed import Secret, wants_passphrase

_MAX_BYTES = 10_000


def secret_to_write(
    *, encrypt: bool, recipients: Sequence[str], passphrase_file: Path | None
) -> Secret | None:
    """What a backup is to be encrypted with; None for nothing.

    Raises
    ------
    ConfigurationError
        If it cannot be used.
    """
    if recipients:
        if passphrase_file is not None:
            raise ConfigurationError("Encrypt with a passphrase or for recipients, not with both.")
        return Secret(recipients=tuple(recipients)).checked()
    if passphrase_file is not None:
        return Secret(passphrase=_first_line(passphrase_file)).checked()
    if not encrypt:
        return None
    first = _asked("Passphrase of the backup: ")
    secret = Secret(passphrase=first).checked()
    if _asked("Once more: ") != first:
        raise ConfigurationError("The two passphrases differ: nothing was saved. Try again.")
    return secret


def secret_to_read(path: Path, identity: Path | None, passphrase_file: Path | None) -> Secret:
    """What opens a backup, if it is encrypted."""
    if passphrase_file is not None:
        return Secret(passphrase=_first_line(passphrase_file), identity=identity)
    try:
        wanted = path.is_file() and wants_passphrase(path)
    except OSError:
        wanted = False
    return Secret(passphrase=_asked("Passphrase of the backup: ") if wanted else None, identity=identity)


def _asked(question: str) -> str:
    if not sys.stdin.isatty():
        raise OptionValueError(
            "The passphrase cannot be asked for here: give it with --passphrase-file FILE (- for stdin)."
        )
    return getpass.getpass(question)


def _first_line(path: Path) -> str:
    try:
        from_stdin = str(path) == "-"
        content = sys.stdin.buffer.read(_MAX_BYTES) if from_stdin else read_plain(path.resolve(), _MAX_BYTES)
        return content.decode("utf-8").split("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"The passphrase cannot be read from {path}: {error}. Check the file."
        ) from error
