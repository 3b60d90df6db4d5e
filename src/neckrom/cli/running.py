"""A run, from a clip."""

from __future__ import annotations

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

running = typer.Typer()

SPEEDS_KMH = (3.0, 45.0)
RATES_FPS = (15.0, 2000.0)


@running.command("run")
def run_command(
    clip: Annotated[
        Path,
        typer.Argument(
            metavar="SIDE.mp4",
            help="The run, filmed from the side (or from behind), or a landmarks.parquet of one.",
        ),
    ],
    *,
    back: Annotated[
        Path | None,
        typer.Option("--back", metavar="BACK.mp4", help="The same run filmed from behind: arms."),
    ] = None,
    standing: Annotated[
        Path | None,
        typer.Option(
            "--standing",
            metavar="CLIP|PICTURE",
            help="The same person standing, from the same side: zero for the head.",
        ),
    ] = None,
    earlier: Annotated[
        Path | None,
        typer.Option(
            "--earlier",
            metavar="RESULT",
            help="The person's own run before, to stand beside this one.",
        ),
    ] = None,
    speed: Annotated[
        str | None,
        typer.Option(
            "--speed", metavar="KMH", help="Speed of the treadmill; kept with the result, never measured."
        ),
    ] = None,
    fps_true: Annotated[
        str | None,
        typer.Option(
            "--fps-true",
            metavar="FPS",
            help="Pictures a second at which a slow-motion clip was really filmed, where its file does not say so.",
        ),
    ] = None,
    mirrored: Annotated[
        bool, typer.Option("--mirrored", help="The clips were stored mirrored: swap the sides.")
    ] = False,
    rotate: RotateOption = None,
    out: OutOption = DEFAULT_OUT,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Also write the clip with the body and the angles drawn in.")
    ] = False,
    no_pictures: NoPicturesOption = False,
    lang: LanguageOption = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Read from a clip how head, trunk, arms and feet move while running."""
    from neckrom.cli.options import OptionReader  # noqa: PLC0415

    reader = OptionReader()
    speed_kmh = reader.number("--speed", speed, *SPEEDS_KMH, "km/h", example="10")
    rate = reader.number("--fps-true", fps_true, *RATES_FPS, "pictures a second", example="240")
    turned = reader.quarter_turn("--rotate", rotate)
    reader.overlay_is_a_picture(overlay=overlay, no_pictures=no_pictures)
    language = spoken(lang)
    reader.language("--lang", language)
    reader.finish()
    start_log(verbose=verbose)
    from neckrom.cli.progress import progress_on  # noqa: PLC0415
    from neckrom.service.running import RunOptions, measure_run_of  # noqa: PLC0415

    options = RunOptions(
        back=back,
        standing=standing,
        earlier=earlier,
        speed_kmh=speed_kmh,
        fps_true=rate,
        mirrored=mirrored,
        rotate_deg=turned,
        overlay=overlay,
        pictures=not no_pictures,
        overwrite=overwrite,
        language=language,
    )
    with progress_on(console(stderr=True)) as progress:
        outcome = measure_run_of(clip, out, options, progress.step)
    from neckrom.cli.show_bodies import run_view, show_measured  # noqa: PLC0415

    show_measured(
        outcome, lambda texts: run_view(outcome.result, texts, outcome.earlier), language, as_json=as_json
    )
