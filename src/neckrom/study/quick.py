"""Readings of a reference device beside clips: how far camera and device agree, without a study.

No plan, no rules, no check of who and when: it describes what is there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from neckrom.errors import ConfigurationError, InputError, OutputError
from neckrom.private_files import whole_file
from neckrom.report.plotting import png_of
from neckrom.result import Result
from neckrom.study.analysis import StudyFound, analyse
from neckrom.study.checking import FEWEST_PEOPLE
from neckrom.study.data import Person, Reading, Session, StudyData
from neckrom.study.figures import bland_altman_figure, calibration_figure
from neckrom.study.plan import Tool, usual_plan
from neckrom.study.report import tables
from neckrom.study.report_content import agreement_rows
from neckrom.study.tables import READINGS, Column, Row, Table, read_file
from neckrom.types import Movement

_MOVEMENT = next(column for column in READINGS.columns if column.name == "movement")
_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,7}")
"""Of a file: "p1.2" has none."""
_READING = next(column for column in READINGS.columns if column.name == "reading_deg")

QUICK = Table(
    "readings",
    "One row for every reading of the reference device.",
    (
        Column("clip", "text", "Name of the clip, with or without suffix.", "anna.mp4"),
        Column("person", "id", "Who was filmed; else every clip is a person.", "p001", needed=False),
        _MOVEMENT,
        Column("trial", "whole", "Number of the trial, from 1.", "1", low=1, high=20),
        _READING,
        Column(
            "time_s",
            "number",
            "Second at which it was read, where known.",
            "",
            needed=False,
            low=0,
            high=86_400,
        ),
    ),
    ("clip", "movement", "trial"),
)
OPTIONAL = ("person", "time_s")
"""Columns that may be left out altogether."""


@dataclass(frozen=True, slots=True)
class QuickReadings:
    """A table of readings.

    Attributes
    ----------
    by_clip : dict of str to tuple of Row
        By the clip's name without suffix.
    """

    by_clip: Mapping[str, tuple[Row, ...]]


def read_quick(path: Path) -> QuickReadings:
    """Read and check a table of readings.

    Parameters
    ----------
    path : Path

    Returns
    -------
    QuickReadings

    Raises
    ------
    ConfigurationError
        Naming everything that is wrong, by line.
    """
    read = read_file(path, QUICK, optional=OPTIONAL)
    problems = [f"{f'line {each.line}: ' if each.line else ''}{each.said}" for each in read.problems]
    seen: dict[tuple[str, ...], int] = {}
    rows: dict[str, list[Row]] = {}
    for row in read.rows:
        key = (_stem(row["clip"]), row["movement"], row["trial"])
        if key in seen:
            problems.append(f"line {row.line}: the same clip, movement and trial as in line {seen[key]}")
        seen.setdefault(key, row.line)
        rows.setdefault(key[0], []).append(row)
    if not rows and not problems:
        problems = ["there are no rows below the heading"]
    if problems:
        raise ConfigurationError(
            f"{path} cannot be used as readings. It needs the columns clip, movement, trial and reading_deg, and may "
            "have person and time_s:",
            tuple(problems),
        )
    return QuickReadings({clip: tuple(own) for clip, own in rows.items()})


def _stem(name: str) -> str:
    """Name of a clip without its suffix."""
    return Path(name).stem if _SUFFIX.fullmatch(Path(name).suffix) else name


def clips_of(folder: Path, readings: QuickReadings) -> dict[str, Path]:
    """The clips that the readings name.

    Parameters
    ----------
    folder : Path
        Folders below it are not looked at.
    readings : QuickReadings

    Returns
    -------
    dict of Path
        By the clip's name without suffix.

    Raises
    ------
    InputError
        Naming all that are not there, or that two files of one name stand for.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder: name the one with the clips that the readings are of.")
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in ("", ".csv", ".json", ".md", ".txt") and path.is_file():
            found.setdefault(path.stem, []).append(path)
    missing = [clip for clip in readings.by_clip if clip not in found]
    twice = [clip for clip in readings.by_clip if len(found.get(clip, ())) > 1]
    if missing or twice:
        said = [f"{clip}: there is no such clip" for clip in missing]
        said += [f"{clip}: several files have that name" for clip in twice]
        raise InputError(
            f"The readings and the clips in {folder} do not fit:\n"
            + "\n".join(f"  - {each}" for each in said)
        )
    return {clip: found[clip][0] for clip in readings.by_clip}


