"""What is done of a run over many inputs: a table beside the results, and a journal while it runs.

The table (``manifest.parquet``) is written whole, now and then and at the end. Between two writings every line that is
to stand in it is appended to a journal, so that a run that is killed loses nothing; the next one reads both.
"""

from __future__ import annotations

import json
import logging
import os
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from neckrom.errors import ConfigurationError, OutputError
from neckrom.private_files import open_private, whole_file
from neckrom.service.folders import cannot_write_message

log = logging.getLogger(__name__)

MANIFEST = "manifest.parquet"
JOURNAL = ".manifest.journal"
FORMAT = "1"
WRITE_EVERY_S = 30.0

Status = Literal["begun", "done", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Row:
    """One input.

    Attributes
    ----------
    key : str
        Of content, name, folder, settings and tool; empty where the input could not be read.
    input, folder : str
        As they were named, the folder relative to the table.
    status : str
        "done"; "refused": the input is such that it would be again; "failed": another time it may be measured;
        "begun" only in the journal.
    error, error_kind : str
        Empty for what is done.
    exit_code : int
    sha256 : str
        Of the input's content.
    bytes, changed_ns : int
        Its size, and when it was last changed.
    result_sha256 : str
        Of ``result.json``.
    worker : str
    seconds : float
        On the worker.
    neckrom : str
        Version.
    """

    key: str
    input: str
    folder: str
    status: Status
    error: str = ""
    error_kind: str = ""
    exit_code: int = 0
    sha256: str = ""
    bytes: int = 0
    changed_ns: int = 0
    result_sha256: str = ""
    worker: str = ""
    seconds: float = 0.0
    neckrom: str = ""


_TYPES = {"int": pa.int64(), "float": pa.float64()}
_SCHEMA = pa.schema([(field.name, _TYPES.get(str(field.type), pa.string())) for field in fields(Row)])


class Manifest:
    """The table of a folder for results.

    Parameters
    ----------
    folder : Path
        Exists.

    Raises
    ------
    ConfigurationError
        The table there is damaged, or none of neckrom's.
    OutputError
        It cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._path, self._journal_path = folder / MANIFEST, folder / JOURNAL
        self._rows: dict[str, Row] = _read_table(self._path)
        self._begun: dict[str, str] = {}
        for row in _read_journal(self._journal_path):
            self._take(row)
        self._written_s, self._journal = time.monotonic(), self._opened()

    def row(self, folder: str) -> Row | None:
        """What is known of the input whose result lies in a folder."""
        return self._rows.get(folder)

    def begun(self, folder: str) -> str | None:
        """Key of what an earlier run had begun to measure into a folder, and never heard of again."""
        return self._begun.get(folder)

    def note(self, row: Row) -> None:
        """Remember.

        Raises
        ------
        OutputError
        """
        self._take(row)
        try:
            self._journal.write(json.dumps(asdict(row)) + "\n")
            self._journal.flush()
        except OSError as error:
            raise OutputError(cannot_write_message(self._journal_path, error)) from error
        if row.status != "begun" and time.monotonic() - self._written_s > WRITE_EVERY_S:
            self._write()

    def close(self) -> None:
        """Write the table; the journal goes, unless something was begun that may still come to an end elsewhere.

        Raises
        ------
        OutputError
        """
        self._write()
        self._journal.close()
        if not self._begun:
            self._journal_path.unlink(missing_ok=True)

    def _take(self, row: Row) -> None:
        if row.status == "begun":
            self._begun[row.folder] = row.key
            return
        self._begun.pop(row.folder, None)
        self._rows[row.folder] = row

    def _opened(self) -> TextIO:
        try:
            if not self._journal_path.exists():
                open_private(self._journal_path, new=True).close()
            journal = self._journal_path.open("a", encoding="utf-8")
            journal.write("\n")  # ends a line that was cut off
            journal.flush()
        except OSError as error:
            raise OutputError(cannot_write_message(self._journal_path, error)) from error
        return journal

    def _write(self) -> None:
        started = time.monotonic()
        rows = [asdict(row) for row in sorted(self._rows.values(), key=lambda row: row.folder)]
        table = pa.Table.from_pylist(rows, schema=_SCHEMA.with_metadata({"neckrom_manifest": FORMAT}))
        try:
            with whole_file(self._path, replace=True) as file:
                pq.write_table(table, file, compression="zstd")
            begun = [Row(key, "", folder, "begun") for folder, key in self._begun.items()]
            lines = "".join(json.dumps(asdict(row)) + "\n" for row in begun)
            with whole_file(self._journal_path, replace=True) as file:
                file.write(lines.encode())
            self._journal.close()
            self._journal = self._journal_path.open("a", encoding="utf-8")
        except OSError as error:
            raise OutputError(cannot_write_message(self._path, error)) from error
        took = time.monotonic() - started  # a table of a million rows is written less often
        self._written_s = time.monotonic() + 10 * took


def _read_table(path: Path) -> dict[str, Row]:
    if not path.exists():
        return {}
    wrong = f"{path} is no table of neckrom's that can be read"
    way_out = "move it away, and what is done is measured again with --overwrite, or choose another folder with --out."
    try:
        table = pq.read_table(path)
        if (table.schema.metadata or {}).get(b"neckrom_manifest") != FORMAT.encode():
            raise ConfigurationError(f"{wrong}: it is of another version, or something else: {way_out}")
        rows = [Row(**row) for row in table.select(_SCHEMA.names).to_pylist()]
    except (OSError, pa.ArrowException, TypeError, KeyError) as error:
        raise ConfigurationError(f"{wrong} ({type(error).__name__}): {way_out}") from error
    return {row.folder: row for row in rows}


def _read_journal(path: Path) -> list[Row]:
    """Every whole line; the last one may have been cut off."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return []
    rows = []
    for line in lines:
        try:
            rows.append(Row(**json.loads(line)))
        except (ValueError, TypeError):
            if line:
                log.info("%s: a line that was cut off", path)
    return rows


def shown_folder(folder: Path, out: Path) -> str:
    """A result's folder as the table names it."""
    return os.path.relpath(folder, out)
