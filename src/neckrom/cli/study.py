"""``neckrom study``: a validation study in a clinic, from its folder to its report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neckrom.cli.terminal import console, print_json, say

if TYPE_CHECKING:
    from rich.table import Table

    from neckrom.study.analysis import StudyFound
    from neckrom.study.plan import Plan
    from neckrom.study.problems import Problem

study = typer.Typer(
    no_args_is_help=True,
    help="A validation study in a clinic: protocol, forms, tables, check, statistics, report.",
    epilog="Start with: neckrom study example DIR",
)

_FOLDER = typer.Argument(metavar="DIR", help="The study's folder.")
_Folder = Annotated[Path, _FOLDER]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout, and nothing else there.")]
_Language = Annotated[
    str | None,
    typer.Option(
        "--lang", metavar="en|de|es|fr", help="Language of the summary; everything else is English."
    ),
]


class Device(StrEnum):
    """With what neckrom is compared."""

    CROM = "crom"
    IMU = "imu"
    OPTOELECTRONIC = "optoelectronic"


@study.command("init")
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New folder.")],
    *,
    reference: Annotated[Device, typer.Option("--reference", help="With what neckrom is compared.")],
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help="Of the study.")] = "",
    people: Annotated[
        str, typer.Option("--people", metavar="N", help="How many; half with neck pain.")
    ] = "100",
    operators: Annotated[
        str, typer.Option("--operators", metavar="A,B", help="Who leads, by initials.")
    ] = "A,B",
    hfov: Annotated[
        str | None, typer.Option("--hfov", metavar="DEG", help="Field of view of the camera, frozen.")
    ] = None,
    distance: Annotated[
        str | None, typer.Option("--distance", metavar="M", help="Metres from eyes to camera, frozen.")
    ] = None,
    camera: Annotated[
        str | None, typer.Option("--camera", metavar="NAME|FILE", help="Camera profile, frozen.")
    ] = None,
    norms: Annotated[str, typer.Option("--norms", metavar="NAME", help="Norm set, frozen.")] = "article",
    seed: Annotated[str, typer.Option("--seed", metavar="N", help="Of the randomisation list.")] = "1",
    lang: _Language = None,
) -> None:
    """Make a study's folder: protocol, forms, tables, checklist, randomisation list, and the frozen plan."""
    from neckrom.cli.options import OptionReader  # noqa: PLC0415
    from neckrom.service.frozen import measuring_identity  # noqa: PLC0415
    from neckrom.study.plan import StudyFolder, Tool, engine_name, settings_hash, usual_plan  # noqa: PLC0415
    from neckrom.study.starting import init_study, measure_command  # noqa: PLC0415

    reader = OptionReader()
    number = reader.whole("--people", people, 10, 5000) or 100
    chosen_seed = reader.whole("--seed", seed, 0, 2**31 - 1) or 0
    stated_hfov = reader.number("--hfov", hfov, 5, 150, "degrees")
    stated_distance = reader.number("--distance", distance, 0.2, 20, "metres", example="0.7")
    if camera is not None and (hfov is not None or distance is not None):
        reader.problems.append(
            "--camera: the profile knows the field of view; leave --hfov and --distance out"
        )
    leaders = tuple(dict.fromkeys(part.strip() for part in operators.split(",") if part.strip()))
    if not leaders:
        reader.problems.append("--operators: name at least one, as in --operators A,B")
    language = reader.language("--lang", _spoken(lang))
    reader.finish()
    identity = measuring_identity(norms, camera)
    tool = Tool(
        version=identity.version,
        engine=engine_name(identity.engine),
        model_sha256=identity.model_sha256,
        estimator=identity.estimator,
        calibration_id=identity.calibration_id,
        settings_sha256=settings_hash(identity.settings),
        norms=identity.norms,
        hfov_deg=stated_hfov,
        distance_m=stated_distance,
        camera=identity.camera,
        camera_sha256=identity.camera_sha256,
    )
    plan = usual_plan(
        name.strip() or folder.resolve().name,
        reference.value,
        tool,
        created=date.today(),
        people=number,
        seed=chosen_seed,
        operators=leaders,
    )
    init_study(StudyFolder(folder), plan)
    stdout = console()
    stdout.print(f"Study made in {folder}/. Begin with {folder / 'README.md'}.", soft_wrap=True)
    if language != "en":
        stdout.print(
            f"The protocol is in English; its summary in your language: {folder / f'summary_{language}.md'}.",
            soft_wrap=True,
        )
    stdout.print(f"Measure with: {measure_command(plan)}", soft_wrap=True)


@study.command("freeze")
def freeze(
    folder: _Folder,
    *,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why the plan was changed.")],
) -> None:
    """Take over a plan (study.toml) that was changed; the reason is kept and stands in the report."""
    from neckrom.study.plan import StudyFolder  # noqa: PLC0415
    from neckrom.study.starting import freeze_study  # noqa: PLC0415

    plan = freeze_study(StudyFolder(folder), reason, date.today())
    console().print(f"Frozen: {plan.sha256[:16]}, amendment {len(plan.amendments)}.")


