"""What the commands that measure share: their options, and where results lie without one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_OUT = Path("neckrom-results")

OutOption = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the results.")]
RotateOption = Annotated[
    str | None,
    typer.Option(
        "--rotate", metavar="0|90|180|270", help="Turn the picture clockwise; found out without it."
    ),
]
NoPicturesOption = Annotated[
    bool, typer.Option("--no-pictures", help="No picture of the person in anything that is written.")
]
LanguageOption = Annotated[
    str | None,
    typer.Option(
        "--lang",
        metavar="en|de|es|fr",
        help="Language; else the one of neckrom settings, else English.",
    ),
]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace results that are already there.")]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print the result as JSON on stdout, and nothing else there.")
]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Say on stderr what is being done.")]
