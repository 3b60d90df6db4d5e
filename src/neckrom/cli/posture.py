"""How somebody stands, from pictures or clips."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neckrom.cli.starting import spoken, start_log
from neckrom.cli.terminal import console, print_json

posture = typer.Typer()

DEFAULT_OUT = Path("neckrom-results")


@posture.command("posture")
def posture_command(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="PICTURE_OR_CLIP...",
            help="One person standing, from the side: pictures, clips or landmarks.parquet; both sides if given.",
        ),
    ],
    *,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the results.")
    ] = DEFAULT_OUT,
    c7: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--c7",
            metavar="X Y",
            help="Where C7 is, the bone that stands out at the nape: pixels of the upright picture.",
        ),
    ] = None,
    tragus: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--tragus",
            metavar="X Y",
            help="With --c7: where the tragus of the ear is, instead of finding it.",
        ),
    ] = None,
    mirrored: Annotated[
        bool, typer.Option("--mirrored", help="Stored mirrored (some selfie cameras): swap the sides.")
    ] = False,
    rotate: Annotated[
        str | None,
        typer.Option(
            "--rotate", metavar="0|90|180|270", help="Turn the picture clockwise; found out without it."
        ),
    ] = None,
    no_pictures: Annotated[
        bool, typer.Option("--no-pictures", help="No picture of the person in anything that is written.")
    ] = False,
    lang: Annotated[
        str | None,
        typer.Option("--lang", metavar="en|de|es|fr", help="Language; else the one of neckrom settings."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace results that are already there.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the result as JSON on stdout, and nothing else there.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say on stderr what is being done.")
    ] = False,
) -> None:
    """Read how head and trunk are held while standing, from the side."""
    from neckrom.cli.options import OptionReader  # noqa: PLC0415

    reader = OptionReader()
    turned = reader.quarter_turn("--rotate", rotate)
    mark = reader.point("--c7", c7)
    ear = reader.point("--tragus", tragus)
    if tragus is not None and c7 is None:
        reader.problems.append("--tragus goes with --c7: mark both, or C7 alone")
    language = spoken(lang)
    reader.language("--lang", language)
    reader.finish()
    start_log(verbose=verbose)
    from neckrom.cli.progress import progress_on  # noqa: PLC0415
    from neckrom.service.posture import PostureOptions, measure_posture  # noqa: PLC0415

    options = PostureOptions(
        mirrored=mirrored,
        rotate_deg=turned,
        c7=mark,
        tragus=ear,
        overwrite=overwrite,
        pictures=not no_pictures,
        language=language,
    )
    with progress_on(console(stderr=True)) as progress:
        outcome = measure_posture(inputs, out, options, progress.step)
    if as_json:
        print_json(outcome.result.model_dump_json(indent=1))
        return
    from neckrom.cli.show import files_view  # noqa: PLC0415
    from neckrom.cli.show_bodies import posture_view  # noqa: PLC0415
    from neckrom.messages import load_messages  # noqa: PLC0415

    stdout = console()
    stdout.print(posture_view(outcome.result, load_messages(language)))
    stdout.print(files_view(outcome.folder, outcome.written), soft_wrap=True)
