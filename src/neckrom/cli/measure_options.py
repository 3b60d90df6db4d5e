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

ClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS|local:N",
        help="Measure on the workers of a Dask scheduler (tcp://host:8786), or on N processes here: docs/fleet.md.",
    ),
]
ClusterFilesOption = Annotated[
    str,
    typer.Option(
        "--cluster-files",
        metavar="auto|shared|sent",
        help="Whether workers see inputs and results under the same paths, or both are sent; found out without it.",
    ),
]
ClusterMemoryOption = Annotated[
    str | None,
    typer.Option("--cluster-memory", metavar="GB", help="Memory that one input is given; default 2."),
]
ClusterWaitOption = Annotated[
    str | None,
    typer.Option("--cluster-wait", metavar="S", help="Seconds to wait where no worker is there; default 60."),
]
TlsCaOption = Annotated[
    Path | None, typer.Option("--tls-ca", metavar="FILE", help="With tls://: certificate of the authority.")
]
TlsCertOption = Annotated[
    Path | None, typer.Option("--tls-cert", metavar="FILE", help="With tls://: certificate of this machine.")
]
TlsKeyOption = Annotated[
    Path | None, typer.Option("--tls-key", metavar="FILE", help="With tls://: key of this machine.")
]
