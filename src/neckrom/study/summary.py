"""The result of a study on one page, in the reader's language; the report itself is English."""

from __future__ import annotations

from collections.abc import Iterator

from neckrom.messages import Messages
from neckrom.report.content import Table
from neckrom.rounding import change_digits, number_digits
from neckrom.saying.grades import Grade, gravest
from neckrom.saying.verdict import Finding, Verdict
from neckrom.study.analysis import Figure, Met, MovementFound, Part, RetestFound, StudyFound
from neckrom.study.page import laid_out
from neckrom.study.report_content import ReportContent, Section

NONE = "–"
_COLUMNS = ("direction", "compared", "bias", "limits", "mdc_within", "mdc_between", "inside")
_WIDTHS = (18, 12, 19, 15, 12, 12, 12)
_GRADES: dict[Met, Grade] = {"met": Grade.CALM, "not_met": Grade.RAISED, "open": Grade.OPEN}


def summary_html(found: StudyFound, texts: Messages) -> str:
    """One page with verdict and main figures.

    Parameters
    ----------
    found : StudyFound
    texts : Messages
        Of the wanted language.

    Returns
    -------
    str
        HTML.
    """
    device = texts.text(f"study.device.{found.reference}")
    findings = tuple(_findings(found, texts))
    content = ReportContent(
        title=texts.text("study.summary.title"),
        facts=(
            (texts.text("study.summary.study"), found.name),
            (texts.text("study.summary.reference"), device),
            (texts.text("study.summary.people"), f"{found.people} / {found.people_planned}"),
            (texts.text("study.summary.sessions"), f"{found.sessions.measured} / {found.sessions.planned}"),
            (texts.text("study.summary.tool"), f"neckrom {found.tool_version}, {found.estimator}"),
        ),
        verdict=Verdict(findings, gravest(*(finding.grade for finding in findings)), ""),
        closing=texts.text("study.summary.closing"),
        main=_main(found, texts),
        main_note=texts.text("study.summary.note"),
        sections=(
            Section(texts.text("study.summary.whole"), (texts.text("study.summary.report_is_english"),)),
        ),
        footer=f"{found.name}. {found.plan_sha256[:12]}",
    )
    return laid_out(content, {}, texts.language)


def _findings(found: StudyFound, texts: Messages) -> Iterator[Finding]:
    def said(name: str, **values: str | int | float | tuple[str, ...]) -> str:
        return texts.text(f"study.summary.{name}", **values)

    if found.simulated:
        yield Finding("simulated", Grade.STOP, said("simulated"))
    if not found.plan_is_frozen:
        yield Finding("plan", Grade.RAISED, said("plan_changed"))
    if found.problems:
        yield Finding("problems", Grade.RAISED, said("problems", number=len(found.problems)))
    numbers = {met: sum(rule.met == met for rule in found.rules) for met in _GRADES}
    grade = gravest(*(_GRADES[rule.met] for rule in found.rules))
    yield Finding(
        "rules",
        grade,
        said(
            "rules",
            total=len(found.rules),
            met=numbers["met"],
            not_met=numbers["not_met"],
            open=numbers["open"],
        ),
    )
    for met in ("not_met", "open"):
        for name in ("bias", "limits", "coverage", "healthy_flagged"):
            own = [rule for rule in found.rules if rule.met == met and rule.name == name]
            where = tuple(
                f"clinician.movement.{rule.movement.value}" for rule in own if rule.movement is not None
            )
            if own:
                told = said(f"rule.{name}", state=f"study.summary.{met}")
                text = f"{told}: {texts.joined([texts.text(key) for key in where])}." if where else f"{told}."
                yield Finding(met, _GRADES[own[0].met], text)
    gone = found.sessions.planned - found.sessions.measured
    told = said(
        "failed",
        hits=found.failed.hits,
        readings=found.failed.of,
        sessions=gone,
        planned=found.sessions.planned,
    )
    yield Finding("failures", Grade.CAUTION if found.failed.hits or gone else Grade.CALM, told)


def _main(found: StudyFound, texts: Messages) -> Table:
    rows = tuple(_row(each, texts) for each in found.movements)
    grades = tuple(
        gravest(*(_GRADES[rule.met] for rule in found.rules if rule.movement is each.movement))
        for each in found.movements
    )
    columns = tuple(texts.text(f"study.summary.column.{name}") for name in _COLUMNS)
    return Table(columns, rows, grades, _WIDTHS)


def _row(each: MovementFound, texts: Messages) -> tuple[str, ...]:
    agreement = each.agreement
    return (
        texts.text(f"clinician.movement.{each.movement.value}"),
        f"{agreement.people} / {agreement.pairs}",
        _with_ends(agreement.bias, texts),
        NONE
        if agreement.lower.value is None or agreement.upper.value is None
        else f"{_signed(agreement.lower.value, texts)}° / {_signed(agreement.upper.value, texts)}°",
        _mdc(each.within_day, texts),
        _mdc(each.between_days, texts),
        _percent(each.coverage, texts),
    )


def _with_ends(figure: Figure, texts: Messages) -> str:
    if figure.value is None or figure.low is None or figure.high is None:
        return NONE
    ends = f"{_signed(figure.low, texts)}° / {_signed(figure.high, texts)}°"
    return f"{_signed(figure.value, texts)}° ({ends})"


def _signed(value: float, texts: Messages) -> str:
    """One decimal with its sign."""
    digits = number_digits(abs(value), point=texts.point)
    return digits if digits == "0" else change_digits(value)[0] + digits


def _mdc(found: RetestFound | None, texts: Messages) -> str:
    if found is None or found.mdc95.value is None:
        return NONE
    return f"{number_digits(found.mdc95.value, point=texts.point)}°"


def _percent(part: Part, texts: Messages) -> str:
    return NONE if part.share is None else f"{number_digits(100 * part.share, point=texts.point)} %"
