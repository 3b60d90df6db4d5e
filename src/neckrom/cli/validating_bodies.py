"""Validate runs and postures against truth tables, and show how far they were right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich import box
from rich.table import Table
from rich.text import Text

from neckrom.cli.progress import progress_on
from neckrom.cli.terminal import console, print_json
from neckrom.errors import ExitCode, NeckromError, OutputError
from neckrom.validation.bodies import (
    BodyCase,
    BodyReport,
    BodyRow,
    Measured,
    find_not_validated,
    rows_csv,
    validate_bodies,
)


def validate_bodies_and_show(
    folder: Path, cases: Sequence[BodyCase], out: Path, *, overwrite: bool, as_json: bool, everything: bool
) -> ExitCode:
    """Validate recordings of whole bodies and print the table of errors.

    Returns
    -------
    ExitCode
        ``PARTLY_FAILED`` where a recording could not be measured.

    Raises
    ------
    OutputError
        There is something in ``out`` already, or it cannot be written.
    """
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not overwrite)):
        raise OutputError(f"There is something in {out} already: choose another --out, or say --overwrite.")
    if left_out := find_not_validated(folder):
        console(stderr=True).print(
            f"Left out, as nerve tests and turns of the trunk are not validated here: {', '.join(left_out)}. How "
            "exactly they are measured is in docs/nerve_tests.md and docs/upper_back.md.",
            markup=False,
            highlight=False,
        )
    with progress_on(console(stderr=True)) as progress:
        report = validate_bodies(
            cases,
            _measured,
            (NeckromError,),
            lambda done, total, _name: progress.step(folder, "recordings", done, total),
        )
    out.mkdir(parents=True, exist_ok=True)
    (out / "validation.json").write_text(report.model_dump_json(indent=1) + "\n", encoding="utf-8")
    (out / "validation.csv").write_text(rows_csv(report.rows), encoding="utf-8")
    if as_json:
        print_json(report.model_dump_json(indent=1))
    else:
        _show(report, out, everything=everything)
    return ExitCode.PARTLY_FAILED if report.failed else ExitCode.OK


def _measured(case: BodyCase) -> Measured:
    """The result, as the commands ``run`` and ``posture`` give it; nothing is kept."""
    from neckrom.service.posture import PostureOptions, measure_posture_quietly  # noqa: PLC0415
    from neckrom.service.running import RunOptions, measured_run, read_run  # noqa: PLC0415

    with TemporaryDirectory(prefix="neckrom-validate-") as temporary:
        if case.kind == "posture":
            return measure_posture_quietly(case.recording, Path(temporary), PostureOptions())
        recordings = read_run(case.recording, Path(temporary), RunOptions(), _tell_nobody)
        return measured_run(recordings, RunOptions()).result


def _tell_nobody(_path: Path, _name: str, _done: int, _total: int | None) -> None:
    return


def _show(report: BodyReport, out: Path, *, everything: bool) -> None:
    stdout = console()
    table = Table(
        title=Text("Errors"), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
    )
    table.add_column("quantity", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    for name in ("n", "not told", "bias", "mean abs.", "rms", "worst", "in interval"):
        table.add_column(name, justify="right")
    for item in report.summary:
        table.add_row(
            item.quantity,
            item.unit,
            str(item.n),
            str(item.missing),
            *(_number(value) for value in (item.bias, item.mean_absolute, item.rms, item.worst)),
            "" if item.in_interval_percent is None else f"{item.in_interval_percent:.0f} %",
        )
    stdout.print(table)
    if everything:
        stdout.print(_all_rows(report.rows))
    for name, error in report.failed.items():
        stdout.print(f"{name} could not be measured: {error}", soft_wrap=True)
    stdout.print(f"Written to {out}/: validation.json and validation.csv", soft_wrap=True)


def _all_rows(rows: Sequence[BodyRow]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("clip", "quantity"):
        table.add_column(name)
    for name in ("measured", "truth", "error"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(row.clip, row.quantity, *map(_number, (row.measured, row.truth, row.error)))
    return table


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