def compare(readings: QuickReadings, results: Mapping[str, Result]) -> tuple[StudyData, StudyFound]:
    """Camera against readings; clips without a result are counted as failures.

    Parameters
    ----------
    readings : QuickReadings
    results : mapping of Result
        By the clip's name without suffix.

    Returns
    -------
    data : StudyData
        Its plan is a stand-in that nobody set: its rules and visits mean nothing.
    found : StudyFound
        Degrees, camera minus reference.
    """
    people: dict[str, Person] = {}
    sessions = []
    for clip, rows in readings.by_clip.items():
        who = next((row["person"] for row in rows if row["person"]), clip)
        people.setdefault(who, Person(who, {}, rows[0].line))
        own = tuple(
            Reading(
                who,
                clip,
                Movement(row["movement"]),
                int(row.numbers["trial"]),
                row.numbers["reading_deg"],
                row.numbers.get("time_s"),
                row.line,
            )
            for row in rows
        )
        sessions.append(
            Session(who, clip, None, "", clip, "done", rows[0].line, result=results.get(clip), readings=own)
        )
    nobody = Tool(
        version="", engine="", model_sha256="", estimator="", calibration_id="", settings_sha256="", norms=""
    )
    plan = usual_plan("quick", "crom", nobody, created=date(2000, 1, 1), people=max(3, len(people)))
    data = StudyData(plan, tuple(people.values()), tuple(sessions))
    return data, analyse(data)


def write_quick(out: Path, data: StudyData, found: StudyFound, *, overwrite: bool) -> None:
    """Write ``comparison.md``, ``comparison.json``, tables and figures into a folder.

    Parameters
    ----------
    out : Path
    data : StudyData
    found : StudyFound
        Of these data.
    overwrite : bool

    Raises
    ------
    OutputError
        If a comparison is there already, or it cannot be written.
    """
    if (out / "comparison.md").exists() and not overwrite:
        raise OutputError(
            f"A comparison is there already: {out}. Say --overwrite, or choose another folder with --out."
        )
    made = {
        name: data_of
        for name, data_of in tables(data, found).items()
        if name in ("agreement", "counts", "pairs")
    }
    contents = {f"{name}.csv": table for name, table in made.items()}
    contents["comparison.json"] = _json(found).encode()
    contents["comparison.md"] = markdown(found).encode()
    contents["bland_altman.png"] = png_of(lambda: bland_altman_figure(data, found, ruled=False))[0]
    contents["calibration.png"] = png_of(lambda: calibration_figure(data))[0]
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            with whole_file(out / name, replace=True) as file:
                file.write(content)
    except OSError as error:
        raise OutputError(f"The comparison cannot be written in {out}: {error.strerror or error}.") from error


def _json(found: StudyFound) -> str:
    kept = {"people", "movements", "together", "coverage", "failed"}
    return found.model_dump_json(indent=1, include=kept) + "\n"


def markdown(found: StudyFound) -> str:
    """The comparison as a page.

    Parameters
    ----------
    found : StudyFound

    Returns
    -------
    str
    """
    columns, rows = agreement_rows(found)
    lines = ["# Camera against reference", "", caution(found), ""]
    lines += [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    lines += [
        "",
        "![Difference over the mean of both](bland_altman.png)",
        "",
        "![Camera over reference](calibration.png)",
    ]
    return "\n".join(lines) + "\n"


def caution(found: StudyFound) -> str:
    """What stands before every figure of the quick form.

    Parameters
    ----------
    found : StudyFound

    Returns
    -------
    str
    """
    few = (
        f"{_people(found.people)}: too few to say anything of others; the figures describe these recordings alone."
        if found.people < FEWEST_PEOPLE
        else f"{_people(found.people)}."
    )
    return (
        f"{few} Degrees, camera minus reference, in brackets 95 % intervals. {found.failed.hits} of "
        f"{found.failed.of} "
        "readings have no angle to compare and are counted. For evidence: neckrom study init."
    )


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"
