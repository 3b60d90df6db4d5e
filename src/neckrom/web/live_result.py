"""What the page of a guided session shows at its end: finished strings, and the report in the page's language."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from neckrom.errors import InputError
from neckrom.exports.source import angles_of
from neckrom.handouts.making import letterhead
from neckrom.messages import Messages, load_messages
from neckrom.nerve.result import NerveResult, NerveTrial
from neckrom.nerve.wording import ROWS, trial_rows, warnings_in_words
from neckrom.plans.result import ExerciseDone, PlanResult
from neckrom.private_files import read_plain
from neckrom.records.pictures import pictures_of
from neckrom.report.bodies.plan_content import plan_content
from neckrom.report.content import advice
from neckrom.report.site_words import trust_of
from neckrom.report.stored import report_html, report_pdf
from neckrom.result import MovementResult, Result
from neckrom.saying.grades import GRADES, LOOKS, Grade
from neckrom.saying.nerve_tests import nerve_advice, nerve_verdict
from neckrom.saying.plans import key_test_said, pain_said, plan_title
from neckrom.saying.verdict import MovementSaid, movement_said, verdict_of
from neckrom.service.clinic import load_site
from neckrom.service.nerve_sessions import NerveTest
from neckrom.service.sessions import open_session

MAX_RESULT_BYTES = 50_000_000
_SCALE_DEG = 100.0
"""Width of a bar's box."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Line(_Strict):
    """One line of the verdict."""

    sign: str
    grade: str
    text: str


class Bar(_Strict):
    """One movement: words, and shares of the width of its box."""

    name: str
    best: str
    interval: str
    note: str
    pain: str
    sign: str
    grade: str
    share: float
    half_share: float | None


class MoreReport(_Strict):
    """The report of another test of the same session."""

    name: str
    report: str


class Shown(_Strict):
    """Everything that the result screen shows, in one language."""

    title: str
    lines: tuple[Line, ...]
    meaning: str
    bars: tuple[Bar, ...]
    advice_title: str
    advice: tuple[str, ...]
    notes: tuple[str, ...]
    """What the figures can and cannot tell, as on the sheet to hand out."""
    report: str = ""
    """Empty while there is none: what was seen live is shown then."""
    pdf: str = ""
    more: tuple[MoreReport, ...] = ()


def shown_result(folder: Path, language: str, *, report: str, pdf: str) -> Shown:
    """What the result screen shows.

    Parameters
    ----------
    folder : Path
        Of the session, with its result.
    language : str
    report, pdf : str
        Where the report is handed out in that language.

    Raises
    ------
    InputError
        If there is no result that can be read.
    """
    shown = shown_of(_result(folder), language)
    return shown.model_copy(update={"report": report, "pdf": pdf})


def shown_of(result: Result, language: str) -> Shown:
    """A result in a language: verdict, figures with the pain that was entered, what to do next."""
    texts = load_messages(language)
    verdict = verdict_of(result, texts)
    return Shown(
        title=texts.text("sheet.title"),
        lines=tuple(
            Line(sign=item.sign, grade=item.grade.value, text=item.text) for item in verdict.findings
        ),
        meaning=verdict.meaning,
        bars=tuple(
            _bar(item, movement_said(item, result, texts))
            for item in result.movements
            if item.best_deg is not None
        ),
        advice_title=texts.text("report.section.next"),
        advice=advice(result, verdict, texts),
        notes=(texts.text("sheet.loss"), trust_of(result, load_site().site, texts)),
    )


class NerveHome(NamedTuple):
    """Where the result of a nerve test lies."""

    folder: Path
    address: str
    """Below that of the session's report; empty where it is the session's own folder."""


def nerve_tests_in(folder: Path) -> tuple[NerveHome, ...]:
    """The nerve tests of a session that have a result; none where it was one of the neck."""
    try:
        info = open_session(folder).info
    except InputError:
        return ()
    if info.kind != "nerve":
        return ()
    homes = [NerveHome(folder, ""), *(NerveHome(folder / test, f"/{test}") for test in get_args(NerveTest))]
    return tuple(home for home in homes if (home.folder / "result.json").is_file())


def shown_nerve(homes: tuple[NerveHome, ...], language: str, *, home: str) -> Shown:
    """What the result screen shows of nerve tests: what they say, and each trial with its first symptom.

    Parameters
    ----------
    homes : tuple of NerveHome
    language : str
    home : str
        Where the report is handed out; it is in the session's own language.
    """
    texts = load_messages(language)
    results = [_nerve_result(each.folder) for each in homes]
    findings = [finding for result in results for finding in nerve_verdict(result, texts).findings]
    # a stop is said once, not once for each test of the session
    lines = dict.fromkeys(
        Line(sign=one.sign, grade=one.grade.value, text=one.text)
        for one in sorted(findings, key=lambda one: GRADES.index(one.grade))
    )
    reports = [f"{home}{each.address}/report" for each in homes if (each.folder / "report.html").is_file()]
    return Shown(
        title=" · ".join(texts.text(f"nerve.kind.{result.kind}") for result in results),
        lines=tuple(lines),
        meaning="",
        bars=tuple(
            _nerve_bar(trial, row, texts.text("nerve.table.held"))
            for result in results
            for trial, row in zip(result.trials, trial_rows(result, texts), strict=True)
        ),
        advice_title=texts.text("report.section.next"),
        advice=tuple(dict.fromkeys(one for result in results for one in nerve_advice(result, texts))),
        notes=tuple(line for result in results for line in warnings_in_words(result, texts)),
        report=f"{reports[0]}.html" if reports else "",
        pdf=f"{reports[0]}.pdf" if reports else "",
        more=tuple(
            MoreReport(name=texts.text(f"nerve.kind.{result.kind}"), report=f"{report}.html")
            for result, report in zip(results[1:], reports[1:], strict=False)
        ),
    )


