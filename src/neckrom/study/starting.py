"""``neckrom study init``: the folder of a study, with everything that is needed on paper and as tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from string import Template

import numpy as np

from neckrom.errors import ConfigurationError, OptionValueError, OutputError
from neckrom.messages import LANGUAGES, load_messages
from neckrom.private_files import whole_file
from neckrom.study.paper_forms import case_report_pdf, checklist_pdf
from neckrom.study.plan import PLAN, REFERENCES, Amendment, Plan, StudyFolder, plan_toml
from neckrom.study.sample_size import REESTIMATE_AFTER, icc_interval, limits_half_width
from neckrom.study.tables import TABLES, Column, empty_table

EXPECTED_SD_DEG = 5.0
"""Spread of the differences that the protocol reckons with: what face trackers had against reference devices."""
EXPECTED_ICC = 0.90
"""Between sessions, that the protocol reckons with."""
_BLOCK = 4
"""People in whom every order of operators and of the device on the head comes once."""

_FORMS = ("information_and_consent", "data_protection", "data_sharing", "operator_checklist")
_FOLDERS = ("forms", "data", "clips", "results")


def init_study(folder: StudyFolder, plan: Plan) -> None:
    """Make the folder of a study; nothing that is there is ever replaced.

    Parameters
    ----------
    folder : StudyFolder
        Must not exist, or be empty.
    plan : Plan
        Gets its hash here.

    Raises
    ------
    OutputError
        If something is there already, or the folder cannot be written.
    """
    root = folder.root
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise OutputError(f"{root} is there already: name a folder that does not exist yet, or is empty.")
    try:
        root.mkdir(parents=True, exist_ok=True)
        for name in _FOLDERS:
            (root / name).mkdir()
        for name, data in documents(plan.frozen()).items():
            (root / name).write_bytes(data)
    except OSError as error:
        raise OutputError(f"The study cannot be written in {root}: {error.strerror or error}.") from error


def documents(plan: Plan) -> dict[str, bytes]:
    """Every file of a new study, by its path below the folder.

    Parameters
    ----------
    plan : Plan
        Frozen.

    Returns
    -------
    dict of bytes
    """
    values = _values(plan)
    made = {
        PLAN: plan_toml(plan),
        "README.md": _filled("README", values),
        "protocol.md": _filled("protocol", values),
        "randomisation.csv": "".join(f"{line}\n" for line in randomisation(plan)),
        "data/tables.md": tables_page(),
    }
    for name in (each for each in LANGUAGES if each != "en"):
        device = load_messages(name).text(f"study.device.{plan.reference}")
        made[f"summary_{name}.md"] = _filled(f"summary_{name}", values | {"device": device})
    made |= {f"forms/{name}.md": _filled(name, values) for name in _FORMS}
    made |= {table.file: empty_table(table) for table in TABLES}
    papers = {
        "forms/operator_checklist.pdf": checklist_pdf(made["forms/operator_checklist.md"], plan),
        "forms/case_report_form.pdf": case_report_pdf(plan),
    }
    return {name: text.encode() for name, text in made.items()} | papers


def freeze_study(folder: StudyFolder, reason: str, today: date) -> Plan:
    """Take over a changed plan, with the reason; the new hash is written into it.

    Parameters
    ----------
    folder : StudyFolder
    reason : str
        Three letters at least.
    today : date

    Returns
    -------
    Plan
        As it was written.

    Raises
    ------
    ConfigurationError
        If the plan has a mistake, or was not changed, or no reason is given.
    OutputError
        It cannot be written.
    """
    plan = folder.load()
    if len(reason.strip()) < 3:
        raise OptionValueError('Say why the plan is changed: --reason "as approved".')
    if plan.is_frozen:
        raise ConfigurationError(f"{folder.plan} is as it was frozen: change it first.")
    amendments = (*plan.amendments, Amendment(date=today, reason=reason.strip()))
    made = plan.model_copy(update={"amendments": amendments}).frozen()
    try:
        with whole_file(folder.plan, replace=True) as file:
            file.write(plan_toml(made).encode())
    except OSError as error:
        raise OutputError(f"{folder.plan} cannot be written: {error.strerror or error}.") from error
    return made


def randomisation(plan: Plan) -> Iterator[str]:
    """Lines of the randomisation list: who leads first and which arm comes first, in balanced blocks, by group.

    The list is made from the plan's seed alone: anybody can make it again.

    Parameters
    ----------
    plan : Plan

    Yields
    ------
    str
        The heading, then one line for each person, as CSV.
    """
    yield "group,number,first_operator,second_operator,frame_arm,block"
    random = np.random.default_rng(plan.seed)
    operators = plan.operators if len(plan.operators) > 1 else (plan.operators[0], plan.operators[0])
    for group, people in (("pain", plan.people_with_pain), ("no_pain", plan.people - plan.people_with_pain)):
        for start in range(0, people, _BLOCK):
            orders = [(order, frame) for order in (0, 1) for frame in ("with_first", "without_first")]
            for place, index in enumerate(random.permutation(_BLOCK)):
                number = start + place + 1
                if number <= people:
                    order, frame = orders[int(index)]
                    first, second = operators[order], operators[1 - order]
                    yield f"{group},{number},{first},{second},{frame},{start // _BLOCK + 1}"


def tables_page() -> str:
    """What goes into the tables, with an example of each row.

    Returns
    -------
    str
        Markdown.
    """
    lines = [
        "# The case-report tables",
        "",
        "CSV in UTF-8: commas between the columns, points in numbers, no units, dates as 2026-03-14. The examples "
        "stand here "
        "and not in the tables, so that they cannot be analysed by mistake.",
    ]
    for table in TABLES:
        lines += ["", f"## {table.file}", "", table.meaning]
        lines.append(f"No two rows have the same {', '.join(table.key)}.")
        lines += ["", "| column | what | may be | example |", "|---|---|---|---|"]
        lines += [
            f"| `{column.name}` | {column.meaning} | {_allowed(column)} | {column.example} |"
            for column in table.columns
        ]
        example = ",".join(column.example for column in table.columns)
        lines += ["", "```", empty_table(table).strip(), example, "```"]
    return "\n".join(lines) + "\n"


def _allowed(column: Column) -> str:
    if column.choices:
        said = ", ".join(column.choices)
    elif column.kind in ("number", "whole"):
        said = f"{'whole number' if column.kind == 'whole' else 'number'}, {column.low:g} to {column.high:g}"
    else:
        said = {
            "id": "letters, digits, _ . -",
            "date": "date",
            "clock": "HH:MM",
            "name": "name",
            "text": "text",
        }[column.kind]
    return said if column.needed else f"{said}; or empty"


def measure_command(plan: Plan) -> str:
    """The command that measures the recordings of a study.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    str
        With the camera and the norms that the plan states.
    """
    options = {"--hfov": plan.tool.hfov_deg, "--distance": plan.tool.distance_m, "--camera": plan.tool.camera}
    stated = "".join(f" {name} {value}" for name, value in options.items() if value is not None)
    norms = "" if plan.tool.norms == "article" else f" --norms {plan.tool.norms}"
    return f"neckrom measure clips/* --out results --no-pictures{stated}{norms}"


def _values(plan: Plan) -> dict[str, str]:
    low, high = icc_interval(EXPECTED_ICC, plan.people)
    camera = {
        "profile": plan.tool.camera,
        "field of view": None if plan.tool.hfov_deg is None else f"{plan.tool.hfov_deg:g} deg",
        "distance": None if plan.tool.distance_m is None else f"{plan.tool.distance_m:g} m",
    }
    stated = ", ".join(f"{name} {value}" for name, value in camera.items() if value is not None)
    return {
        "name": plan.name,
        "version": plan.tool.version,
        "estimator": plan.tool.estimator,
        "calibration": plan.tool.calibration_id,
        "reference_name": REFERENCES[plan.reference],
        "reference_text": _text(f"reference_{plan.reference}").strip(),
        "camera": stated or "field of view not stated",
        "bias": f"{plan.rules.bias_deg:g}",
        "limits": f"{plan.rules.limits_deg:g}",
        "coverage_low": f"{100 * plan.rules.coverage_low:g}",
        "coverage_high": f"{100 * plan.rules.coverage_high:g}",
        "healthy": f"{100 * plan.rules.healthy_flagged:g}",
        "people": str(plan.people),
        "with_pain": str(plan.people_with_pain),
        "days_low": str(plan.days_between[0]),
        "days_high": str(plan.days_between[1]),
        "visits": "\n".join(f"| {visit.id} | {visit.day} day | {visit.note} |" for visit in plan.visits),
        "expected_sd": f"{EXPECTED_SD_DEG:g}",
        "expected_icc": f"{EXPECTED_ICC:.2f}",
        "half_width": f"{limits_half_width(EXPECTED_SD_DEG, plan.people):.1f}",
        "icc_low": f"{low:.2f}",
        "icc_high": f"{high:.2f}",
        "reestimate": str(REESTIMATE_AFTER),
        "measure_command": measure_command(plan),
    }


def _filled(name: str, values: dict[str, str]) -> str:
    return Template(_text(name)).substitute(values)


def _text(name: str) -> str:
    return (files("neckrom") / "data" / "study" / f"{name}.md").read_text(encoding="utf-8")
