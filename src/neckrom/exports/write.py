"""Write an export: from a session or person to files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from neckrom.errors import OutputError, UnknownRecordError
from neckrom.exports.bodies import body_motions, body_tables
from neckrom.exports.source import ANGLES, Export, collect
from neckrom.exports.tables import Column, angle_columns, measurement_columns, trial_columns
from neckrom.private_files import make_private, whole_file
from neckrom.records.api import Records
from neckrom.records.audit import Action


class Format(StrEnum):
    """The forms in which sessions leave."""

    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"
    MOT = "mot"
    FHIR = "fhir"


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, and what to say beside it."""

    files: tuple[Path, ...]
    remarks: tuple[str, ...]


def export_to(
    records: Records,
    what: str,
    form: Format,
    out: Path,
    *,
    with_name: bool = False,
    overwrite: bool = False,
) -> Exported:
    """Export a session, or all sessions of a person.

    Parameters
    ----------
    records : Records
    what : str
        Id of a session, or name or pseudonym of a person.
    form : Format
    out : Path
        Folder; made if it is not there.
    with_name : bool
        Whether name and birth date go along; else only the pseudonym does.
    overwrite : bool

    Raises
    ------
    UnknownRecordError
        If there is no such session or person.
    InputError
        If there is nothing to export, or not on this machine.
    OutputError
        If a file is already there, or cannot be written.
    """
    _, contents, remarks = made_export(records, what, form, with_name=with_name)
    files = write_files(out, contents, overwrite=overwrite)
    try:
        _log(records, what, form, with_name=with_name)
    except UnknownRecordError:
        for path in files:  # deleted while it was written: what was exported does not outlive them
            path.unlink(missing_ok=True)
        raise
    return Exported(files, remarks)


def _log(records: Records, what: str, form: Format, *, with_name: bool) -> None:
    detail = f"{form.value}, with name" if with_name else form.value
    if what.strip().upper().startswith("S-"):
        row = records.find_session(what)
        records.log(Action.EXPORTED, row.person_id, row.id, detail)
    else:
        records.log(Action.EXPORTED, records.find_person(what).id, None, detail)


def made_export(
    records: Records, what: str, form: Format, *, with_name: bool = False
) -> tuple[str, dict[str, bytes], tuple[str, ...]]:
    """What :func:`export_to` writes, without writing it.

    Returns
    -------
    name : str
        For all of it together: a pseudonym, or the id of the one session.
    contents : dict
        Files by name.
    remarks : tuple of str

    Raises
    ------
    UnknownRecordError, InputError
    """
    export = _collected(records, what, with_name=with_name)
    contents, remarks = _contents(export, form)
    return export.name, contents, remarks


def _collected(records: Records, what: str, *, with_name: bool) -> Export:
    if what.strip().upper().startswith("S-"):
        session = records.find_session(what)
        view = records.person(session.person_id)
        return collect(records, [session.id], view, with_name=with_name)
    view = records.person(records.find_person(what).id)
    return collect(records, [row.id for row in view.sessions], view, with_name=with_name)


def _contents(export: Export, form: Format) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Files by name, and remarks."""
    match form:
        case Format.JSON:
            raw = {f"{item.view.row.id}.json": item.raw for item in export.sessions}
            return raw | {f"{item.view.row.id}.json": item.raw for item in export.bodies}, ()
        case Format.CSV:
            from neckrom.exports.comma_separated import csv_bytes  # noqa: PLC0415

            return {f"{name}.csv": csv_bytes(table) for name, table in _tables(export).items()}, ()
        case Format.PARQUET:
            from neckrom.exports.parquet import parquet_bytes  # noqa: PLC0415

            return {f"{name}.parquet": parquet_bytes(table) for name, table in _tables(export).items()}, ()
        case Format.MOT:
            return _motions(export)
        case Format.FHIR:
            from neckrom.exports.fhir import bundle_bytes  # noqa: PLC0415

            return {f"{export.name}.fhir.json": bundle_bytes(export)}, ()


def _tables(export: Export) -> dict[str, list[Column]]:
    tables: dict[str, list[Column]] = {}
    if export.sessions:
        tables[f"{export.name}_measurements"] = measurement_columns(export)
        tables[f"{export.name}_trials"] = trial_columns(export)
    for item in export.sessions:
        if (item.view.folder / ANGLES).is_file():
            tables[f"{item.view.row.id}_angles"] = angle_columns(item)
    return tables | body_tables(export)


def _motions(export: Export) -> tuple[dict[str, bytes], tuple[str, ...]]:
    from neckrom.exports.mot import mot_bytes  # noqa: PLC0415

    contents: dict[str, bytes] = {}
    said: list[str] = []
    for item in export.sessions:
        name = f"{item.view.row.id}.mot"
        contents[name], remarks = mot_bytes(item.series())
        contents[f"{name}.txt"] = ("\n".join((f"{name}", *remarks)) + "\n").encode("utf-8")
        said += [
            remark if remark.startswith(("Signs", "Clamps")) else f"{name}: {remark}" for remark in remarks
        ]
    for body in export.bodies:
        moved, told = body_motions(body)
        contents |= moved
        said += told
    return contents, tuple(dict.fromkeys(said))


def write_files(out: Path, contents: dict[str, bytes], *, overwrite: bool) -> tuple[Path, ...]:
    """Write files into a folder, each whole, readable by their owner alone.

    Raises
    ------
    OutputError
        If one is already there, or cannot be written.
    """
    paths = {out / name: content for name, content in contents.items()}
    there = [path.name for path in paths if path.exists()]
    if there and not overwrite:
        raise OutputError(f"{out / there[0]} is already there: choose another --out, or say --overwrite.")
    try:
        make_private(out)
        for path, content in paths.items():
            with whole_file(path, replace=overwrite) as file:
                file.write(content)
    except FileExistsError as error:
        raise OutputError(
            f"{error.filename} is already there: choose another --out, or say --overwrite."
        ) from error
    except OSError as error:
        raise OutputError(
            f"{out} cannot be written: {error.strerror or error}. Choose another --out."
        ) from error
    return tuple(paths)