@study.command("check")
def check(folder: _Folder, *, as_json: _Json = False) -> None:
    """Say what is missing or inconsistent in a study, by file and line."""
    from neckrom.errors import ExitCode  # noqa: PLC0415
    from neckrom.study.checking import check_study  # noqa: PLC0415
    from neckrom.study.plan import StudyFolder  # noqa: PLC0415

    loaded, problems = check_study(StudyFolder(folder), date.today())
    grave = sum(problem.grave for problem in problems)
    if as_json:
        print_json(json.dumps([_problem_json(problem) for problem in problems], indent=1, ensure_ascii=False))
    else:
        _print_problems(problems)
        if not problems:
            told = (
                f"{len(loaded.data.people)} people, {len(loaded.results)} results: nothing is missing or "
                "inconsistent."
            )
            console().print(told)
    if grave:
        say(f"{grave} grave problem{'s' * (grave > 1)}: mend what the lines say, then check again.")
        raise typer.Exit(ExitCode.BAD_CONFIGURATION)


@study.command("size")
def size(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="A study: look at its spread so far, blind to the bias."),
    ] = None,
    *,
    sd: Annotated[str, typer.Option("--sd", metavar="DEG", help="Expected spread of the differences.")] = "5",
    icc: Annotated[str, typer.Option("--icc", metavar="0..1", help="Expected ICC.")] = "0.9",
    half_width: Annotated[
        str, typer.Option("--half-width", metavar="DEG", help="Wanted half-width of a limit's interval.")
    ] = "1.7",
) -> None:
    """How many people a study needs, before it and again after the first twenty."""
    from neckrom.cli.options import OptionReader  # noqa: PLC0415

    reader = OptionReader()
    spread = reader.number("--sd", sd, 0.1, 50, "degrees", example="5") or 5.0
    expected = reader.number("--icc", icc, 0.01, 0.999, "ICC", example="0.9") or 0.9
    wanted = reader.number("--half-width", half_width, 0.1, 20, "degrees", example="1.7") or 1.7
    reader.finish()
    stdout = console()
    if folder is not None:
        for line in _reestimated(folder, wanted):
            stdout.print(line, soft_wrap=True)
        return
    from neckrom.study.sample_size import people_for_limits, precision  # noqa: PLC0415

    stdout.print(
        f"Spread {spread:g} deg, ICC {expected:g}. Half-width of the 95 % interval of a limit of agreement:"
    )
    for people in (20, 30, 50, 75, 100, 150, 200):
        found = precision(spread, expected, people)
        stdout.print(
            f"{people:>5} people: ±{found.limits_deg:.1f} deg, ICC {found.icc_low:.2f} to {found.icc_high:.2f}"
        )
    stdout.print(f"For ±{wanted:g} deg: {people_for_limits(spread, wanted)} people.")


@study.command("analyse")
def analyse_study(
    folder: _Folder,
    *,
    site: Annotated[
        Path | None,
        typer.Option(
            "--site", metavar="FILE", help="Also write what this place, camera and version are worth."
        ),
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="In spite of grave problems; the report names them first.")
    ] = False,
    lang: _Language = None,
    as_json: _Json = False,
) -> None:
    """All statistics of a study: report, tables, figures and checklists in report/."""
    from neckrom.cli.options import OptionReader  # noqa: PLC0415
    from neckrom.errors import InputError, OutputError  # noqa: PLC0415
    from neckrom.private_files import whole_file  # noqa: PLC0415
    from neckrom.study.analysis import analyse  # noqa: PLC0415
    from neckrom.study.checking import check_study  # noqa: PLC0415
    from neckrom.study.plan import StudyFolder  # noqa: PLC0415
    from neckrom.study.report import write_analysis  # noqa: PLC0415
    from neckrom.study.site import site_file  # noqa: PLC0415

    reader = OptionReader()
    language = reader.language("--lang", _spoken(lang))
    reader.finish()
    place = StudyFolder(folder)
    loaded, problems = check_study(place, date.today())
    grave = [problem for problem in problems if problem.grave]
    if grave and not anyway:
        raise InputError(
            f"{len(grave)} grave problem{'s' * (len(grave) > 1)} against an analysis, the first: "
            f"{grave[0].place}: {grave[0].said} "
            "See all: "
            f"neckrom study check {folder}. To analyse in spite of them: --anyway."
        )
    found = analyse(loaded.data, [f"{problem.place}: {problem.said}" for problem in grave])
    out = write_analysis(place, loaded.data, found, language)
    if site is not None:
        made = site_file(loaded.data, found, date.today())
        try:
            with whole_file(site, replace=True) as file:
                file.write((made.model_dump_json(indent=1) + "\n").encode())
        except OSError as error:
            raise OutputError(f"{site} cannot be written: {error.strerror or error}.") from error
    if as_json:
        print_json(found.model_dump_json(indent=1))
        return
    stdout = console()
    stdout.print(_found_table(found))
    for line in _verdict_lines(found):
        stdout.print(line, soft_wrap=True)
    told = "report.html, report.pdf, analysis.json, checklists.md, tables and figures"
    stdout.print(f"Written to {out}/: {told}", soft_wrap=True)
    if language != "en":
        stdout.print(
            f"The report is in English; a summary in your language: {out / f'summary_{language}.html'}",
            soft_wrap=True,
        )
    if site is not None:
        stdout.print(f"Site file: {site}. Use it: neckrom settings --site {site}", soft_wrap=True)


