"""Validate against truth tables, several clips at once, and show how far it was right."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from rich.table import Table

from neckrom import service
from neckrom.cli.progress import progress_on
from neckrom.cli.terminal import console, print_json, say
from neckrom.cli.validating_bodies import validate_bodies_and_show
from neckrom.errors import ExitCode, InputError, NeckromError
from neckrom.result import Result
from neckrom.service import Progress
from neckrom.service.held_out_tables import USUAL_TABLE, find_table, holds_tables
from neckrom.types import AngleSeries
from neckrom.validation.bodies import find_body_cases
from neckrom.validation.report import Measure, find_cases, validate_folder
from neckrom.validation.tables import renderables


class _Stopped(BaseException):
    """Raised in a worker to end it when the user pressed Ctrl-C."""


class _Stoppable:
    """Progress that ends the measurements that tell it once it is asked to."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._asked = Event()

    def stop(self) -> None:
        self._asked.set()

    def step(self, input: Path, name: str, done: int, total: int | None) -> None:  # noqa: A002
        if self._asked.is_set():
            raise _Stopped
        self._progress.step(input, name, done, total)


def what_to_validate(given: Path | None, table: str | None) -> Path:
    """The folder or file that is meant; a held-out table where none, or a folder of them, or its name is given.

    Raises
    ------
    InputError
        The table is nowhere there.
    """
    if given is not None and table is None and not (given.is_dir() and holds_tables(given)):
        return given
    if given is not None and not given.is_dir():
        raise InputError(
            f"--table looks for a table in a folder, and {given} is none: leave one of them out."
        )
    if table is None and given is not None and _has_necks(given):
        return given  # clips with truth, beside which a table lies
    path = find_table(table or USUAL_TABLE, given)
    say(f"Held-out table {path}")
    return path


def validate_and_show(
    folder: Path, out: Path, jobs: int, *, overwrite: bool, as_json: bool, everything: bool
) -> ExitCode:
    """Validate a folder and print its main tables.

    Returns
    -------
    ExitCode
        ``PARTLY_FAILED`` where a clip could not be measured.
    """
    bodies = find_body_cases(folder)
    if bodies and not _has_necks(folder):
        return validate_bodies_and_show(
            folder, bodies, out, overwrite=overwrite, as_json=as_json, everything=everything
        )
    with (
        _unpacked(folder) as clips,
        progress_on(console(stderr=True)) as progress,
        _measuring(clips, jobs, progress) as measure,
    ):

        def tell(done: int, total: int, _name: str) -> None:
            progress.step(folder, "clips", done, total)

        report = validate_folder(clips, out, measure, tell, overwrite=overwrite)
    if as_json:
        print_json(report.model_dump_json(indent=1))
    else:
        stdout = console()
        for part in renderables(report, everything=everything):
            stdout.print(part)
        stdout.print(
            f"Written to {out}/: validation.md, validation.csv, validation.json and figures", soft_wrap=True
        )
    return ExitCode.PARTLY_FAILED if report.failed else ExitCode.OK


def _has_necks(folder: Path) -> bool:
    """Whether there is anything to validate for the neck beside whole bodies."""
    try:
        find_cases(folder)
    except InputError:
        return False
    return True


def compare_and_show(
    folder: Path, reference: Path, out: Path, jobs: int, *, overwrite: bool, as_json: bool
) -> ExitCode:
    """Measure the clips that a table of readings names, and say how far camera and device agree.

    Returns
    -------
    ExitCode
        ``PARTLY_FAILED`` where a clip could not be measured; its readings are counted as failures.
    """
    from neckrom.study import quick  # noqa: PLC0415  (slow to load)
    from neckrom.study.report_content import agreement_rows  # noqa: PLC0415

    readings = quick.read_quick(reference)
    clips = quick.clips_of(folder, readings)
    results: dict[str, Result] = {}
    failed: dict[str, NeckromError] = {}
    with progress_on(console(stderr=True)) as progress:
        stoppable = _Stoppable(progress)
        with ThreadPoolExecutor(jobs, "validate") as pool:
            options = service.MeasureOptions()
            waiting = {
                clip: pool.submit(service.measure_quietly, path, options, stoppable)
                for clip, path in clips.items()
            }
            try:
                for clip, future in waiting.items():
                    try:
                        results[clip] = future.result().result
                    except NeckromError as error:
                        failed[clip] = error
            finally:
                stoppable.stop()
                pool.shutdown(cancel_futures=True)
    data, found = quick.compare(readings, results)
    quick.write_quick(out, data, found, overwrite=overwrite)
    for clip, why in failed.items():
        say(f"{clip}: {why}")
    if as_json:
        print_json(
            found.model_dump_json(indent=1, include={"people", "movements", "together", "coverage", "failed"})
        )
    else:
        stdout = console()
        columns, rows = agreement_rows(found)
        table = Table(box=None, pad_edge=False)
        for number, column in enumerate(columns):
            table.add_column(column, justify="left" if number == 0 else "right")
        for row in rows:
            table.add_row(*row)
        stdout.print(table)
        stdout.print(quick.caution(found), soft_wrap=True)
        stdout.print(f"Written to {out}/: comparison.md, comparison.json, tables and figures", soft_wrap=True)
    return ExitCode.PARTLY_FAILED if failed else ExitCode.OK


@contextmanager
def _unpacked(folder: Path) -> Iterator[Path]:
    """The folder of clips itself, or a table of landmarks with truth as such a folder, for as long as it is used."""
    if not folder.is_file():
        yield folder
        return
    with TemporaryDirectory(prefix="neckrom-validate-") as temporary:
        clips = Path(temporary) / folder.stem
        clips.mkdir()
        service.unpack_table(folder, clips)
        yield clips


@contextmanager
def _measuring(folder: Path, jobs: int, progress: Progress) -> Iterator[Measure]:
    """Measure one recording when asked for it, or all of them ahead, ``jobs`` at once."""
    stoppable = _Stoppable(progress)

    def measure(path: Path) -> tuple[Result, AngleSeries]:
        analysis = service.measure_quietly(path, service.MeasureOptions(), stoppable)
        return analysis.result, analysis.angles

    if jobs == 1:
        yield measure
        return
    pool = ThreadPoolExecutor(jobs, "validate")
    ahead: dict[Path, Future[tuple[Result, AngleSeries]]] = {}

    def from_pool(path: Path) -> tuple[Result, AngleSeries]:
        if not ahead:
            cases, _ = find_cases(folder)
            ahead.update((case.recording, pool.submit(measure, case.recording)) for case in cases)
        return ahead.pop(path).result()

    try:
        yield from_pool
    finally:
        stoppable.stop()
        pool.shutdown(cancel_futures=True)
