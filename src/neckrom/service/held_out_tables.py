"""Tables of held-out people, found by what they hold: in a folder that is named, or in the checkout."""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from neckrom.errors import InputError

USUAL_TABLE = "heldout"
_CHECKOUT_FOLDER = "calibration"


class HeldOutTable(BaseModel):
    """A table as the manifest names it.

    Attributes
    ----------
    file : str
        Its usual name.
    bytes : int
    sha256 : str
        What it is.
    holds : str
        Whom it shows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    bytes: int
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    holds: str


class _Manifest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    tables: dict[str, HeldOutTable]


@cache
def held_out_tables() -> dict[str, HeldOutTable]:
    """The tables of this version, by name."""
    text = files("neckrom").joinpath("data", "accuracy", "held_out.toml").read_text(encoding="utf-8")
    return _Manifest.model_validate(tomllib.loads(text)).tables


def find_table(name: str, folder: Path | None = None) -> Path:
    """Where a table lies.

    Parameters
    ----------
    name : str
        As in :func:`held_out_tables`.
    folder : Path, optional
        Where to look; without it in ``calibration`` of the checkout that neckrom runs from, then of the current
        folder.

    Raises
    ------
    InputError
        There is no table of that name, or it is nowhere there: with what it is and where it can be had.
    """
    tables = held_out_tables()
    if name not in tables:
        raise InputError(f"There is no held-out table called {name}: choose one of {', '.join(tables)}.")
    table = tables[name]
    places = [folder] if folder is not None else _usual_places()
    for place in places:
        for path in _same_size_first(place, table):
            if path.stat().st_size == table.bytes and _sha256(path) == table.sha256:
                return path
    raise InputError(_missing(name, table, places))


def holds_tables(folder: Path) -> bool:
    """Whether a folder holds a table of this version, or a file that is called as one."""
    names = {table.file for table in held_out_tables().values()}
    sizes = {table.bytes for table in held_out_tables().values()}
    return any(path.name in names or path.stat().st_size in sizes for path in _tables_in(folder))


def _usual_places() -> list[Path]:
    checkout = Path(str(files("neckrom"))).parents[1]
    return list(dict.fromkeys([checkout / _CHECKOUT_FOLDER, Path.cwd() / _CHECKOUT_FOLDER]))


def _same_size_first(folder: Path, table: HeldOutTable) -> list[Path]:
    return sorted(_tables_in(folder), key=lambda path: path.name != table.file)


def _tables_in(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*.npz")) if path.is_file()]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _missing(name: str, table: HeldOutTable, places: list[Path]) -> str:
    other = [place / table.file for place in places if (place / table.file).is_file()]
    what = f"{name} ({table.holds}, {table.bytes / 1e6:.1f} MB, SHA-256 {table.sha256[:16]}…)"
    way_out = (
        f"It is {_CHECKOUT_FOLDER}/{table.file} in neckrom's repository, at this version: run neckrom validate in a "
        "checkout, or give the folder that holds the table."
    )
    if other:
        return (
            f"{other[0]} is not the held-out table {what} of this version: it was cut off while it was copied, or is "
            f"of another version. {way_out} To validate this very file all the same, name it: "
            f"neckrom validate {other[0]}"
        )
    return f"The held-out table {what} is not in {' or '.join(map(str, places))}. {way_out}"
