"""How somebody stands, from pictures or clips."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from neckrom.cli.measure_options import (
    DEFAULT_OUT,
    JsonOption,
    LanguageOption,
    NoPicturesOption,
    OutOption,
    OverwriteOption,
    RotateOption,
    VerboseOption,
)
from neckrom.cli.starting import spoken, start_log
from neckrom.cli.terminal import console

posture = typer.Typer()


@posture.command("posture")
def posture_command(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RECORDING",
            help="One person standing, from the side: pictures, clips or landmarks.parquet; both sides if given.",
        ),
    ],
    *,
    out: OutOption = DEFAULT_OUT,
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
    rotate: RotateOption = None,
    no_pictures: NoPicturesOption = False,
    lang: LanguageOption = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
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
    from neckrom.cli.show_bodies import posture_view, show_measured  # noqa: PLC0415

    show_measured(outcome, partial(posture_view, outcome.result), language, as_json=as_json)
