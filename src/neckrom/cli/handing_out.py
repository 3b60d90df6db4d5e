"""Commands that give something away: reports, the course, exports."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from neckrom.cli.record_options import (
    LanguageOption,
    StoreOption,
    opened,
    texts_in,
)
from neckrom.cli.terminal import console, say

giving = typer.Typer(no_args_is_help=True)

EXPORT_OUT = Path("neckrom-export")


class ExportFormat(StrEnum):
    """The forms of an export."""

    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"
    MOT = "mot"
    FHIR = "fhir"


class ReportFormat(StrEnum):
    """The forms of a hand-out."""

    HTML = "html"
    PDF = "pdf"


@giving.command("report")
def hand_out(
    what: Annotated[
        str,
        typer.Argument(metavar="SESSION|PERSON", help="The report of a session, or the course of a person."),
    ],
    *,
    form: Annotated[ReportFormat, typer.Option("--format", "-f", help="What to write.")] = ReportFormat.PDF,
    language: LanguageOption = None,
    sheet: Annotated[
        bool,
        typer.Option(
            "--sheet",
            help="Of a session one page in plain words and one for clinicians, instead of the whole report.",
        ),
    ] = False,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the file.")
    ] = EXPORT_OUT,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file of this name.")] = False,
    store: StoreOption = None,
) -> None:
    """Write the report of a session, or the course of a person, to hand out."""
    from neckrom.handouts.making import write_handout  # noqa: PLC0415

    with opened(store) as records:
        path = write_handout(
            records, what, form.value, out, texts_in(language).language, sheet=sheet, overwrite=overwrite
        )
    console().print(str(path), soft_wrap=True)


@giving.command("export")
def export_sessions(
    what: Annotated[
        str, typer.Argument(metavar="SESSION|PERSON", help="A session, or all sessions of a person.")
    ],
    *,
    form: Annotated[
        ExportFormat, typer.Option("--format", "-f", help="What it is for: see docs/exports.md.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the files.")
    ] = EXPORT_OUT,
    with_name: Annotated[
        bool, typer.Option("--with-name", help="With name and birth date; else the pseudonym alone leaves.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files of these names.")] = False,
    store: StoreOption = None,
) -> None:
    """Write sessions for other programs: JSON, CSV, Parquet, OpenSim motion, FHIR."""
    from neckrom.exports.write import Format, export_to  # noqa: PLC0415

    with opened(store) as records:
        done = export_to(records, what, Format(form.value), out, with_name=with_name, overwrite=overwrite)
    for path in done.files:
        console().print(str(path), soft_wrap=True)
    for remark in done.remarks:
        say(remark)
