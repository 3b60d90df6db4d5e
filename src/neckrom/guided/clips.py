"""A file that was handed over to be measured, and the copy of it that is."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from neckrom.errors import OutputError
from neckrom.operating_system import safe_name
from neckrom.private_files import make_private, open_private
from neckrom.records.kinds import NECK

_LONGEST_NAME = 120
"""Bytes."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A file that was handed over beside the one that is measured.

    Attributes
    ----------
    name : str
    content : file
        Read once, from its beginning.
    """

    name: str
    content: BinaryIO


@dataclass(frozen=True, slots=True)
class Clip:
    """A file that was handed over to be measured, and what was said about it.

    Attributes
    ----------
    name : str
        As it was called where it comes from; it names nothing but the copy.
    content : file
        Read once, from its beginning.
    measured : datetime or None
        When the person was measured.
    note : str
    mirrored, pictures : bool
    kind : str
        What it shows: "neck", "run" or "posture".
    back, standing : Handed, optional
        Of a run: the same from behind; the same person standing, from the side.
    """

    name: str
    content: BinaryIO
    measured: datetime | None = None
    note: str = ""
    mirrored: bool = False
    pictures: bool = True
    kind: str = NECK
    back: Handed | None = None
    standing: Handed | None = None

    def keep_in(self, folder: Path) -> dict[str, Path]:
        """Copy everything into folders of its own: "clip", and "back" and "standing" where there are such.

        Raises
        ------
        OutputError
            If the disk is full.
        """
        handed = {"clip": Handed(self.name, self.content), "back": self.back, "standing": self.standing}
        return {
            role: _kept(each, folder if role == "clip" else folder / role)
            for role, each in handed.items()
            if each is not None
        }


def _kept(handed: Handed, folder: Path) -> Path:
    path = folder / plain_name(handed.name)
    try:
        make_private(folder)
        with open_private(path, new=True) as copy:
            shutil.copyfileobj(handed.content, copy, 1 << 20)
    except OSError as error:
        raise OutputError(
            f"The file cannot be kept in {folder}: {error.strerror or error}. Free some space; nothing was stored."
        ).page_says("no_room") from error
    return path


def plain_name(name: str) -> str:
    """What a file may be called here: no folder, nothing hidden, nothing longer than a disk takes."""
    plain = re.sub(r"[^\w. -]", "_", name).strip(". ")
    while len(plain.encode("utf-8")) > _LONGEST_NAME:
        plain = plain[1:]  # the end says what kind of file it is
    return safe_name(plain.strip(". ")) or "clip"
