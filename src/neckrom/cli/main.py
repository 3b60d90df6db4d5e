"""Commands of ``neckrom``; everything heavy is imported where it is used."""

from __future__ import annotations

import errno
import os
import signal
import sys
from enum import StrEnum
from pathlib import Path
from types import FrameType, TracebackType
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from neckrom.cli.backups import keeping
from neckrom.cli.calibrate import calibrate
from neckrom.cli.diary import diary
from neckrom.cli.handing_out import giving
from neckrom.cli.measure_options import (
    DEFAULT_OUT,
    ClusterFilesOption,
    ClusterMemoryOption,
    ClusterOption,
    ClusterWaitOption,
    JsonOption,
    LanguageOption,
    NoPicturesOption,
    OutOption,
    OverwriteOption,
    TlsCaOption,
    TlsCertOption,
    TlsKeyOption,
    VerboseOption,
)
from neckrom.cli.people import people
from neckrom.cli.plain_letters import write_plainly
from neckrom.cli.plans import are_plan_sessions, finish_plans
from neckrom.cli.posture import posture
from neckrom.cli.running import running
from neckrom.cli.screen import screening
from neckrom.cli.sessions import sessions
from neckrom.cli.settings import setting
from neckrom.cli.starting import leave, spoken, start_log
from neckrom.cli.study import study
from neckrom.cli.terminal import console, print_json, say, tell
from neckrom.cli.words import UsageError, in_plain_words, tidy
from neckrom.errors import DefectError, ExitCode, NeckromError, OutputError

DEMO_OUT = Path("neckrom-demo")
VALIDATION_OUT = Path("neckrom-validation")
MOST_WARM_UPS = 20


class ViewChoice(StrEnum):
    """Where the camera stands."""

    AUTO = "auto"
    FRONT = "front"
    SIDE = "side"


class SchemaChoice(StrEnum):
    """Commands whose results have a schema."""

    MEASURE = "measure"
    RUN = "run"
    POSTURE = "posture"
    NERVE = "nerve"
    PLAN = "plan"
    UPPER_BACK = "upper_back"


class _Commands(TyperGroup):
    """The commands, with the one place where errors that a user can act on are shown."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        tidy(self)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; errors become a message on stderr and an exit code."""
        from neckrom.cli.doctor import explain_missing  # noqa: PLC0415

        try:
            return super().invoke(ctx)
        except UsageError as error:
            in_plain_words(error, self)
            raise
        except NeckromError as error:
            raise typer.Exit(_refuse(error)) from error
        except OSError as error:
            found = _of_the_disk(error)
            if found is None:
                raise
            raise typer.Exit(_refuse(found)) from error
        except ImportError as error:
            if error.name is not None and error.name.startswith("neckrom"):
                raise
            raise typer.Exit(_refuse(explain_missing(error))) from error
        except KeyboardInterrupt as error:
            say("Stopped. Nothing half-written was left behind.")
            raise typer.Exit(ExitCode.INTERRUPTED) from error


app = typer.Typer(
    cls=_Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Neck range of motion, live or from clips; runs, postures, nerve tests. It measures; it does not diagnose.",
    epilog="Start with: neckrom demo",
)

app.add_typer(calibrate, name="calibrate")
app.add_typer(running)
app.add_typer(posture)
app.add_typer(people, name="people")
app.add_typer(sessions, name="sessions")
app.add_typer(keeping)
app.add_typer(giving)
app.add_typer(screening)
app.add_typer(diary, name="diary")
app.add_typer(setting)
app.add_typer(study, name="study")

_Jobs = Annotated[
    str | None,
    typer.Option(
        "--jobs",
        "-j",
        metavar="N",
        help="Inputs measured at once; by default half the processor cores and one.",
    ),
]


def _print_version(wanted: bool) -> None:
    if wanted:
        from neckrom.service.measure import identity_lines  # noqa: PLC0415

        for line in identity_lines():
            console().print(line, soft_wrap=True)
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
    """Neck range of motion, live or from clips; runs, postures, nerve tests. It measures; it does not diagnose."""


