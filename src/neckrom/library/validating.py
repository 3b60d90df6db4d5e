"""How far the measurement is right, where the truth is known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from neckrom.errors import InputError
from neckrom.library.given import path_of
from neckrom.result import Result
from neckrom.service.held_out import unpack_table
from neckrom.service.held_out_tables import USUAL_TABLE, find_table
from neckrom.service.measure import measure_quietly
from neckrom.service.options import MeasureOptions
from neckrom.types import AngleSeries
from neckrom.validation.report import validate_folder
from neckrom.validation.summary import ValidationReport


def validate(
    source: str | Path | None = None, out: str | Path | None = None, *, overwrite: bool = False
) -> ValidationReport:
    """Measure clips whose angles are known, and say how far the measurement was right.

    Parameters
    ----------
    source : str or Path, optional
        Folder with clips and a truth table beside each, or a table of landmarks with truth (``.npz``); left out,
        the table of held-out people, which is looked for in the checkout.
    out : str or Path, optional
        Folder for the report and its figures; nothing is kept where it is left out.
    overwrite : bool
        Whether an earlier report may be replaced.

    Returns
    -------
    ValidationReport
        Errors by movement, condition and angle, degrees, measured less true; a clip that could not be
        measured is listed there with the reason.

    Raises
    ------
    InputError
        There is nothing to validate, or the held-out table is not here.
    ConfigurationError
        A truth table has a mistake.
    OutputError
        The report cannot be written, or one is already there.
    """
    source = find_table(USUAL_TABLE) if source is None else path_of(source, "source")
    if not source.exists():
        raise InputError(
            f"{source} does not exist: give a folder of clips with truth tables, or a table (.npz)."
        )
    with TemporaryDirectory(prefix="neckrom-validate-") as temporary, _clips(source) as clips:
        target = Path(temporary) / "report" if out is None else path_of(out, "out")
        return validate_folder(clips, target, _measure, overwrite=overwrite)


def _measure(path: Path) -> tuple[Result, AngleSeries]:
    analysis = measure_quietly(path, MeasureOptions())
    return analysis.result, analysis.angles


@contextmanager
def _clips(source: Path) -> Iterator[Path]:
    if source.is_dir():
        yield source
        return
    with TemporaryDirectory(prefix="neckrom-validate-") as temporary:
        clips = Path(temporary) / source.stem
        clips.mkdir()
        unpack_table(source, clips)
        yield clips
