"""Commands of ``neckrom``; everything heavy is imported where it is used."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from neckrom.errors import ExitCode, NeckromError

if TYPE_CHECKING:
    from rich.console import Console

    from neckrom.service import MeasureOptions, Outcome

DEFAULT_OUT = Path("neckrom-results")
DEMO_OUT = Path("neckrom-demo")


class _Commands(TyperGroup):
    """The commands, with the one place where errors that a user can act on are shown."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; errors become a message on stderr and an exit code."""
        from neckrom.cli.doctor import explain_import_error  # noqa: PLC0415

        try:
            return super().invoke(ctx)
        except NeckromError as error:
            raise typer.Exit(_refuse(error)) from error
        except ImportError as error:
            if error.name is not None and error.name.startswith("neckrom"):
                raise
            raise typer.Exit(_refuse(explain_import_error(error))) from error
        except KeyboardInterrupt as error:
            _say("Stopped. Nothing half-written was left behind.")
            raise typer.Exit(ExitCode.INTERRUPTED) from error


app = typer.Typer(
    cls=_Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Neck range of motion from a recorded clip. It measures; it does not diagnose.",
    epilog="Start with: neckrom demo",
)

_Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say on stderr what is being done.")]
_Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace results that are already there.")]
_Jobs = Annotated[
    str | None,
    typer.Option(
        "--jobs", "-j", metavar="N", help="Inputs measured at once; by default half the processor cores."
    ),
]
_Json = Annotated[
    bool, typer.Option("--json", help="Print the result as JSON on stdout, and nothing else there.")
]


def _print_version(wanted: bool) -> None:
    if wanted:
        from neckrom import service  # noqa: PLC0415

        for line in service.identity_lines():
            print(line)  # noqa: T201
        raise typer.Exit


@app.callback()
def options_of_all_commands(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Tool, engine, models and estimator."
        ),
    ] = False,
) -> None:
    """Neck range of motion from a recorded clip. It measures; it does not diagnose."""


@app.command()
def demo(
    *,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the results.")
    ] = DEMO_OUT,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Also write the clip with the angles drawn in.")
    ] = False,
    overwrite: _Overwrite = False,
    as_json: _Json = False,
    verbose: _Verbose = False,
) -> None:
    """Measure the sample clip that comes with neckrom."""
    _prepare(verbose)
    from neckrom import service  # noqa: PLC0415

    options = service.MeasureOptions(overlay=overlay, overwrite=overwrite)
    with service.demo_clip() as clip:
        _measure_and_show((clip,), out, options, jobs=1, as_json=as_json)


@app.command()
def measure(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT...", help="Clips, folders of pictures with timestamps, or landmarks.parquet files."
        ),
    ],
    *,
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="DIR", help="Folder for the results, one folder per input in it."
        ),
    ] = DEFAULT_OUT,
    mirrored: Annotated[
        bool,
        typer.Option(
            "--mirrored", help="The clip was stored mirrored (some selfie cameras): swap the sides."
        ),
    ] = False,
    neutral: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--neutral", metavar="T0 T1", help="Seconds between which the head is upright and still."
        ),
    ] = None,
    hfov: Annotated[
        str | None,
        typer.Option(
            "--hfov", metavar="DEG", help="Horizontal field of view of the camera, for sharper angles."
        ),
    ] = None,
    protocol: Annotated[
        Path | None,
        typer.Option("--protocol", metavar="FILE", help="What was done when, and pain: see docs/cli.md."),
    ] = None,
    norms: Annotated[
        str,
        typer.Option("--norms", metavar="NAME|FILE", help="Norm set to judge by: neckrom norms lists them."),
    ] = "article",
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Also write the clip with the angles drawn in.")
    ] = False,
    no_pictures: Annotated[
        bool, typer.Option("--no-pictures", help="No picture of the person in anything that is written.")
    ] = False,
    jobs: _Jobs = None,
    overwrite: _Overwrite = False,
    as_json: _Json = False,
    verbose: _Verbose = False,
) -> None:
    """Measure the range of motion in each input and write its report."""
    from neckrom.cli.options import OptionReader  # noqa: PLC0415

    reader = OptionReader()
    stretch = reader.stretch("--neutral", neutral)
    field_of_view = reader.number("--hfov", hfov, 10, 170, "degrees")
    at_once = reader.count("--jobs", jobs, _default_jobs())
    if overlay and no_pictures:
        reader.problems.append(
            "--overlay and --no-pictures: the overlay shows the person; leave one of them out"
        )
    reader.finish()
    _prepare(verbose)
    from neckrom import service  # noqa: PLC0415

    options = service.MeasureOptions(
        mirrored=mirrored,
        neutral=stretch,
        hfov_deg=field_of_view,
        protocol=protocol,
        norms=norms,
        overlay=overlay,
        pictures=not no_pictures,
        overwrite=overwrite,
    )
    _measure_and_show(inputs, out, options, jobs=at_once, as_json=as_json)