@app.command()
def demo(
    *,
    out: OutOption = DEMO_OUT,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Also write the clip with the angles drawn in.")
    ] = False,
    lang: LanguageOption = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Measure the sample clip that comes with neckrom."""
    from neckrom.cli.options import OptionReader  # noqa: PLC0415

    reader = OptionReader()
    language = spoken(lang)
    reader.language("--lang", language)
    reader.finish()
    start_log(verbose=verbose)
    from neckrom import service  # noqa: PLC0415
    from neckrom.cli.measuring import measure_and_show  # noqa: PLC0415

    options = service.MeasureOptions(overlay=overlay, overwrite=overwrite, language=language)
    with service.demo_clip() as clip:
        code = measure_and_show((clip,), out, options, jobs=1, as_json=as_json)
    leave(code)


@app.command()
def measure(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT", help="Clips, folders of pictures with timestamps, or landmarks.parquet files."
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
    warm_ups: Annotated[
        str | None,
        typer.Option(
            "--warm-ups",
            metavar="N",
            help="The first N repetitions of each direction are warm-ups and do not count.",
        ),
    ] = None,
    rotate: Annotated[
        str | None,
        typer.Option(
            "--rotate",
            metavar="0|90|180|270",
            help="Turn the picture clockwise; found out without it if it lies on its side or head.",
        ),
    ] = None,
    view: Annotated[
        ViewChoice,
        typer.Option("--view", help="From where the camera looks: in front of the person or at the side."),
    ] = ViewChoice.AUTO,
    hfov: Annotated[
        str | None,
        typer.Option(
            "--hfov", metavar="DEG", help="Horizontal field of view of the camera, for sharper angles."
        ),
    ] = None,
    distance: Annotated[
        str | None,
        typer.Option(
            "--distance", metavar="M", help="Metres from the eyes to the camera, where --hfov is not known."
        ),
    ] = None,
    camera: Annotated[
        str | None,
        typer.Option(
            "--camera", metavar="NAME|FILE", help="Camera profile instead of --hfov: neckrom calibrate list."
        ),
    ] = None,
    protocol: Annotated[
        Path | None,
        typer.Option(
            "--protocol",
            metavar="NAME|FILE",
            help="What was done when, and pain: see docs/cli.md. Or a test: slr, slump, arms, upper_back.",
        ),
    ] = None,
    marks: Annotated[
        Path | None,
        typer.Option(
            "--marks", metavar="FILE", help="With a nerve tension test: when a symptom was felt (CSV, JSON)."
        ),
    ] = None,
    norms: Annotated[
        str,
        typer.Option("--norms", metavar="NAME|FILE", help="Norm set to judge by: neckrom norms lists them."),
    ] = "article",
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Also write the clip with the angles drawn in.")
    ] = False,
    no_pictures: NoPicturesOption = False,
    lang: LanguageOption = None,
    jobs: _Jobs = None,
    cluster: ClusterOption = None,
    cluster_files: ClusterFilesOption = "auto",
    cluster_memory: ClusterMemoryOption = None,
    cluster_wait: ClusterWaitOption = None,
    tls_ca: TlsCaOption = None,
    tls_cert: TlsCertOption = None,
    tls_key: TlsKeyOption = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Measure the range of motion in each input and write its report."""
    from neckrom.cli.options import OptionReader  # noqa: PLC0415

    reader = OptionReader()
    stretch = reader.stretch("--neutral", neutral)
    not_counted = reader.whole("--warm-ups", warm_ups, 0, MOST_WARM_UPS)
    field_of_view = reader.number("--hfov", hfov, 5, 150, "degrees")
    distance_m = reader.number("--distance", distance, 0.2, 20, "metres", example="0.7")
    at_once = reader.count("--jobs", jobs, _default_jobs())
    turned = reader.quarter_turn("--rotate", rotate)
    reader.overlay_is_a_picture(overlay=overlay, no_pictures=no_pictures)
    if camera is not None and hfov is not None:
        reader.problems.append(
            "--camera and --hfov: the profile knows the field of view; leave one of them out"
        )
    if distance is not None and (camera is not None or hfov is not None):
        reader.problems.append(
            "--distance stands in for a lens that is not known: leave it out beside --hfov or --camera"
        )
    language = spoken(lang)
    reader.language("--lang", language)
    if protocol is None and not reader.problems and are_plan_sessions(inputs):
        leave(finish_plans(inputs, language, as_json=as_json))
        return
    nerve_test = reader.nerve_test(protocol)
    upper_back = reader.upper_back(protocol)
    if nerve_test is None and marks is not None:
        reader.problems.append("--marks belongs to a nerve tension test: add --protocol slr, slump or arms")
    fleet = reader.cluster(
        cluster,
        files=cluster_files,
        memory=cluster_memory,
        wait=cluster_wait,
        tls=(tls_ca, tls_cert, tls_key),
        jobs=jobs,
    )
    if nerve_test is not None or upper_back:
        reader.neck_only(
            str(protocol),
            {
                "--cluster": cluster is not None,
                "--neutral": neutral is not None,
                "--warm-ups": warm_ups is not None,
                "--view": view is not ViewChoice.AUTO,
                "--hfov": hfov is not None,
                "--distance": distance is not None,
                "--camera": camera is not None,
                "--norms": norms != "article",
                "--overlay": overlay,
            },
        )
    reader.finish()
    start_log(verbose=verbose)
    if nerve_test is not None:
        from neckrom.cli.nerve import measure_nerve_and_show  # noqa: PLC0415
        from neckrom.service.nerve import NerveOptions  # noqa: PLC0415

        nerve_options = NerveOptions(
            test=nerve_test,
            marks=marks,
            mirrored=mirrored,
            rotate_deg=turned,
            pictures=not no_pictures,
            overwrite=overwrite,
            language=language,
        )
        leave(measure_nerve_and_show(inputs, out, nerve_options, as_json=as_json))
        return
    if upper_back:
        from neckrom.cli.upper_back import measure_upper_back_and_show  # noqa: PLC0415
        from neckrom.service.upper_back import UpperBackOptions  # noqa: PLC0415

        turning = UpperBackOptions(
            mirrored=mirrored,
            rotate_deg=turned,
            pictures=not no_pictures,
            overwrite=overwrite,
            language=language,
        )
        leave(measure_upper_back_and_show(inputs, out, turning, as_json=as_json))
        return
    from neckrom import service  # noqa: PLC0415
    from neckrom.cli.measuring import measure_and_show  # noqa: PLC0415

    options = service.MeasureOptions(
        mirrored=mirrored,
        neutral=stretch,
        warm_ups=not_counted,
        rotate_deg=turned,
        view=view.value,
        hfov_deg=field_of_view,
        distance_m=distance_m,
        camera=camera,
        protocol=protocol,
        norms=norms,
        overlay=overlay,
        pictures=not no_pictures,
        overwrite=overwrite,
        language=language,
    )
    if fleet is not None:
        from neckrom.cli.measuring_on_cluster import measure_on_cluster_and_show  # noqa: PLC0415

        leave(measure_on_cluster_and_show(inputs, out, options, fleet, as_json=as_json))
        return
    leave(measure_and_show(inputs, out, options, jobs=at_once, as_json=as_json))