def plan_in(folder: Path) -> PlanResult | None:
    """The result of a session of a plan; None where it was another one, or it cannot be read."""
    try:
        if open_session(folder).info.kind != "plan":
            return None
        return PlanResult.model_validate_json(read_plain(folder / "result.json", MAX_RESULT_BYTES))
    except (InputError, OSError, ValidationError):
        return None


def shown_plan(result: PlanResult, language: str, *, home: str) -> Shown:
    """What the result screen shows of a plan: what was done and counted, and the test before and after.

    Parameters
    ----------
    result : PlanResult
    language : str
    home : str
        Where the report is handed out.
    """
    texts = load_messages(language)
    content = plan_content(result, texts)
    return Shown(
        title=plan_title(result, texts),
        lines=tuple(
            Line(sign=one.sign, grade=one.grade.value, text=one.text) for one in content.verdict.findings
        ),
        meaning="",
        bars=tuple(_plan_bar(one, pain_said(result), texts) for one in result.sides),
        advice_title=texts.text("report.section.next"),
        advice=content.advice,
        notes=content.limits,
        report=f"{home}.html",
        pdf=f"{home}.pdf",
    )


def _plan_bar(one: ExerciseDone, pain: str, texts: Messages) -> Bar:
    after, before = one.after, one.before
    angle = None if after is None else after.angle_deg
    counted = texts.text("plan.of", counted=one.counted, wanted=one.wanted)
    grade = Grade.CAUTION if one.number_of("past") or one.felt else Grade.NOTE
    return Bar(
        name=texts.text(f"nerve.table.{one.side}_leg"),
        best=key_test_said(after, texts),
        interval="",
        note=f"{key_test_said(before, texts)} → {key_test_said(after, texts)} · {counted}",
        pain=pain,
        sign=LOOKS[grade].sign,
        grade=grade.value,
        share=min(max(angle or 0.0, 0.0), _SCALE_DEG) / _SCALE_DEG,
        half_share=None,
    )


def _nerve_bar(trial: NerveTrial, row: tuple[str, ...], held: str) -> Bar:
    said = dict(zip(ROWS, row, strict=True))
    angle = trial.symptom_angle_deg
    first = said["symptom"] if trial.symptom_s is not None else said["end"]
    grade = Grade.CAUTION if trial.pain == "own" else Grade.NOTE
    best, _, interval = first.partition(" ")
    return Bar(
        name=said["limb"],
        best=best,
        interval=interval,
        note=" · ".join(part for part in (interval, said["change"], f"{held}: {said['held']}") if part),
        pain=said["pain"],
        sign=LOOKS[grade].sign,
        grade=grade.value,
        share=min(max(angle or 0.0, 0.0), _SCALE_DEG) / _SCALE_DEG,
        half_share=None,
    )


def _nerve_result(folder: Path) -> NerveResult:
    try:
        return NerveResult.model_validate_json(read_plain(folder / "result.json", MAX_RESULT_BYTES))
    except (OSError, ValidationError) as error:
        raise InputError(f"The result in {folder} cannot be read.") from error


@lru_cache(maxsize=8)
def report_in(folder: Path, form: str, language: str) -> bytes:
    """The report of a session that is over, in a language; "html" or "pdf".

    Raises
    ------
    InputError
        If there is no result that can be read.
    """
    lay_out = report_html if form == "html" else report_pdf
    pictures = pictures_of(folder)
    return lay_out(_result(folder), angles_of(folder), pictures, load_messages(language), letterhead())


def _result(folder: Path) -> Result:
    try:
        return Result.model_validate_json(read_plain(folder / "result.json", MAX_RESULT_BYTES))
    except (OSError, ValidationError) as error:
        raise InputError(f"The result in {folder} cannot be read.") from error


def _bar(item: MovementResult, said: MovementSaid) -> Bar:
    best = min(max(item.best_deg or 0.0, 0.0), _SCALE_DEG)
    half = None if item.reference_deg is None else min(item.reference_deg / 2, _SCALE_DEG)
    return Bar(
        name=said.name,
        best=said.best,
        interval=said.interval,
        note=f"{said.of_norm} · {said.meaning}",
        pain=said.long_pain,
        sign=said.sign,
        grade=said.grade.value,
        share=best / _SCALE_DEG,
        half_share=None if half is None else half / _SCALE_DEG,
    )