@study.command("example")
def example(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New folder.")],
    *,
    people: Annotated[str, typer.Option("--people", metavar="N", help="How many are drawn.")] = "100",
    seed: Annotated[str, typer.Option("--seed", metavar="N", help="Other people for another number.")] = "1",
) -> None:
    """Make a study whose people are drawn at random, to try the whole way; it says everywhere that it is simulated."""
    from neckrom.cli.options import OptionReader  # noqa: PLC0415
    from neckrom.study.plan import StudyFolder  # noqa: PLC0415
    from neckrom.study.simulation import Truth, simulated_plan, write_simulated  # noqa: PLC0415
    from neckrom.study.starting import init_study  # noqa: PLC0415

    reader = OptionReader()
    number = reader.whole("--people", people, 10, 1000) or 100
    chosen = reader.whole("--seed", seed, 0, 2**31 - 1) or 0
    reader.finish()
    place, truth = StudyFolder(folder), Truth()
    init_study(place, simulated_plan(people=number))
    write_simulated(place, truth, chosen)
    low, high = truth.limits_deg
    console().print(
        f"Simulated study made in {folder}/: bias {truth.bias_deg:+.1f} deg, limits of agreement {low:+.1f} to "
        f"{high:+.1f}. "
        f"Now: neckrom study check {folder}; neckrom study analyse {folder}",
        soft_wrap=True,
    )


# ------------------------------------------------------------------------- parts


def _spoken(lang: str | None) -> str:
    """The language that was asked for, else the one of the settings."""
    if lang:
        return lang
    from neckrom.service.clinic import usual_language  # noqa: PLC0415

    return usual_language()


def _problem_json(problem: Problem) -> dict[str, object]:
    return {
        "kind": problem.kind,
        "file": problem.file,
        "line": problem.line or None,
        "grave": problem.grave,
        "said": problem.said,
    }


def _print_problems(problems: Sequence[Problem]) -> None:
    stdout = console()
    for problem in problems:
        sign, style = ("▲", "bold red") if problem.grave else ("?", "yellow")
        stdout.print(sign, problem.place, style=style, end=" ")
        stdout.print(problem.said, soft_wrap=True)


def _reestimated(folder: Path, wanted: float) -> list[str]:
    from neckrom.study.checking import check_study  # noqa: PLC0415
    from neckrom.study.plan import StudyFolder  # noqa: PLC0415
    from neckrom.study.sample_size import REESTIMATE_AFTER, reestimate  # noqa: PLC0415
    from neckrom.types import MOVEMENTS  # noqa: PLC0415

    loaded, _ = check_study(StudyFolder(folder), date.today())
    plan: Plan = loaded.data.plan
    lines = [f"Planned: {plan.people} people. The spread so far; the bias is not told."]
    enough, most = True, 0
    for movement in MOVEMENTS:
        pairs = [pair for pair in loaded.data.pairs if pair.movement is movement and pair.comparable]
        found = reestimate(
            [pair.difference_deg for pair in pairs],
            [pair.person for pair in pairs],
            [pair.session for pair in pairs],
            wanted,
        )
        if found is None or found.people < REESTIMATE_AFTER:
            enough = False
            lines.append(f"{movement.label}: {0 if found is None else found.people} people, too few yet.")
            continue
        most = max(most, found.needed)
        lines.append(
            f"{movement.label}: {found.people} people, spread {found.sd_deg:.1f} deg: {found.needed} people for "
            f"±{wanted:g} deg; {found.needed_high} if the spread is {found.sd_high_deg:.1f}."
        )
    if enough:
        more = most > plan.people
        lines.append(f"Raise the number to {most}." if more else f"{plan.people} people are enough.")
    else:
        lines.append(f"Look again once {REESTIMATE_AFTER} people were measured.")
    return lines


def _found_table(found: StudyFound) -> Table:
    from rich.table import Table as RichTable  # noqa: PLC0415

    from neckrom.study.report_content import main_table  # noqa: PLC0415

    made = main_table(found)
    table = RichTable(box=None, pad_edge=False)
    for number, column in enumerate(made.columns):
        table.add_column(column, justify="left" if number == 0 else "right")
    for row in made.rows:
        table.add_row(*row)
    return table


def _verdict_lines(found: StudyFound) -> tuple[str, ...]:
    from neckrom.study.report_content import verdict_of_study  # noqa: PLC0415

    return verdict_of_study(found).marked_lines()