@app.command()
def live(
    *,
    source: Annotated[
        str,
        typer.Option(
            "--source",
            metavar="SOURCE",
            help="Number of the camera; 'browser': the page's own; 'phone'; a clip that plays one; or an address.",
        ),
    ] = "0",
    phone_address: Annotated[
        str | None,
        typer.Option(
            "--phone-address",
            metavar="IP[:PORT]",
            help="With --source phone: where on the local network the phone finds this machine.",
        ),
    ] = None,
    camera: Annotated[
        str | None,
        typer.Option("--camera", metavar="PROFILE", help="Camera profile: neckrom calibrate list."),
    ] = None,
    record: Annotated[
        bool,
        typer.Option(
            "--record/--no-record", help="Ask whether the picture may be stored, or never store it."
        ),
    ] = True,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="DIR", help="Folder for the session, instead of the user's data."
        ),
    ] = None,
    port: Annotated[int | None, typer.Option("--port", metavar="N", help="Of the page on 127.0.0.1.")] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the address only.")] = False,
    protocol: Annotated[
        str,
        typer.Option(
            "--protocol",
            metavar="NAME|FILE",
            help="What the session asks for. The neck: full, quick. Nerves: slump, slr, arms, nerve (all).",
        ),
    ] = "full",
    plan: Annotated[
        str | None,
        typer.Option(
            "--plan",
            metavar="NAME|FILE",
            help="A plan: test, exercise and test again. slump_slider, slr_slider, neck_mobility, or a file.",
        ),
    ] = None,
    clinician: Annotated[
        str,
        typer.Option("--clinician", metavar="NAME", help="With --plan: the clinician who chose it; kept."),
    ] = "",
    person: Annotated[
        str | None,
        typer.Option(
            "--person",
            metavar="PERSON",
            help="With --plan: refuse it where this person's last test was stopped. Name or pseudonym.",
        ),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option("--store", metavar="FOLDER|URL", help="With --person: where the records are."),
    ] = None,
    lang: LanguageOption = None,
    fast: Annotated[bool, typer.Option("--fast", help="Play a clip as fast as it can be measured.")] = False,
    size: Annotated[
        str, typer.Option("--size", metavar="WxH", help="Picture size to ask the camera for.")
    ] = "640x480",
    fps: Annotated[float, typer.Option("--fps", metavar="N", help="Frames a second to ask it for.")] = 30.0,
    norms: Annotated[
        str,
        typer.Option("--norms", metavar="NAME|FILE", help="Norm set to judge by: neckrom norms lists them."),
    ] = "article",
    verbose: VerboseOption = False,
) -> None:
    """Lead through a session by voice, on a page in the browser: the neck, or nerve tests (slump, slr, arms)."""
    start_log(verbose=verbose)
    from neckrom.cli.live import LiveOptions, parse_size, run_live  # noqa: PLC0415

    options = LiveOptions(
        source=source,
        size=parse_size(size),
        fps=fps,
        camera=camera,
        record=record,
        out=out,
        port=port,
        browser=not no_browser,
        protocol=protocol,
        language=spoken(lang),
        fast=fast,
        norms=norms,
        phone_address=phone_address,
        plan=plan,
        clinician=clinician,
        person=person,
        store=store,
    )
    leave(run_live(options))


