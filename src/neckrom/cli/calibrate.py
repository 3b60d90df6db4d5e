"""Commands that make a camera known: the board to print, the calibration, and what is known already."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neckrom.cli.terminal import console
from neckrom.operating_system import safe_name

if TYPE_CHECKING:
    from neckrom.camera_profiles import ProfileEntry
    from neckrom.camera_profiles.calibration import Calibration
    from neckrom.camera_profiles.pictures import Pictures
    from neckrom.types import ImageArray

DEFAULT_BOARD = Path("board.pdf")

calibrate = typer.Typer(
    no_args_is_help=True,
    help="Make a camera known: its field of view and what its lens bends.",
    epilog="Start with: neckrom calibrate board",
)


@calibrate.command()
def board(
    *,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The PDF.")] = DEFAULT_BOARD,
    paper: Annotated[str, typer.Option("--paper", metavar="a4|letter", help="Paper to print on.")] = "a4",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file of this name.")] = False,
) -> None:
    """Make the board to print: a PDF at true size, with what to do."""
    from neckrom.camera_profiles.board import PAPERS_MM, board_pdf  # noqa: PLC0415
    from neckrom.cli.options import OptionReader  # noqa: PLC0415

    reader = OptionReader()
    if paper.lower() not in PAPERS_MM:
        reader.problems.append(f"--paper {paper}: choose {' or '.join(PAPERS_MM)}")
    reader.finish()
    _write_file(out, board_pdf(paper.lower()), overwrite=overwrite)
    console().print(
        f"Written to {out}. Print it at 100 % (actual size), glue it on something stiff and flat, and film it:\n"
        "what to do is on the page. Then: neckrom calibrate camera CLIP --name NAME",
        soft_wrap=True,
    )


@calibrate.command()
def camera(
    source: Annotated[
        Path, typer.Argument(metavar="INPUT", help="A clip, or a folder of pictures, of the printed board.")
    ],
    *,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="What to call the camera; else as INPUT.")
    ] = None,
    square: Annotated[
        str | None,
        typer.Option("--square-mm", metavar="MM", help="Side of a square, if not printed at true size."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a camera of this name.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say on stderr what is being done.")
    ] = False,
) -> None:
    """Calibrate a camera from pictures of the board, and keep it under a name."""
    from datetime import datetime  # noqa: PLC0415

    from neckrom.camera_profiles.board import BOARD, Board  # noqa: PLC0415
    from neckrom.camera_profiles.calibration import calibrate as calibrated_from  # noqa: PLC0415
    from neckrom.camera_profiles.pictures import open_pictures  # noqa: PLC0415
    from neckrom.camera_profiles.profile import check_new_name, save_profile  # noqa: PLC0415
    from neckrom.cli.log import start_log  # noqa: PLC0415
    from neckrom.cli.options import OptionReader  # noqa: PLC0415

    reader = OptionReader()
    square_mm = reader.number("--square-mm", square, 5, 500, "millimetres") or BOARD.square_mm
    reader.finish()
    start_log(console(stderr=True) if verbose else None)
    called = _name_of(source) if name is None else name
    check_new_name(called, overwrite=overwrite)
    pictures = _with_progress(source, open_pictures(source))
    calibration = calibrated_from(pictures, Board(square_mm=square_mm))
    created = datetime.now().astimezone().replace(microsecond=0)
    target = save_profile(calibration.profile(called, created), overwrite=overwrite)
    console().print("\n".join(_in_words(calibration, called, target)), soft_wrap=True)


@calibrate.command("list")
def list_() -> None:
    """List the cameras that --camera knows."""
    from rich.table import Table  # noqa: PLC0415

    from neckrom.camera_profiles import list_profiles, user_folder  # noqa: PLC0415

    entries = list_profiles()
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in ("Name", "Picture", "Field of view"):
        table.add_column(column, no_wrap=True)
    table.add_column("From")
    for entry in entries:
        table.add_row(*_row(entry))
    stdout = console()
    stdout.print(table)
    stdout.print(f"\nYour own cameras are in {user_folder()}", soft_wrap=True)


# ---------------------------------------------------------------------- parts


def _name_of(source: Path) -> str:
    try:
        stem = source.resolve().stem
    except (OSError, RuntimeError):  # a link that points at itself: refused where it is opened
        stem = source.stem
    return safe_name(re.sub(r"[^\w-]+", "-", stem).strip("-")[:64]) or "camera"


def _with_progress(source: Path, pictures: Pictures) -> Iterator[ImageArray]:
    from neckrom.cli.progress import progress_on  # noqa: PLC0415

    with progress_on(console(stderr=True)) as progress:
        done = 0
        for picture in pictures.read():
            yield picture
            done += 1
            expected = pictures.expected
            total = expected if expected is not None and expected > done else None
            progress.step(source, "looking for the board", done, total)
        progress.step(source, "looking for the board", done, done)


def _write_file(path: Path, content: bytes, *, overwrite: bool) -> None:
    from neckrom.camera_profiles.profile import write_whole  # noqa: PLC0415
    from neckrom.errors import OutputError  # noqa: PLC0415

    if path.is_dir():
        raise OutputError(f"{path} is a folder: name the file, as in --out {path / DEFAULT_BOARD}.")
    if path.exists() and not overwrite:
        raise OutputError(f"{path} is already there: choose another --out, or say --overwrite.")
    try:
        write_whole(path, content)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({error.strerror or error}): choose another --out."
        ) from error


def _in_words(calibration: Calibration, name: str, path: Path) -> list[str]:
    camera = calibration.camera
    near_mm, far_mm = calibration.distance_mm
    lines = [
        f"Camera {name}: {camera.width} x {camera.height}, horizontal field of view {camera.hfov_deg:.1f}° "
        f"(95 % within {calibration.hfov_error_deg:.1f}°)",
        f"  reprojection error {calibration.rms_px:.2f} px over {calibration.views} views with "
        f"{calibration.corners} corners",
        f"  board seen in {100 * calibration.covered:.0f} % of the picture, tilted by up to "
        f"{calibration.tilt_deg:.0f}°, {near_mm / 10:.0f} to {far_mm / 10:.0f} cm away",
        f"  the lens shifts the picture by up to {calibration.bending_px:.1f} px at its edges",
        f"Written to {path}",
        f"Use it: neckrom measure CLIP --camera {name}{' --mirrored' * calibration.mirrored}",
    ]
    if calibration.mirrored:
        lines.append(
            "These pictures are stored mirrored (the board could only be read in a mirror): so are, most likely, "
            "the clips from this camera."
        )
    return lines


def _row(entry: ProfileEntry) -> tuple[str, str, str, str]:
    profile = entry.profile
    if profile is None:
        return entry.name, "", "", f"cannot be used: {entry.problem}"
    made = profile.camera().origin.partition(": ")[2]
    return (
        entry.name,
        f"{profile.width} x {profile.height}",
        f"{profile.hfov_deg:.1f}°",
        f"{made}. {profile.note}".strip(". ") if profile.note else made,
    )