@app.command()
def doctor() -> None:
    """Look for what is missing or broken on this machine, and say how to mend it."""
    from neckrom.cli.doctor import State, examine  # noqa: PLC0415

    console = _console()
    problems = 0
    for check in examine(Path.cwd()):
        problems += check.state is State.PROBLEM
        style = {"ok": "green", "note": "cyan", "problem": "bold red"}[check.state]
        from rich.text import Text  # noqa: PLC0415

        console.print(Text.assemble((f"{check.state:<8}", style), f"{check.name}: {check.found}"))
        if check.remedy:
            console.print(Text(f"        {check.remedy}", overflow="fold"), soft_wrap=True)
    if problems:
        _say(f"{problems} problem{'s' if problems > 1 else ''} found: mend the lines above that say so.")
        raise typer.Exit(ExitCode.ENVIRONMENT)
    _say("Everything that measuring needs is here.")


@app.command()
def schema() -> None:
    """Print the JSON Schema of result.json."""
    import json  # noqa: PLC0415

    from neckrom.result import Result  # noqa: PLC0415

    print(json.dumps(Result.model_json_schema(mode="serialization"), indent=2))  # noqa: T201


# ---------------------------------------------------------------------- parts


def _prepare(verbose: bool) -> None:
    """Set up our log and refuse a machine that cannot measure."""
    from neckrom.cli.doctor import refuse_broken_environment  # noqa: PLC0415
    from neckrom.cli.log import start_log  # noqa: PLC0415

    start_log(_console(stderr=True) if verbose else None)
    refuse_broken_environment()


def _measure_and_show(
    inputs: Iterable[Path], out: Path, options: MeasureOptions, *, jobs: int, as_json: bool
) -> None:
    """Measure, show what came out, and end with the exit code that fits."""
    from neckrom import service  # noqa: PLC0415
    from neckrom.cli.progress import LineProgress, TerminalProgress  # noqa: PLC0415

    inputs = tuple(inputs)
    errors = _console(stderr=True)
    with TerminalProgress(errors) if errors.is_terminal else LineProgress(errors) as progress:
        outcomes = service.measure_all(inputs, out, options, jobs, progress)
    if as_json:
        _print_json(outcomes)
    else:
        _show(outcomes)
    code = _exit_code(outcomes)
    if code:
        raise typer.Exit(code)


def _show(outcomes: list[Outcome]) -> None:
    from neckrom.cli.show import files_view, result_view, show  # noqa: PLC0415

    console = _console()
    for outcome in outcomes:
        if outcome.result is not None:
            show(console, result_view(outcome.result))
            show(console, files_view(outcome.written))
            show(console, "")
    for outcome in outcomes:
        if outcome.error is not None:
            _say(f"{outcome.input}: {outcome.error}" if len(outcomes) > 1 else f"Error: {outcome.error}")
    if len(outcomes) > 1:
        failed = sum(outcome.error is not None for outcome in outcomes)
        _say(
            f"{len(outcomes) - failed} of {len(outcomes)} inputs measured"
            + (f", {failed} failed." if failed else ".")
        )


def _print_json(outcomes: list[Outcome]) -> None:
    """One input: its result.  Several: a list with one entry for each, in their order."""
    import json  # noqa: PLC0415

    if len(outcomes) == 1:
        [only] = outcomes
        if only.error is not None:
            raise only.error
        if only.result is not None:
            print(only.result.model_dump_json(indent=2))  # noqa: T201
        return
    entries = [
        {
            "input": str(outcome.input),
            "folder": None if outcome.folder is None else str(outcome.folder),
            "result": None if outcome.result is None else outcome.result.model_dump(mode="json"),
            "error": None if outcome.error is None else str(outcome.error),
        }
        for outcome in outcomes
    ]
    print(json.dumps(entries, indent=2))  # noqa: T201


def _exit_code(outcomes: list[Outcome]) -> ExitCode:
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    if not errors:
        return ExitCode.OK
    return errors[0].exit_code if len(outcomes) == 1 else ExitCode.PARTLY_FAILED


def _default_jobs() -> int:
    """Half the cores: decoding and the models of one input keep two busy."""
    return max(1, (os.cpu_count() or 1) // 2)


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console  # noqa: PLC0415

    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def _say(message: str) -> None:
    """Write to stderr, wrapped as the terminal does it."""
    _console(stderr=True).print(message, soft_wrap=True)


def _refuse(error: NeckromError) -> ExitCode:
    _say(f"Error: {error}")
    return error.exit_code


def _report_defect(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> NoReturn:
    """Instead of a traceback: what happened, how to see more, whom to tell."""
    if "-v" in sys.argv or "--verbose" in sys.argv:
        sys.__excepthook__(kind, error, trace)
    _say(
        f"neckrom failed in a way that it should not: {kind.__name__}: {error}\n"
        "Run the same command with -v to see where, and tell the place that you have neckrom from: add that "
        "output and what neckrom --version and neckrom doctor print. "
        "The clip itself need not leave your machine."
    )
    sys.exit(ExitCode.DEFECT)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    """Let a polite request to end clean up as Ctrl-C does."""
    raise KeyboardInterrupt


def run() -> NoReturn:
    """Entry point of the command."""
    sys.excepthook = _report_defect
    signal.signal(signal.SIGTERM, _stop)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    sys.exit(typer.main.get_command(app)(prog_name="neckrom"))