@app.command("open")
def open_pages(
    *,
    store: Annotated[
        str | None,
        typer.Option("--store", metavar="FOLDER|URL", help="Where the records are; else your data folder."),
    ] = None,
    port: Annotated[int | None, typer.Option("--port", metavar="N", help="Of the page on 127.0.0.1.")] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the address only.")] = False,
    lang: LanguageOption = None,
    verbose: VerboseOption = False,
) -> None:
    """Open the records in the browser: people, sessions, trends, the neck screen, guided sessions."""
    start_log(verbose=verbose)
    from neckrom.cli.open import run_open  # noqa: PLC0415

    leave(run_open(store, port, spoken(lang), browser=not no_browser))


@app.command()
def validate(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]",
            help="Folder with clips and a truth table beside each, or with the held-out tables, or one such table "
            "(.npz); without it the held-out tables are looked for in the checkout.",
            show_default=False,
        ),
    ] = None,
    *,
    table: Annotated[
        str | None,
        typer.Option(
            "--table", metavar="NAME", help="Which held-out table: heldout (without it), heldout_wide."
        ),
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(
            "--reference",
            metavar="CSV",
            help="Readings of a reference device beside the clips, instead of truth tables: see docs/study.md.",
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the accuracy report.")
    ] = VALIDATION_OUT,
    jobs: _Jobs = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Print all tables, not only the main ones.")
    ] = False,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Measure clips whose angles are known, and say how far the measurement was right."""
    from neckrom.cli.options import OptionReader  # noqa: PLC0415

    reader = OptionReader()
    at_once = reader.count("--jobs", jobs, _default_jobs())
    if reference is not None and folder is None:
        reader.problems.append(
            "--reference: name the folder of the clips, as in neckrom validate DIR --reference CSV"
        )
    if reference is not None and table is not None:
        reader.problems.append("--table and --reference: leave one of them out")
    reader.finish()
    start_log(verbose=verbose)
    from neckrom.cli.validating import compare_and_show, validate_and_show, what_to_validate  # noqa: PLC0415

    if reference is not None and folder is not None:
        leave(compare_and_show(folder, reference, out, at_once, overwrite=overwrite, as_json=as_json))
        return
    source = what_to_validate(folder, table)
    leave(
        validate_and_show(source, out, at_once, overwrite=overwrite, as_json=as_json, everything=everything)
    )


@app.command()
def norms() -> None:
    """List the norm sets with population and source of every value."""
    from neckrom.assessment.norms import load_norms, shipped_norm_names  # noqa: PLC0415
    from neckrom.cli.show import norms_view  # noqa: PLC0415

    stdout = console()
    for name in shipped_norm_names():
        stdout.print(norms_view(load_norms(name)))


@app.command()
def doctor() -> None:
    """Look for what is missing or broken on this machine, and say how to mend it."""
    from neckrom.cli.doctor import State, check_view, examine, sorted_by_need  # noqa: PLC0415

    stdout = console()
    with console(stderr=True).status("Looking at this machine: about 20 s"):
        checks = sorted_by_need(examine(Path.cwd()))
    for check in checks:
        stdout.print(check_view(check), soft_wrap=True)
    states = [check.state for check in checks]
    problems = states.count(State.PROBLEM)
    if problems:
        say(f"{problems} problem{'s' * (problems > 1)} found: mend what the first lines say.")
        raise typer.Exit(ExitCode.ENVIRONMENT)
    noted = " What is noted above keeps nothing from working." if State.NOTE in states else ""
    say(f"Everything that measuring needs is here.{noted}")


@app.command()
def schema(
    kind: Annotated[
        SchemaChoice,
        typer.Argument(metavar="KIND", help="Which command's result.json."),
    ] = SchemaChoice.MEASURE,
) -> None:
    """Print the JSON Schema of result.json."""
    import json  # noqa: PLC0415

    from neckrom.nerve.result import NerveResult  # noqa: PLC0415
    from neckrom.plans.result import PlanResult  # noqa: PLC0415
    from neckrom.posture.result import PostureResult  # noqa: PLC0415
    from neckrom.result import Model, Result  # noqa: PLC0415
    from neckrom.running.result import RunResult  # noqa: PLC0415
    from neckrom.upper_back.result import UpperBackResult  # noqa: PLC0415

    models: dict[SchemaChoice, type[Model]] = {
        SchemaChoice.MEASURE: Result,
        SchemaChoice.RUN: RunResult,
        SchemaChoice.POSTURE: PostureResult,
        SchemaChoice.NERVE: NerveResult,
        SchemaChoice.PLAN: PlanResult,
        SchemaChoice.UPPER_BACK: UpperBackResult,
    }
    print_json(json.dumps(models[kind].model_json_schema(mode="serialization"), indent=2))


# ---------------------------------------------------------------------- parts


def _default_jobs() -> int:
    """Half the cores, as decoding and models of one input keep two busy, and one for what its report leaves idle."""
    return (os.cpu_count() or 1) // 2 + 1


def _of_the_disk(error: OSError) -> OutputError | None:
    """What a full, read-only or locked place means to a user; None where it is something else."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return OutputError(
            f"No space left{_at(error)}. Free some and try again; nothing half-written was left."
        )
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return OutputError(
            f"Permission is missing{_at(error)} ({error.strerror}). Mend it, or choose another place (--store, --out)."
        )
    if error.errno in (
        errno.EIO,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENAMETOOLONG,
        errno.ENOTDIR,
        errno.EINVAL,
    ):
        return OutputError(f"The disk does not do it{_at(error)}: {error.strerror}. Choose another place.")
    return None


def _at(error: OSError) -> str:
    return "" if error.filename is None else f" at {str(error.filename)[:300]}"


def _refuse(error: NeckromError) -> ExitCode:
    if not tell("refused", message=str(error)):
        say(f"Error: {error}")
    return error.exit_code


def _report_defect(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> NoReturn:
    """Instead of a traceback: what happened, how to see more, whom to tell."""
    if "-v" in sys.argv or "--verbose" in sys.argv:
        sys.__excepthook__(kind, error, trace)
    say(str(DefectError(error)) if isinstance(error, Exception) else f"{kind.__name__}: {error}")
    sys.exit(ExitCode.DEFECT)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    """Let a polite request to end clean up as Ctrl-C does."""
    raise KeyboardInterrupt


def run() -> NoReturn:
    """Entry point of the command."""
    sys.excepthook = _report_defect
    signal.signal(signal.SIGTERM, _stop)
    if sys.platform == "win32":  # how one process asks another to end there
        signal.signal(signal.SIGBREAK, _stop)
    write_plainly()
    sys.exit(typer.main.get_command(app)(prog_name="neckrom"))
